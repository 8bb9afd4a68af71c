"""A process of reviewers who work through a queue as people do; run as a module.

    python -m tests.faults.reviewer QUEUE SEED MEMBERSHIP...

Each turn one of its reviewers, drawn by the seed, takes the next item and saves, skips, releases,
declines or leaves it. It ends when a whole round finds nothing for any of them.
"""

from __future__ import annotations

import random
import sys

import django

django.setup()

from evalplatform.accounts.models import Membership  # noqa: E402
from reviews.claiming import LeaseError, claim, give_back  # noqa: E402
from reviews.models import Queue, Slot  # noqa: E402
from reviews.saving import save  # noqa: E402
from tests.reviews_made import NO, YES  # noqa: E402

ACTS = ("save",) * 14 + ("skip", "release", "decline", "leave", "leave")


def main(queue_id: str, seed: str, *members: str) -> None:
    queue, chance = Queue.all_rows.get(pk=queue_id), random.Random(int(seed))
    rows = Membership.all_rows.select_related("user", "team").filter(pk__in=members)
    actors = [row.act(via="page") for row in rows]
    n_empty = 0
    while n_empty < 3 * len(actors):
        actor = chance.choice(actors)
        slot = claim(queue, by=actor)
        if slot is None:
            n_empty += 1
            continue
        n_empty = 0
        act = chance.choice(ACTS)
        try:
            if act == "save":
                save(slot.queue_item, chance.choice([YES, NO]), by=actor)
            elif act != "leave":
                give_back(slot.pk, slot.token, STATES[act], by=actor)
        except LeaseError:
            pass  # expired by the observer between the two steps: as people meet it


STATES = {
    "skip": Slot.State.SKIPPED,
    "release": Slot.State.RELEASED,
    "decline": Slot.State.DECLINED,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
