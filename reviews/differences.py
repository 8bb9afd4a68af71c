"""After reveal: where a reviewer's answers differ from the final ones, and how often they do not.

Final are the answers of the adjudication that holds; without one, those on which all agreed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef

from evalplatform.scoping.actor import Actor
from reviews.desk import label_of
from reviews.models import Adjudication, Contest, Queue, Review, ReviewAnswer, ReviewRevision
from reviews.review_history import Words
from reviews.routing import ReviewState, disputed
from reviews.rubrics.answering import Answer
from reviews.rubrics.shape import Kind, Shape
from reviews.saving import note_shown_on

MOST_SHOWN = 50
BATCH = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One question on which the reviewer's answer is not the final one."""

    label: str
    own: str
    final: str


@dataclass(frozen=True, slots=True)
class Difference:
    """An item that was settled otherwise than the reviewer said, or that they contest."""

    adjudication: Adjudication
    label: str
    rows: tuple[Row, ...]
    contest: Contest | None


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """What a reviewer is told of themselves: answers compared with final ones, and alike."""

    differences: tuple[Difference, ...]
    n_more: int
    causes: tuple[tuple[str, int], ...]
    n_items: int
    n_answers: int
    n_alike: int
    agreement: Any  # a Quantity, clustered by item


def differences_of(queue: Queue, *, by: Actor, limit: int = MOST_SHOWN) -> OwnFigures:
    """The reviewer's own differences, the last settled first; noted with their reviews as shown."""
    shape = queue.rubric_version.read()
    found, scores = [], _of_agreed(queue, shape, by)
    for adjudication, review, revision in _settled(queue, by):
        compared = compare(revision, adjudication, shape)
        apart = [key for key, is_alike in compared.items() if not is_alike]
        if compared:
            scores.append((len(compared) - len(apart), len(compared)))
        found.append((adjudication, review, revision, apart))
    contests = _contests(queue, by)
    told = [each for each in found if each[3] or each[0].pk in contests]
    shown = told[:limit]
    note_shown_on([each[1] for each in shown], "final", by=by)
    words = Words.of_all([each[0].queue_item for each in shown], shape)
    return OwnFigures(
        differences=tuple(_difference(*each, contests, words) for each in shown),
        n_more=len(told) - len(shown),
        causes=_causes(told),
        n_items=len(scores),
        n_answers=sum(n for _, n in scores),
        n_alike=sum(n for n, _ in scores),
        agreement=_agreement(scores),
    )


def compare(revision: ReviewRevision, adjudication: Adjudication, shape: Shape) -> dict[str, bool]:
    """By question that both answered, whether alike; free text is no answer that can differ."""
    own, final = _held(revision, shape), _held(adjudication, shape)
    return {
        key: not disputed([{key: own[key]}, {key: final[key]}])
        for key in own
        if key in final and own[key].is_given and final[key].is_given
    }


def _held(said: Any, shape: Shape) -> dict[str, Answer]:
    """Answers of a revision or an adjudication, by key and `check-12`."""
    checks = {f"check-{pk}": Answer(**held) for pk, held in said.checks.items()}
    answers = {
        key: Answer(**held)
        for key, held in said.answers.items()
        if key in shape.by_key and shape.by_key[key].kind != Kind.TEXT
    }
    return checks | answers


def _settled(queue: Queue, by: Actor) -> list[tuple[Adjudication, Review, ReviewRevision]]:
    """What holds of the revealed items that the reviewer saved, with their newest revision."""
    mine = Review.objects.visible_to(by).filter(queue=queue, reviewer=by.user)
    saved = {
        review.queue_item_id: review
        for review in mine.filter(
            saved_at__isnull=False, queue_item__revealed_at__isnull=False
        ).order_by()
    }
    rows = Adjudication.objects.visible_to(by).filter(
        queue=queue, is_current=True, reopened_at=None, queue_item__in=saved
    )
    joined = ("adjudicator", "queue_item__session", "queue_item__run_item")
    held = list(rows.select_related(*joined).order_by("-adjudicated_at", "-pk"))
    revisions = ReviewRevision.objects.visible_to(by).filter(review__reviewer=by.user)
    newest = {
        row.review_id: row
        for row in revisions.filter(
            review__queue_item__in=[each.queue_item_id for each in held]
        ).order_by("number")
    }
    found = []
    for adjudication in held:
        review = saved[adjudication.queue_item_id]
        adjudication.queue_item.queue = queue
        found.append((adjudication, review, newest[review.pk]))
    return found


def _of_agreed(queue: Queue, shape: Shape, by: Actor) -> list[tuple[int, int]]:
    """(alike, compared) of each item that settled itself: all who were counted said the same."""
    settled = Adjudication.objects.visible_to(by).filter(queue_item=OuterRef("queue_item"))
    texts = [each.key for each in shape.criteria() if each.kind == Kind.TEXT]
    mine = ReviewAnswer.objects.visible_to(by).filter(
        queue=queue,
        reviewer=by.user,
        is_latest=True,
        is_counted=True,
        queue_item__state=ReviewState.REVIEWED.value,
        queue_item__revealed_at__isnull=False,
    )
    mine = mine.exclude(Exists(settled)).exclude(criterion__in=texts)
    counted = mine.order_by().values("queue_item").annotate(n=Count("pk"))
    return [(each["n"], each["n"]) for each in counted]


def _contests(queue: Queue, by: Actor) -> dict[Any, Contest]:
    rows = Contest.objects.visible_to(by).filter(adjudication__queue=queue, reviewer=by.user)
    return {each.adjudication_id: each for each in rows.select_related("answered_by")}


def _difference(
    adjudication: Adjudication,
    review: Review,
    revision: ReviewRevision,
    apart: list[str],
    contests: Mapping[Any, Contest],
    by_item: Mapping[int, Words],
) -> Difference:
    item = adjudication.queue_item
    words = by_item[item.pk]
    own, final = words.said_in(revision), words.said_in(adjudication)
    rows = tuple(Row(words.label(key), own.get(key, ""), final.get(key, "")) for key in apart)
    return Difference(adjudication, label_of(item), rows, contests.get(adjudication.pk))


def _causes(told: list[Any]) -> tuple[tuple[str, int], ...]:
    counted = Counter(each[0].get_cause_display() for each in told if each[3])
    return tuple(counted.most_common())


def _agreement(scores: list[tuple[int, int]]) -> Any:
    import numpy as np

    from reviews.agreement.quantity import NO_DATA, null
    from reviews.agreement.rates import clustered_rate

    if not scores:
        return null(NO_DATA)
    alike, compared = (np.array(each, dtype=np.int64) for each in zip(*scores, strict=True))
    return clustered_rate(alike, compared)
