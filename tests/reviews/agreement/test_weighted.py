"""Items that came in by chance weigh 1 / their probability, in coefficients as in shares."""

from dataclasses import replace

import numpy as np
import pytest

from reviews.agreement.alpha import alpha, alpha_costs
from reviews.agreement.apart import (
    apart_by,
    apart_interval,
    apart_nominal,
    apart_nominal_of,
    apart_ordinal,
    nominal_by_pattern,
    ordinal_by_pattern,
)
from reviews.agreement.chance import gwet_ac, quadratic_weights
from reviews.agreement.people import alpha_without_each, alphas_without_each
from reviews.agreement.rates import percent_agreement, specific_agreement
from tests.reviews.agreement.made import of_matrix, random_matrix

DIFFER = 1 - np.eye(4)
QUANTITIES = {
    "nominal": lambda ratings: alpha(apart_nominal(ratings.histogram)),
    "long": lambda ratings: alpha(apart_nominal_of(ratings)),
    "by distance": lambda ratings: alpha(apart_by(ratings, DIFFER)),
    "ordinal": lambda ratings: alpha(apart_ordinal(ratings.histogram)),
    "interval": lambda ratings: alpha(apart_interval(ratings.moments)),
    "ac1": lambda ratings: gwet_ac(ratings.histogram),
    "ac2": lambda ratings: gwet_ac(ratings.histogram, quadratic_weights(4)),
    "percent": lambda ratings: percent_agreement(ratings.histogram),
    "specific": lambda ratings: specific_agreement(ratings.histogram, 0),
}
BY_DIFFERENCE = {
    "nominal": lambda values, margins: (values[:, None] != values[None]).astype(float),
    "interval": lambda values, margins: (values[:, None] - values[None]).astype(float) ** 2,
    "ordinal": lambda values, margins: (
        np.subtract.outer(*[np.cumsum(margins) - margins / 2] * 2) ** 2
    ),
}


def drawn(seed, n_units=30):
    """Ratings of four values by three people, and a weight for each unit."""
    rng = np.random.default_rng(seed)
    matrix, _ = random_matrix(rng, n_values=4)
    ratings = of_matrix(matrix[:, :n_units], 4)
    return ratings, rng.choice([1.0, 2.5, 9.0], ratings.n_units)


def plain_alpha(counts, weights, level):
    """alpha from the sums of its definition, (U, V) counts of units rated twice."""
    sizes, margins = counts.sum(axis=1), weights @ counts
    apart = BY_DIFFERENCE[level](np.arange(counts.shape[1]), margins)
    within = np.einsum("uv,vw,uw->u", counts, apart, counts)
    observed, n = (weights * within / (sizes - 1)).sum(), margins.sum()
    expected = margins @ apart @ margins
    return 1 - (n - 1) * observed / expected if expected > 1e-9 else 1.0


@pytest.mark.parametrize("name", QUANTITIES)
def test_weights_that_are_all_alike_change_nothing(name):
    for seed in range(20):
        ratings, _ = drawn(seed)
        same = replace(ratings, weights=np.full(ratings.n_units, 3.7))
        found, expected = QUANTITIES[name](same), QUANTITIES[name](ratings)
        assert (found.reason, found.n) == (expected.reason, expected.n)
        for field in ("value", "se", "ci_low", "ci_high"):
            assert getattr(found, field) == pytest.approx(getattr(expected, field), abs=1e-9)


@pytest.mark.parametrize("level", BY_DIFFERENCE)
def test_alpha_and_its_error_are_those_of_the_definition_with_each_unit_left_out(level):
    for seed in range(40):
        ratings, weights = drawn(seed)
        counts = ratings.counts[ratings.sizes >= 2]
        held = weights[ratings.sizes >= 2]
        found = QUANTITIES[level](replace(ratings, weights=weights))
        if found.se is None:
            continue
        held = held / held.mean()
        assert found.value == pytest.approx(plain_alpha(counts, held, level), abs=1e-9)
        kept = ~np.eye(len(held), dtype=bool)
        without = np.array([plain_alpha(counts[rows], held[rows], level) for rows in kept])
        n = len(held)
        error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
        assert found.se == pytest.approx(error, abs=1e-9)


@pytest.mark.parametrize("name", ["ac1", "ac2", "percent", "specific"])
def test_a_unit_that_weighs_three_counts_as_three(name):
    ratings, _ = drawn(5)
    weights = np.where(np.arange(ratings.n_units) % 4 == 0, 3.0, 1.0)
    times = np.repeat(np.arange(ratings.n_units), weights.astype(int))
    matrix = np.full((ratings.n_raters, ratings.n_units), -1)
    matrix[ratings.raters, ratings.units] = ratings.values
    expected = QUANTITIES[name](of_matrix(matrix[:, times], 4))
    found = QUANTITIES[name](replace(ratings, weights=weights))
    assert found.value == pytest.approx(expected.value, abs=1e-12)


def test_costs_of_weighted_units_add_up_to_what_alpha_lacks():
    ratings, weights = drawn(3)
    rows = replace(ratings, weights=weights).only(ratings.sizes[ratings.units] >= 2)
    apart = apart_by(rows, DIFFER)
    assert alpha_costs(apart).sum() == pytest.approx(1 - alpha(apart).value)


@pytest.mark.parametrize(
    ("one", "at_once"), [(apart_nominal, nominal_by_pattern), (apart_ordinal, ordinal_by_pattern)]
)
def test_weighted_alpha_without_each_rater_is_that_of_the_ratings_left(one, at_once):
    for seed in range(30):
        ratings, weights = drawn(seed)
        weighted = replace(ratings, weights=weights)
        expected = alpha_without_each(weighted, lambda left, one=one: one(left.histogram))
        for who, found in alphas_without_each(weighted, at_once).items():
            assert (found.reason, found.n) == (expected[who].reason, expected[who].n)
            for field in ("value", "se", "ci_low", "ci_high"):
                told = getattr(expected[who], field)
                assert getattr(found, field) == pytest.approx(told, abs=1e-9)


N_SAMPLES, SEED = 1_000, 20261122


@pytest.mark.parametrize("name", ["nominal", "ordinal", "interval", "ac1", "ac2"])
def test_weighted_intervals_cover_what_all_items_would_have_given(name):
    """4,000 items, one in ten of them hard; 150 drawn on average, hard ones 4 times as likely:
    93-98 % of 1,000 samples cover the number of all items, and unweighted ones are far from it.
    (Where hard ones are 9 times as likely, a few easy items weigh so much that AC2 covers 92 %.)"""
    rng = np.random.default_rng(SEED)
    n = 4_000
    is_hard = np.arange(n) % 10 == 0
    truth = rng.integers(0, 4, n)
    guess = rng.integers(0, 4, (3, n))
    matrix = np.where(rng.random((3, n)) < np.where(is_hard, 0.1, 0.95), truth, guess)
    whole = QUANTITIES[name](of_matrix(matrix, 4)).value
    probability = np.where(is_hard, 4.0, 1.0)
    probability *= 150 / probability.sum()
    covered, plain = 0, []
    for _ in range(N_SAMPLES):
        chosen = rng.random(n) < probability
        sample = of_matrix(matrix[:, chosen], 4)
        plain.append(QUANTITIES[name](sample).value)
        found = QUANTITIES[name](replace(sample, weights=1 / probability[chosen]))
        covered += found.ci_low <= whole <= found.ci_high
    assert np.mean(plain) < whole - 0.1
    assert 0.93 <= covered / N_SAMPLES <= 0.98
