"""Queues and places in the admin: bulk acts that ask first, exact places, audit, and workload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from evalplatform.audit.models import AuditEvent
from reviews.claiming import claim, give_back
from reviews.models import Queue, QueueItem, QueueReviewer, Slot
from reviews.releasing import release
from reviews.saving import open_review, save, save_draft
from tests.cast import Cast
from tests.reviews_made import YES, make_queue

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
QUEUES = "/admin/reviews/queue/"
SLOTS = "/admin/reviews/slot/"
PLACES = "/admin/reviews/queuereviewer/"


def held(queue: Queue, by: Any) -> Slot:
    slot = claim(queue, by=by)
    assert slot is not None
    return slot


def act(client: Client, url: str, action: str, *rows: Any, **said: Any) -> Any:
    chosen = [str(row.pk) for row in rows]
    return client.post(url, {"action": action, "_selected_action": chosen, **said}, follow=True)


# --- releasing -----------------------------------------------------------------------------------


def test_release_frees_exactly_one_place_and_keeps_the_draft(cast: Cast) -> None:
    slot = held(make_queue(owner=cast.eva, n_items=1), cast.tess)
    save_draft(open_review(slot.queue_item, by=cast.tess), YES, number=0, by=cast.tess)

    release(slot, by=cast.eva)
    with pytest.raises(ValidationError, match="Nobody holds this place now"):
        release(slot, by=cast.eva)

    assert QueueItem.all_rows.get().open_slots == 1
    assert Slot.all_rows.get().state == "released"
    assert open_review(slot.queue_item, by=cast.tess).draft == YES
    assert AuditEvent.all_rows.filter(verb="slot.release").count() == 1
    assert held(Queue.all_rows.get(), cast.emil).queue_item_id == slot.queue_item_id


def test_late_save_after_a_release_is_kept(cast: Cast) -> None:
    slot = held(make_queue(owner=cast.eva, n_items=1), cast.tess)
    release(slot, by=cast.eva)
    save(held(Queue.all_rows.get(), cast.emil).queue_item, YES, by=cast.emil)

    assert not save(slot.queue_item, YES, by=cast.tess).is_counted
    assert QueueItem.all_rows.get().open_slots == 0


@pytest.mark.parametrize("name", ["tess", "emil"])
def test_reviewers_release_nobodys_place(cast: Cast, name: str) -> None:
    slot = held(make_queue(owner=cast.eva, n_items=1), cast.tess)

    with pytest.raises((PermissionDenied, Slot.DoesNotExist)):
        release(slot, by=cast.actor(name))

    assert Slot.all_rows.get().state == "leased"


def test_bulk_release_asks_first_then_frees_the_live_ones_alone(
    cast: Cast, sign_in: SignIn
) -> None:
    queue = make_queue(owner=cast.eva, n_items=2)
    live, done = held(queue, cast.tess), held(queue, cast.emil)
    save(done.queue_item, YES, by=cast.emil)
    client = sign_in(cast.adam)

    asked = act(client, SLOTS, "release_places", live, done)
    assert Slot.all_rows.get(pk=live.pk).state == "leased"
    told = act(client, SLOTS, "release_places", live, done, confirmed="1")

    assert "Release these places (2)" in asked.content.decode()
    assert "Released: 1 of 2. 1 refused: Nobody holds this place now." in told.content.decode()
    assert Slot.all_rows.get(pk=live.pk).state == "released"
    assert Slot.all_rows.get(pk=done.pk).state == "submitted"
    assert list(QueueItem.all_rows.order_by("position").values_list("open_slots", flat=True)) == [
        1, 0,
    ]  # fmt: skip


# --- queues --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "status"), [("pause", "paused"), ("close", "closed")])
def test_queues_are_paused_and_closed_after_a_confirmation(
    cast: Cast, sign_in: SignIn, action: str, status: str
) -> None:
    queues = [make_queue(owner=cast.eva), make_queue(owner=cast.emil, status="draft")]
    client = sign_in(cast.olga)

    asked = act(client, QUEUES, action, *queues)
    assert set(Queue.all_rows.values_list("status", flat=True)) == {"active", "draft"}
    told = act(client, QUEUES, action, *queues, confirmed="1")

    assert "Cancel" in asked.content.decode()
    assert "1 of 2." in told.content.decode()
    assert f"A queue that is draft cannot become {status}." in told.content.decode()
    assert Queue.all_rows.get(pk=queues[0].pk).status == status
    assert AuditEvent.all_rows.filter(verb="queue.status").count() == 1


def test_people_are_asked_beside_those_who_are(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, reviewers=[cast.emil])
    client = sign_in(cast.eva)

    nobody = act(client, QUEUES, "ask_people", queue, confirmed="1")
    act(client, QUEUES, "ask_people", queue, confirmed="1", people=[str(cast.tess.user.pk)])

    assert "Choose somebody." in nobody.content.decode()
    asked = QueueReviewer.all_rows.filter(queue=queue, is_assigned=True)
    assert set(asked.values_list("reviewer__name", flat=True)) == {"Emil", "Tess"}
    assert AuditEvent.all_rows.filter(verb="queue.assign").count() == 1


def test_other_teams_people_and_queues_are_never_reached(cast: Cast, sign_in: SignIn) -> None:
    mine, theirs = make_queue(owner=cast.eva), make_queue(owner=cast.otto)
    people = [str(cast.otto.user.pk)]
    client = sign_in(cast.olga)

    act(client, QUEUES, "ask_people", mine, confirmed="1", people=people)
    act(client, QUEUES, "pause", theirs, confirmed="1")
    act(sign_in(cast.emil), QUEUES, "pause", mine, confirmed="1")

    assert not QueueReviewer.all_rows.filter(is_assigned=True).exists()
    assert Queue.all_rows.filter(status="active").count() == 2


# --- workload ------------------------------------------------------------------------------------


@pytest.fixture
def worked_on(cast: Cast) -> Queue:
    """Tess has saved one, skipped one, and holds one; Emil holds one."""
    queue = make_queue(owner=cast.eva, n_items=4)
    save(held(queue, cast.tess).queue_item, YES, by=cast.tess)
    slot = held(queue, cast.tess)
    give_back(slot.pk, slot.token, "skipped", by=cast.tess)
    held(queue, cast.tess)
    held(queue, cast.emil)
    return queue


@pytest.mark.parametrize(("name", "status"), [
    ("olga", 200), ("eva", 200), ("emil", 403), ("tess", 403), ("otto", 404),
])  # fmt: skip
def test_workload_of_a_queue_is_for_who_runs_it(
    cast: Cast, sign_in: SignIn, worked_on: Queue, name: str, status: int
) -> None:
    url = f"/t/lighthouse/queues/{worked_on.pk}/workload/"
    assert sign_in(cast.actor(name)).get(url).status_code == status


def test_workload_counts_each_persons_places(cast: Cast, sign_in: SignIn, worked_on: Queue) -> None:
    client = sign_in(cast.eva)
    page = client.get(f"/t/lighthouse/queues/{worked_on.pk}/workload/")
    found = {row.name: row for row in page.context["people"]}

    tess = found["Tess"]
    assert (tess.n_queues, tess.n_held, tess.n_saved, tess.n_skipped, tess.n_declined) == (
        1, 1, 1, 1, 0,
    )  # fmt: skip
    assert tess.oldest_lease == Slot.all_rows.get(reviewer=cast.tess.user, state="leased").leased_at
    assert found["Emil"].n_held == 1
    leads = client.get(f"/t/lighthouse/queues/{worked_on.pk}/").content.decode()
    assert "/workload/" in leads


def test_workload_is_in_the_admin_by_the_same_rows(
    cast: Cast, sign_in: SignIn, worked_on: Queue
) -> None:
    tess = QueueReviewer.all_rows.get(reviewer=cast.tess.user)
    rows = sign_in(cast.eva).get(PLACES).context["cl"].result_list
    own = sign_in(cast.tess).get(PLACES).context["cl"].result_list

    row = next(each for each in rows if each.pk == tess.pk)
    assert (row.n_leased, row.n_submitted, row.n_skipped, row.n_declined) == (1, 1, 1, 0)
    assert [each.pk for each in own] == [tess.pk]
