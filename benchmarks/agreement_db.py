"""Agreement from the database: all figures of a queue of 10,000 and of a million ratings, and a
numeric metric of as many different values as ratings beside one of five.

`AGREEMENT_RATINGS` changes the size of the large ones. What is measured is `figures_of`, statements
and intervals included, with nothing kept between two calls.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.claims import load
from benchmarks.queues import make_queue, make_reviewers
from benchmarks.queues import run as sql
from evalplatform.scoping.actor import Actor
from reviews.figures.whole import figures_of, table_of, which_of
from reviews.models import Queue, Rubric

ROUNDS = 5
N_REVIEWERS = 10
REVIEWS = """
INSERT INTO reviews_review (id, queue_id, queue_item_id, reviewer_id, reviewer_kind, started_at,
    draft_number, saved_at, n_revisions, is_counted, shown)
SELECT gen_random_uuid(), i.queue_id, i.id, (%(people)s::uuid[])[1 + (i.position + k) %% %(n)s],
    'human', now(), 1, now(), 1, true, '{}'
FROM reviews_queueitem i, generate_series(1, %(each)s) k
WHERE i.queue_id = %(queue)s ORDER BY i.position"""
REVISIONS = """
INSERT INTO reviews_reviewrevision (review_id, number, saved_at, saved_by_id, answers, checks,
    feedback, exposure, is_exposed, via, request_id)
SELECT id, 1, now(), reviewer_id, '{}', '{}', '', '{}', false, 'page', ''
FROM reviews_review WHERE queue_id = %(queue)s"""
ANSWERS = """
INSERT INTO reviews_reviewanswer (review_id, revision_id, queue_id, queue_item_id, reviewer_id,
    criterion, value, number, flagged, note, is_latest, is_first_unexposed, is_rating, is_exposed,
    is_counted)
SELECT v.id, n.id, v.queue_id, v.queue_item_id, v.reviewer_id, c.key, said.value,
    CASE WHEN %(numbers)s THEN said.value::float8 END, false, '', true, true, true, false, true
FROM reviews_review v
JOIN reviews_reviewrevision n ON n.review_id = v.id
CROSS JOIN unnest(%(criteria)s::text[]) WITH ORDINALITY AS c(key, at)
CROSS JOIN LATERAL (SELECT CASE
    WHEN %(distinct)s THEN n.id::text
    WHEN %(numbers)s THEN (1 + (n.id * 7 + v.queue_item_id) %% 5)::text
    ELSE (%(values)s::text[])[1 + (CASE WHEN random() < 0.8 THEN v.queue_item_id + c.at
        ELSE (random() * 1000)::bigint END) %% %(n_values)s] END AS value) said
WHERE v.queue_id = %(queue)s ORDER BY n.id, c.at"""
DONE = """
UPDATE reviews_queueitem SET revealed_at = now(), n_counted = %(each)s, open_slots = 0
WHERE queue_id = %(queue)s"""
TABLES = ("queueitem", "review", "reviewrevision", "reviewanswer")
VALUES = ["kind", "plain", "rude"]
CHOICES = [f"choice_{n}" for n in range(5)]


def run(smoke: bool) -> list[str]:
    """A run's worth, a million, and numbers."""
    small, large = (1_000, 10_000) if smoke else (10_000, 1_000_000)
    large = int(os.environ.get("AGREEMENT_RATINGS", large))
    owner, people = make_reviewers(N_REVIEWERS)
    return [*named(owner, people, small, ROUNDS), *named(owner, people, large, 3),
            *numbers(owner, people, large)]  # fmt: skip


def named(owner: Actor, people: list[Actor], n_ratings: int, rounds: int) -> Iterator[str]:
    """Five questions of three values, four reviewers an item."""
    queue = reviewed(owner, people, n_ratings // 20, CHOICES, "choice")
    assert figures_of(queue, by=owner).n_ratings == n_ratings
    times, reading, peak = measured(queue, owner, rounds)
    yield (
        f"{n_ratings:,} ratings of five questions, every figure: {told(times)}, of it reading "
        f"{statistics.median(reading) * 1e3:.0f} ms; {peak:.0f} MB on top ({load()})"
    )


def numbers(owner: Actor, people: list[Actor], n_ratings: int) -> Iterator[str]:
    """One numeric question: every rating another value, beside five values."""
    queues = [
        reviewed(owner, people, n_ratings // 4, ["seconds"], "number", is_distinct=is_distinct)
        for is_distinct in (False, True)
    ]
    found: list[list[float]] = [[], []]
    for _ in range(3):
        for queue, times in zip(queues, found, strict=True):
            times += measured(queue, owner, 1)[0]
    few, distinct = (statistics.median(times) for times in found)
    yield (
        f"{n_ratings:,} numbers, all different: {told(found[1])}, {distinct / few:.2f} x that of "
        f"five values (bar 2; {load()})"
    )


def measured(queue: Queue, owner: Actor, rounds: int) -> tuple[list[float], list[float], float]:
    """Seconds of all figures, seconds of the reading alone, and the largest peak in MB on top."""
    times, reading, peaks = [], [], []
    for _ in range(rounds):
        before = forget_peak()
        began = perf_counter()
        figures_of(queue, by=owner)
        times.append(perf_counter() - began)
        peaks.append(status("VmHWM") - before)
        began = perf_counter()
        table_of(queue, which_of(queue))
        reading.append(perf_counter() - began)
    return times, reading, max(peaks)


def told(times: list[float]) -> str:
    low, middle, high = (1e3 * each for each in (min(times), statistics.median(times), max(times)))
    return f"{middle:.0f} ms ({low:.0f}-{high:.0f})"


def forget_peak() -> float:
    """Begin to count the peak of this process anew; MB now."""
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def status(name: str) -> float:
    """A line of the process's status, in MB."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0]) / 1024


def reviewed(
    owner: Actor,
    people: list[Actor],
    n_items: int,
    criteria: list[str],
    kind: str,
    *,
    is_distinct: bool = False,
) -> Queue:
    """A queue whose items all have four reviews, each one answering every question."""
    queue = make_queue(owner, n_items, 4)
    asked: dict[str, Any] = {"kind": kind}
    if kind == "choice":
        asked["options"] = [{"value": value} for value in VALUES]
    shape = {
        "sections": [
            {"key": "all", "label": "All", "criteria": [
                {"key": key, "label": key, **asked} for key in criteria]}
        ]
    }  # fmt: skip
    rubric = Rubric.create(name=f"Bench {n_items} {kind} {is_distinct}", shape=shape, by=owner)
    version = rubric.newest()
    Queue.all_rows.filter(pk=queue.pk).update(rubric_version=version)
    version.freeze()
    where = {"queue": queue.pk, "each": 4}
    sql(REVIEWS, people=[each.user.pk for each in people], n=len(people), **where)
    sql(REVISIONS, **where)
    sql(
        ANSWERS, criteria=criteria, numbers=kind == "number", distinct=is_distinct, values=VALUES,
        n_values=len(VALUES), **where,
    )  # fmt: skip
    sql(DONE, **where)
    for table in TABLES:
        sql(f"VACUUM ANALYZE reviews_{table}")
    found: Queue = Queue.all_rows.select_related("rubric_version").get(pk=queue.pk)
    return found
