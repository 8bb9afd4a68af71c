"""The next item of a queue for one reviewer, and what becomes of the place taken on it.

The next item comes from one statement. It begins behind the reviewer's cursor, which is only a
hint: when nothing is found there, it looks once from the beginning. Rows that somebody else takes
at the same moment are skipped; `open_slots` and the unique slot make sure that no item is given
more often than wanted, or twice to one person. All times are the database's.

Every statement here runs in one transaction with what it counts. Locks are taken in one order: the
reviewer's place, their slot, the item; several items by their number. They let others refer to the
row meanwhile (NO KEY): a draft that is begun must not wait for the save that waits for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.http import Http404

from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import get_visible
from reviews.models import Queue, QueueItem, QueueReviewer, Slot
from reviews.sampling import position_of

# Locks the reviewer's place, so that their own tabs wait for each other, then finds, takes and
# counts. A slot that was released may be taken again by the same person; any other one excludes.
CLAIM = """
    WITH me AS (
        SELECT cursor FROM reviews_queuereviewer
        WHERE queue_id = %(queue)s AND reviewer_id = %(reviewer)s FOR NO KEY UPDATE
    ), pick AS (
        SELECT i.id, i.position FROM reviews_queueitem i
        WHERE i.queue_id = %(queue)s AND i.open_slots > 0
            AND i.position > (CASE WHEN %(from_start)s THEN -1 ELSE (SELECT cursor FROM me) END)
            AND NOT EXISTS (
                SELECT FROM reviews_slot s WHERE s.queue_item_id = i.id
                AND s.reviewer_id = %(reviewer)s AND s.state <> 'released')
        ORDER BY i.position LIMIT 1 FOR NO KEY UPDATE OF i SKIP LOCKED
    ), moved AS (
        UPDATE reviews_queuereviewer m SET cursor = pick.position FROM pick
        WHERE m.queue_id = %(queue)s AND m.reviewer_id = %(reviewer)s
    ), took AS (
        UPDATE reviews_queueitem i SET open_slots = open_slots - 1
        FROM pick WHERE i.id = pick.id RETURNING i.id
    )
    INSERT INTO reviews_slot (id, queue_id, queue_item_id, reviewer_id, state, token, leased_at,
        expires_at, is_counted, hides_auto, reason, changed_at)
    SELECT %(slot)s, %(queue)s, id, %(reviewer)s, 'leased', %(token)s, now(),
        now() + make_interval(mins => %(minutes)s), false, false, '', now() FROM took
    ON CONFLICT (queue_item_id, reviewer_id) DO UPDATE SET state = 'leased', token = %(token)s,
        leased_at = now(), expires_at = excluded.expires_at, changed_at = now()
    RETURNING *"""
SKIPPED = """
    WITH pick AS (
        SELECT s.id AS slot, i.id AS item FROM reviews_slot s
        JOIN reviews_queueitem i ON i.id = s.queue_item_id
        WHERE s.queue_id = %(queue)s AND s.reviewer_id = %(reviewer)s AND s.state = 'skipped'
            AND i.open_slots > 0
        ORDER BY s.changed_at LIMIT 1 FOR NO KEY UPDATE OF s, i SKIP LOCKED
    ), took AS (
        UPDATE reviews_queueitem i SET open_slots = open_slots - 1
        FROM pick WHERE i.id = pick.item
    )
    UPDATE reviews_slot s SET state = 'leased', token = %(token)s, leased_at = now(),
        expires_at = now() + make_interval(mins => %(minutes)s), changed_at = now()
    FROM pick WHERE s.id = pick.slot RETURNING s.*"""
LIVE = """
    UPDATE reviews_slot s SET token = %(token)s,
        expires_at = now() + make_interval(mins => %(minutes)s)
    WHERE s.id = (
        SELECT id FROM reviews_slot WHERE queue_id = %(queue)s AND reviewer_id = %(reviewer)s
        AND state = 'leased' AND expires_at > now() ORDER BY leased_at LIMIT 1)
    RETURNING s.*"""
EXPIRE = """
    WITH over AS (
        SELECT id, queue_item_id FROM reviews_slot
        WHERE state = 'leased' AND expires_at <= now()
        ORDER BY expires_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
    ), freed AS (
        UPDATE reviews_slot s SET state = 'released', token = NULL, changed_at = now()
        FROM over WHERE s.id = over.id
    ), counted AS (
        SELECT queue_item_id, count(*) AS n FROM over GROUP BY queue_item_id
    ), held AS (
        SELECT id FROM reviews_queueitem WHERE id IN (SELECT queue_item_id FROM over)
        ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE reviews_queueitem i SET open_slots = open_slots + counted.n
    FROM counted, held WHERE i.id = counted.queue_item_id AND i.id = held.id"""
MOST_EXPIRED = 1_000  # slots freed by one statement
TAKEN = "Others have taken all places on this item meanwhile."
ELSEWHERE = "You have taken this item on another device: go on there, or claim it again here."


class LeaseError(Conflict):
    """409: the place is not the caller's any more; the text says what to do.

    `details` say who holds a place on the item and until when: a person's name is no answer.
    """

    def __init__(self, text: str, *held: Slot) -> None:
        super().__init__(text)
        if held:
            until = min(each.expires_at for each in held if each.expires_at)
            people = [each.reviewer for each in held]
            self.details = {
                "heldBy": [{"id": str(p.pk), "email": p.email, "name": p.name} for p in people],
                "until": until.isoformat(),
            }


# --- taking --------------------------------------------------------------------------------------


def claim(queue: Queue, *, by: Actor) -> Slot | None:
    """The reviewer's live lease, else the next item that is open to them; None when none is.

    Skipped items come back after all others. A queue that is not active hands nothing out, but
    gives back what the reviewer holds.
    """
    if not by.may(Verb.REVIEW):
        raise PermissionDenied("Your role does not review.")
    with transaction.atomic():
        place = _own_place(queue, by) or _new_place(queue, by)
        queue = place.queue
        told: dict[str, Any] = {
            "queue": queue.pk,
            "reviewer": by.user.pk,
            "minutes": queue.lease_minutes,
            "token": uuid.uuid4(),
            "slot": new_id(),
            "from_start": False,
        }
        slot = _taken(LIVE, told)
        if slot is None and queue.status == Queue.Status.ACTIVE:
            slot = (
                _taken(CLAIM, told)
                or _taken(CLAIM, {**told, "from_start": True})
                or _taken(SKIPPED, told)
            )
            if slot:
                _draw_exposure(slot, queue)
    return slot


def _own_place(queue: Queue, by: Actor) -> QueueReviewer | None:
    """The reviewer's place, locked, with the queue as it is now; None unless they see the queue."""
    places = hold_place(queue.pk, by).select_related("queue").order_by()
    place: QueueReviewer | None = places.filter(queue__in=Queue.objects.visible_to(by)).first()
    return place


def _new_place(queue: Queue, by: Actor) -> QueueReviewer:
    """The same for one who comes first; 404 for a queue that they do not see."""
    seen = get_visible(Queue, by, pk=queue.pk)
    mine = QueueReviewer(queue=seen, reviewer=by.user)
    QueueReviewer.all_rows.bulk_create([mine], ignore_conflicts=True)
    place = _own_place(seen, by)
    if place is None:
        raise Http404
    return place


def hold_place(queue_id: Any, by: Actor) -> models.QuerySet[QueueReviewer]:
    """The actor's place in a queue, to be locked before their slots and items.

    So tabs of one person wait for each other: they get the same item, and never wait in a circle.
    """
    rows = QueueReviewer.all_rows.select_for_update(of=("self",), no_key=True)
    return rows.filter(queue=queue_id, reviewer=by.user)


def claim_item(item: QueueItem, *, by: Actor) -> Slot:
    """A lease of this very item, for one who was given it before; Conflict when it has no room."""
    with transaction.atomic():
        hold_place(item.queue_id, by).first()
        slot = (
            Slot.all_rows.select_for_update(no_key=True)
            .filter(queue_item=item, reviewer=by.user)
            .first()
        )
        row = (
            QueueItem.objects.visible_to(by)
            .select_for_update(of=("self",), no_key=True)
            .get(pk=item.pk)
        )
        if slot is None or slot.state in (Slot.State.SUBMITTED, Slot.State.DECLINED):
            raise LeaseError("This item is not open to you.")
        if slot.state != Slot.State.LEASED:
            if row.queue.status != Queue.Status.ACTIVE:
                raise LeaseError(f"This queue is {row.queue.status}: nothing is handed out now.")
            if not row.open_slots:
                raise LeaseError(TAKEN, *live_leases(row))
            QueueItem.all_rows.filter(pk=row.pk).update(open_slots=F("open_slots") - 1)
        minutes = row.queue.lease_minutes
        return _leased(slot, minutes)


def live_leases(item: QueueItem) -> Sequence[Slot]:
    """Who holds a place on the item at this moment."""
    rows = Slot.all_rows.filter(queue_item=item, state=Slot.State.LEASED, expires_at__gt=Now())
    return list(rows.select_related("reviewer").order_by("expires_at"))


def _leased(slot: Slot, minutes: int) -> Slot:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reviews_slot SET state = 'leased', token = %(token)s, leased_at = now(), "
            "expires_at = now() + make_interval(mins => %(minutes)s), changed_at = now() "
            "WHERE id = %(slot)s",
            {"token": uuid.uuid4(), "minutes": minutes, "slot": slot.pk},
        )
    slot.refresh_from_db()
    return slot


def _taken(statement: str, told: dict[str, Any]) -> Slot | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, told)
        found = cursor.fetchone()
        if found is None:
            return None
        row = dict(zip((column.name for column in cursor.description), found, strict=True))
    names = [field.attname for field in Slot._meta.concrete_fields]
    return Slot.from_db(connection.alias, names, [row[name] for name in names])


def _draw_exposure(slot: Slot, queue: Queue) -> None:
    """Decide by the seed whether this reviewer sees the auto verdict on this item; for ever."""
    if not queue.shows_auto_verdict or not queue.hidden_share:
        return
    drawn = position_of(queue.seed, f"{slot.queue_item.key}:{slot.reviewer_id}", "hide")
    slot.hides_auto = drawn < queue.hidden_share
    slot.save(update_fields=["hides_auto"])


# --- holding and giving back ---------------------------------------------------------------------


def held(slot_id: Any, token: Any, *, by: Actor) -> Slot:
    """The reviewer's slot, locked, if the token is that of its live lease; else LeaseError."""
    rows = Slot.all_rows.select_for_update(of=("self",), no_key=True).filter(reviewer=by.user)
    slot = rows.filter(pk=slot_id, queue__team=by.team).select_related("queue_item").first()
    if slot is None or slot.state != Slot.State.LEASED:
        raise LeaseError("Your place on this item has ended. What you typed is kept as a draft.")
    row: Slot = slot
    require_token(row, token)
    return row


def require_token(slot: Slot, token: Any) -> None:
    """Refuse what another device of the same person says of a place it took over meanwhile."""
    if slot.state == Slot.State.LEASED and str(slot.token) != str(token):
        raise LeaseError(ELSEWHERE, slot)


def renew(slot_id: Any, token: Any, *, by: Actor) -> Slot:
    """Make the lease last from now; a lease that ran out unnoticed is alive again by this."""
    with transaction.atomic():
        slot = held(slot_id, token, by=by)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE reviews_slot SET expires_at = now() + make_interval(mins => %s) "
                "WHERE id = %s",
                [slot.queue.lease_minutes, slot.pk],
            )
        slot.refresh_from_db()
    return slot


def give_back(slot_id: Any, token: Any, state: str, *, by: Actor, reason: str = "") -> Slot:
    """End the lease without a save: skipped, declined (with a reason) or released."""
    assert state in (Slot.State.SKIPPED, Slot.State.DECLINED, Slot.State.RELEASED)
    with transaction.atomic():
        slot = held(slot_id, token, by=by)
        slot.state, slot.token, slot.reason = state, None, reason
        slot.changed_at = Now()
        slot.save(update_fields=["state", "token", "reason", "changed_at"])
        QueueItem.all_rows.filter(pk=slot.queue_item_id).update(open_slots=F("open_slots") + 1)
    return slot


def expire() -> int:
    """Free the places whose lease has run out; how many. Drafts stay with their reviewers."""
    n_freed = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(EXPIRE, {"most": MOST_EXPIRED})
            n_items = int(cursor.rowcount)
        n_freed += n_items
        if n_items < MOST_EXPIRED:
            return n_freed
