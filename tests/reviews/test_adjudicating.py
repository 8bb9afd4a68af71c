"""Adjudication: beside the reviews, one current, reopened by edits, contested with an answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction

from evalplatform.errors import Conflict
from reviews.adjudicating import adjudicate, answer_contest, contest, current, majority, waiting
from reviews.claiming import claim
from reviews.models import Adjudication, Queue, QueueItem, ReviewRevision
from reviews.saving import save
from tests.cast import Cast
from tests.reviews_made import NO, YES, make_queue

pytestmark = pytest.mark.django_db
FINAL = NO | {"cause": "reviewer_slip", "reason": "The date is wrong."}


def reviewed(cast: Cast, *said: tuple[Any, dict[str, Any]], **fields: Any) -> QueueItem:
    """An item of a queue of Olga's that these people have reviewed."""
    queue = make_queue(owner=cast.olga, n_items=1, reviews_per_item=2, **fields)
    for who, what in said:
        slot = claim(queue, by=who)
        assert slot is not None
        save(slot.queue_item, what, by=who)
    return QueueItem.all_rows.select_related("queue").get(queue=queue)


def disputed(cast: Cast) -> QueueItem:
    return reviewed(cast, (cast.eva, YES), (cast.emil, NO))


def test_an_adjudication_settles_the_item_and_changes_no_review(cast: Cast) -> None:
    item = disputed(cast)
    assert list(waiting(item.queue, by=cast.olga)) == [item]
    before = list(ReviewRevision.all_rows.order_by("pk").values())

    made = adjudicate(item, FINAL | {"labels": {"guestIntent": "Noise"}}, by=cast.adam)

    assert (made.number, made.answers["verdict"]["value"]) == (1, "fail")
    assert made.labels == {"guestIntent": "Noise"}
    assert list(waiting(item.queue, by=cast.olga)) == []
    assert QueueItem.all_rows.get(pk=item.pk).state == "reviewed"
    assert list(ReviewRevision.all_rows.order_by("pk").values()) == before


def test_a_later_adjudication_takes_the_place_of_the_one_before(cast: Cast) -> None:
    item = disputed(cast)
    adjudicate(item, FINAL, by=cast.adam)
    second = adjudicate(item, YES | {"cause": "guideline_gap"}, by=cast.olga)

    assert current(item) == second
    assert [row.is_current for row in Adjudication.all_rows.order_by("number")] == [False, True]


def test_an_edit_after_it_reopens_it_and_a_late_extra_does_not(cast: Cast) -> None:
    item = disputed(cast)
    adjudicate(item, FINAL, by=cast.adam)
    slot_item = QueueItem.all_rows.get(pk=item.pk)
    save(slot_item, YES | {"feedback": "Still."}, by=cast.eva)

    assert current(item) is None
    assert list(waiting(item.queue, by=cast.olga)) == [item]
    assert Adjudication.all_rows.get().answers["verdict"]["value"] == "fail"


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        (NO, "cause", "Say what the disagreement came from"),
        ({"cause": "other"}, "verdict", "This needs an answer."),
        (FINAL | {"labels": {"guestIntent": "Rain"}}, "guestIntent", "Choose one of: Booking"),
        (FINAL | {"labels": {"x": "y"}}, "x", "There is no such label"),
        (FINAL | {"reason": 7}, "reason", "The reason is text"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_place_and_nothing_is_saved(
    cast: Cast, given: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        adjudicate(disputed(cast), given, by=cast.olga)

    assert refused.value.message_dict[field][0].startswith(message)
    assert not Adjudication.all_rows.exists()


def test_an_item_whose_reviews_are_still_to_come_is_not_settled(cast: Cast) -> None:
    with pytest.raises(Conflict, match="still to come"):
        adjudicate(reviewed(cast, (cast.eva, YES)), FINAL, by=cast.olga)
    with pytest.raises(Conflict, match="Nobody has reviewed"):
        adjudicate(reviewed(cast, name="Evening"), FINAL, by=cast.olga)


def test_only_owners_and_admins_adjudicate(cast: Cast) -> None:
    item = disputed(cast)
    for who in (cast.eva, cast.tess):
        with pytest.raises(PermissionDenied):
            adjudicate(item, FINAL, by=who)
    with pytest.raises(QueueItem.DoesNotExist):
        adjudicate(item, FINAL, by=cast.otto)


def test_what_was_said_cannot_be_changed_in_the_database(cast: Cast) -> None:
    made = adjudicate(disputed(cast), FINAL, by=cast.olga)
    with pytest.raises(DatabaseError), transaction.atomic():
        Adjudication.all_rows.filter(pk=made.pk).update(reason="Another.")


def test_a_reviewer_of_the_item_sees_it_and_contests_it_once(cast: Cast) -> None:
    made = adjudicate(disputed(cast), FINAL, by=cast.olga)

    said = contest(made, "The date was right.", by=cast.eva)
    with pytest.raises(Conflict, match="already"):
        contest(made, "Again.", by=cast.eva)
    answer_contest(said, "You are right.", by=cast.adam)

    said.refresh_from_db()
    assert (said.answer, said.answered_by) == ("You are right.", cast.adam.user)
    assert not Adjudication.objects.visible_to(cast.tess).exists()
    assert not Adjudication.objects.visible_to(cast.otto).exists()


def test_the_majority_leaves_out_what_is_tied(cast: Cast) -> None:
    queue: Queue = make_queue(owner=cast.olga, n_items=1, reviews_per_item=3)
    for who, what in ((cast.eva, YES), (cast.emil, NO), (cast.tess, NO)):
        slot = claim(queue, by=who)
        assert slot is not None
        save(slot.queue_item, what, by=who)
    revisions = list(ReviewRevision.all_rows.order_by("pk"))

    assert majority(revisions).answers["verdict"].value == "fail"
    assert majority(revisions[:2]).answers == {}
