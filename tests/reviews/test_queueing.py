"""Setting queues up: adding keeps what is there, and the states really mean something."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from datasets.models import Session
from evalplatform.errors import Conflict
from reviews.models import Queue, QueueItem, QueueReviewer, Rubric
from reviews.queueing import (
    Added,
    add_run_items,
    add_sessions,
    assign,
    create_queue,
    set_status,
)
from reviews.sampling import Plan
from reviews.strata import stratum_of
from tests.cast import Cast
from tests.runs_made import make_run, make_run_item
from tests.sessions import make_session

pytestmark = pytest.mark.django_db


def draft(by: Any, **said: Any) -> Queue:
    said = {"name": "Morning", "target": "session"} | said
    return create_queue(rubric=Rubric.of_the_product("pass-fail", by=by), by=by, **said)


def own_sessions(by: Any) -> Any:
    return Session.objects.visible_to(by).order_by("external_id")


def test_adding_again_adds_what_is_new_and_leaves_the_rest_in_place(cast: Cast) -> None:
    for n in range(3):
        make_session(owner=cast.olga, external_id=f"s-{n}")
    queue = draft(cast.olga)
    assert add_sessions(queue, own_sessions(cast.olga), by=cast.olga) == Added(3, 0, 0)
    before = list(QueueItem.all_rows.filter(queue=queue).values_list("pk", "position"))
    make_session(owner=cast.olga, external_id="s-0a")

    assert add_sessions(queue, own_sessions(cast.olga), by=cast.olga) == Added(1, 3, 0)

    after = list(QueueItem.all_rows.filter(queue=queue).values_list("pk", "position"))
    assert after[:3] == before
    assert queue.n_items == 4


def test_sessions_that_the_actor_does_not_see_stay_out(cast: Cast) -> None:
    make_session(owner=cast.emil)
    queue = draft(cast.eva)

    assert add_sessions(queue, Session.all_rows.all(), by=cast.eva).added == 0


def test_all_failing_rows_and_a_share_of_the_passing_ones(cast: Cast) -> None:
    run = make_run(owner=cast.olga)
    for n in range(200):
        make_run_item(run, order_index=n, is_passed=n % 10 != 0, n_passed=int(n % 10 != 0))
    queue = draft(cast.olga, target="run_item", run=run)

    told = add_run_items(queue, by=cast.olga, plan=Plan({"failing": 1, "passing": 0.2}, seed=4))

    rows = QueueItem.all_rows.filter(queue=queue)
    assert rows.filter(stratum="failing", inclusion_probability=1).count() == 20
    assert 18 < rows.filter(stratum="passing", inclusion_probability=0.2).count() < 56
    assert told.added + told.left_out == 200


def test_a_stratum_names_verdict_and_tag() -> None:
    assert stratum_of(["verdict", "tag"], False, ["billing", "x"], "") == "failing / billing"
    assert Plan({"failing": 1.0}, rest=0).share_of("failing / billing") == 1.0


def test_a_run_has_one_review(cast: Cast) -> None:
    run = make_run(owner=cast.olga)
    draft(cast.olga, target="run_item", run=run)

    with pytest.raises(Conflict):
        draft(cast.olga, target="run_item", run=run)


def test_a_shuffled_queue_has_another_order_for_another_seed(cast: Cast) -> None:
    for n in range(20):
        make_session(owner=cast.olga, external_id=f"s-{n:02}")
    orders = []
    for seed in (1, 2, 1):
        queue = draft(cast.olga, order="shuffled", seed=seed)
        add_sessions(queue, own_sessions(cast.olga), by=cast.olga)
        rows = QueueItem.all_rows.filter(queue=queue).order_by("position")
        orders.append(list(rows.values_list("session__external_id", flat=True)))

    assert orders[0] == orders[2] != orders[1]


@pytest.mark.parametrize(
    ("before", "after"),
    [("draft", "paused"), ("draft", "closed"), ("active", "draft"), ("active", "archived"),
     ("paused", "archived"), ("archived", "active")],
)  # fmt: skip
def test_a_state_that_does_not_follow_is_refused(cast: Cast, before: str, after: str) -> None:
    queue = draft(cast.olga)
    Queue.all_rows.filter(pk=queue.pk).update(status=before)

    with pytest.raises(Conflict):
        set_status(queue, after, by=cast.olga)


def test_an_empty_queue_cannot_be_opened(cast: Cast) -> None:
    queue = draft(cast.olga)

    with pytest.raises(Conflict):
        set_status(queue, "active", by=cast.olga)


def test_closed_queues_take_no_items(cast: Cast) -> None:
    make_session(owner=cast.olga)
    queue = draft(cast.olga)
    Queue.all_rows.filter(pk=queue.pk).update(status="closed")

    with pytest.raises(Conflict):
        add_sessions(queue, own_sessions(cast.olga), by=cast.olga)


def test_assigning_names_who_reviews_and_nobody_named_means_everybody(cast: Cast) -> None:
    queue = draft(cast.olga)

    assign(queue, [cast.eva.user], by=cast.olga)
    assert not queue.is_for_everyone
    assert [row.reviewer_id for row in QueueReviewer.all_rows.filter(is_assigned=True)] == [
        cast.eva.user.pk
    ]
    assign(queue, [], by=cast.olga)
    assert queue.is_for_everyone
    assert not QueueReviewer.all_rows.filter(is_assigned=True).exists()


def test_people_outside_the_team_cannot_be_asked(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        assign(draft(cast.olga), [cast.otto.user], by=cast.olga)


def test_who_may_not_manage_queues_makes_none_and_others_queues_are_left_alone(
    cast: Cast,
) -> None:
    with pytest.raises(PermissionDenied):
        draft(cast.tess)
    queue = draft(cast.olga)
    Queue.all_rows.filter(pk=queue.pk).update(status="active", n_items=1)
    with pytest.raises(PermissionDenied):
        set_status(queue, "paused", by=cast.emil)
    with pytest.raises(Queue.DoesNotExist):
        set_status(queue, "paused", by=cast.otto)
