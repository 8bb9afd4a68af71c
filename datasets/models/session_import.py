"""A file of conversations on its way in."""

from __future__ import annotations

from typing import Any

from django.core.files.base import File
from django.db import models
from django.urls import reverse

from datasets.models.file_import import FileImport
from evalplatform.scoping.actor import Actor


class SessionImport(FileImport):
    """Conversations; those that do not say where they come from get `source_name`."""

    CHECK_KIND = "check_import"
    COMMIT_KIND = "commit_import"
    COUNTED = "sessions"
    ALIKE = ("source_name",)
    WHAT = "conversations"
    WORD = "session_import"

    source_name = models.CharField(max_length=200, blank=True)

    class Meta(FileImport.Meta):
        indexes = [
            models.Index(fields=["imported_by", "-created_at"], name="imports_of_user"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("session-import", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> models.Q:
        """Only who uploads it sees it: the file is theirs until its sessions are saved."""
        return models.Q(team=actor.team, imported_by=actor.user)

    @classmethod
    def upload(
        cls, file: File[Any], *, sha256: str, format_slug: str, source_name: str, by: Actor
    ) -> SessionImport:
        """Keep the file and have it checked; the same file sent twice is one import."""
        row = cls(format=format_slug, source_name=source_name)
        return row.take_in(file, sha256=sha256, by=by)
