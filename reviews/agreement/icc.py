"""Intraclass correlations of numeric ratings: the six forms of Shrout and Fleiss 1979."""

from __future__ import annotations

import math

import numpy as np

from reviews.agreement.intervals import jackknife_error, t_quantile
from reviews.agreement.quantity import (
    FEWER_THAN_TWO_RATERS,
    INCOMPLETE_DESIGN,
    NO_DATA,
    NO_VARIATION,
    TOO_FEW_UNITS,
    Quantity,
    null,
)
from reviews.agreement.tables import Floats, Ratings

FORMS = ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k")


def icc_of(ratings: Ratings) -> dict[str, Quantity]:
    """The six forms from the units that every rater rated; n counts those.

    Null `incomplete_design` where raters met, but fewer than two units have all of them.
    """
    used, rater = np.unique(ratings.raters, return_inverse=True)
    if len(used) < 2:
        return dict.fromkeys(FORMS, null(FEWER_THAN_TWO_RATERS if len(used) else NO_DATA))
    complete = ratings.sizes == len(used)
    n = int(complete.sum())
    if n < 2:
        whole = n == len(np.unique(ratings.units))
        return dict.fromkeys(FORMS, null(TOO_FEW_UNITS if whole else INCOMPLETE_DESIGN, n))
    kept = complete[ratings.units]
    table = np.zeros((n, len(used)))
    table[np.repeat(np.arange(n), len(used)), rater[kept]] = ratings.numbers[kept]
    return icc(table)


def icc(table: Floats) -> dict[str, Quantity]:
    """The six forms of a table without gaps, (units, raters), at least 2 by 2.

    Forms 2 and 3 from the two-way analysis of variance, 1 from the one-way. The interval is the
    jackknife over units on Fisher's z for k raters, ½ log((1+(k-1)r)/(1-r)), with t(n-1); that of
    the mean of k raters follows by Spearman and Brown. Null `no_variation` for constant ratings.
    """
    n, k = table.shape
    if table.max() == table.min():
        return dict.fromkeys(FORMS, null(NO_VARIATION, n))
    table = table - table.mean()
    whole = _forms(*_squares(table), n, k)
    left_out = _forms(*_squares_without_each(table), n - 1, k) if n > 2 else None
    found = {}
    for at, (single, mean) in enumerate(zip(FORMS[:3], FORMS[3:], strict=True)):
        value, error = whole[at], None
        ends: tuple[float | None, float | None] = (None, None)
        if left_out is not None:
            error, ends = _interval(value, left_out[at], n, k)
        found[single] = _quantity(value, error, ends, n)
        found[mean] = _stepped_up(value, None if left_out is None else left_out[at], ends, n, k)
    return {form: found[form] for form in FORMS}


def _squares(table: Floats) -> tuple[Floats, Floats, Floats]:
    """Sums of squares of units, raters, and all, as 0-d arrays."""
    n, k = table.shape
    grand = table.sum() ** 2 / (n * k)
    units = (table.sum(axis=1) ** 2).sum() / k - grand
    raters = (table.sum(axis=0) ** 2).sum() / n - grand
    return np.asarray(units), np.asarray(raters), np.asarray((table**2).sum() - grand)


def _squares_without_each(table: Floats) -> tuple[Floats, Floats, Floats]:
    """The same without one unit each, (n,)."""
    n, k = table.shape
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    grand = (table.sum() - rows) ** 2 / ((n - 1) * k)
    units = ((rows**2).sum() - rows**2) / k - grand
    raters = ((columns - table) ** 2).sum(axis=1) / (n - 1) - grand
    return units, raters, (table**2).sum() - (table**2).sum(axis=1) - grand


def _forms(units: Floats, raters: Floats, whole: Floats, n: int, k: int) -> list[Floats]:
    """ICC(1,1), (2,1) and (3,1); without variation 1."""
    between = units / (n - 1)
    within = (whole - units) / (n * (k - 1))
    judges = raters / (k - 1)
    rest = np.maximum(whole - units - raters, 0.0) / ((n - 1) * (k - 1))
    tops = (between - within, between - rest, between - rest)
    bottoms = (
        between + (k - 1) * within,
        between + (k - 1) * rest + k * (judges - rest) / n,
        between + (k - 1) * rest,
    )
    return [_ratio(top, bottom) for top, bottom in zip(tops, bottoms, strict=True)]


def _ratio(top: Floats, bottom: Floats) -> Floats:
    held = np.abs(bottom) > 1e-300
    return np.where(held, top / np.where(held, bottom, 1.0), 1.0)


def _interval(
    value: Floats, left_out: Floats, n: int, k: int
) -> tuple[float, tuple[float | None, float | None]]:
    """The jackknife error of r, and the interval by way of z; none where r is at an end."""
    error = jackknife_error(left_out, np.ones(n))
    low, high = -1 / (k - 1) + 1e-12, 1 - 1e-12
    r = float(value)
    if not low < r < high:
        return error, (None, None)
    z = 0.5 * math.log((1 + (k - 1) * r) / (1 - r))
    z_error = error * k / (2 * (1 - r) * (1 + (k - 1) * r))
    half = min(t_quantile(n - 1) * z_error, 300.0)
    grown = [math.exp(2 * end) for end in (z - half, z + half)]
    ends = [(each - 1) / (each + k - 1) for each in grown]
    return error, (min(r, ends[0]), max(r, ends[1]))


def _quantity(
    value: Floats, error: float | None, ends: tuple[float | None, float | None], n: int
) -> Quantity:
    return Quantity(float(value), None, error, *ends, n)


def _stepped_up(
    value: Floats,
    left_out: Floats | None,
    ends: tuple[float | None, float | None],
    n: int,
    k: int,
) -> Quantity:
    """The form for the mean of k raters: k r/(1+(k-1)r), which has no value at r = -1/(k-1)."""
    bottom = 1 + (k - 1) * float(value)
    if abs(bottom) < 1e-12:
        return null(NO_VARIATION, n)
    grown = [None if end is None or bottom < 0 else _spearman_brown(end, k) for end in ends]
    error = None
    if left_out is not None and (1 + (k - 1) * left_out > 1e-12).all():
        error = jackknife_error(k * left_out / (1 + (k - 1) * left_out), np.ones(n))
    return Quantity(_spearman_brown(float(value), k), None, error, grown[0], grown[1], n)


def _spearman_brown(r: float, k: int) -> float | None:
    bottom = 1 + (k - 1) * r
    return k * r / bottom if abs(bottom) > 1e-12 else None
