"""Saving: whole or not at all, each revision for ever, drafts apart, routing as it is stated."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from evalplatform.errors import Conflict
from reviews.answer_rows import columns_of
from reviews.claiming import claim
from reviews.models import (
    Queue,
    QueueItem,
    Review,
    ReviewAnswer,
    ReviewRevision,
    Rubric,
    RubricVersion,
)
from reviews.saving import StaleDraftError, note_shown, open_review, save, save_draft
from tests.cast import Cast
from tests.reviews_made import NO, YES, make_queue, make_queue_with_verdicts
from tests.runs_made import make_run

pytestmark = pytest.mark.django_db


def given(queue: Queue, by: Any) -> QueueItem:
    slot = claim(queue, by=by)
    assert slot is not None
    item: QueueItem = slot.queue_item
    return item


def test_a_save_keeps_the_answers_and_ends_the_draft(cast: Cast) -> None:
    item = given(make_queue(owner=cast.olga), cast.eva)
    review = save_draft(open_review(item, by=cast.eva), YES, number=0, by=cast.eva)
    assert review.is_dirty

    saved = save(item, YES, by=cast.eva)

    assert saved.is_complete
    assert saved.is_counted
    answer = ReviewAnswer.all_rows.get(review=saved)
    assert (answer.criterion, answer.value, answer.is_first_unexposed) == ("verdict", "pass", True)


def test_a_draft_of_another_device_is_not_overwritten(cast: Cast) -> None:
    item = given(make_queue(owner=cast.olga), cast.eva)
    review = open_review(item, by=cast.eva)
    save_draft(review, YES, number=0, by=cast.eva)

    with pytest.raises(StaleDraftError) as refused:
        save_draft(review, NO, number=0, by=cast.eva)

    assert refused.value.review.draft == YES
    assert Review.all_rows.get(pk=review.pk).draft == YES


def test_what_is_missing_or_wrong_saves_nothing(cast: Cast) -> None:
    item = given(make_queue(owner=cast.olga), cast.eva)

    with pytest.raises(ValidationError) as refused:
        save(item, {"answers": {"verdict": {"value": "perhaps"}}}, by=cast.eva)

    assert list(refused.value.message_dict) == ["verdict"]
    assert not ReviewRevision.all_rows.exists()
    assert QueueItem.all_rows.get(pk=item.pk).n_counted == 0


def test_an_edit_is_a_revision_and_the_first_unexposed_answer_stays(cast: Cast) -> None:
    item = given(make_queue(owner=cast.olga), cast.eva)
    review = save(item, YES, by=cast.eva)
    note_shown(review, "final")

    save(item, NO, by=cast.eva)

    rows = list(ReviewAnswer.all_rows.filter(review=review).order_by("id"))
    assert [(row.value, row.is_latest, row.is_first_unexposed) for row in rows] == [
        ("pass", False, True),
        ("fail", True, False),
    ]
    revisions = ReviewRevision.all_rows.filter(review=review).order_by("number")
    assert [row.is_exposed for row in revisions] == [False, True]
    assert QueueItem.all_rows.get(pk=item.pk).n_counted == 1


def test_revisions_cannot_be_changed_by_anybody(cast: Cast) -> None:
    save(given(make_queue(owner=cast.olga), cast.eva), YES, by=cast.eva)

    with pytest.raises(DatabaseError), transaction.atomic():
        ReviewRevision.all_rows.update(feedback="forged")


def test_what_was_shown_is_recorded_with_the_answer(cast: Cast) -> None:
    item = given(make_queue(owner=cast.olga), cast.eva)
    note_shown(open_review(item, by=cast.eva), "auto_verdict")

    save(item, YES, by=cast.eva)

    revision = ReviewRevision.all_rows.get()
    assert revision.exposure == {
        "auto_verdict": True, "suggestions": False, "colleagues": False, "final": False,
    }  # fmt: skip
    assert not ReviewAnswer.all_rows.filter(is_first_unexposed=True).exists()


def test_agreeing_reviewers_settle_an_item_and_disagreeing_ones_send_it_on(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=2, reviews_per_item=2)
    for who, second in ((cast.eva, YES), (cast.emil, NO)):
        save(given(queue, who), YES, by=who)
        save(given(queue, who), second, by=who)

    rows = QueueItem.all_rows.filter(queue=queue).order_by("position")
    assert [row.state for row in rows] == ["reviewed", "needs_adjudication"]
    assert all(row.revealed_at for row in rows)


def test_before_the_last_review_nothing_tells_of_a_disagreement(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=1, reviews_per_item=3)
    for who, what in ((cast.eva, YES), (cast.emil, NO)):
        save(given(queue, who), what, by=who)

    row = QueueItem.all_rows.get(queue=queue)
    assert (row.state, row.revealed_at) == ("in_review", None)
    assert not Review.objects.visible_to(cast.eva).exclude(reviewer=cast.eva.user).exists()


LAB = {
    "ratings.tone": 8, "ratings.usefulness": 9, "ratings.calming": 7, "ratings.naturalness": 8,
    "ratings.trust": 8, "keepTalking": "yes", "status": "pass", "priority": "low",
    "employeeReview.understoodNeed": "yes", "employeeReview.rightNextMove": "yes",
    "employeeReview.calmingEffect": "somewhat", "employeeReview.riskOrConfusion": "no",
    "employeeReview.seniorReview": False, "employeeReview.reusableLearning": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "state", "is_candidate"),
    [
        ({}, "reviewed", False),
        ({"employeeReview.seniorReview": True}, "needs_adjudication", False),
        ({"employeeReview.riskOrConfusion": "slightly_off"}, "needs_review", False),
        ({"employeeReview.riskOrConfusion": "not_sure"}, "needs_review", False),
        (
            {
                "employeeReview.seniorReview": True,
                "employeeReview.riskOrConfusion": "definitely_wrong",
            },
            "needs_adjudication",
            False,
        ),
        ({"employeeReview.reusableLearning": True}, "reviewed", True),
    ],
)
def test_a_saved_lab_review_is_routed_as_stated(
    cast: Cast, changed: dict[str, Any], state: str, is_candidate: bool
) -> None:
    rubric = Rubric.of_the_product("lab-review", by=cast.olga)
    item = given(make_queue(owner=cast.olga, n_items=1, rubric=rubric), cast.eva)

    save(item, {"answers": {k: {"value": v} for k, v in (LAB | changed).items()}}, by=cast.eva)

    row = QueueItem.all_rows.get(pk=item.pk)
    assert (row.state, row.is_canon_candidate) == (state, is_candidate)


def test_an_answered_rubric_is_frozen_and_goes_on_as_another_version(cast: Cast) -> None:
    shape = {"sections": [{"key": "s", "label": "S", "criteria": [
        {"key": "verdict", "label": "Good?", "kind": "pass_fail"}]}]}  # fmt: skip
    rubric = Rubric.create(name="Mine", shape=shape, by=cast.olga)
    item = given(make_queue(owner=cast.olga, rubric=rubric), cast.eva)
    shape["sections"][0]["label"] = "Before"  # type: ignore[index]
    rubric.change(shape=shape, by=cast.olga)
    assert rubric.version == 1
    save(item, YES, by=cast.eva)

    shape["sections"][0]["label"] = "After"  # type: ignore[index]
    rubric.change(shape=shape, by=cast.olga)

    assert rubric.version == 2
    with pytest.raises(DatabaseError), transaction.atomic():
        RubricVersion.all_rows.filter(rubric=rubric, number=1).update(shape={})


def test_verdicts_of_the_machine_are_reviewed_one_by_one(cast: Cast) -> None:
    run = make_run(owner=cast.olga, n_items=1)
    item = given(make_queue_with_verdicts(owner=cast.olga, run=run), cast.eva)
    with pytest.raises(ValidationError):
        save(item, YES, by=cast.eva)
    pk = next(iter(run_checks(run)))

    save(item, YES | {"checks": {str(pk): {"value": None, "flagged": True}}}, by=cast.eva)

    assert ReviewAnswer.all_rows.get(check_result=pk).flagged
    assert QueueItem.all_rows.get(pk=item.pk).state == "needs_review"


def run_checks(run: Any) -> list[int]:
    from runs.models import CheckResult

    return list(CheckResult.all_rows.filter(run=run).values_list("pk", flat=True))


@pytest.mark.parametrize("status", ["draft", "closed", "archived"])
def test_a_queue_that_is_over_takes_no_saves_and_keeps_the_draft(cast: Cast, status: str) -> None:
    queue = make_queue(owner=cast.olga)
    item = given(queue, cast.eva)
    save_draft(open_review(item, by=cast.eva), YES, number=0, by=cast.eva)
    Queue.all_rows.filter(pk=queue.pk).update(status=status)

    with pytest.raises(Conflict):
        save(item, YES, by=cast.eva)

    assert Review.all_rows.get().draft == YES


def test_an_item_that_was_not_given_to_one_is_not_there(cast: Cast) -> None:
    item = given(make_queue(owner=cast.olga), cast.eva)

    for act in (lambda: save(item, YES, by=cast.emil), lambda: open_review(item, by=cast.emil)):
        with pytest.raises(QueueItem.DoesNotExist):
            act()


def test_a_number_is_kept_with_all_of_its_digits() -> None:
    assert columns_of(1234567.25) == {"value": "1234567.25", "number": 1234567.25}
    assert columns_of(3.0)["value"] == columns_of(3)["value"] == "3"
