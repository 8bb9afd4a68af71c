"""Which candidates go into a queue: all, or a share of each stratum, drawn by a seed.

Drawing is a pure function of the seed and the candidate's key, so that the same plan over the same
candidates chooses the same, and adding candidates later leaves what was chosen. Every item keeps
the probability with which it came in: numbers over the queue are weighted by its inverse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

STEPS = 1 << 64
JOINT = " / "


class Candidate(NamedTuple):
    """What could be reviewed: its key, the same for ever, and the stratum it is in."""

    key: str
    stratum: str


class Chosen(NamedTuple):
    """What is to be reviewed, and with which probability it came in."""

    key: str
    stratum: str
    probability: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The share of each stratum that is wanted, from 0 to 1; `rest` for strata not named.

    A stratum of several parts (`failing / billing`) takes the share of the whole name, else that of
    its first part.
    """

    shares: Mapping[str, float]
    rest: float = 1.0
    seed: int = 0

    def share_of(self, stratum: str) -> float:
        first = stratum.split(JOINT, 1)[0]
        share = self.shares.get(stratum, self.shares.get(first, self.rest))
        return min(1.0, max(0.0, share))


EVERYTHING = Plan({})


def position_of(seed: int, key: str, purpose: str = "draw") -> float:
    """A number in [0, 1) that depends on the seed, the purpose and the key alone."""
    digest = hashlib.blake2b(f"{seed}:{purpose}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / STEPS


def draw(candidates: Iterable[Candidate], plan: Plan) -> Iterable[Chosen]:
    """Each candidate by itself with its stratum's share (Poisson sampling), in the order given.

    The number drawn varies a little around the share; in return each item's chance is exactly the
    share whatever else is there, also for what is added later.
    """
    for candidate in candidates:
        share = plan.share_of(candidate.stratum)
        if share >= 1.0 or position_of(plan.seed, candidate.key) < share:
            yield Chosen(candidate.key, candidate.stratum, share)
