"""The rows of single answers that a saved revision leaves for statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviews.models import ReviewAnswer, ReviewRevision
from reviews.rubrics.answering import Answer

REVEALED = ("colleagues", "final")  # who has seen these does not rate any more


def write_answers(
    revision: ReviewRevision, answers: Mapping[str, Answer], checks: Mapping[int, Answer]
) -> None:
    """Answer rows of the revision; what was said first and unexposed keeps its mark for ever."""
    review = revision.review
    is_rating = not any(revision.exposure.get(kind) for kind in REVEALED)
    told: set[tuple[str, int | None]] = set()
    if revision.number > 1:
        mine = ReviewAnswer.all_rows.filter(review=review).order_by()
        mine.filter(is_latest=True).update(is_latest=False)
        if is_rating:
            mine.filter(is_rating=True).update(is_rating=False)
        told = set(mine.filter(is_first_unexposed=True).values_list("criterion", "check_result_id"))
    common = {
        "review": review,
        "revision": revision,
        "queue_id": review.queue_id,
        "queue_item_id": review.queue_item_id,
        "reviewer_id": review.reviewer_id,
        "is_counted": review.is_counted,
    }
    rows = []
    named: list[tuple[str, int | None, Answer]] = [
        *((key, None, answer) for key, answer in answers.items()),
        *(("", pk, answer) for pk, answer in checks.items()),
    ]
    for criterion, pk, answer in named:
        is_first = not revision.is_exposed and (criterion, pk) not in told
        rows.append(
            ReviewAnswer(
                criterion=criterion,
                check_result_id=pk,
                flagged=answer.flagged,
                note=answer.note,
                is_first_unexposed=is_first,
                is_rating=is_rating,
                is_exposed=revision.is_exposed,
                **columns_of(answer.value),
                **common,
            )
        )
    ReviewAnswer.all_rows.bulk_create(rows)


def columns_of(value: Any) -> dict[str, Any]:
    """A value as the answer's columns hold it: text for all, and a number or a set beside it."""
    if value is None:
        return {"value": None}
    if isinstance(value, bool):
        return {"value": "true" if value else "false"}
    if isinstance(value, int | float):
        is_whole = isinstance(value, float) and value.is_integer()
        return {"value": str(int(value) if is_whole else value), "number": value}
    if isinstance(value, list):
        return {"value": ", ".join(value), "labels": value}
    return {"value": value}
