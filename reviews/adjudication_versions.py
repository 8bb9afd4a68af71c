"""What an adjudicator has seen of an item, and what came between that and now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Sum

from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from reviews.models import Adjudication, QueueItem, Review, ReviewRevision

STEP = 10_000  # a number holds fewer adjudications than this


@dataclass(frozen=True, slots=True)
class Version:
    """How often reviews of the item were saved, and how often it was settled."""

    n_saves: int
    n_settled: int

    @property
    def number(self) -> int:
        """Both in one: it is another one whenever anything was said."""
        return self.n_saves * STEP + self.n_settled

    @classmethod
    def from_number(cls, number: int) -> Version:
        return cls(number // STEP, number % STEP)

    @classmethod
    def of(cls, item: QueueItem, by: Actor) -> Version:
        """As it is now."""
        saved = Review.objects.visible_to(by).filter(queue_item=item).order_by()
        settled = Adjudication.objects.visible_to(by).filter(queue_item=item).order_by()
        return cls(
            saved.aggregate(n=Sum("n_revisions"))["n"] or 0,
            settled.aggregate(n=Max("number"))["n"] or 0,
        )


class StaleAdjudicationError(Conflict):
    """409: something was said since; `edits` are the reviews that changed, before and after."""

    def __init__(self, item: QueueItem, seen: Version, by: Actor) -> None:
        now = Version.of(item, by)
        self.number = now.number
        self.edits = edits_since(item, seen, by)
        self.settled = settled_since(item, seen, by)
        what = "settled this item" if self.settled else "changed a review of this item"
        super().__init__(f"Somebody {what} meanwhile. Look at both versions and choose.")


@dataclass(frozen=True, slots=True)
class Edit:
    """A review that was saved since: what it said (None: nothing yet) and what it says."""

    reviewer: Any
    before: ReviewRevision | None
    after: ReviewRevision


def edits_since(item: QueueItem, seen: Version, by: Actor) -> list[Edit]:
    """The reviews that were saved since, with what they said when they were seen."""
    rows = ReviewRevision.objects.visible_to(by).filter(review__queue_item=item)
    rows = list(rows.select_related("review__reviewer").order_by("pk"))
    before = _newest(rows[: seen.n_saves])
    after = _newest(rows[seen.n_saves :])
    return [
        Edit(revision.review.reviewer, before.get(pk), revision) for pk, revision in after.items()
    ]


def settled_since(item: QueueItem, seen: Version, by: Actor) -> Adjudication | None:
    """The adjudication that was made since, the newest one."""
    rows = Adjudication.objects.visible_to(by).filter(queue_item=item, number__gt=seen.n_settled)
    found: Adjudication | None = rows.select_related("adjudicator").order_by("-number").first()
    return found


def _newest(rows: list[ReviewRevision]) -> Mapping[Any, ReviewRevision]:
    return {revision.review_id: revision for revision in rows}
