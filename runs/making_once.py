"""One run for one idempotency key or form: asking twice, also at one moment, makes one run."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from runs.models import Run, RunBatch

NAMESPACE = uuid.UUID("1f7f7e3c-52a2-4a0b-8a30-6f6f6d2f4c11")
GONE = "What this Idempotency-Key made is deleted."
OTHER = "This Idempotency-Key was used for another run: take another one."
FORM_GONE = "What this form started is deleted. Load the page anew to start another."
SENT_BEFORE = "This form was sent before: this is what it started. Load it anew to start another."

Made = TypeVar("Made", Run, RunBatch)


def make_once(
    make: Callable[..., Run], *, by: Actor, key: str | None, asked: Any
) -> tuple[Run, bool]:
    """The run that `make(**columns)` starts, and whether it is new; `asked` is the whole request.

    The same key of the same member gives the run there is; Conflict when it asked for another one,
    or when that run is deleted. Without a key every call makes a run.
    """
    if not key:
        return make(), True
    return _once(Run, make, by, {"id": _id(by, key), "request_sha256": _digest(asked)})


def make_once_by_form(
    model: type[Made], make: Callable[..., Made], *, by: Actor, token: Any, request: HttpRequest
) -> tuple[Made, bool]:
    """The run or batch that `make(**columns)` starts for a page's form, and whether it is new.

    A form is drawn with a `token`. Sent again as it was, it gives what it started; with other
    values it starts another. ValidationError when what it started is deleted.
    """
    if not token:
        return make(), True
    said = sorted(each for each in request.POST.lists() if each[0] != "csrfmiddlewaretoken")
    key = f"form:{token}:{_digest([request.path, said])}"
    try:
        return _once(model, make, by, {"id": _id(by, key)})
    except Conflict as error:
        raise ValidationError(FORM_GONE) from error


def _id(by: Actor, key: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"{by.membership.pk}:{key}")


def _digest(asked: Any) -> str:
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _once(
    model: type[Made], make: Callable[..., Made], by: Actor, told: dict[str, Any]
) -> tuple[Made, bool]:
    if found := _made_before(model, by, told):
        return found, False
    try:
        with transaction.atomic():
            return make(**told), True
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.constraint_name != f"{model._meta.db_table}_pkey":
            raise
        found = _made_before(model, by, told)  # the same call was quicker
        if found is None:
            raise Conflict(GONE) from error
        return found, False


def _made_before(model: type[Made], by: Actor, told: dict[str, Any]) -> Made | None:
    found: Made | None = model.objects.visible_to(by).filter(pk=told["id"]).first()
    if found and any(getattr(found, name) != value for name, value in told.items()):
        raise Conflict(OTHER)
    return found
