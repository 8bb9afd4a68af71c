"""Many reviews at once, written straight into the tables: for pages and figures over a whole queue.

What is saved one by one goes through `reviews.saving.save`; this is for hundreds and more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import Count, Q
from django.utils import timezone

from evalplatform.scoping.actor import Actor
from reviews.answer_rows import columns_of
from reviews.models import Queue, QueueItem, Review, ReviewAnswer, ReviewRevision, Slot
from reviews.routing import ReviewState

FLAG = "flag"


class Told(NamedTuple):
    """One review: by criterion and by id of check result, `FLAG` or a value."""

    item: QueueItem
    who: Actor
    answers: Mapping[str, Any] = {}
    checks: Mapping[int, Any] = {}
    is_exposed: bool = False


def add_reviews(queue: Queue, told: Iterable[Told]) -> None:
    """Save these first reviews of these people, counted, and reveal the items that have theirs."""
    now, told = timezone.now(), list(told)
    slots, reviews, revisions, answers = [], [], [], []
    for each in told:
        who = {"queue": queue, "queue_item": each.item, "reviewer": each.who.user}
        exposure = {"auto_verdict": each.is_exposed, "suggestions": False,
                    "colleagues": False, "final": False}  # fmt: skip
        slots.append(Slot(state=Slot.State.SUBMITTED, is_counted=True, **who))
        review = Review(saved_at=now, n_revisions=1, draft_number=1, is_counted=True, **who)
        reviews.append(review)
        revision = ReviewRevision(
            review=review, number=1, saved_by=each.who.user, via="page", exposure=exposure,
            answers={key: _json(value) for key, value in each.answers.items()},
            checks={str(pk): _json(value) for pk, value in each.checks.items()},
            is_exposed=each.is_exposed,
        )  # fmt: skip
        revisions.append(revision)
        named = [(key, None, value) for key, value in each.answers.items()]
        named += [("", pk, value) for pk, value in each.checks.items()]
        for key, pk, value in named:
            is_flag = value == FLAG
            answers.append(
                ReviewAnswer(
                    review=review,
                    revision=revision,
                    criterion=key,
                    check_result_id=pk,
                    flagged=is_flag,
                    is_first_unexposed=not each.is_exposed,
                    is_rating=True,
                    is_exposed=each.is_exposed,
                    **columns_of(None if is_flag else value),
                    **who,
                )
            )
    for rows in (slots, reviews, revisions, answers):
        type(rows[0]).all_rows.bulk_create(rows, batch_size=2_000)  # type: ignore[attr-defined]
    _note(queue)


def _json(value: Any) -> dict[str, Any]:
    is_flag = value == FLAG
    return {"value": None if is_flag else value, "flagged": is_flag, "note": ""}


def _note(queue: Queue) -> None:
    """The items' counts, and what follows from them; disagreement is looked at by its values."""
    items = QueueItem.all_rows.filter(queue=queue)
    counted = Slot.all_rows.filter(queue=queue, is_counted=True).order_by()
    by_item = dict(counted.values_list("queue_item").annotate(n=Count("pk")))
    rows = list(items)
    for item in rows:
        item.n_counted = by_item.get(item.pk, 0)
        item.open_slots = max(0, queue.reviews_per_item - item.n_counted)
        item.state = ReviewState.IN_REVIEW if item.n_counted else ReviewState.UNREVIEWED
    QueueItem.all_rows.bulk_update(rows, ["n_counted", "open_slots", "state"], batch_size=2_000)
    full = items.filter(n_counted__gte=queue.reviews_per_item)
    full.update(revealed_at=timezone.now(), state=ReviewState.REVIEWED)
    said = ReviewAnswer.all_rows.filter(queue=queue, is_latest=True).order_by()
    cells = said.values("queue_item", "criterion", "check_result").annotate(
        n_values=Count("value", distinct=True),
        n_flags=Count("pk", filter=Q(flagged=True)),
        n_said=Count("value"),
    )
    apart = cells.filter(Q(n_values__gt=1) | Q(n_flags__gt=0, n_said__gt=0))
    full.filter(pk__in=apart.values("queue_item")).update(state=ReviewState.NEEDS_ADJUDICATION)
