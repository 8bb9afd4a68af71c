"""Many reviewers in real processes, killed and expired at random: each place is given exactly once.

The counts of every item are compared with its slots and reviews by statements of their own while
the storm goes on, and at its end.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection
from django.db.models import Count
from django.db.models.functions import Now

from evalplatform.accounts.models import Membership
from reviews.claiming import expire
from reviews.models import QueueItem, Review, Slot
from tests.cast import make_cast, make_member
from tests.faults.workers import environment
from tests.reviews_made import make_queue

N_ITEMS, WANTED, N_PROCESSES, EACH = 150, 2, 4, 4

# Places that are taken by a live lease or a counted review, and what is left of those wanted.
WRONG = """
    SELECT i.id, i.open_slots, i.n_counted, count(s.id) FILTER (WHERE s.state = 'leased'),
        count(s.id) FILTER (WHERE s.is_counted)
    FROM reviews_queueitem i LEFT JOIN reviews_slot s ON s.queue_item_id = i.id
    WHERE i.queue_id = %s GROUP BY i.id
    HAVING i.open_slots + count(s.id) FILTER (WHERE s.state = 'leased' OR s.is_counted) <> %s
        OR i.n_counted <> count(s.id) FILTER (WHERE s.is_counted)"""

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]


def wrong_items(queue_id: object) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(WRONG, [queue_id, WANTED])
        return cursor.fetchall()


def test_killed_and_expired_reviewers_leave_exact_places_and_finish_everything() -> None:
    cast = make_cast()
    people = [make_member(f"rita{n}", team=cast.team, role="tester") for n in range(16)]
    members = [str(Membership.all_rows.get(user=actor.user).pk) for actor in people]
    queue = make_queue(owner=cast.olga, n_items=N_ITEMS, reviews_per_item=WANTED)
    chance, n_started, n_killed = random.Random(11), 0, 0
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        nonlocal n_started
        mine = members[n_started % N_PROCESSES * EACH :][:EACH]
        command = [sys.executable, "-m", "tests.faults.reviewer", str(queue.pk), str(n_started)]
        running.append(subprocess.Popen([*command, *mine], env=environment()))
        n_started += 1

    for _ in range(N_PROCESSES):
        start()
    deadline = time.monotonic() + 150
    while running and time.monotonic() < deadline:
        time.sleep(0.4)
        leased = Slot.all_rows.filter(queue=queue, state="leased")
        leased.filter(pk__in=leased.order_by("leased_at").values("pk")[:3]).update(expires_at=Now())
        expire()
        assert wrong_items(queue.pk) == []
        running = [each for each in running if each.poll() is None]
        if n_killed < 6 and len(running) == N_PROCESSES:
            chance.choice(running).send_signal(signal.SIGKILL)
            n_killed += 1
            start()
    for each in running:
        each.kill()

    assert n_killed == 6
    assert finish(queue, people) == []
    items = QueueItem.all_rows.filter(queue=queue)
    assert not items.exclude(n_counted=WANTED).exists()
    assert not items.exclude(open_slots=0).exists()
    saved = Review.all_rows.filter(queue=queue, is_counted=True).values("queue_item")
    assert not saved.annotate(n=Count("reviewer", distinct=True)).exclude(n=WANTED).exists()
    assert not Review.all_rows.filter(queue=queue, saved_at=None, n_revisions__gt=0).exists()
    per_person = Review.all_rows.filter(queue=queue, is_counted=True).values("reviewer")
    assert per_person.annotate(n=Count("pk")).filter(n__gte=1).count() == len(people)


def finish(queue: object, people: list[object]) -> list[tuple[int, ...]]:
    """Let everybody end what is left after the storm, then say what is wrong."""
    from reviews.claiming import claim
    from reviews.saving import save
    from tests.reviews_made import YES

    Slot.all_rows.filter(queue=queue, state="leased").update(expires_at=Now())
    expire()
    for actor in people:
        while slot := claim(queue, by=actor):  # type: ignore[arg-type]
            save(slot.queue_item, YES, by=actor)  # type: ignore[arg-type]
    return wrong_items(queue.pk)  # type: ignore[attr-defined]
