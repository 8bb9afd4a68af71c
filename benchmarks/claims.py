"""The queue's next item: exact in a storm of reviewers, and how long it takes (trust.md C1 to C3).

`CLAIMS_STORM_ITEMS`, `CLAIMS_ITEMS` and `CLAIMS_SECONDS` change the sizes; 0 items leave a part
out. Whatever is not exact
ends the run with an error; times are printed.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from typing import Any

from django.db import connection

from benchmarks.claims_storm import storm
from benchmarks.queues import have_done, make_queue, make_reviewers
from evalplatform.scoping.actor import Actor
from reviews.claiming import claim
from reviews.models import Queue, QueueItem, Slot

RATE = 100  # claims a second, of all reviewers together
N_PROCESSES, N_REVIEWERS = 8, 64
FORK = get_context("fork")


def run(smoke: bool) -> list[str]:
    """A storm, then claims beside own work, at a steady rate, and beside an old snapshot."""
    sizes = (3_000, 5_000, 3) if smoke else (100_000, 1_000_000, 60)
    storm_items = int(os.environ.get("CLAIMS_STORM_ITEMS", 90 if smoke else sizes[0]))
    n_items = int(os.environ.get("CLAIMS_ITEMS", sizes[1]))
    seconds = int(os.environ.get("CLAIMS_SECONDS", sizes[2]))
    owner, people = make_reviewers(N_REVIEWERS)
    lines = list(storm(owner, people, storm_items)) if storm_items else []
    if n_items:
        lines += beside_own_work(owner, people, 1_000 if smoke else 100_000)
        lines += at_a_steady_rate(owner, people, n_items, seconds)
    return lines


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


# --- C2: own work --------------------------------------------------------------------------------


def beside_own_work(owner: Actor, people: Sequence[Actor], n_own: int) -> Iterator[str]:
    """One who has saved many items that are still open, beside one who begins; in turn."""
    queue = make_queue(owner, n_own + 1_000, 3)
    have_done(queue, people[0], n_own)
    times: dict[str, list[float]] = {"own": [], "none": []}
    for _ in range(200):
        for name, actor in (("own", people[0]), ("none", people[1])):
            times[name].append(timed_claim(queue, actor))
    own, none = (statistics.median(times[name]) for name in ("own", "none"))
    yield (
        f"claim beside {n_own:,} own open items {own * 1000:.1f} ms, beside none "
        f"{none * 1000:.1f} ms: {own / none:.2f} x ({load()})"
    )
    # What is behind the cursor alone: the one look from the beginning, before "nothing is left".
    QueueItem.all_rows.filter(queue=queue, position__gte=n_own).update(open_slots=0)
    begun = time.perf_counter()
    assert claim(queue, by=people[0]) is None
    yield f"nothing left behind {n_own:,} own open items: {time.perf_counter() - begun:.3f} s"


def timed_claim(queue: Queue, actor: Actor) -> float:
    """Seconds of one claim; its item is then saved, which is not measured."""
    begun = time.perf_counter()
    slot = claim(queue, by=actor)
    taken = time.perf_counter() - begun
    assert slot is not None
    assert slot.state == Slot.State.LEASED
    Slot.all_rows.filter(pk=slot.pk).update(state="submitted", token=None, is_counted=True)
    return taken


# --- at a rate, and C3: an old snapshot ----------------------------------------------------------


def at_a_steady_rate(
    owner: Actor, people: Sequence[Actor], n_items: int, seconds: int
) -> Iterator[str]:
    """Claims of all reviewers at a steady rate, without and with a transaction that stays open."""
    queue = make_queue(owner, n_items, 3)
    paced(queue, people, 2)  # connections, caches
    alone = paced(queue, people, seconds)
    yield f"{n_items:,} items, {RATE} claims/s: {told(alone)} ({load()})"
    with_snapshot = beside_a_snapshot(lambda: paced(queue, people, seconds))
    ratio = quantile(with_snapshot, 0.95) / quantile(alone, 0.95)
    yield f"beside a snapshot of {seconds} s: {told(with_snapshot)}: {ratio:.2f} x ({load()})"
    doubles = Slot.all_rows.filter(queue=queue).count()
    places = 3 * n_items - sum(QueueItem.all_rows.filter(queue=queue, open_slots__lt=3)
                               .values_list("open_slots", flat=True)) - 3 * (
        QueueItem.all_rows.filter(queue=queue, open_slots=3).count())  # fmt: skip
    assert doubles == places, "places and slots differ"


def beside_a_snapshot(act: Callable[[], list[float]]) -> list[float]:
    """What the act gives while another transaction reads one moment's state."""
    holding, done = FORK.Event(), FORK.Event()
    holder = start(hold_snapshot, holding, done)
    assert holding.wait(30)
    try:
        return act()
    finally:
        done.set()
        holder.join()


def hold_snapshot(holding: Any, done: Any) -> None:
    from django.db import transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT count(*) FROM reviews_slot")
        holding.set()
        done.wait(600)


def paced(queue: Queue, people: Sequence[Actor], seconds: int) -> list[float]:
    """Seconds of each claim of all processes."""
    results = FORK.Queue()
    shares = [people[n::N_PROCESSES] for n in range(N_PROCESSES)]
    children = [start(one_share, queue, share, seconds, results) for share in shares]
    times = [taken for _ in children for taken in results.get(timeout=seconds + 120)]
    for child in children:
        child.join()
    return times


def one_share(queue: Queue, people: Sequence[Actor], seconds: int, results: Any) -> None:
    """Claims at an even pace; one that comes late is made at once."""
    step, times = N_PROCESSES / RATE, []
    begun = time.perf_counter()
    for n in range(int(seconds / step)):
        time.sleep(max(0.0, begun + n * step - time.perf_counter()))
        times.append(timed_claim(queue, people[n % len(people)]))
    results.put(times)


def start(act: Callable[..., None], *told: Any) -> Any:
    """A process of its own, with a connection of its own."""
    connection.close()
    child = FORK.Process(target=act, args=told)
    child.start()
    return child


def told(times: Sequence[float]) -> str:
    p50, p95, p99 = (quantile(times, part) * 1000 for part in (0.5, 0.95, 0.99))
    return f"{len(times):,} claims, p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms"


def quantile(times: Sequence[float], part: float) -> float:
    return sorted(times)[int((len(times) - 1) * part)]
