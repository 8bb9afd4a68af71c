"""The history of a label, read from the revisions that the database writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datasets.models import Session
from evalplatform.accounts.models import User
from evalplatform.scoping.actor import Actor
from reviews.changes import FIELDS, LabelState
from reviews.models import EvalLabelRevision

MOST = 100
NAMES = {
    "is_eval_ready": "Eval-ready",
    "status": "Status",
    "notes": "Notes",
    "tags": "Tags",
    "expected_output": "Expected output",
}
SHOWN = 300


@dataclass(frozen=True, slots=True)
class Step:
    """One save: who, when, and what it changed as (name, before, after) in words."""

    at: datetime
    by: User | None
    changes: list[tuple[str, str, str]]


def history_of(session: Session, actor: Actor) -> list[Step]:
    """Return the last saves of the session's label, newest first; at most a hundred."""
    revisions = list(
        EvalLabelRevision.objects.visible_to(actor)
        .filter(pgh_obj=session.pk)
        .select_related("reviewed_by", "marked_by")
        .order_by("-pgh_id")[: MOST + 1]
    )
    earlier = [*revisions[1:], None]
    return [_step(*pair) for pair in zip(revisions, earlier, strict=False)][:MOST]


def _step(revision: Any, earlier: Any) -> Step:
    old, new = LabelState.of(earlier), LabelState.of(revision)
    changes = [
        (NAMES[name], _words(getattr(old, name)), _words(getattr(new, name)))
        for name in FIELDS
        if getattr(old, name) != getattr(new, name)
    ]
    was_review = revision.reviewed_at != (earlier.reviewed_at if earlier else None)
    return Step(
        revision.pgh_created_at, revision.reviewed_by if was_review else revision.marked_by, changes
    )


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(value) if isinstance(value, tuple) else str(value or "")
    text = text.replace("needs_review", "needs review")
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
