"""What waits for an adjudicator: for which reasons, in which order, and who is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from evalplatform.notifications.models import Notification
from reviews.adjudicable import adjudicable, counts_of, kinds_of, waiting
from reviews.adjudicating import adjudicate
from reviews.claiming import claim, claim_item
from reviews.disputes import Cell, apart_of, order, ranked
from reviews.models import Queue, QueueItem, QueueReviewer, Rubric, Slot
from reviews.saving import save
from tests.cast import Cast
from tests.reviews_made import NO, YES, make_queue

FLAG = {"answers": {"verdict": {"flagged": True}}}


def cells(*told: tuple[int, str, str, Any, float | None]) -> list[Cell]:
    return [Cell(*each) for each in told]


def test_the_questions_on_which_reviewers_differ_add_up() -> None:
    found = apart_of(
        cells(
            (1, "a", "eva", "pass", None), (1, "a", "emil", "fail", None),
            (1, "b", "eva", "x", None), (1, "b", "emil", "y", None),
            (2, "a", "eva", "pass", None), (2, "a", "emil", "fail", None),
            (2, "b", "eva", "x", None), (2, "b", "emil", "x", None),
        ),
        {},
    )  # fmt: skip
    assert found == {1: 2.0, 2: 1.0}


def test_ratings_count_by_how_far_apart_they_are_and_a_flag_as_wholly_apart() -> None:
    found = apart_of(
        cells(
            (1, "tone", "eva", "4", 4.0), (1, "tone", "emil", "5", 5.0),
            (2, "tone", "eva", "1", 1.0), (2, "tone", "emil", "9", 9.0),
            (3, "tone", "eva", "4", 4.0), (3, "tone", "emil", ("flag",), None),
            (4, "tone", "eva", "4", 4.0),
        ),
        {"tone": 8.0},
    )  # fmt: skip
    assert found == {1: 0.125, 2: 1.0, 3: 1.0, 4: 0.0}


def test_the_most_disputed_come_first_ties_by_reviews_and_place_single_reviews_last() -> None:
    rows = [
        {"pk": pk, "n_counted": n, "position": place}
        for pk, n, place in ((1, 2, 0), (2, 1, 1), (3, 2, 2), (4, 3, 3), (5, 2, 4))
    ]
    found = order(rows, {1: 0.5, 2: 0.0, 3: 2.0, 4: 0.5, 5: 0.5})

    assert [rows[n]["pk"] for n in found] == [3, 4, 1, 5, 2]


def test_reasons_have_their_kinds() -> None:
    reasons = [
        "A reviewer asks for a senior.", "Reviewers disagree on tone.", "A reviewer raised a flag.",
        "A reviewer is not sure whether there is risk or confusion.",
    ]  # fmt: skip
    assert kinds_of(reasons, is_reopened=False) == ("disagreement", "senior", "flag", "ambiguous")
    assert kinds_of([], is_reopened=True) == ("reopened",)


def review(queue: Queue, *told: tuple[Any, dict[str, Any]]) -> QueueItem:
    """These people review the next items of the queue that nobody was given."""
    item = QueueItem.all_rows.filter(queue=queue, n_counted=0).order_by("position").first()
    assert item is not None
    item.queue = queue
    for who, what in told:
        claim_item_for(item, who)
        save(item, what, by=who)
    return item


def claim_item_for(item: QueueItem, who: Any) -> None:
    Slot.all_rows.create(
        queue_item=item, queue=item.queue, reviewer=who.user, state=Slot.State.RELEASED
    )
    claim_item(item, by=who)


@pytest.mark.django_db
def test_waiting_items_are_filtered_by_reason_counted_and_ranked(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=4, reviews_per_item=2)
    apart = review(queue, (cast.eva, YES), (cast.emil, NO))
    flagged = review(queue, (cast.eva, FLAG), (cast.emil, FLAG))
    review(queue, (cast.eva, YES), (cast.emil, YES))
    review(queue, (cast.eva, YES))

    assert [each.pk for each in ranked(queue, by=cast.adam)] == [apart.pk, flagged.pk]
    assert list(waiting(queue, by=cast.adam, kind="flag")) == [flagged]
    found = ranked(queue, by=cast.adam, kind="disagreement")[0]
    assert (found.questions, found.apart) == (("Is the answer good enough?",), 1.0)
    counts = counts_of(queue, by=cast.adam)
    assert (counts[""], counts["disagreement"], counts["flag"], counts["senior"]) == (2, 1, 1, 0)
    adjudicate(apart, NO | {"cause": "other"}, by=cast.adam)
    save(apart, YES | {"feedback": "Still."}, by=cast.eva)
    assert list(waiting(queue, by=cast.olga, kind="reopened")) == [apart]


@pytest.mark.django_db
def test_nobody_is_told_of_an_item_that_they_have_not_reviewed_themselves(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=1, reviews_per_item=2)
    item = review(queue, (cast.eva, YES))
    claim_item_for(item, cast.adam)
    Slot.all_rows.filter(reviewer=cast.adam.user).update(state="skipped", token=None)
    QueueItem.all_rows.update(open_slots=1)
    claim(queue, by=cast.emil)
    save(item, NO, by=cast.emil)

    assert not waiting(queue, by=cast.adam).exists()
    assert not Notification.all_rows.filter(user=cast.adam.user).exists()
    assert list(waiting(queue, by=cast.olga)) == [item]
    save(item, YES, by=cast.adam)
    assert list(waiting(queue, by=cast.adam)) == [item]


@pytest.mark.django_db
def test_before_reveal_a_senior_is_asked_for_only_among_those_who_do_not_review(
    cast: Cast,
) -> None:
    lab = Rubric.of_the_product("lab-review", by=cast.olga)
    queue = make_queue(
        owner=cast.olga, n_items=1, reviews_per_item=2, rubric=lab, reviewers=[cast.eva, cast.olga]
    )
    QueueItem.all_rows.update(
        state="needs_adjudication", n_counted=1, reasons=["A reviewer asks for a senior."]
    )

    assert list(waiting(queue, by=cast.adam, kind="senior")) != []
    assert not waiting(queue, by=cast.olga).exists()
    assert not adjudicable(queue, by=cast.olga).exists()
    QueueReviewer.all_rows.filter(reviewer=cast.olga.user).update(is_assigned=False)
    assert waiting(queue, by=cast.olga).exists()


@pytest.mark.django_db
def test_who_may_settle_is_told_once_when_an_item_is_revealed(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=2, reviews_per_item=2)
    told = Notification.all_rows.filter(kind="adjudication-needed")
    first = QueueItem.all_rows.filter(queue=queue).order_by("position")[0]
    first.queue = queue
    claim_item_for(first, cast.eva)
    save(first, FLAG, by=cast.eva)
    assert not told.exists()
    claim_item_for(first, cast.emil)
    save(first, NO, by=cast.emil)
    review(queue, (cast.eva, YES), (cast.emil, NO))

    assert sorted(each.user.name for each in told) == ["Adam", "Olga"]
    assert {each.url for each in told} == {f"/t/lighthouse/queues/{queue.pk}/adjudicate/"}
    told.filter(user=cast.olga.user).update(read_at="2026-11-22T00:00Z")
    adjudicate(first, NO | {"cause": "other"}, by=cast.adam)
    save(first, YES, by=cast.emil)
    assert told.filter(user=cast.olga.user).count() == 2
