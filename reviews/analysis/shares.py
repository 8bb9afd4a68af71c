"""Means over cells with an interval clustered by item, from sums that the database has made.

A cell is one criterion, or one check, of one item; t is what its ratings agree, 0 to 1. By item:
c cells and the sum t of theirs; over k items: sums of c, t, t², tc and c² (agreement.md 4).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reviews.agreement.quantity import NO_OVERLAP, Quantity, null

# Of rows (t, c), one an item, in any grouping.
SUMS = """count(*) AS k, sum(c)::float8 AS c, sum(t)::float8 AS t, sum(t * t)::float8 AS tt,
        sum(t * c)::float8 AS tc, sum(c * c)::float8 AS cc"""


def clustered(sums: Mapping[str, Any] | None) -> Quantity:
    """The mean of the cells with its 95 % interval; null `no_overlap` of nothing."""
    if not sums or not sums["c"]:
        return null(NO_OVERLAP)
    from reviews.agreement.intervals import share_interval  # numpy: not before it is needed

    n, k = round(sums["c"]), int(sums["k"])
    rate = min(1.0, max(0.0, sums["t"] / sums["c"]))
    if k < 2:
        return Quantity(value=rate, n=n)
    spread = max(0.0, sums["tt"] - 2 * rate * sums["tc"] + rate * rate * sums["cc"])
    se = math.sqrt(k / (k - 1) * spread) / sums["c"]
    low, high = share_interval(rate, se, k, n_without_error=k)
    return Quantity(rate, None, se, min(low, rate), max(high, rate), n)
