"""One object for one idempotency key: asking twice, also at the same moment, makes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from rest_framework.request import Request

from datasets.api.of_dataset import made_id
from evalplatform.errors import Conflict
from evalplatform.jobs.api import idempotency_key
from evalplatform.scoping.actor import Actor

OTHER = "This Idempotency-Key was used for something else: take another one."
GONE = "What this Idempotency-Key made is deleted."


def made_once(
    request: Request, rows: Any, make: Callable[..., Any], actor: Actor, **same: Any
) -> tuple[Any, bool]:
    """What `make(pk=...)` makes, or what the same key made before; and whether it is new.

    `rows` are the visible ones; `same` is what must be equal in what is found, else Conflict.
    """
    key = idempotency_key(request)
    if key is None:
        return make(), True
    pk = made_id(actor, key, rows.model.__name__.lower())
    if found := rows.filter(pk=pk).first():
        return _same(found, same), False
    try:
        with transaction.atomic():
            return make(pk=pk), True
    except IntegrityError as error:  # the same call was quicker, or what it made is deleted
        diagnosis = getattr(error.__cause__, "diag", None)
        if not str(getattr(diagnosis, "constraint_name", "")).endswith("_pkey"):
            raise
        found = rows.filter(pk=pk).first()
        if found is None:
            raise Conflict(GONE) from error
        return _same(found, same), False


def _same(found: Any, same: dict[str, Any]) -> Any:
    if any(getattr(found, name) != value for name, value in same.items()):
        raise Conflict(OTHER)
    return found
