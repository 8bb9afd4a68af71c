"""Ratings for the tests of agreement: from tables as they are printed, and by chance."""

import numpy as np

from reviews.agreement.alpha import alpha
from reviews.agreement.apart import (
    apart_by,
    apart_interval,
    apart_nominal,
    apart_ordinal,
    apart_ratio,
)
from reviews.agreement.meetings import Meetings
from reviews.agreement.sets import jaccard_distances, masi_distances
from reviews.agreement.tables import Ratings


def by_rater(*rows, values="1 2 3 4 5", scale=None):
    """Ratings from one text a rater, a value for each unit, "." where there is none."""
    names = values.split()
    given = [
        (unit, rater, names.index(value))
        for rater, row in enumerate(rows)
        for unit, value in enumerate(row.split())
        if value != "."
    ]
    units, raters, codes = zip(*given, strict=True) if given else ((), (), ())
    return Ratings.of(units, raters, codes, len(names), scale)


def of_matrix(matrix, n_values, scale=None):
    """Ratings from codes (raters, units), -1 where there is none."""
    rater, unit = np.nonzero(matrix >= 0)
    return Ratings.of(unit, rater, matrix[rater, unit], n_values, scale)


def pair_tables(ratings):
    """How often each pair of raters who met gave which two values, (pairs, V, V)."""
    return np.concatenate([pairs.tables for pairs in Meetings.of(ratings).all_tables()] or [[]])


def of_counts(table):
    """Ratings of interchangeable raters from counts (units, values)."""
    given = [
        (unit, rater, value)
        for unit, row in enumerate(table)
        for rater, value in enumerate(np.repeat(np.arange(len(row)), row))
    ]
    units, raters, codes = zip(*given, strict=True)
    return Ratings.of(units, raters, codes, len(table[0]))


def of_pairs(table):
    """Ratings of two raters from their contingency table."""
    cells = np.argwhere(np.asarray(table) > 0)
    pairs = np.repeat(cells, [table[a][b] for a, b in cells], axis=0)
    return of_matrix(pairs.T, len(table))


def random_matrix(rng, *, n_values=None, missing=True):
    """Codes (raters, units) of 2-6 raters and 3-25 units who agree more or less; -1 is missing."""
    n_raters, n_units = rng.integers(2, 7), rng.integers(3, 26)
    n_values = n_values or rng.integers(2, 6)
    truth = rng.integers(0, n_values, n_units)
    noise = rng.integers(0, n_values, (n_raters, n_units))
    matrix = np.where(rng.random((n_raters, n_units)) < rng.random(), truth, noise)
    if missing:
        matrix[rng.random(matrix.shape) < rng.uniform(0, 0.5)] = -1
    return matrix, int(n_values)


def alpha_of(ratings, level, sets=None):
    """alpha at a level, of ratings in long form."""
    makers = {
        "nominal": lambda: apart_nominal(ratings.histogram),
        "ordinal": lambda: apart_ordinal(ratings.histogram),
        "interval": lambda: apart_interval(ratings.moments),
        "ratio": lambda: apart_ratio(ratings),
        "masi": lambda: apart_by(ratings, masi_distances(sets)),
        "jaccard": lambda: apart_by(ratings, jaccard_distances(sets)),
    }
    return alpha(makers[level]())
