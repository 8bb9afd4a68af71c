"""A process that does one act on each of many reviews, when the observer says so; run as a module.

    python -m tests.faults.finisher ACT MEMBERSHIP QUEUE...

Before each review it waits for an advisory lock that the observer holds, so that several of them
begin at the same moment; then it acts, and prints one line: what became of it.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

import django

django.setup()

from django.db import connection  # noqa: E402

from evalplatform.accounts.models import Membership  # noqa: E402
from evalplatform.errors import Conflict  # noqa: E402
from evalplatform.scoping.actor import Actor  # noqa: E402
from reviews.lifecycle import finalise  # noqa: E402
from reviews.models import Queue, QueueItem, Review  # noqa: E402
from reviews.saving import save, save_draft  # noqa: E402
from tests.reviews_made import NO, YES  # noqa: E402

KEY = 712  # of the observer's locks
TRIED_FOR, LATE = 1.5, 0.8  # seconds


def save_last(queue: Queue, by: Actor) -> str:
    """The last review that is missing."""
    save(QueueItem.all_rows.filter(queue=queue).order_by("position")[1], YES, by=by)
    return "saved"


def save_again(queue: Queue, by: Actor) -> str:
    """Another save of a review that is there, alike, with more words."""
    _linger()
    save(QueueItem.all_rows.filter(queue=queue).order_by("position")[0],
         YES | {"feedback": "Again."}, by=by)  # fmt: skip
    return "saved"


def type_over(queue: Queue, by: Actor) -> str:
    """Something typed over a saved review, and not saved; every other time late."""
    review = Review.all_rows.get(queue=queue, reviewer=by.user)
    if int(queue.name.split()[-1]) % 2:
        time.sleep(LATE)
    _linger()
    save_draft(review, NO, number=review.draft_number, by=by)
    return "kept"


def finish(queue: Queue, by: Actor) -> str:
    """Finalise as soon as it can be."""
    ends = time.monotonic() + TRIED_FOR
    while time.monotonic() < ends:
        try:
            finalise(queue, by=by)
        except Conflict as refused:
            if "already" in str(refused.detail):
                raise
        else:
            return "sealed"
    return "never ready"


def _linger() -> None:
    for _ in range(random.randrange(40)):
        Queue.all_rows.exists()


ACTS: dict[str, Callable[[Queue, Actor], str]] = {
    "save_last": save_last,
    "save_again": save_again,
    "type_over": type_over,
    "finish": finish,
}


def main(act: str, member: str, *queues: str) -> None:
    row = Membership.all_rows.select_related("user", "team").get(pk=member)
    actor = row.act(via="page")
    for number, pk in enumerate(queues):
        queue = Queue.all_rows.get(pk=pk)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", [KEY, number])
        try:
            told = ACTS[act](queue, actor)
        except Conflict:
            told = "refused"
        print(told, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
