"""How far the headline rates can still move, and how many items decide a floor."""

from itertools import product

import numpy as np
import pytest

from reviews.agreement.bounds import (
    MET,
    MISSED,
    OPEN,
    Limits,
    Reach,
    auto_limits,
    joined,
    number_limits,
    reviewer_limits,
    settled_limits,
)
from reviews.agreement.rates import auto_agreement, cell_agreement, headline_rate


def all_endings(row, n_more):
    """Every way in which `n_more` more people can rate a cell with these counts."""
    for said in product(range(len(row)), repeat=n_more):
        yield np.asarray(row) + np.bincount(said, minlength=len(row))


@pytest.mark.parametrize("n_values", [2, 3, 5])
def test_the_limits_of_a_cell_are_the_best_and_worst_of_all_its_endings(n_values):
    rng = np.random.default_rng(6)
    counts, to_come = rng.integers(0, 3, (25, n_values)), rng.integers(0, 4, 25)
    found = reviewer_limits(counts, to_come)
    for at, (row, n_more) in enumerate(zip(counts, to_come, strict=True)):
        ends = np.array(list(all_endings(row, n_more)))
        assert found.held[at] == (ends[0].sum() >= 2)
        scores = cell_agreement(ends)
        assert found.low[at] == pytest.approx(scores.min())
        assert found.high[at] == pytest.approx(scores.max())


def test_the_limits_against_the_auto_eval_are_those_of_all_endings():
    rng = np.random.default_rng(7)
    counts, auto = rng.integers(0, 3, (25, 2)), rng.integers(0, 2, 25)
    to_come = rng.integers(0, 4, 25)
    matching = counts[np.arange(25), auto]
    found = auto_limits(matching, counts.sum(axis=1), to_come)
    for at, (row, n_more) in enumerate(zip(counts, to_come, strict=True)):
        ends = np.array(list(all_endings(row, n_more)))
        scores = auto_agreement(ends, np.full(len(ends), auto[at]))
        assert found.held[at] == ends[0].any()
        assert (found.low[at], found.high[at]) == pytest.approx((scores.min(), scores.max()))


def test_numbers_that_come_need_not_match_anything():
    # Two of three agree and two more come: 1 of 10 pairs, or 1 + 2*2 + 1 of them.
    one = np.ones(1, dtype=int)
    found = number_limits(agreeing=one, top=2 * one, sizes=3 * one, to_come=2 * one)
    assert (found.low[0], found.high[0]) == pytest.approx((0.1, 0.6))


def test_when_nothing_is_to_come_the_range_is_the_rate():
    counts = np.array([[2, 0, 0], [1, 1, 0], [0, 3, 0], [2, 0, 1], [1, 0, 0]])
    items, weights = np.array([0, 0, 1, 1, 2]), np.array([1.0, 4.0, 1.0])
    shared = counts.sum(axis=1) >= 2
    rate = headline_rate(cell_agreement(counts)[shared], items[shared], weights[:2])
    reach = Reach.of(reviewer_limits(counts, np.zeros(5, dtype=int)), items, weights)
    assert reach.range.low == reach.range.high == pytest.approx(rate.value)
    assert (reach.range.is_final, reach.range.n_items, list(reach.order)) == (True, 2, [])


def test_weights_of_inclusion_move_the_range():
    limits = Limits(np.array([0.0, 1.0]), np.array([1.0, 1.0]), np.ones(2, dtype=bool))
    assert Reach.of(limits, np.arange(2)).range.low == pytest.approx(0.5)
    weighted = Reach.of(limits, np.arange(2), np.array([9.0, 1.0])).range
    assert (weighted.low, weighted.high, weighted.n_open) == (pytest.approx(0.1), 1.0, 1)


def test_no_cell_with_two_reviews_to_come_has_no_range_and_no_floor():
    reach = Reach.of(reviewer_limits(np.array([[1, 0]]), np.zeros(1, dtype=int)), np.zeros(1, int))
    assert (reach.range.low, reach.range.high, reach.range.n_items) == (None, None, 0)
    assert reach.deciding(0.8) is None
    assert Reach.of(reviewer_limits(np.zeros((0, 2), int), np.zeros(0, int)), np.zeros(0, int)
                    ).range.low is None  # fmt: skip


def test_how_few_items_decide_a_floor():
    # Ten items: six agree, one does not, three are open.
    passed = np.array([1.0] * 6 + [0.0] * 4)
    settled = np.array([True] * 7 + [False] * 3)
    reach = Reach.of(settled_limits(passed, settled), np.arange(10))
    assert (reach.range.low, reach.range.high) == pytest.approx((0.6, 0.9))
    assert list(reach.order) == [7, 8, 9]
    eight = reach.deciding(0.8)
    assert (eight.state, eight.n_to_reach, eight.n_to_miss) == (OPEN, 2, 2)
    nine = reach.deciding(0.9)
    assert (nine.state, nine.n_to_reach, nine.n_to_miss) == (OPEN, 3, 1)
    assert reach.deciding(0.6).state == MET
    assert reach.deciding(0.95).state == MISSED


def test_the_number_that_decides_is_that_of_trying_every_choice():
    rng = np.random.default_rng(8)
    for _ in range(30):
        counts, to_come = rng.integers(0, 2, (7, 3)), rng.integers(0, 3, 7)
        items, weights = rng.integers(0, 4, 7), rng.uniform(1, 5, 4)
        items[0] = 3
        reach = Reach.of(reviewer_limits(counts, to_come), items, weights)
        floor = rng.uniform(0.2, 0.95)
        found = reach.deciding(floor)
        if found is None or found.state != OPEN:
            continue
        low, high = reach.range.low, reach.range.high
        choices = [np.array(chosen, dtype=bool) for chosen in product((0, 1), repeat=4)]
        reach_by = [c.sum() for c in choices if low + reach.moves[c].sum() >= floor]
        miss_by = [c.sum() for c in choices if high - reach.moves[c].sum() < floor]
        assert (found.n_to_reach, found.n_to_miss) == (min(reach_by), min(miss_by))


def test_cells_of_several_metrics_make_one_range():
    first = reviewer_limits(np.array([[2, 0]]), np.zeros(1, dtype=int))
    second = number_limits(np.zeros(1), np.ones(1, int), np.ones(1, int), np.ones(1, int))
    both = Reach.of(joined([first, second]), np.array([0, 1])).range
    assert (both.low, both.high, both.n_open, both.n_items) == (0.5, 1.0, 1, 2)
