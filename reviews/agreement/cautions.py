"""Warnings beside the numbers: codes, what they mean, and from when on they are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from reviews.agreement.meetings import PairTables
from reviews.agreement.quantity import TOO_FEW_UNITS, Quantity, null
from reviews.agreement.tables import Histogram


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on a warning is given; a team may set its own. Shares are 0..1."""

    few_units: int = 30
    hide_units: int = 10
    prevalence: float = 0.85
    prevalence_ratings: int = 20
    rare_units: int = 5
    shift: float = 0.20
    shift_units: int = 20
    overlap: float = 0.10
    rater_units: int = 20


@dataclass(frozen=True, slots=True)
class Caution:
    """A code, what it says, the n it stands on, the share, and whom or what it is about."""

    code: str
    message: str
    n: int
    share: float | None = None
    about: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"about": list(self.about)}


def cautions(
    histogram: Histogram, values: Sequence[str], thresholds: Thresholds | None = None
) -> list[Caution]:
    """few_units, prevalence, single_value, rare_category and low_overlap, of the counts of values.

    `values` are the columns' names. Nothing is said of no ratings.
    """
    limits = thresholds or Thresholds()
    return list(_of_counts(histogram, values, limits)) if histogram.n_ratings else []


def _of_counts(
    histogram: Histogram, values: Sequence[str], limits: Thresholds
) -> Iterator[Caution]:
    n_units, n_shared = histogram.n_units, histogram.pairable.n_units
    if n_shared < limits.few_units:
        units = "one unit was" if n_shared == 1 else f"{n_shared} units were"
        said = f"Only {units} rated twice: intervals are wide."
        yield Caution("few_units", said, n_shared)
    if n_shared < limits.overlap * n_units:
        share = n_shared / n_units
        said = f"{n_shared} of {n_units} units were rated twice: the numbers speak for those alone."
        yield Caution("low_overlap", said, n_units, share)
    used = histogram.multiplicity @ histogram.patterns
    on_units = histogram.multiplicity @ (histogram.patterns > 0)
    n, top = histogram.n_ratings, int(used.argmax())
    if used[top] == n:
        said = f"Only {values[top]} was used: no coefficient can be computed, the percentage can."
        yield Caution("single_value", said, n, 1.0, (values[top],))
    elif n >= limits.prevalence_ratings and used[top] >= limits.prevalence * n:
        share = float(used[top] / n)
        said = (
            f"{share:.0%} of the ratings are {values[top]}: kappa and alpha fall although people "
            "agree. Look at AC1 and at the specific agreement of the other values too."
        )
        yield Caution("prevalence", said, n, share, (values[top],))
    for at in np.flatnonzero((on_units > 0) & (on_units < limits.rare_units)).tolist():
        units = "one unit" if on_units[at] == 1 else f"{on_units[at]} units"
        said = f"{values[at]} was used on {units} only: its numbers are unreliable."
        yield Caution("rare_category", said, int(on_units[at]), None, (values[at],))


def marginal_shifts(
    pairs: PairTables,
    values: Sequence[str],
    names: Sequence[str],
    thresholds: Thresholds | None = None,
) -> list[Caution]:
    """marginal_shift: two raters whose shares of a value lie far apart on the units both rated.

    `names` are the raters' by code; the one who gives the value more often is named first.
    """
    limits = thresholds or Thresholds()
    first, second = pairs.margins
    apart = (first - second) / np.maximum(pairs.n, 1)[:, None]
    far = (np.abs(apart) >= limits.shift - 1e-12) & (pairs.n >= limits.shift_units)[:, None]
    found = []
    for pair, at in np.argwhere(far).tolist():
        share, n = float(apart[pair, at]), int(pairs.n[pair])
        who = tuple(names[code] for code in pairs.who[pair])[:: 1 if share > 0 else -1]
        said = (
            f"{who[0]} gives {values[at]} {abs(share):.0%} more often than {who[1]} on the "
            f"{n} units both rated."
        )
        found.append(Caution("marginal_shift", said, n, abs(share), (*who, values[at])))
    return found


def exposed(n_exposed: int, n_ratings: int) -> list[Caution]:
    """exposed: ratings made with the auto score or somebody's answer in view, with their share."""
    if not n_exposed:
        return []
    said = f"{n_exposed} of {n_ratings} ratings were made with the auto score or an answer in view."
    return [Caution("exposed", said, n_exposed, n_exposed / n_ratings)]


def shown(quantity: Quantity, n_units: int, least: int) -> Quantity:
    """The quantity, or null `too_few_units` where it stands on fewer than `least` units.

    For pages: a coefficient under `hide_units`, a rater's or a pair's number under `rater_units`.
    """
    if quantity.value is None or n_units >= least:
        return quantity
    return null(TOO_FEW_UNITS, quantity.n)
