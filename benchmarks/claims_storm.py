"""64 reviewers as processes in one storm: they save, skip, release, decline, leave and are killed.

Meanwhile leases run out at random. Afterwards everybody ends what is left, and every item must hold
exactly the reviews that were wanted, each of another person.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from benchmarks.queues import UNFINISHED, WRONG_ITEMS, make_queue, number_of
from evalplatform.scoping.actor import Actor
from reviews.claiming import LeaseError, claim, expire, give_back
from reviews.models import Queue, Review, Slot
from reviews.saving import save

FORK = get_context("fork")
SHARES = {1: 0.9, 2: 0.07, 3: 0.03}  # of the items, by the reviews that each wants
SAYS = [{"answers": {"verdict": {"value": value}}} for value in ("pass", "fail")]
# Declines are few: an item that everybody declines could never be finished.
ACTS = ("save",) * 40 + ("skipped",) * 3 + ("released",) * 3 + ("leave",) * 3 + ("declined",)
KILL_EACH = 2.0  # seconds


def storm(owner: Actor, people: Sequence[Actor], n_items: int) -> Iterator[str]:
    """Three queues of one, two and three reviews an item; AssertionError when one is not exact."""
    queues = [make_queue(owner, round(n_items * part), wanted) for wanted, part in SHARES.items()]
    n_wanted = sum(queue.reviews_per_item * queue.n_items for queue in queues)
    begun, chance, n_killed, n_expired = time.perf_counter(), random.Random(5), 0, 0
    running = {n: start(n, actor, queues, begun) for n, actor in enumerate(people)}
    next_kill, slowest = time.perf_counter() + KILL_EACH, 0.0
    while running:
        time.sleep(0.25)
        slowest = max(slowest, os.getloadavg()[0])
        n_expired += let_run_out(queues) + expire()
        assert not [child for child in running.values() if child.exitcode], "a reviewer failed"
        running = {n: child for n, child in running.items() if child.exitcode is None}
        if running and time.perf_counter() > next_kill:
            n = chance.choice(list(running))
            os.kill(running[n].pid, signal.SIGKILL)
            running[n].join()
            n_killed, next_kill = n_killed + 1, time.perf_counter() + KILL_EACH
            running[n] = start(n, people[n], queues, begun)
    seconds = time.perf_counter() - begun
    assert [number_of(WRONG_ITEMS, queue) for queue in queues] == [0, 0, 0], "places not exact"
    finish(people, queues)
    assert [number_of(WRONG_ITEMS, queue) for queue in queues] == [0, 0, 0], "places not exact"
    assert [number_of(UNFINISHED, queue) for queue in queues] == [0, 0, 0], "not finished"
    counted = Review.all_rows.filter(queue__in=queues, is_counted=True).count()
    assert counted == n_wanted, f"{counted} counted reviews, {n_wanted} wanted"
    saved = Review.all_rows.filter(queue__in=queues, saved_at__isnull=False)
    each = [saved.filter(reviewer=actor.user).count() for actor in people]
    assert min(each) > 0 or n_wanted < 50 * len(people), "somebody starved"
    yield (
        f"storm: {len(people)} processes, {n_items:,} items, {counted:,} counted reviews in "
        f"{seconds:.0f} s ({counted / seconds:.0f}/s), {n_killed} killed, {n_expired:,} leases run "
        f"out, {saved.count() - counted:,} kept as extra; {min(each)} to {max(each)} a person; "
        f"exact (load up to {slowest:.1f})"
    )


def start(n: int, actor: Actor, queues: Sequence[Queue], begun: float) -> Any:
    connection.close()
    seed = n * 1_000_003 + int((time.perf_counter() - begun) * 1000)
    child = FORK.Process(target=review, args=(actor, queues, seed))
    child.start()
    return child


def review(actor: Actor, queues: Sequence[Queue], seed: int) -> None:
    """One reviewer, until no queue has anything for them."""
    chance, empty = random.Random(seed), set[int]()
    while len(empty) < len(queues):
        n = chance.randrange(len(queues))
        slot = claim(queues[n], by=actor)
        if slot is None:
            empty.add(n)
            continue
        empty.clear()
        act = chance.choice(ACTS)
        if act == "save":
            save(slot.queue_item, chance.choice(SAYS), by=actor)
        elif act == "leave":
            Slot.all_rows.filter(pk=slot.pk, state="leased").update(expires_at=Now())
        else:
            with contextlib.suppress(LeaseError):  # it ran out between the two steps
                give_back(slot.pk, slot.token, act, by=actor, reason="no")


def let_run_out(queues: Sequence[Queue]) -> int:
    """End some leases before their time, while their holders work on the item."""
    leased = Slot.all_rows.filter(queue__in=queues, state="leased", expires_at__gt=Now())
    few = leased.order_by("id").values("pk")[:2]
    return int(leased.filter(pk__in=few).update(expires_at=Now()))


def finish(people: Sequence[Actor], queues: Sequence[Queue]) -> None:
    """Let all leases end, then everybody finish what is left."""
    Slot.all_rows.filter(queue__in=queues, state="leased").update(expires_at=Now())
    expire()
    for queue in queues:
        for actor in people:
            while number_of(UNFINISHED, queue) and (slot := claim(queue, by=actor)):
                save(slot.queue_item, SAYS[0], by=actor)
