"""Tables that leave nothing to compute: null with the reason, never NaN, 0 or 1 instead."""

import json

import numpy as np
import pytest

from reviews.agreement.chance import brennan_prediger, conger_kappa, fleiss_kappa, gwet_ac
from reviews.agreement.icc import icc_of
from reviews.agreement.kappa import cohen_kappa, light_kappa, scott_pi
from reviews.agreement.meetings import Meetings
from reviews.agreement.people import leave_one_out
from reviews.agreement.quantity import Quantity
from reviews.agreement.rates import headline_rate, percent_agreement, specific_agreement
from tests.reviews.agreement.made import alpha_of, by_rater, pair_tables

LEVELS = ("nominal", "ordinal", "interval", "ratio")
SCALE = [1, 2, 3, 4, 5]


def all_of(ratings):
    """Every coefficient and percentage of the ratings."""
    histogram = ratings.histogram
    return {
        **{level: alpha_of(ratings, level) for level in LEVELS},
        "percent": percent_agreement(histogram),
        "pooled": percent_agreement(histogram, pooled=True),
        "fleiss": fleiss_kappa(histogram),
        "gwet": gwet_ac(histogram),
        "brennan": brennan_prediger(histogram),
        "conger": conger_kappa(ratings),
        "light": light_kappa(ratings),
        **icc_of(ratings),
    }


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ((), "no_data"),
        (("1 2 3",), "fewer_than_two_raters"),
        (("1 2 . .", ". . 3 4"), "no_overlap"),
    ],
)
def test_without_anything_to_compare_all_is_null_with_the_reason(rows, reason):
    ratings = by_rater(*rows, scale=SCALE)
    for key, found in all_of(ratings).items():
        expected = "incomplete_design" if reason == "no_overlap" and "," in key else reason
        assert (key, found.value, found.reason) == (key, None, expected)


def test_one_value_leaves_percentages_and_what_counts_declared_values():
    ratings = by_rater("2 2 2", "2 2 2", "2 . 2", scale=SCALE)
    found = all_of(ratings)
    ones = {key for key, each in found.items() if each.value == 1.0}
    assert ones == {"percent", "pooled", "gwet", "brennan"}
    rest = {each.reason for key, each in found.items() if key not in ones}
    assert rest == {"no_variation"}


def test_one_value_that_alone_was_declared_leaves_only_percentages():
    ratings = by_rater("a a a", "a a a", values="a")
    assert percent_agreement(ratings.histogram).value == 1.0
    assert gwet_ac(ratings.histogram).reason == "no_variation"


def test_two_units_swapped():
    ratings = by_rater("1 2", "2 1", values="1 2")
    assert alpha_of(ratings, "nominal").value == -0.5
    assert cohen_kappa(pair_tables(ratings)[0]).value == -1.0


@pytest.mark.parametrize("level", LEVELS)
def test_one_unit_with_two_values_has_alpha_exactly_0_and_no_interval(level):
    found = alpha_of(by_rater("1", "4", scale=SCALE), level)
    assert found == Quantity(value=0.0, n=1)


@pytest.mark.parametrize("level", LEVELS)
def test_full_agreement_is_exactly_1_with_an_interval_below_it(level):
    ratings = by_rater(*["1 2 3 1 2 3 4 5 5 1"] * 3, scale=[0.1, 0.2, 0.3, 0.7, 1.1])
    found = alpha_of(ratings, level)
    assert (found.value, found.ci_high, found.se) == (1.0, 1.0, 0.0)
    assert found.ci_low < 0.75


def test_forty_units_without_a_disagreement_do_not_make_it_impossible():
    row = "1 " * 10 + "2 " * 30
    found = alpha_of(by_rater(row, row, values="1 2"), "nominal")
    assert (found.value, found.ci_high, round(found.ci_low, 2)) == (1.0, 1.0, 0.76)


def test_ratings_that_do_not_vary_within_a_scale_of_large_numbers_have_alpha_1_not_noise():
    scale = [1e9 + 0.1, 1e9 + 0.2, 1e9 + 0.3, 1e9 + 0.4, 1e9 + 0.5]
    found = alpha_of(by_rater("1 2 3 4", "1 2 3 4", scale=scale), "interval")
    assert found.value == pytest.approx(1.0)
    assert alpha_of(by_rater("3 3", "3 3", scale=scale), "interval").reason == "no_variation"


def test_icc_needs_units_that_everybody_rated():
    some = by_rater("1 2 3 . 5", "1 2 4 4 5", "1 . 3 4 4", scale=SCALE)
    assert {each.n for each in icc_of(some).values()} == {3}
    none = by_rater("1 2 . .", ". 2 4 .", "3 . 3 4", scale=SCALE)
    assert {each.reason for each in icc_of(none).values()} == {"incomplete_design"}
    alone = by_rater("1", "2", scale=SCALE)
    assert {each.reason for each in icc_of(alone).values()} == {"too_few_units"}


def test_pairs_of_raters_without_a_unit_in_common_and_raters_who_met_nobody():
    ratings = by_rater("1 2 . .", "1 2 . .", ". . 3 .")
    assert list(Meetings.of(ratings).rates()) == [(0, 1)]
    assert leave_one_out(ratings)[2].reason == "no_overlap"
    assert cohen_kappa(np.zeros((2, 2), dtype=int)).reason == "no_overlap"
    assert scott_pi(np.zeros((2, 2), dtype=int)).reason == "no_overlap"


def test_values_never_used_and_rates_of_nothing():
    histogram = by_rater("1 2", "1 3").histogram
    assert specific_agreement(histogram, 4).reason == "no_data"
    assert headline_rate(np.zeros(0), np.zeros(0, dtype=int)).reason == "no_overlap"


def test_a_quantity_refuses_nan_infinity_and_unknown_reasons():
    for wrong in (
        {"value": float("nan")},
        {"value": 1.0, "se": float("inf")},
        {"value": None},
        {"value": 1.0, "reason": "no_data"},
        {"reason": "because"},
    ):
        with pytest.raises(ValueError, match="A quantity"):
            Quantity(**wrong)
    assert json.loads(json.dumps(Quantity(value=0.5, n=3).as_json())) == {
        **dict.fromkeys(("reason", "se", "ci_low", "ci_high")),
        "value": 0.5,
        "n": 3,
    }
