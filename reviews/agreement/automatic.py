"""The auto-eval against the reviewers: confusion, false passes and fails, bias and error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reviews.agreement.intervals import LEVEL, t_quantile
from reviews.agreement.quantity import NO_DATA, NO_OVERLAP, Quantity, null
from reviews.agreement.rates import clustered_rate
from reviews.agreement.tables import Floats, Ints, sums


@dataclass(frozen=True)
class Confusion:
    """auto x reviewer: `table` (V, V), rows the auto-eval's value, columns the reviewers'.

    Each cell counts once, shared by its reviewers, so that the diagonal over the sum is the
    Auto<->Reviewer rate of the same cells. n counts cells.
    """

    table: Floats
    n: int


def confusion(counts: Ints, auto: Ints) -> Confusion:
    """From reviewers' counts (U, V), flags left out, and the auto-eval's values (U,) as columns."""
    held = counts.any(axis=1)
    shares = counts[held] / counts[held].sum(axis=1, keepdims=True)
    table = np.zeros((counts.shape[1], counts.shape[1]))
    np.add.at(table, auto[held], shares)
    return Confusion(table, int(held.sum()))


def wrong_rate(
    counts: Ints,
    auto: Ints,
    items: Ints,
    *,
    said: int,
    truly: int,
    weights: Floats | None = None,
) -> Quantity:
    """Of what reviewers call `truly`, the share the auto-eval calls `said`, clustered by item.

    The false-pass rate has said=pass, truly=fail; the false-fail rate the reverse. Cells are shared
    by their reviewers. `items` (U,) codes, `weights` (I,) by item. n counts the cells in which a
    reviewer said `truly`; null `no_overlap` without one.
    """
    if not counts.any():
        return null(NO_DATA)
    shares = counts[:, truly] / np.maximum(counts.sum(axis=1), 1)
    n_items = int(items.max()) + 1
    wrong = sums(np.where(auto == said, shares, 0.0), items, n_items)
    found = clustered_rate(wrong, sums(shares, items, n_items), weights=weights)
    if found.value is None:
        return found
    n = int((shares > 0).sum())
    return Quantity(found.value, None, found.se, found.ci_low, found.ci_high, n)


def mean_difference(differences: Floats, items: Ints) -> Quantity:
    """The mean of differences (U,), auto minus the reviewers' mean, by cell: the bias.

    Give absolute differences for the mean absolute error. Clustered by item, t(items-1).
    """
    if not len(differences):
        return null(NO_OVERLAP)
    n = len(differences)
    mean = float(differences.mean())
    k = len(np.unique(items))
    if k < 2:
        return Quantity(value=mean, n=n)
    summed = sums(differences - mean, items)
    se = float(np.sqrt(k / (k - 1) * (summed @ summed)) / n)
    half = t_quantile(k - 1, LEVEL) * se
    return Quantity(mean, None, se, mean - half, mean + half, n)


def limits_of_agreement(differences: Floats) -> tuple[float, float] | None:
    """Bland and Altman 1986: mean ± 1.96 standard deviations; None with fewer than two."""
    if len(differences) < 2:
        return None
    mean, spread = float(differences.mean()), 1.96 * float(differences.std(ddof=1))
    return mean - spread, mean + spread


@dataclass(frozen=True)
class LabelRates:
    """One label of the auto-eval's sets against the reviewers' sets."""

    label: str
    precision: Quantity
    recall: Quantity


def label_rates(
    labels: Sequence[str], auto: Floats, reviewers: Floats, items: Ints
) -> list[LabelRates]:
    """Precision and recall of each label: `auto` (U, L) of 0 and 1, `reviewers` (U, L) the share of
    the cell's reviewers who set it, `items` (U,). Null `no_overlap` where nobody set it."""
    found = []
    n_items = int(items.max(initial=-1)) + 1
    for at, label in enumerate(labels):
        both = sums(auto[:, at] * reviewers[:, at], items, n_items)
        ours, theirs = (sums(part[:, at], items, n_items) for part in (auto, reviewers))
        found.append(LabelRates(label, clustered_rate(both, ours), clustered_rate(both, theirs)))
    return found
