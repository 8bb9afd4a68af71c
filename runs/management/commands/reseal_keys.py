"""Seals the stored keys of endpoints with today's first sealing key, so that older ones can go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from runs.models import ModelEndpoint
from runs.outbound.sealing import SealError, resealed


class Command(BaseCommand):
    """`manage.py reseal_keys`, after a new key was put first into EVALPLATFORM_SEALING_KEYS."""

    help = "Seal the keys of model endpoints again, with the first of EVALPLATFORM_SEALING_KEYS."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Reseal every key; one that does not open is named and left as it is."""
        n_done = 0
        for endpoint in ModelEndpoint.all_rows.select_for_update().exclude(sealed_key=None):
            try:
                endpoint.sealed_key = resealed(bytes(endpoint.sealed_key or b""))
            except SealError as error:
                self.stderr.write(f"{endpoint.pk}: {error}")
                continue
            endpoint.save(update_fields=["sealed_key"])
            n_done += 1
        self.stdout.write(f"Sealed {n_done:,} keys again.")
