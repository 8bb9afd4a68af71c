"""What the pages' label forms say, read into a change."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict

from reviews.changes import LabelChange

SEPARATORS = re.compile(r"[,\n\r]+")
MAX_IDS = 10_000


def change_from(form: QueryDict, *, tags: tuple[str, ...] = ()) -> LabelChange:
    """Return the change a posted form asks for; `tags` are the present ones, for taking one away.

    Tags are added only by their own button, so that a text left in the box is not sent along.
    """
    values: dict[str, Any] = {}
    if "is_eval_ready" in form:
        values["is_eval_ready"] = form["is_eval_ready"] == "1"
    if "status" in form:
        values["status"] = form["status"] or None
    for name in ("notes", "expected_output"):
        if name in form:
            values[name] = str(form[name]).replace("\r\n", "\n")
    if "add" in form:
        values["add_tags"] = SEPARATORS.split(form.get("add_tags", ""))
    if "remove_tag" in form:
        values["tags"] = [tag for tag in tags if tag != form["remove_tag"]]
    if values.get("add_tags") is not None and not any(tag.strip() for tag in values["add_tags"]):
        raise ValidationError({"add_tags": "Type a tag first."})
    return LabelChange.cleaned(**values)


def ids_from(form: QueryDict) -> list[uuid.UUID]:
    """Return the ids of a selection. Raises ValidationError for none, too many, broken ones."""
    texts = form.getlist("ids")
    if not texts:
        raise ValidationError("Select at least one session.")
    if len(texts) > MAX_IDS:
        raise ValidationError(f"Select at most {MAX_IDS:,} sessions, or all that match.")
    try:
        return [uuid.UUID(text) for text in texts]
    except ValueError as error:
        raise ValidationError("The selection is broken: select again.") from error


def key_from(form: QueryDict, digest: str) -> str | None:
    """Return the idempotency key of one change asked with one rendered form; the token alone would
    take another act from the same page for a repeat. None for a form without a token.
    """
    try:
        return f"page:{uuid.UUID(form.get('token', ''))}:{digest}"
    except ValueError:
        return None


def means_all(form: QueryDict) -> bool:
    """Say whether the selection is the whole filtered view."""
    return form.get("scope") == "all"
