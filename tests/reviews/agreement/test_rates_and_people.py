"""The headline rates, the auto-eval, people, disputed units and warnings, on cases by hand."""

import numpy as np
import pytest

from reviews.agreement.alpha import alpha, alpha_costs
from reviews.agreement.apart import apart_interval, apart_nominal, apart_nominal_of, apart_ordinal
from reviews.agreement.automatic import (
    confusion,
    label_rates,
    limits_of_agreement,
    mean_difference,
    wrong_rate,
)
from reviews.agreement.cautions import Thresholds, cautions, exposed, marginal_shifts, shown
from reviews.agreement.disputed import most_disputed, unit_costs, unit_disagreement
from reviews.agreement.kappa import cohen_kappas
from reviews.agreement.meetings import Meetings
from reviews.agreement.people import (
    alike,
    alpha_without_each,
    leave_one_out,
    unit_agreement,
    within,
)
from reviews.agreement.rates import (
    auto_agreement,
    cell_agreement,
    clustered_rate,
    headline_rate,
    percent_agreement,
)
from reviews.agreement.sets import jaccard_distances, label_ratings
from reviews.agreement.tables import Histogram, Moments
from tests.reviews.agreement.made import by_rater, of_matrix

PASS, FAIL, FLAG = 0, 1, 2
COUNTS = np.array([[2, 0, 0], [1, 1, 0], [0, 3, 0], [2, 0, 1], [1, 0, 0]])


def test_the_cells_share_of_matching_pairs():
    assert cell_agreement(COUNTS) == pytest.approx([1, 0, 1, 1 / 3, 0])
    within_one = np.abs(np.subtract.outer(range(3), range(3))) <= 1
    assert cell_agreement(COUNTS, within_one.astype(float)) == pytest.approx([1, 1, 1, 1 / 3, 0])


def test_each_cell_weighs_the_same_unless_pairs_are_pooled():
    histogram = Histogram.of_cells(np.array([[5, 0], [1, 1], [1, 1], [2, 0]]))
    assert percent_agreement(histogram).value == pytest.approx(0.5)
    assert percent_agreement(histogram, pooled=True).value == pytest.approx(11 / 13)


def test_the_two_headline_rates_of_the_same_cells():
    scores, items = cell_agreement(COUNTS), np.array([0, 0, 1, 1, 2])
    pairable = COUNTS.sum(axis=1) >= 2
    between = headline_rate(scores[pairable], items[pairable])
    assert (between.value, between.n) == (pytest.approx((1 + 0 + 1 + 1 / 3) / 4), 4)
    auto, without_flags = np.array([PASS, PASS, PASS, PASS, FAIL]), COUNTS * [1, 1, 0]
    against = headline_rate(auto_agreement(without_flags, auto), items)
    assert (against.value, against.n) == (pytest.approx((1 + 0.5 + 0 + 1 + 0) / 5), 5)


def test_weights_of_inclusion_move_the_rate_and_equal_ones_change_nothing():
    scores, items = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0, 1, 1, 2])
    plain = headline_rate(scores, items)
    assert headline_rate(scores, items, np.full(3, 7.0)) == plain
    heavy = headline_rate(scores, items, np.array([1.0, 10.0, 1.0]))
    assert heavy.value == pytest.approx((1 + 10 + 1) / 22)
    assert heavy.n == plain.n == 4


def test_cells_of_one_item_are_not_independent():
    agreed = np.tile([1.0, 1, 1, 0], 10)
    apart = headline_rate(agreed, np.arange(40))
    together = headline_rate(np.sort(agreed), np.repeat(np.arange(10), 4))
    assert together.value == apart.value == 0.75
    assert together.se > 1.5 * apart.se


def test_the_standard_error_of_a_rate_is_that_of_a_share_where_items_have_one_cell():
    found = clustered_rate(np.array([1, 0]), np.array([1, 1]), multiplicity=np.array([30, 10]))
    assert found.se == pytest.approx(np.sqrt(0.75 * 0.25 / 39))
    again = headline_rate(np.repeat([1.0, 0.0], [30, 10]), np.arange(40))
    assert (again.value, again.n) == (found.value, found.n)
    assert again.ci_low == pytest.approx(found.ci_low)


def test_confusion_counts_each_cell_once_and_its_diagonal_is_the_rate():
    auto, counts = np.array([PASS, PASS, FAIL, PASS, FAIL]), COUNTS * [1, 1, 0]
    found = confusion(counts, auto)
    assert found.table.tolist() == [[2.5, 0.5, 0], [1, 1, 0], [0, 0, 0]]
    rate = headline_rate(auto_agreement(counts, auto), np.arange(5))
    assert np.trace(found.table) / found.n == pytest.approx(rate.value)
    false_pass = wrong_rate(counts, auto, np.arange(5), said=PASS, truly=FAIL)
    assert (false_pass.value, false_pass.n) == (pytest.approx(0.5 / 1.5), 2)
    false_fail = wrong_rate(counts, auto, np.arange(5), said=FAIL, truly=PASS)
    assert (false_fail.value, false_fail.n) == (pytest.approx(1 / 3.5), 4)
    nobody_flagged = wrong_rate(counts, auto, np.arange(5), said=PASS, truly=FLAG)
    assert nobody_flagged.reason == "no_overlap"


def test_bias_limits_and_labels_of_the_auto_eval():
    found = mean_difference(np.array([1.0, -1.0, 2.0, 0.0]), np.array([0, 1, 2, 3]))
    assert (found.value, found.n) == (0.5, 4)
    assert found.ci_low < 0 < found.ci_high
    low, high = limits_of_agreement(np.array([1.0, -1.0, 2.0, 0.0]))
    assert (low + high) / 2 == pytest.approx(0.5)
    assert limits_of_agreement(np.array([1.0])) is None
    auto, people = np.array([[1, 0], [1, 0]]), np.array([[1, 0.5], [0.5, 0]])
    tone, facts = label_rates(["tone", "facts"], auto, people, np.array([0, 1]))
    assert (tone.precision.value, tone.recall.value) == (0.75, 1.0)
    assert (facts.precision.reason, facts.recall.value) == ("no_overlap", 0.0)


# Three who agree on 9 of 10 units, and one who answers as a coin falls.
PANEL = by_rater(
    "1 2 1 2 1 2 1 2 1 2",
    "1 2 1 2 1 2 1 2 1 1",
    "1 2 1 2 1 2 1 2 1 2",
    "2 2 1 1 2 1 1 2 2 1",
    values="1 2",
)


def test_one_careless_reviewer_lowers_everybody_and_alpha_without_them_tells_who():
    together = alpha(apart_nominal(PANEL.histogram)).value
    without = alpha_without_each(PANEL, lambda ratings: apart_nominal(ratings.histogram))
    assert without[3].value > 0.8 > 0.4 > together
    assert all(without[rater].value < 0.3 for rater in range(3))
    alone = {rater: found.value for rater, found in leave_one_out(PANEL).items()}
    assert max(alone, key=alone.get) in {0, 2}
    assert min(alone, key=alone.get) == 3
    assert alone[0] == pytest.approx((9 + 10 + 4) / 30)


def test_people_are_compared_by_item_too():
    items = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    plain, grouped = leave_one_out(PANEL), leave_one_out(PANEL, items=items)
    for rater in range(4):
        assert grouped[rater].value == pytest.approx(plain[rater].value)
        assert grouped[rater].n == 10
    assert grouped[3].se != pytest.approx(plain[3].se)
    first = Meetings.of(PANEL).rates(items)[0, 1]
    assert (first.value, first.n) == (0.9, 10)


def test_pairs_have_percentage_n_and_kappa():
    met = Meetings.of(PANEL)
    rates, [pairs] = met.rates(), met.all_tables()
    assert len(rates) == 6
    assert (rates[0, 1].value, rates[0, 1].n) == (0.9, 10)
    kappas = dict(zip(pairs.who, cohen_kappas(pairs.tables), strict=True))
    assert kappas[0, 2].value == 1.0
    assert kappas[0, 1].value == pytest.approx(0.8)


def test_numbers_match_within_the_declared_tolerance():
    ratings = by_rater("a b c", "b b e", values="a b c d e", scale=[0, 0.1, 0.2, 0.3, 0.4])
    assert unit_agreement(ratings).tolist() == [0, 1, 0]
    assert unit_agreement(ratings, within(0.1)).tolist() == [1, 1, 0]


def test_disputed_units_by_disagreement_then_more_ratings_then_id():
    ratings = by_rater("1 1 1 1 1", "2 2 1 2 .", ". 1 1 3 .", ". . . 1 .", values="1 2 3")
    apart = unit_disagreement(ratings)
    assert apart == pytest.approx([1, 2 / 3, 0, 5 / 6, 0])
    ids = ["z", "b", "c", "d", "e"]
    assert [ids[at] for at in most_disputed(apart, ratings.sizes, ids)] == list("zdbc")
    graded = unit_disagreement(ratings, graded=True)
    assert graded == pytest.approx([1 / 2, 1 / 3, 0, (1 + 2 + 0 + 1 + 1 + 2) / 6 / 2, 0])
    tied = most_disputed(np.ones(3), np.array([2, 3, 2]), ["y", "z", "x"])
    assert tied == [1, 2, 0]


def test_alpha_of_names_is_the_same_from_ratings_and_from_counts():
    counted, listed = apart_nominal(PANEL.histogram), apart_nominal_of(PANEL)
    assert alpha(listed).value == pytest.approx(alpha(counted).value)
    assert alpha(listed).ci_low == pytest.approx(alpha(counted).ci_low)
    assert alpha_costs(listed).sum() == pytest.approx(1 - alpha(counted).value)


def test_what_each_unit_costs_alpha_adds_up_at_every_level():
    ratings = by_rater("1 1 1 1 2", "2 1 1 2 .", "2 1 3 3 .", values="1 2 3", scale=[1, 2, 9])
    counts = Histogram.of_each(ratings.counts)
    for apart in (apart_nominal(counts), apart_ordinal(counts), apart_interval(ratings.moments)):
        costs = unit_costs(ratings.sizes, apart)
        assert costs.sum() == pytest.approx(1 - alpha(apart).value)
        assert (costs[1], costs[4]) == (0, 0)
    assert costs.argmax() == 2  # of 1, 1 and 9, further apart in squares than 1, 2 and 9


def test_sets_have_a_mean_likeness_and_an_alpha_for_each_label():
    sets = [set(), {"a"}, {"a", "b"}]
    ratings = by_rater("0 1 2 2", "0 1 1 2", values="0 1 2")
    shares = unit_agreement(ratings, alike(jaccard_distances(sets)))
    assert shares == pytest.approx([1, 1, 0.5, 1])
    by_label = label_ratings(ratings, sets)
    found = {label: alpha(apart_nominal(each.histogram)) for label, each in by_label.items()}
    assert found["a"].value == 1.0
    assert found["b"].value == pytest.approx(1 - 7 * 2 / (2 * 3 * 5))


def test_moments_from_sql_give_alpha_of_the_ratings():
    ratings = by_rater("a b c d", "a c c e", "b b . e", values="a b c d e", scale=[1, 2, 3, 7, 9])
    found = alpha(apart_interval(ratings.moments))
    n = ratings.sizes
    total = np.array([ratings.numbers[ratings.units == unit].sum() for unit in range(4)])
    squares = np.array([(ratings.numbers[ratings.units == unit] ** 2).sum() for unit in range(4)])
    again = alpha(apart_interval(Moments.of_sums(n, total, squares, 1.0, 9.0)))
    assert again.value == pytest.approx(found.value)
    assert again.ci_low == pytest.approx(found.ci_low)


def codes(histogram, values="pf", thresholds=None):
    return [each.code for each in cautions(histogram, list(values), thresholds)]


def test_warnings_have_codes_and_thresholds():
    balanced = Histogram(np.array([[2, 0], [0, 2], [1, 1]]), np.array([15, 15, 5]))
    assert codes(balanced) == []
    assert codes(balanced, thresholds=Thresholds(few_units=50)) == ["few_units"]
    lopsided = Histogram(np.array([[2, 0], [1, 1]]), np.array([40, 4]))
    assert codes(lopsided) == ["prevalence", "rare_category"]
    assert codes(Histogram(np.array([[2, 0]]), np.array([40]))) == ["single_value"]
    alone = Histogram(np.array([[1, 0], [0, 2]]), np.array([95, 5]))
    assert codes(alone) == ["few_units", "low_overlap", "prevalence"]
    assert codes(Histogram(np.zeros((0, 2), int), np.zeros(0, int))) == []
    assert [each.share for each in exposed(5, 20)] == [0.25]
    assert exposed(0, 20) == []


def test_who_is_stricter_is_told_with_both_names():
    matrix = np.array([[0] * 15 + [1] * 5, [0] * 10 + [1] * 10])
    [pairs] = Meetings.of(of_matrix(matrix, 2)).all_tables()
    found = marginal_shifts(pairs, ["pass", "fail"], ["Eva", "Emil"])
    assert [each.about for each in found] == [("Eva", "Emil", "pass"), ("Emil", "Eva", "fail")]
    assert "Eva gives pass 25% more often than Emil on the 20 units" in found[0].message
    assert marginal_shifts(pairs, "pf", "EE", Thresholds(shift_units=21)) == []


def test_numbers_on_too_few_units_are_not_shown():
    found = alpha(apart_nominal(PANEL.histogram))
    assert shown(found, 10, 10) == found
    assert shown(found, 9, 10).reason == "too_few_units"
