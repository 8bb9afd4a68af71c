"""One run for one idempotency key: asking twice, also at the same moment, makes one run."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction

from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from runs.models import Run

NAMESPACE = uuid.UUID("1f7f7e3c-52a2-4a0b-8a30-6f6f6d2f4c11")
GONE = "What this Idempotency-Key made is deleted."
OTHER = "This Idempotency-Key was used for another run: take another one."
PRIMARY_KEY = "runs_run_pkey"


def make_once(
    make: Callable[..., Run], *, by: Actor, key: str | None, asked: Any
) -> tuple[Run, bool]:
    """The run that `make(**columns)` starts, and whether it is new; `asked` is the whole request.

    The same key of the same member gives the run there is; Conflict when it asked for another one,
    or when that run is deleted. Without a key every call makes a run.
    """
    if not key:
        return make(), True
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False, default=str)
    told = {
        "id": uuid.uuid5(NAMESPACE, f"{by.membership.pk}:{key}"),
        "request_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    if found := _made_before(by, told):
        return found, False
    try:
        with transaction.atomic():
            return make(**told), True
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.constraint_name != PRIMARY_KEY:
            raise
        found = _made_before(by, told)  # the same call was quicker
        if found is None:
            raise Conflict(GONE) from error
        return found, False


def _made_before(by: Actor, told: dict[str, Any]) -> Run | None:
    found: Run | None = Run.objects.visible_to(by).filter(pk=told["id"]).first()
    if found and found.request_sha256 != told["request_sha256"]:
        raise Conflict(OTHER)
    return found
