"""Intervals: Student's t, Wilson's interval with an effective n, and the jackknife.

Sources: Wilson 1927; Student's t by the finite sums of Abramowitz and Stegun 26.7.3-4; its tail
expansion 26.7.5.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from reviews.agreement.tables import Floats

LEVEL = 0.95
_EXACT_UP_TO = 400  # degrees of freedom; beyond, the expansion is exact to 1e-12


@lru_cache(maxsize=4096)
def t_quantile(df: int, level: float = LEVEL) -> float:
    """The t with `level` of Student's distribution with `df` >= 1 degrees between -t and t."""
    if df == 1:
        return math.tan(math.pi * level / 2)
    if df == 2:
        return level * math.sqrt(2 / (1 - level * level))
    z = NormalDist().inv_cdf((1 + level) / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    t: float = z + sum(term / df**power for power, term in enumerate(terms, 1))
    if df <= _EXACT_UP_TO:
        for _ in range(6):
            t -= (_between(t, df) - level) / (2 * _density(t, df))
    return t


def _between(t: float, df: int) -> float:
    """The share of Student's distribution between -t and t, as a finite sum."""
    angle = math.atan(t / math.sqrt(df))
    square = math.cos(angle) ** 2
    term = math.cos(angle) if df % 2 else 1.0
    total = term
    for k in range(2 + df % 2, df - 1, 2):
        term *= square * (k - 1) / k
        total += term
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if df % 2 else total


def _density(t: float, df: int) -> float:
    half = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - math.log(df * math.pi) / 2
    return math.exp(half - (df + 1) / 2 * math.log1p(t * t / df))


def wilson(share: float, n: float, t: float) -> tuple[float, float]:
    """Wilson's interval of a share in 0..1 seen on `n` (effective, > 0) trials, for quantile t."""
    spread = t * t / n
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * share * (1 - share) + spread * spread / 4) / (1 + spread)
    low = 0.0 if share == 0 else max(0.0, middle - half)
    high = 1.0 if share == 1 else min(1.0, middle + half)
    return low, high


def share_interval(
    share: float, se: float, n: int, *, n_without_error: float | None = None, level: float = LEVEL
) -> tuple[float, float]:
    """Wilson's interval with n_eff = p(1-p)/se² and t(n-1), for a share with a standard error.

    n is the number of units, at least 2. Where the share is 0 or 1 or the error vanishes, n_eff is
    `n_without_error`, else n: 40 units without a disagreement do not make disagreement impossible.
    """
    spread = share * (1 - share)
    seen = spread > 0 and se > 1e-12
    n_effective = spread / (se * se) if seen else float(n_without_error or n)
    return wilson(share, n_effective, t_quantile(n - 1, level))


def jackknife_error(left_out: Floats, multiplicity: Floats) -> float:
    """The jackknife standard error from the values without one unit, each `multiplicity` times.

    Both of shape (P,); N = the sum of multiplicities: sqrt((N-1)/N * sum (value - mean)²).
    """
    return float(jackknife_errors(left_out[None], multiplicity[None])[0])


def jackknife_errors(left_out: Floats, multiplicity: Floats) -> Floats:
    """The same of each row of (R, P); 0 where a row counts nothing."""
    n = multiplicity.sum(axis=1)
    units = np.maximum(n, 1)
    mean = np.einsum("rp,rp->r", left_out, multiplicity) / units
    centred = left_out - mean[:, None]
    spread = np.einsum("rp,rp,rp->r", centred, centred, multiplicity)
    return np.asarray(np.sqrt(np.maximum(n - 1, 0) / units * spread))
