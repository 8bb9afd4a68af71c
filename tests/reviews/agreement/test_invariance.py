"""The order of rows and the names of units, raters and labels change no number."""

import json
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reviews.agreement.alpha import alpha, alpha_costs
from reviews.agreement.apart import (
    apart_nominal,
    apart_ordinal,
    nominal_by_pattern,
    ordinal_by_pattern,
)
from reviews.agreement.chance import conger_kappa, fleiss_kappa, gwet_ac, quadratic_weights
from reviews.agreement.disputed import unit_disagreement
from reviews.agreement.kappa import light_kappa
from reviews.agreement.long_csv import LongTable
from reviews.agreement.people import (
    alpha_without_each,
    alphas_without_each,
    leave_one_out,
)
from reviews.agreement.rates import percent_agreement
from reviews.agreement.report import report
from tests.reviews.agreement.made import alpha_of, of_matrix

MATRICES = st.tuples(st.integers(2, 5), st.integers(1, 9), st.integers(2, 4)).flatmap(
    lambda size: st.tuples(
        st.lists(
            st.lists(st.integers(-1, size[2] - 1), min_size=size[1], max_size=size[1]),
            min_size=size[0],
            max_size=size[0],
        ).map(np.array),
        st.just(size[2]),
        st.randoms(use_true_random=False),
    )
)


def shuffled(random, n):
    order = list(range(n))
    random.shuffle(order)
    return order


def numbers(ratings, *, nominal_only=False):
    found = [
        alpha_of(ratings, "nominal"),
        percent_agreement(ratings.histogram),
        fleiss_kappa(ratings.histogram),
        gwet_ac(ratings.histogram),
        conger_kappa(ratings),
        light_kappa(ratings),
    ]
    if not nominal_only:
        found += [alpha_of(ratings, level) for level in ("ordinal", "interval", "ratio")]
    fields = ("value", "se", "ci_low", "ci_high", "n")
    return [
        each.reason or pytest.approx([getattr(each, name) or 0.0 for name in fields], abs=1e-7)
        for each in found
    ]


def plain(approximations):
    return [each if isinstance(each, str) else each.expected for each in approximations]


@settings(max_examples=60, deadline=None)
@example((np.array([[0], [-1]]), 2, Random(2)))  # one of two raters rated nothing
@given(MATRICES)
def test_permuting_units_and_raters_changes_nothing(drawn):
    matrix, n_values, random = drawn
    scale = np.arange(1.0, n_values + 1)
    before = numbers(of_matrix(matrix, n_values, scale))
    raters, units = (shuffled(random, n) for n in matrix.shape)
    after = of_matrix(matrix[raters][:, units], n_values, scale)
    assert plain(numbers(after)) == before


@settings(max_examples=60, deadline=None)
@given(MATRICES)
def test_renaming_nominal_labels_changes_nothing(drawn):
    matrix, n_values, random = drawn
    names = np.array([*shuffled(random, n_values), -1])
    before = numbers(of_matrix(matrix, n_values), nominal_only=True)
    after = of_matrix(names[matrix], n_values)
    assert plain(numbers(after, nominal_only=True)) == before


@settings(max_examples=60, deadline=None)
@given(MATRICES)
def test_reversing_an_ordered_scale_changes_nothing(drawn):
    matrix, n_values, _ = drawn
    ratings = of_matrix(matrix, n_values)
    turned = of_matrix(np.where(matrix >= 0, n_values - 1 - matrix, -1), n_values)
    weights = quadratic_weights(n_values)
    for compute in (
        lambda one: alpha_of(one, "ordinal"),
        lambda one: alpha_of(one, "interval"),
        lambda one: gwet_ac(one.histogram, weights),
    ):
        before, after = compute(ratings), compute(turned)
        assert (before.value, before.reason) == (pytest.approx(after.value), after.reason)


@settings(max_examples=60, deadline=None)
@given(MATRICES)
def test_costs_of_units_add_up_and_intervals_hold_their_value(drawn):
    matrix, n_values, _ = drawn
    ratings = of_matrix(matrix, n_values)
    for apart in (apart_nominal(ratings.histogram), apart_ordinal(ratings.histogram)):
        found = alpha(apart)
        if found.value is not None:
            assert alpha_costs(apart) @ apart.multiplicity == pytest.approx(1 - found.value)
        if found.ci_low is not None:
            assert found.ci_low <= found.value <= found.ci_high <= 1
    assert (unit_disagreement(ratings) >= 0).all()
    for found in leave_one_out(ratings).values():
        assert found.value is None or 0 <= found.value <= 1


@settings(max_examples=40, deadline=None)
@given(MATRICES)
def test_the_jackknife_in_closed_form_is_alpha_computed_again_without_each_unit(drawn):
    matrix, n_values, _ = drawn
    scale = np.arange(1.0, n_values + 1)
    for level in ("nominal", "ordinal", "interval", "ratio"):
        found = alpha_of(of_matrix(matrix, n_values, scale), level)
        if found.se is None:
            continue
        pairable = np.flatnonzero((matrix >= 0).sum(axis=0) >= 2)
        again = [
            alpha_of(of_matrix(np.delete(matrix, unit, axis=1), n_values, scale), level).value
            for unit in pairable
        ]
        left = np.array([1.0 if value is None else value for value in again])
        n = len(left)
        error = np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())
        assert found.se == pytest.approx(error, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(MATRICES, st.sampled_from(["nominal", "ordinal", "interval", "ratio"]))
def test_every_number_of_any_table_is_finite_or_has_its_reason(drawn, level):
    matrix, n_values, _ = drawn
    scale = np.arange(n_values) * 0.1 if level in {"interval", "ratio"} else None
    names = [[str(at) for at in range(n)] for n in (*matrix.shape[::-1], n_values)]
    table = LongTable(level, of_matrix(matrix, n_values, scale), *names, is_declared=True)
    with np.errstate(divide="raise", invalid="raise"):
        found = report(table)
    assert json.loads(json.dumps(found.as_json(), allow_nan=False)) == found.as_json()


@given(MATRICES)
def test_alpha_without_each_by_patterns_is_that_of_the_ratings_left(case):
    matrix, n_values, _ = case
    ratings = of_matrix(matrix, n_values)
    for apart, at_once in (
        (apart_nominal, nominal_by_pattern),
        (apart_ordinal, ordinal_by_pattern),
    ):
        whole = alpha_without_each(ratings, lambda left, apart=apart: apart(left.histogram))
        for who, found in alphas_without_each(ratings, at_once).items():
            expected = whole.pop(who)
            assert (found.reason, found.n) == (expected.reason, expected.n)
            for name in ("value", "se", "ci_low", "ci_high"):
                assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-9)
        assert not whole
