"""Distances between sets of labels: MASI and Jaccard."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from reviews.agreement.tables import Floats, Ratings


def members(sets: Sequence[Collection[str]]) -> Floats:
    """Which label is in which set: (sets, labels) of 0 and 1."""
    names = sorted({name for each in sets for name in each})
    labels = {label: at for at, label in enumerate(names)}
    held = np.zeros((len(sets), len(labels)))
    for row, each in enumerate(sets):
        held[row, [labels[name] for name in each]] = 1
    return held


def label_ratings(ratings: Ratings, sets: Sequence[Collection[str]]) -> dict[str, Ratings]:
    """For each label, the ratings as without (0) or with it (1): for alpha by label."""
    labels = sorted({name for each in sets for name in each})
    held = members(sets).astype(np.int64)
    return {
        label: replace(ratings, values=held[ratings.values, at], n_values=2, scale=None)
        for at, label in enumerate(labels)
    }


def jaccard_distances(sets: Sequence[Collection[str]]) -> Floats:
    """1 - |A and B|/|A or B| of all pairs of sets, (V, V); two empty sets have distance 0."""
    shared, joined, _ = _overlaps(sets)
    return np.asarray(1 - np.where(joined > 0, shared / np.maximum(joined, 1), 1.0))


def masi_distances(sets: Sequence[Collection[str]]) -> Floats:
    """1 - J*M of all pairs of sets, (V, V); M = 1 for equal sets, 2/3 where one holds the other,
    1/3 where they overlap, 0 where they are disjoint; two empty sets have distance 0.

    Passonneau 2006, "Measuring Agreement on Set-valued Items (MASI)".
    """
    shared, joined, sizes = _overlaps(sets)
    smaller = np.minimum(sizes[:, None], sizes[None, :])
    likeness = np.select(
        [shared == joined, shared == 0, shared == smaller], [1.0, 0.0, 2 / 3], 1 / 3
    )
    jaccard = np.where(joined > 0, shared / np.maximum(joined, 1), 1.0)
    return np.asarray(1 - jaccard * likeness)


def _overlaps(sets: Sequence[Collection[str]]) -> tuple[Floats, Floats, Floats]:
    held = members(sets)
    shared = held @ held.T
    sizes = held.sum(axis=1)
    return shared, sizes[:, None] + sizes[None, :] - shared, sizes
