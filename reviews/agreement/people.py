"""Numbers about people: each reviewer against the others, and alpha without one of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reviews.agreement.alpha import alpha, alphas
from reviews.agreement.apart import Apart
from reviews.agreement.quantity import FEWER_THAN_TWO_RATERS, NO_DATA, Quantity, null
from reviews.agreement.rates import group_rates
from reviews.agreement.tables import AT_ONCE, Floats, Ints, Patterns, Ratings, numbered, sums, tally

# Whether two ratings match: rows of the left and of the right ones, (pairs,), give 0..1, (pairs,).
Match = Callable[[Ratings, Ints, Ints], NDArray[np.bool_] | Floats]
# How far units lie apart, from the counts of their patterns, (P, V), how often each is, (R, P), and
# what it weighs, (P,).
ByPattern = Callable[[Floats, Floats, Floats | None], Apart]


def same_value(ratings: Ratings, left: Ints, right: Ints) -> NDArray[np.bool_]:
    """The match of section 3 for all kinds but numbers with a tolerance."""
    return np.asarray(ratings.values[left] == ratings.values[right])


def within(tolerance: float) -> Match:
    """The match of numbers: at most `tolerance` apart; of an ordinal scale, in steps."""

    def near(ratings: Ratings, left: Ints, right: Ints) -> NDArray[np.bool_]:
        apart = np.abs(ratings.numbers[left] - ratings.numbers[right])
        return np.asarray(apart <= tolerance * (1 + 1e-12))

    return near


def alike(distances: Floats) -> Match:
    """How alike two values are, 1 - distance (V, V): with Jaccard distances the mean Jaccard."""

    def likeness(ratings: Ratings, left: Ints, right: Ints) -> Floats:
        return np.asarray(1 - distances[ratings.values[left], ratings.values[right]])

    return likeness


def unit_agreement(ratings: Ratings, match: Match = same_value) -> Floats:
    """a_u from single ratings, (U,); 0 for units with fewer than two. For numbers and sets."""
    left, right = ratings.pairs
    agrees = match(ratings, left, right).astype(float)
    agreed, sizes = sums(agrees, ratings.units[left], ratings.n_units), ratings.sizes
    return np.asarray(agreed / np.maximum(sizes * (sizes - 1) / 2, 1))


def leave_one_out(
    ratings: Ratings, items: Ints | None = None, n_alike: Ints | None = None
) -> dict[int, Quantity]:
    """For each rater, over the units they share with anybody, the mean share of the others who gave
    the same value; n such units, clustered by `items` (U,) (default: each unit its own). `n_alike`
    (N,) others of its unit match each rating, where that is known."""
    met = ratings.n_alike if n_alike is None else n_alike
    share = met / np.maximum(ratings.sizes - 1, 1)[ratings.units]
    used, rater, _ = numbered(ratings.raters)
    units = ratings.units
    shared = ratings.sizes >= 2
    if not shared.all():
        met_somebody = shared[units]
        share, rater, units = share[met_somebody], rater[met_somebody], units[met_somebody]
    item = None if items is None else items[units]
    found = group_rates(share, rater, len(used), item)
    return dict(zip(used.tolist(), found, strict=True))


def alpha_without_each(ratings: Ratings, apart: Callable[[Ratings], Apart]) -> dict[int, Quantity]:
    """alpha of the ratings without each rater in turn; `apart` makes it of ratings, for example
    `lambda ratings: apart_nominal(ratings.histogram)`. Ratings of no use to alpha stay out of n."""
    found = {}
    for rater in np.flatnonzero(tally(ratings.raters)).tolist():
        found[rater] = alpha(apart(ratings.only(ratings.raters != rater)))
    return found


def alphas_without_each(ratings: Ratings, apart: ByPattern) -> dict[int, Quantity]:
    """The same of names (`nominal_by_pattern`) or ratings on a scale (`ordinal_by_pattern`), for
    all raters from one pass over the ratings: only units with theirs change their pattern."""
    n_left = ratings.n_present - 1
    if n_left < 2:
        raters = np.flatnonzero(tally(ratings.raters)).tolist()
        return dict.fromkeys(raters, null(FEWER_THAN_TWO_RATERS if n_left else NO_DATA))
    found, times, raters = _without_each(ratings)
    pairable = found.sizes >= 2
    rows, left = found.counts[pairable].astype(np.float64), times[:, pairable]
    weights = None if found.weights is None else found.weights[pairable]
    step = max(1, AT_ONCE // max(1, rows.size))
    parts = (left[at : at + step] for at in range(0, len(left), step))
    each = (quantity for part in parts for quantity in alphas(apart(rows, part, weights)))
    return dict(zip(raters, each, strict=True))


def _without_each(ratings: Ratings) -> tuple[Patterns, Floats, list[int]]:
    """Patterns, how often each is there without each rater, (R, P), and the R raters."""
    n_values, patterns = ratings.n_values, ratings.patterns
    place = ratings.raters * len(patterns.counts) + patterns.place[ratings.units]
    used, _, touched = numbered(place * n_values + ratings.values)
    rest, value = np.divmod(used, n_values)
    rater, pattern = np.divmod(rest, len(patterns.counts))
    less = patterns.counts[pattern].copy()
    less[np.arange(len(less)), value] -= 1
    weights = patterns.weights
    if weights is not None:
        weights = np.concatenate([weights, weights[pattern]])
    found = Patterns.of(np.vstack([patterns.counts, less]), weights)
    before, after = found.place[pattern], found.place[len(patterns.counts) :]
    raters, row, _ = numbered(rater)
    n, size = len(found.counts), len(raters) * len(found.counts)
    whole = sums(patterns.times, found.place[: len(patterns.counts)], n)
    moved = sums(touched, row * n + after, size) - sums(touched, row * n + before, size)
    return found, whole + moved.reshape(-1, n), raters.tolist()
