"""What differs between an item as it was sealed and as it is now, as far as digests can say.

A seal keeps digests and no texts, so that it says which part differs and not what it was. Of a
review more can be said: each answer stands twice, in the revision that was saved and as a row for
statistics, and where the two differ one of them was changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from reviews.answer_rows import columns_of
from reviews.evidence import Evidence
from reviews.models import Queue, QueueItem, Review, ReviewAnswer, ReviewRevision, SealedItem
from reviews.queue_items import label_of, read

WORDS = {
    "item": "the rubric, or how the item came in",
    "material": "what was reviewed",
    "verdicts": "the machine’s verdicts",
    "adjudications": "what was settled",
}
COLUMNS = ("value", "number", "labels")
MOST_SAID = 60  # characters of an answer


@dataclass(frozen=True, slots=True)
class Differing:
    """An item that is not as it was sealed; `key` is none when it is gone."""

    key: UUID | None
    label: str
    what: tuple[str, ...]


def differing(
    queue: Queue, pairs: Sequence[tuple[SealedItem | None, Evidence | None]]
) -> Iterator[Differing]:
    """Each of these items with what differs; `pairs` are (as sealed, as it is)."""
    ids = [now.item for _, now in pairs if now]
    labels = {each["id"]: label_of(each) for each in read(QueueItem.all_rows.filter(pk__in=ids))}
    for held, now in pairs:
        if now is None:
            assert held is not None
            yield Differing(None, f"item {held.queue_item_id}", ("the item is gone",))
            continue
        what = ("the item was added",) if held is None else tuple(_what(held, now, queue))
        yield Differing(UUID(now.key), labels.get(now.item, now.key), what)


def _what(held: SealedItem, now: Evidence, queue: Queue) -> Iterator[str]:
    if not held.parts:
        yield "something of its evidence"
        return
    found = now.parts_read()
    for part, words in WORDS.items():
        if held.parts.get(part) != found.get(part):
            yield words
    yield from _reviews(held.parts.get("reviews") or {}, found.get("reviews") or {}, queue)


def _reviews(before: Mapping[str, str], now: Mapping[str, str], queue: Queue) -> Iterator[str]:
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    rows = Review.all_rows.filter(pk__in=keys).select_related("reviewer")
    there = {str(review.pk): review for review in rows}
    for key in keys:
        review = there.get(key)
        name = (review.reviewer.name or review.reviewer.email) if review else "somebody"
        if key not in now:
            yield f"a review by {name} is gone"
        elif key not in before:
            yield f"a review by {name} was not there"
        else:
            assert review is not None
            odd = list(_odd_answers(review, queue))
            yield f"the review by {name}" + (f": {'; '.join(odd)}" if odd else "")


def _odd_answers(review: Review, queue: Queue) -> Iterator[str]:
    """Answers whose row says something else than the revision that they were saved with."""
    labels = {key: each.label for key, each in queue.rubric_version.read().by_key.items()}
    rows = {
        (row.revision_id, row.criterion or f"check {row.check_result_id}"): row
        for row in ReviewAnswer.all_rows.filter(review=review)
    }
    for revision in ReviewRevision.all_rows.filter(review=review).order_by("number"):
        for key, said in _said(revision).items():
            row = rows.pop((revision.pk, key), None)
            name = f"“{labels.get(key, key)}”"
            if row is None:
                yield f"{name} of save {revision.number} is missing"
            elif not _is_same(row, said):
                here = _short(row.value, row.flagged)
                there = _short(said.get("value"), said.get("flagged"))
                where = f"{name} of save {revision.number}"
                yield f"{where} says {here} in one place and {there} in the other"
    for _, key in rows:
        yield f"“{labels.get(key, key)}” was not said in any save"


def _said(revision: ReviewRevision) -> dict[str, Mapping[str, Any]]:
    checks = {f"check {pk}": said for pk, said in revision.checks.items()}
    return {**revision.answers, **checks}


def _is_same(row: ReviewAnswer, said: Mapping[str, Any]) -> bool:
    wanted = dict.fromkeys(COLUMNS) | columns_of(said.get("value"))
    held = (row.flagged, row.note)
    return all(getattr(row, name) == wanted[name] for name in COLUMNS) and held == (
        bool(said.get("flagged")),
        said.get("note", ""),
    )


def _short(value: Any, flagged: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text if len(text) <= MOST_SAID else text[:MOST_SAID] + "…"
    return f"{text} (flagged)" if flagged else text
