"""Krippendorff's alpha at every level, its jackknife interval, and what each unit costs it.

alpha = 1 - D_o/D_e, with missing ratings, as in Krippendorff 2011, "Computing Krippendorff's
Alpha-Reliability". Each level first says how far the ratings of each unit lie apart (`Apart`); the
rest is the same for all.
"""

from __future__ import annotations

import numpy as np

from reviews.agreement.apart import Apart, one_minus
from reviews.agreement.intervals import jackknife_errors, share_interval
from reviews.agreement.quantity import NO_OVERLAP, NO_VARIATION, Quantity, null
from reviews.agreement.tables import Floats


def alpha(apart: Apart) -> Quantity:
    """alpha with its jackknife standard error over units and Wilson's interval on the disagreement.

    p = D_o and s = se(alpha) * D_e as shares of the largest possible difference, n_eff = p(1-p)/s²,
    t(N-1). n is the number of units rated twice. Null `no_variation` where one value was used.
    """
    return alphas(apart)[0]


def alphas(apart: Apart) -> list[Quantity]:
    """alpha of each of the R ways in which units are counted; `no_overlap` where none is."""
    times = np.atleast_2d(apart.multiplicity)
    n_units = np.rint(times.sum(axis=1)).astype(np.int64)
    if apart.reason:
        return [null(apart.reason, n) for n in n_units.tolist()]
    pairs = np.maximum(apart.n_ratings - 1, 1)
    varies = apart.expected > 0
    expected = np.where(varies, apart.expected, 1.0)
    by_chance = expected / (np.maximum(apart.n_ratings, 1) * pairs * apart.largest)
    left_out = _without_each(apart) if apart.left_out is None else apart.left_out
    columns = (
        varies,
        1 - pairs * apart.observed / expected,
        apart.observed / np.maximum(apart.n_ratings * apart.largest, 1e-300),
        by_chance,
        jackknife_errors(np.atleast_2d(left_out), times),
    )
    rows = zip(n_units.tolist(), *(np.atleast_1d(each).tolist() for each in columns), strict=True)
    return [_alpha(*row) for row in rows]


def _alpha(
    n_units: int, varies: bool, value: float, seen: float, by_chance: float, se: float
) -> Quantity:
    """`seen` and `by_chance` are disagreement as a share of the largest possible."""
    if not n_units:
        return null(NO_OVERLAP)
    if not varies:
        return null(NO_VARIATION, n_units)
    if n_units < 2:
        return Quantity(value=value, n=n_units)
    low, high = share_interval(min(1.0, seen), se * by_chance, n_units)
    ci_low, ci_high = min(value, 1 - high / by_chance), max(value, 1 - low / by_chance)
    return Quantity(value, None, se, ci_low, ci_high, n_units)


def alpha_costs(apart: Apart) -> Floats:
    """What each unit (or one unit of each pattern) takes off alpha, (P,): they add up to 1 - alpha.

    (m/n) times the unit's weight and mean difference, over D_e. All zero where alpha is undefined.
    """
    if apart.reason or not apart.expected > 0:
        return np.zeros(len(apart.sizes))
    own = apart.weights * apart.inner / (apart.sizes - 1)
    return np.asarray(own * (apart.n_ratings - 1) / apart.expected, dtype=np.float64)


def _without_each(apart: Apart) -> Floats:
    """alpha without one unit, in closed form; 1 where what is left has a single value."""
    n_ratings, seen, expected = (
        each[..., None] for each in (apart.n_ratings, apart.observed, apart.expected)
    )
    weight = apart.weights
    observed = seen - weight * apart.inner / (apart.sizes - 1)
    left = expected - 2 * weight * apart.cross + weight * weight * apart.inner
    return one_minus(n_ratings - weight * apart.sizes, observed, left, expected)
