"""The three areas of the review page for one reviewer and one item: rail, material, form.

What of the machine's or of colleagues' words comes along is decided here, and noted with the
review before it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evalplatform.scoping.actor import Actor
from reviews.material import attachments_of, checks_to_review, material_of, without_verdicts
from reviews.models import Queue, QueueItem, Review, ReviewRevision, Slot
from reviews.progress import numbers_beside_an_item, own_progress
from reviews.rail import rail_of
from reviews.review_fields import check_fields, sections_of
from reviews.rubrics.shape import Shape
from reviews.saving import note_shown, open_review
from reviews.suggesting import Suggestion, suggest
from runs.run_item_showing import texts_of

OPEN = (Queue.Status.ACTIVE, Queue.Status.PAUSED)


def desk_of(item: QueueItem, slot: Slot, actor: Actor, *, is_raw: bool = False) -> dict[str, Any]:
    """Everything the page shows of an item that was given to the actor."""
    queue = item.queue
    review = open_review(item, by=actor, slot=slot)
    held = review.draft or saved_answers(review, actor)
    shape = queue.rubric_version.read()
    shown = show(item, slot, review, shape, actor)
    reviewed = queue.reviews_auto_evals
    return {
        **about(queue, actor, item=item),
        **material_of(item, is_raw=is_raw),
        "item": item,
        "slot": slot,
        "review": review,
        "is_raw": is_raw,
        "files": attachments_of(item),
        "checks": [] if reviewed else shown.checks,
        "shows_auto": shown.has_verdicts,
        "check_fields": check_fields(shown.checks, held) if reviewed else [],
        "sections": sections_of(shape, held, shown.suggestions),
        "feedback": held.get("feedback", "") if isinstance(held.get("feedback"), str) else "",
        "colleagues": shown.colleagues,
        "may_save": queue.status in OPEN and not queue.is_finalized,
        "is_held": slot.state in (Slot.State.LEASED, Slot.State.SUBMITTED),
    }


@dataclass(frozen=True, slots=True)
class Shown:
    """What comes along with the material; `has_verdicts`: the checks say what the machine said."""

    checks: list[dict[str, Any]]
    has_verdicts: bool
    suggestions: list[Suggestion]
    colleagues: list[dict[str, Any]]


def show(item: QueueItem, slot: Slot, review: Review, shape: Shape, actor: Actor) -> Shown:
    """What the reviewer may be shown now, noted with the review: who calls this is showing it."""
    checks, has_verdicts = _checks(item, slot)
    suggestions = suggestions_for(item, shape) if item.queue.shows_suggestions else []
    colleagues = colleagues_of(item, review, shape, actor)
    told = {"auto_verdict": has_verdicts, "suggestions": suggestions, "colleagues": colleagues}
    note_shown(review, *(kind for kind, said in told.items() if said))
    return Shown(checks, has_verdicts, suggestions, colleagues)


def about(queue: Queue, actor: Actor, item: QueueItem | None = None) -> dict[str, Any]:
    """What the page shows with or without an item: the rail and the reviewer's own numbers."""
    own = numbers_beside_an_item(queue, actor) if item else own_progress([queue], actor)[queue.pk]
    return {"queue": queue, "progress": own, "rail": rail_of(queue, item, actor)}


LABELLED_BY = ("run_item__public_id", "session__title", "session__external_id")


def label_of(item: QueueItem) -> str:
    """What people call an item: the id of the row, or the session's title."""
    row, session = item.run_item, item.session
    told = (session.title, session.external_id) if session else (None, None)
    return label_from(row.public_id if row else None, *told)


def label_from(*told: str | None) -> str:
    """The same from what stands in the columns LABELLED_BY."""
    return next(filter(None, told), "")


# --- what others said ----------------------------------------------------------------------------


def saved_answers(review: Review, actor: Actor) -> dict[str, Any]:
    """What the actor saved last, as a draft holds it; {} before the first save."""
    if not review.n_revisions:
        return {}
    rows = ReviewRevision.objects.visible_to(actor).filter(review=review)
    found = rows.filter(number=review.n_revisions).first()
    if found is None:
        return {}
    return {"answers": found.answers, "checks": found.checks, "feedback": found.feedback}


def _checks(item: QueueItem, slot: Slot) -> tuple[list[dict[str, Any]], bool]:
    """The checks, and whether the machine's verdicts are with them."""
    checks = checks_to_review(item)
    if item.queue.shows_auto_verdict and not slot.hides_auto:
        return checks, bool(checks)
    return without_verdicts(checks), False


def suggestions_for(item: QueueItem, shape: Shape) -> list[Suggestion]:
    """What the heuristics propose for criteria that this rubric asks; rows of runs only."""
    row = item.run_item
    if row is None:
        return []
    prompt = texts_of(row).get("prompt", ("", ""))[1]
    found = suggest(prompt, row.response, run_status=row.status)
    return [each for each in found if each.key in shape.by_key]


def colleagues_of(
    item: QueueItem, review: Review, shape: Shape, actor: Actor
) -> list[dict[str, Any]]:
    """What colleagues saved, for one who has saved and when the item is revealed.

    In a queue that is not blind, at once. Who may see all waits for it here like everybody.
    """
    if item.queue.is_blind and (item.revealed_at is None or review.saved_at is None):
        return []
    reviews = Review.objects.visible_to(actor).filter(queue_item=item, saved_at__isnull=False)
    others = list(reviews.exclude(reviewer=actor.user).select_related("reviewer"))
    revisions = {
        (row.review_id, row.number): row
        for row in ReviewRevision.objects.visible_to(actor).filter(
            review__in=[each.pk for each in others]
        )
    }
    labels = {criterion.key: criterion.label for criterion in shape.criteria()}
    return [
        {
            "review": each,
            "revision": revision,
            "answers": _told(revision.answers, labels) + _told(revision.checks, {}),
        }
        for each in others
        if (revision := revisions.get((each.pk, each.n_revisions)))
    ]


def _told(answers: Any, labels: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "label": labels.get(key, f"Check {key}" if not labels else key),
            "value": _said(held.get("value")),
            "flagged": held.get("flagged"),
            "note": held.get("note", ""),
        }
        for key, held in answers.items()
    ]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)
