"""Numbers about people: each reviewer against the others, pairs, and alpha without one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reviews.agreement.alpha import Apart, alpha
from reviews.agreement.kappa import Pair, pair_kappas, rater_pairs
from reviews.agreement.quantity import Quantity
from reviews.agreement.rates import group_rates
from reviews.agreement.tables import Floats, Histogram, Ints, Ratings, numbered, sums, tally

# Whether two ratings match: rows of the left and of the right ones, (pairs,), give 0..1, (pairs,).
Match = Callable[[Ratings, Ints, Ints], NDArray[np.bool_] | Floats]


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


@dataclass(frozen=True)
class PairAgreement:
    """Two raters' share of matching units, with n, and Cohen's kappa of them."""

    first: int
    second: int
    agreement: Quantity
    kappa: Quantity


def pair_matrix(
    ratings: Ratings,
    match: Match = same_value,
    weights: Floats | None = None,
    items: Ints | None = None,
    pairs: list[Pair] | None = None,
) -> list[PairAgreement]:
    """All pairs of raters who share a unit: percentage, n, kappa (give quadratic weights (V, V) for
    an ordinal scale). Pairs with nothing in common are not listed."""
    known = rater_pairs(ratings) if pairs is None else pairs
    kappas = zip(known, pair_kappas(known, weights), strict=True)
    kappa_of = {(pair.first, pair.second): kappa for pair, kappa in kappas}
    rates = pair_rates(ratings, match, items)
    return [PairAgreement(*who, rate, kappa_of[who]) for who, rate in rates.items()]


def pair_rates(
    ratings: Ratings, match: Match = same_value, items: Ints | None = None
) -> dict[tuple[int, int], Quantity]:
    """The percentage of each pair of raters who share a unit, by their codes, the lower first."""
    left, right = ratings.pairs
    keys = ratings.raters[left] * ratings.n_raters + ratings.raters[right]
    used, pair, _ = numbered(keys)
    agreed = match(ratings, left, right).astype(float)
    item = None if items is None else items[ratings.units[left]]
    found = group_rates(agreed, pair, len(used), item)
    who = [divmod(key, ratings.n_raters) for key in used.tolist()]
    return dict(zip(who, found, strict=True))


def alpha_without_each(ratings: Ratings, apart: Callable[[Ratings], Apart]) -> dict[int, Quantity]:
    """alpha of the ratings without each rater in turn; `apart` makes it of ratings, for example
    `lambda ratings: apart_nominal(ratings.histogram)`. Ratings of no use to alpha stay out of n."""
    found = {}
    for rater in np.flatnonzero(tally(ratings.raters)).tolist():
        found[rater] = alpha(apart(ratings.only(ratings.raters != rater)))
    return found


def histograms_without_each(ratings: Ratings) -> dict[int, Histogram]:
    """The histogram without each rater in turn: only the patterns they are part of change.

    One pass over the ratings for all of them; rows may be alike, and units without a rating stay
    out of it.
    """
    n_values, patterns = ratings.n_values, ratings.patterns.counts
    place = ratings.raters * len(patterns) + ratings.patterns.place[ratings.units]
    used, _, touched = numbered(place * n_values + ratings.values)
    rest, value = np.divmod(used, n_values)
    rater, pattern = np.divmod(rest, len(patterns))
    times, found = ratings.patterns.times, {}
    for who in np.flatnonzero(tally(rater)).tolist():
        mine = rater == who
        less = patterns[pattern[mine]].copy()
        less[np.arange(len(less)), value[mine]] -= 1
        left = times - np.bincount(pattern[mine], touched[mine], len(patterns)).astype(np.int64)
        rows, n = np.vstack([patterns, less]), np.concatenate([left, touched[mine]])
        kept = (n > 0) & rows.any(axis=1)
        found[who] = Histogram(rows[kept], n[kept], ratings.n_present - 1)
    return found
