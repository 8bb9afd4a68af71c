"""Agreement of published tables, to the digits they print."""

import numpy as np
import pytest

from reviews.agreement.chance import (
    brennan_prediger,
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    ordinal_weights,
    quadratic_weights,
)
from reviews.agreement.icc import icc, icc_of
from reviews.agreement.kappa import cohen_kappa, scott_pi
from reviews.agreement.rates import percent_agreement, specific_agreement
from reviews.agreement.sets import jaccard_distances, masi_distances
from tests.reviews.agreement.made import alpha_of, by_rater, of_counts, of_pairs

# Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C.
KRIPPENDORFF = by_rater(
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
    scale=[1, 2, 3, 4, 5],
)
# Fleiss 1971, Measuring nominal scale agreement among many raters, table 1.
FLEISS = of_counts(
    [
        *([0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0]),
        *([2, 0, 4, 0, 0], [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6]),
        *([1, 0, 0, 5, 0], [1, 1, 0, 4, 0], [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1]),
        *([0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0], [0, 2, 0, 4, 0], [1, 0, 2, 0, 3]),
        *([0, 0, 0, 0, 6], [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0], [1, 0, 0, 4, 1]),
        *([0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0], [1, 0, 5, 0, 0], [0, 0, 0, 0, 6]),
    ]
)
# Cohen 1960, A coefficient of agreement for nominal scales, table 2; again in Cohen 1968.
COHEN = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
# Shrout and Fleiss 1979, Intraclass correlations, table 2: six targets, four judges.
SHROUT = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
# Gwet 2014, Handbook of Inter-Rater Reliability; with standard errors in irrCAC's vignettes.
GWET = by_rater(
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . .",
    ". 3 3 3 2 3 4 2 2 5 1 3",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
ABSTRACTORS = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])


@pytest.mark.parametrize(
    ("level", "printed"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_krippendorff_2011_with_missing_ratings_at_four_levels(level, printed):
    found = alpha_of(KRIPPENDORFF, level)
    assert round(found.value, 3) == printed
    assert found.n == 11  # one unit was rated once


@pytest.mark.parametrize(
    ("rows", "printed"),
    [
        (("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), 0.095),  # section A
        (("a a b b d c c c e d d a", "b a b b b c c c e d d d"), 0.692),  # section B
    ],
)
def test_krippendorff_2011_with_two_observers(rows, printed):
    ratings = by_rater(*rows, values="0 1" if "0" in rows[0] else "a b c d e")
    assert round(alpha_of(ratings, "nominal").value, 3) == printed


def test_fleiss_1971():
    assert round(percent_agreement(FLEISS.histogram).value, 3) == 0.556
    assert round(fleiss_kappa(FLEISS.histogram).value, 3) == 0.430


def test_cohen_1960():
    assert round(cohen_kappa(COHEN).value, 3) == 0.492
    assert round(percent_agreement(of_pairs(COHEN).histogram).value, 2) == 0.70


def test_cohen_1968_with_his_weights_of_disagreement():
    disagreement = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]])
    assert round(cohen_kappa(COHEN, 1 - disagreement / 6).value, 3) == 0.348


@pytest.mark.parametrize(
    ("table", "agreed", "kappa", "ac1"),
    [
        # Gwet 2002, Kappa statistic is not satisfactory for assessing the extent of agreement.
        ([[118, 5], [2, 0]], 0.944, -0.023, 0.941),
        # Feinstein and Cicchetti 1990, High agreement but low kappa: the same agreement twice.
        ([[40, 9], [6, 45]], 0.85, 0.70, 0.70),
        ([[80, 10], [5, 5]], 0.85, 0.32, 0.81),
    ],
)
def test_prevalence_tables(table, agreed, kappa, ac1):
    histogram = of_pairs(table).histogram
    digits = len(str(kappa).split(".")[1])
    assert percent_agreement(histogram).value == pytest.approx(agreed)
    assert round(cohen_kappa(np.array(table)).value, digits) == kappa
    assert round(gwet_ac(histogram).value, digits) == ac1


@pytest.mark.parametrize(
    ("compute", "value", "error"),
    [
        (lambda: gwet_ac(GWET.histogram), 0.77544, 0.14295),
        (lambda: gwet_ac(GWET.histogram, quadratic_weights(5)), 0.91400, 0.10396),
        (lambda: gwet_ac(GWET.histogram, ordinal_weights(5)), 0.899, 0.107),
        (lambda: fleiss_kappa(GWET.histogram), 0.76117, 0.15302),
        (lambda: fleiss_kappa(GWET.histogram, quadratic_weights(5)), 0.86494, 0.14603),
        (lambda: brennan_prediger(GWET.histogram), 0.77273, 0.14472),
        (lambda: brennan_prediger(GWET.histogram, quadratic_weights(5)), 0.90152, 0.11089),
        (lambda: conger_kappa(GWET), 0.76282, 0.14917),
        (lambda: conger_kappa(GWET, quadratic_weights(5)), 0.85771, 0.14367),
    ],
)
def test_gwet_with_missing_ratings_and_his_standard_errors(compute, value, error):
    found, digits = compute(), len(str(error).split(".")[1])
    assert round(found.value, digits) == value
    assert round(found.se, digits) == error


def test_gwet_of_two_abstractors():
    histogram = of_pairs(ABSTRACTORS).histogram
    assert round(cohen_kappa(ABSTRACTORS).value, 7) == 0.7964094
    assert round(cohen_kappa(ABSTRACTORS, quadratic_weights(3)).value, 7) == 0.8921569
    assert round(scott_pi(ABSTRACTORS).value, 7) == 0.7962397
    assert round(gwet_ac(histogram).value, 7) == 0.8493305
    assert round(brennan_prediger(histogram).value, 3) == 0.835
    assert round(alpha_of(of_pairs(ABSTRACTORS), "nominal").value, 7) == 0.7972585
    # His formulas for tables of two raters divide by n² where those for many divide by n(n-1).
    grown = np.sqrt(100 / 99)
    assert gwet_ac(histogram).se == pytest.approx(0.04321747 * grown, abs=1e-8)
    assert gwet_ac(histogram, quadratic_weights(3)).se == pytest.approx(
        0.01792019 * grown, abs=1e-8
    )
    assert brennan_prediger(histogram).se == pytest.approx(0.04693346 * grown, abs=1e-8)
    assert scott_pi(ABSTRACTORS).se == pytest.approx(0.05905473 * grown, abs=1e-8)


def test_shrout_fleiss_1979():
    found = {form: round(each.value, 2) for form, each in icc(SHROUT).items()}
    printed = {"1,1": 0.17, "2,1": 0.29, "3,1": 0.71, "1,k": 0.44, "2,k": 0.62, "3,k": 0.91}
    assert found == printed
    scale = np.arange(1, 11.0)
    rows = [" ".join(str(int(value)) for value in judge) for judge in SHROUT.T]
    ratings = by_rater(*rows, values="1 2 3 4 5 6 7 8 9 10", scale=scale)
    assert {form: round(each.value, 2) for form, each in icc_of(ratings).items()} == printed


def test_passonneau_2006_sets():
    """Her monotonicity: 1 for equal sets, 2/3 subset, 1/3 overlap, 0 disjoint; times Jaccard."""
    sets = [set("ab"), set("abcd"), set("bc"), set("cd"), set(), set("ab")]
    masi, jaccard = masi_distances(sets), jaccard_distances(sets)
    assert masi[0] == pytest.approx([0, 1 - 1 / 2 * 2 / 3, 1 - 1 / 3 * 1 / 3, 1, 1, 0])
    assert jaccard[0] == pytest.approx([0, 1 / 2, 2 / 3, 1, 1, 0])
    assert masi[4].tolist() == [1, 1, 1, 1, 0, 1]  # two empty sets agree
    assert (masi == masi.T).all()


def test_specific_agreement_of_two_raters():
    """Cicchetti and Feinstein 1990: 2a/(2a+b+c), of their second table above."""
    histogram = of_pairs([[80, 10], [5, 5]]).histogram
    assert specific_agreement(histogram, 0).value == pytest.approx(160 / 175)
    assert specific_agreement(histogram, 1).value == pytest.approx(10 / 25)
