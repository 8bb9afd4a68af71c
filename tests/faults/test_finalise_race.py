"""C4: real processes race finalising against the last save, a further save and what is typed.

Whatever comes first, a review that is finalised has every review saved, nothing typed over one, and
a seal over exactly what is there; who comes second is refused.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest
from django.db import connection

from evalplatform.accounts.models import Membership
from reviews.claiming import claim
from reviews.lifecycle import FINALIZED, READY, statuses_of
from reviews.models import Queue, Review, ReviewRevision, Seal
from reviews.saving import save
from reviews.seal_checking import SealState, check
from tests.cast import Cast, make_cast
from tests.faults.finisher import KEY
from tests.faults.workers import environment
from tests.reviews_made import YES, make_queue

N_REVIEWS = 8
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]


def almost_done(cast: Cast, number: int) -> Queue:
    """Tess and Emil have saved theirs of one item each; Eva holds the last one."""
    queue = make_queue(owner=cast.olga, n_items=3, name=f"Race {number}")
    first = claim(queue, by=cast.tess)
    assert first
    last = claim(queue, by=cast.eva)
    assert last
    third = claim(queue, by=cast.emil)
    assert third
    save(first.queue_item, YES, by=cast.tess)
    save(third.queue_item, YES, by=cast.emil)
    return queue


def start(act: str, actor: Any, queues: list[Queue]) -> subprocess.Popen[str]:
    member = Membership.all_rows.get(user=actor.user)
    command = [sys.executable, "-m", "tests.faults.finisher", act, str(member.pk)]
    command += [str(queue.pk) for queue in queues]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)


def let_go_together(n_rounds: int, n_processes: int) -> None:
    """Open each gate when all processes stand before it."""
    waiting = "SELECT count(*) FROM pg_locks WHERE classid = %s AND objid = %s AND NOT granted"
    deadline = time.monotonic() + 120
    for number in range(n_rounds):
        with connection.cursor() as cursor:
            while cursor.execute(waiting, [KEY, number]).fetchone()[0] < n_processes:
                assert time.monotonic() < deadline, f"not all came to review {number}"
                time.sleep(0.03)
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [KEY, number])


def test_c4_nothing_unsaved_is_ever_under_a_seal() -> None:
    cast = make_cast()
    queues = [almost_done(cast, number) for number in range(N_REVIEWS)]
    with connection.cursor() as cursor:
        for number in range(N_REVIEWS):
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [KEY, number])
    acts = [
        ("save_last", cast.eva), ("save_again", cast.tess), ("type_over", cast.emil),
        ("finish", cast.olga), ("finish", cast.adam),
    ]  # fmt: skip
    running = [start(act, actor, queues) for act, actor in acts]
    try:
        let_go_together(N_REVIEWS, len(running))
        said = [each.communicate(timeout=60)[0].split("\n")[:-1] for each in running]
    finally:
        for each in running:
            each.kill()

    statuses = statuses_of(queues)
    for queue, last, again, typed, *finished in zip(queues, *said, strict=True):
        queue.refresh_from_db()
        assert last == "saved", "somebody finalised without the last review"
        reviews = Review.all_rows.filter(queue=queue)
        n_saves = 3 + (again == "saved")
        assert ReviewRevision.all_rows.filter(review__queue=queue).count() == n_saves
        if queue.is_finalized:
            assert sorted(finished) == ["refused", "sealed"]
            assert typed == "refused"
            assert all(review.is_complete for review in reviews)
            assert Seal.all_rows.get(queue=queue).snapshot["numbers"]["reviews"] == 3
            assert check(queue).state == SealState.SEALED
        else:
            assert finished == ["never ready", "never ready"]
            assert typed == "kept"
            assert statuses[queue.pk] not in (READY, FINALIZED)
    assert any(queue.is_finalized for queue in queues), "no race was ever won by finalising"
