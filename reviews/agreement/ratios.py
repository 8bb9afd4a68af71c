"""Sums of ratio-scale differences over many numbers, without a matrix of numbers by numbers."""

from __future__ import annotations

import numpy as np

from reviews.agreement.tables import Floats

EXACT_UP_TO = 1000  # distinct numbers, compared in blocks of rows
_STEP = 0.3  # of the integral below; its error is exp(-pi²/step), 5e-15
_BLOCK = 4_000_000


def ratio_difference(left: Floats, right: Floats) -> Floats:
    """((a-b)/(a+b))² of numbers of at least 0, element by element; 0 for two zeros."""
    total = left + right
    return np.asarray(((left - right) / np.where(total > 0, total, 1.0)) ** 2)


def ratio_sums(distinct: Floats, times: Floats) -> Floats:
    """For each of the sorted distinct numbers (V,), the sum of its differences to all ratings.

    `times` (V,) is how often each occurs. Few numbers are compared with each other; for many, the
    difference is 1 - 4ab/(a+b)², and 1/(a+b)² is the integral of t exp(-(a+b)t) over t, taken on
    the logarithm of t by the trapezoid rule: each number costs one row of exponentials, not V.
    """
    if len(distinct) <= EXACT_UP_TO:
        rows = max(1, _BLOCK // len(distinct))
        parts = [
            ratio_difference(distinct[at : at + rows, None], distinct[None, :]) @ times
            for at in range(0, len(distinct), rows)
        ]
        return np.concatenate(parts)
    positive = distinct > 0
    numbers, weights = distinct[positive], times[positive]
    nodes = np.exp(np.arange(-18 - np.log(numbers[-1]), 3 - np.log(numbers[0]), _STEP))
    rows = max(1, _BLOCK // len(nodes))
    places = range(0, len(numbers), rows)
    sums = np.zeros(len(nodes))
    for at in places:
        part = numbers[at : at + rows]
        sums += (weights[at : at + rows] * part) @ np.exp(-np.outer(part, nodes))
    sums *= nodes * nodes * _STEP
    alike = np.concatenate([
        numbers[at : at + rows] * (np.exp(-np.outer(numbers[at : at + rows], nodes)) @ sums)
        for at in places
    ])  # fmt: skip
    n_zeros = float(times[~positive].sum())
    found = np.full(len(distinct), float(times.sum()) - n_zeros)
    found[positive] = times.sum() - 4 * alike
    return found
