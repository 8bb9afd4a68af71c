"""How many items a sampling plan would let in, stratum by stratum, before it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reviews.sampling import Plan, draw
from reviews.strata import in_strata

MOST = 20_000  # candidates that are looked at
SHOWN = 60  # strata by name; the others are one line


@dataclass(frozen=True, slots=True)
class Line:
    """One stratum: how many of its items would come in, and each with which probability."""

    stratum: str
    n_in: int
    n_all: int
    share: float

    @property
    def percent(self) -> str:
        return percent_of(self.share)


@dataclass(frozen=True, slots=True)
class Preview:
    """All strata, the largest first. `is_part`: only the first candidates were looked at."""

    lines: list[Line]
    others: Line | None  # strata beyond those shown, together; their share is the rest
    n_in: int
    n_all: int
    is_part: bool


def preview_of(target: str, rows: Any, plan: Plan, strata: Sequence[str]) -> Preview:
    """Draw from these rows without adding anything."""
    candidates = list(in_strata(target, rows[: MOST + 1], strata))
    is_part, candidates = len(candidates) > MOST, candidates[:MOST]
    n_all = Counter(each.stratum for each in candidates)
    n_in = Counter(each.stratum for each in draw(candidates, plan))
    lines = [Line(name, n_in[name], n, plan.share_of(name)) for name, n in n_all.most_common()]
    others = None
    if len(lines) > SHOWN:
        beyond, lines = lines[SHOWN:], lines[:SHOWN]
        sums = sum(each.n_in for each in beyond), sum(each.n_all for each in beyond)
        others = Line("", *sums, plan.rest)
    return Preview(lines, others, n_in.total(), n_all.total(), is_part)


def percent_of(share: float) -> str:
    """0.2 as `20`, 0.125 as `12.5`: as the form takes it."""
    return f"{round(share * 100, 4):g}"
