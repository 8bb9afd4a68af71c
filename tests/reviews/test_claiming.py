"""The next item: never more often than wanted, never twice to one person, and never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Now
from django.http import Http404

from evalplatform.scoping.actor import Actor
from reviews import claiming
from reviews.claiming import LeaseError, claim, claim_item, expire, give_back, renew
from reviews.models import Queue, QueueItem, Slot
from reviews.saving import save
from tests.cast import Cast
from tests.reviews_made import YES, make_queue

pytestmark = pytest.mark.django_db


def take(queue: Queue, by: Actor) -> Slot:
    slot = claim(queue, by=by)
    assert slot is not None
    return slot


def positions(queue: Queue, by: Actor) -> list[int]:
    """Claim and save until nothing is left; the positions in the order they came."""
    found = []
    while slot := claim(queue, by=by):
        found.append(slot.queue_item.position)
        save(slot.queue_item, YES, by=by)
    return found


def open_slots(queue: Queue) -> list[int]:
    rows = QueueItem.all_rows.filter(queue=queue).order_by("position")
    return list(rows.values_list("open_slots", flat=True))


def end_lease(slot: Slot) -> None:
    Slot.all_rows.filter(pk=slot.pk).update(expires_at=Now() - timedelta(hours=1))


def test_next_first_gives_ones_own_live_lease_again(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga)

    first, again = take(queue, cast.eva), take(queue, cast.eva)

    assert again.pk == first.pk
    assert again.token != first.token
    assert open_slots(queue) == [0, 1, 1]


def test_two_people_get_two_items_and_each_item_once(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga)

    assert take(queue, cast.eva).queue_item.position == 0
    assert take(queue, cast.emil).queue_item.position == 1
    save(QueueItem.all_rows.get(queue=queue, position=0), YES, by=cast.eva)
    save(QueueItem.all_rows.get(queue=queue, position=1), YES, by=cast.emil)
    assert positions(queue, cast.eva) == [2]
    assert claim(queue, by=cast.emil) is None
    assert open_slots(queue) == [0, 0, 0]


def test_each_item_goes_to_as_many_people_as_it_wants(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=2, reviews_per_item=2)

    assert positions(queue, cast.eva) == [0, 1]
    assert positions(queue, cast.emil) == [0, 1]
    assert positions(queue, cast.tess) == []
    assert [row.n_counted for row in QueueItem.all_rows.filter(queue=queue)] == [2, 2]


def test_a_lease_that_runs_out_frees_the_place_and_keeps_the_person(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=1)
    slot = take(queue, cast.eva)
    end_lease(slot)

    assert expire() == 1
    assert open_slots(queue) == [1]
    assert take(queue, cast.eva).pk == slot.pk
    assert open_slots(queue) == [0]


def test_a_late_save_takes_a_free_place_or_is_kept_as_extra(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=2)
    late, later = take(queue, cast.eva), take(queue, cast.emil)
    for slot in (late, later):
        end_lease(slot)
    expire()
    save(take(queue, cast.tess).queue_item, YES, by=cast.tess)  # the first one, now full

    assert save(late.queue_item, YES, by=cast.eva).is_counted is False
    assert save(later.queue_item, YES, by=cast.emil).is_counted is True
    assert open_slots(queue) == [0, 0]
    assert [row.n_counted for row in QueueItem.all_rows.filter(queue=queue)] == [1, 1]


def test_skipped_items_come_back_after_the_others_in_the_order_they_were_skipped(
    cast: Cast,
) -> None:
    queue = make_queue(owner=cast.olga, n_items=4)
    for _ in range(2):
        slot = take(queue, cast.eva)
        give_back(slot.pk, slot.token, Slot.State.SKIPPED, by=cast.eva)

    assert positions(queue, cast.eva) == [2, 3, 0, 1]


def test_a_declined_item_does_not_come_back_to_the_same_person(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=1)
    slot = take(queue, cast.eva)
    give_back(slot.pk, slot.token, Slot.State.DECLINED, by=cast.eva, reason="I know the guest")

    assert claim(queue, by=cast.eva) is None
    assert take(queue, cast.emil).queue_item.position == 0


def test_a_released_item_is_free_for_all_again(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=1)
    slot = take(queue, cast.eva)
    give_back(slot.pk, slot.token, Slot.State.RELEASED, by=cast.eva)

    assert take(queue, cast.eva).pk == slot.pk


def test_what_lies_behind_the_cursor_is_found_before_nothing_is_said_to_be_left(
    cast: Cast,
) -> None:
    queue = make_queue(owner=cast.olga, n_items=3)
    held = take(queue, cast.eva)
    assert positions(queue, cast.emil) == [1, 2]
    give_back(held.pk, held.token, Slot.State.RELEASED, by=cast.eva)

    assert positions(queue, cast.emil) == [0]


def test_the_token_of_another_tab_is_refused(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga)
    old = take(queue, cast.eva)
    new = take(queue, cast.eva)

    with pytest.raises(LeaseError):
        renew(old.pk, old.token, by=cast.eva)
    with pytest.raises(LeaseError):
        renew(new.pk, new.token, by=cast.emil)
    before = Slot.all_rows.get(pk=new.pk).expires_at
    assert renew(new.pk, new.token, by=cast.eva).expires_at >= before


def test_an_item_can_be_taken_up_again_while_it_has_room(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=1)
    slot = take(queue, cast.eva)
    give_back(slot.pk, slot.token, Slot.State.SKIPPED, by=cast.eva)

    assert claim_item(slot.queue_item, by=cast.eva).state == Slot.State.LEASED
    assert open_slots(queue) == [0]
    with pytest.raises(QueueItem.DoesNotExist):
        claim_item(slot.queue_item, by=cast.emil)


@pytest.mark.parametrize("status", ["draft", "paused", "closed", "archived"])
def test_only_an_active_queue_hands_out_and_it_gives_back_what_one_holds(
    cast: Cast, status: str
) -> None:
    queue = make_queue(owner=cast.olga)
    held = take(queue, cast.olga)
    Queue.all_rows.filter(pk=queue.pk).update(status=status)

    assert take(queue, cast.olga).pk == held.pk
    give_back(held.pk, Slot.all_rows.get(pk=held.pk).token, Slot.State.RELEASED, by=cast.olga)
    assert claim(queue, by=cast.olga) is None


def test_a_queue_for_some_is_not_there_for_the_others(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, reviewers=[cast.eva])

    assert claim(queue, by=cast.eva)
    with pytest.raises(Http404):
        claim(queue, by=cast.emil)
    with pytest.raises(Http404):
        claim(queue, by=cast.otto)


def test_the_auto_verdict_is_hidden_for_a_share_of_places_by_the_seed(cast: Cast) -> None:
    queue = make_queue(
        owner=cast.olga, n_items=60, shows_auto_verdict=True, hidden_share=0.5, seed=3
    )
    positions(queue, cast.eva)

    hidden = list(
        Slot.all_rows.filter(queue=queue).order_by("queue_item__position")
        .values_list("hides_auto", flat=True)
    )  # fmt: skip
    assert 15 < sum(hidden) < 45


def test_who_may_not_review_gets_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = make_queue(owner=cast.olga)
    monkeypatch.setattr(Actor, "may", lambda actor, verb: verb != "review")

    with pytest.raises(PermissionDenied):
        claiming.claim(queue, by=cast.eva)
