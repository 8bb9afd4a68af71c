"""The run's pass rate as people would give it, from the part of it that they reviewed.

The auto-eval has judged all cells, people a part drawn at random: double sampling. Of each verdict,
people's share of passes in the part stands for all cells of that verdict:

    rate = (passes * share people pass of them + fails * share people pass of them) / all

This is the maximum likelihood estimate (Tenenbein 1970) and, for a machine that says pass or fail,
prediction-powered inference with the best tuning (Angelopoulos, Duchi and Zrnic 2023). Rogan and
Gladen's inversion (1978) is for error rates known from elsewhere: it loses precision here, and can
leave 0..1. Cells weigh by 1/probability. Each verdict's share has Wilson's interval with the
effective n of its items and t(items-1), for a finite run: what is reviewed whole is known. The two
are joined by MOVER with their correlation (Zou and Donner 2008), since an item may have both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reviews.agreement.intervals import share_interval
from reviews.agreement.quantity import (
    NO_DATA,
    NOT_RANDOM,
    TOO_FEW_UNITS,
    UNFINISHED,
    Quantity,
    null,
)
from reviews.agreement.tables import Floats, Ints, sums

FAIL, PASS = 0, 1
_OFF = 4.0  # standard errors by which a sample may miss the size of what it was drawn from


@dataclass(frozen=True, slots=True)
class Least:
    """How much must be reviewed: items, cells of each verdict that the run has, of what was drawn.

    The last does not hold where chance says what is reviewed first.
    """

    items: int = 20
    cells: int = 5
    done: float = 0.95


@dataclass(frozen=True)
class Reviewed:
    """The cells that were drawn, and what the run has of them.

    `auto` (U,) is PASS or FAIL; `truth` (U,) the share of people who pass the cell (1 or 0 where it
    was settled), NaN where nobody has said; `items` (U,) codes; `probability` (I,) of each item to
    be drawn. `n_cells` (fails, passes) and `n_items` are those of the whole run.
    """

    auto: Ints
    truth: Floats
    items: Ints
    probability: Floats
    n_cells: tuple[int, int]
    n_items: int
    is_shuffled: bool = False


@dataclass(frozen=True, slots=True)
class Corrected:
    """`raw` is what the auto-eval says of the whole run: exact, without an interval.

    `false_pass` is the share of auto-eval's passes that people fail, `false_fail` the share of its
    fails that they pass. n counts reviewed cells; `n_items` were reviewed of `n_drawn`.
    """

    raw: Quantity
    rate: Quantity
    false_pass: Quantity
    false_fail: Quantity
    n_items: int
    n_drawn: int

    def as_json(self) -> dict[str, Any]:
        quantities = ("raw", "rate", "false_pass", "false_fail")
        found = {name: getattr(self, name).as_json() for name in quantities}
        return found | {"n_items": self.n_items, "n_drawn": self.n_drawn}


@dataclass(frozen=True)
class _Share:
    """People's share of passes among the reviewed cells of one verdict, and each item's part in its
    error; all 0 to 1 where nobody reviewed one."""

    value: float
    se: float
    low: float
    high: float
    n: int
    parts: Floats

    def apart(self, whole: float) -> Quantity:
        """As a quantity, turned over for `whole` 1: the share that people do not pass."""
        if not self.n:
            return null(NO_DATA)
        low, value, high = sorted(abs(whole - x) for x in (self.low, self.value, self.high))
        return Quantity(value, None, self.se, low, high, self.n)


def corrected_rate(seen: Reviewed, least: Least | None = None) -> Corrected:
    """The raw and the corrected pass rate; the latter null with the reason where it would mislead.

    `no_data`, `too_few_units`, `not_random` (the items drawn do not stand for the run's number of
    items), `unfinished` (some drawn ones are not reviewed, in no random order).
    """
    judged = ~np.isnan(seen.truth)
    n_drawn, n_done = (len(np.unique(seen.items[kept])) for kept in (judged | True, judged))
    total = sum(seen.n_cells)
    raw = Quantity(seen.n_cells[PASS] / total, n=total) if total else null(NO_DATA)
    if not total or not n_done:
        return Corrected(raw, null(NO_DATA), null(NO_DATA), null(NO_DATA), n_done, n_drawn)
    chance = _chances(seen, judged)
    shares = [_share_of(seen, judged & (seen.auto == verdict), chance) for verdict in (FAIL, PASS)]
    why = _refusal(seen, shares, n_done, n_drawn, least or Least())
    n = shares[FAIL].n + shares[PASS].n
    rate = null(why, n) if why else _joined(shares, seen.n_cells, n)
    return Corrected(raw, rate, shares[PASS].apart(1), shares[FAIL].apart(0), n_done, n_drawn)


def _chances(seen: Reviewed, judged: Any) -> Floats:
    """The chance of each item to be drawn and reviewed, (I,): of those drawn with one probability,
    the reviewed ones stand for all."""
    n_items = len(seen.probability)
    done = sums(judged.astype(float), seen.items, n_items) > 0
    _, like = np.unique(seen.probability, return_inverse=True)
    share = sums(done.astype(float), like) / sums(np.ones(n_items), like)
    return np.asarray(seen.probability * np.where(share > 0, share, 1.0)[like])


def _share_of(seen: Reviewed, kept: Any, chance: Floats) -> _Share:
    items, n_items = seen.items[kept], len(chance)
    cells = sums(np.ones(len(items)), items, n_items)
    held = cells > 0
    k = int(held.sum())
    if not k:
        return _Share(0.5, 0.0, 0.0, 1.0, 0, np.zeros(n_items))
    weight = 1 / chance
    passed, whole = sums(seen.truth[kept], items, n_items), float(weight @ cells)
    value = min(1.0, float(weight @ passed) / whole)
    unseen = np.sqrt(1 - chance) * np.sqrt(k / max(1, k - 1))
    parts = unseen * weight * (passed - value * cells) / whole
    low, high, se = 0.0, 1.0, float(np.sqrt(parts @ parts))
    left = float((weight * weight * (1 - chance))[held].sum())
    if left <= 0:
        low = high = value
    elif k > 1:
        n_without_error = float(weight[held].sum()) ** 2 / left
        low, high = share_interval(value, se, k, n_without_error=n_without_error)
    return _Share(value, se, min(low, value), max(high, value), int(kept.sum()), parts)


def _refusal(
    seen: Reviewed, shares: list[_Share], n_done: int, n_drawn: int, least: Least
) -> str | None:
    probability = seen.probability
    stands_for = float((1 / probability).sum())
    error = float(np.sqrt(((1 - probability) / probability**2).sum()))
    if abs(stands_for - seen.n_items) > _OFF * error + 1e-6 * seen.n_items:
        return NOT_RANDOM
    if n_done < n_drawn * least.done and not seen.is_shuffled:
        return UNFINISHED
    few = any(share.n < min(least.cells, n) for share, n in zip(shares, seen.n_cells, strict=True))
    return TOO_FEW_UNITS if few or n_done < min(least.items, seen.n_items) else None


def _joined(shares: list[_Share], n_cells: tuple[int, int], n: int) -> Quantity:
    """The mean of both verdicts' shares, by how often the run has them, with its interval."""
    whole = np.array(n_cells) / sum(n_cells)
    value, low, high = (
        np.array([getattr(share, name) for share in shares]) for name in ("value", "low", "high")
    )
    errors = np.array([share.se for share in shares])
    shared = float(shares[FAIL].parts @ shares[PASS].parts)
    product = float(errors.prod())
    alike = min(1.0, max(-1.0, shared / product)) if product > 0 else 0.0
    mix = np.array([[1.0, alike], [alike, 1.0]])
    rate = float(whole @ value)
    below, above = whole * (value - low), whole * (high - value)
    se = float(np.sqrt(max(0.0, (whole * errors) @ mix @ (whole * errors))))
    down, up = (float(np.sqrt(max(0.0, side @ mix @ side))) for side in (below, above))
    return Quantity(rate, None, se, max(0.0, rate - down), min(1.0, rate + up), n)
