"""The arithmetic of a run's export, on the contract's own examples (formats.md 2.7)."""

from __future__ import annotations

import pytest

from exports.formats.run_records import Figures, Rate


@pytest.mark.parametrize(
    ("n_passed", "n", "deviation"),
    [(1, 2, 35.36), (2, 2, 0.0), (0, 3, 0.0), (1, 3, 27.22), (5, 8, 17.12)],
)
def test_the_deviation_is_that_of_a_share(n_passed: int, n: int, deviation: float) -> None:
    assert Rate(n_passed, n).deviation == deviation


def test_four_tests_of_two_checks_with_2_2_1_0_passes() -> None:
    figures = Figures(n_checks=8, n_checks_passed=5, n_tests=4, n_tests_passed=2)
    assert (figures.tests.fraction, figures.checks.fraction) == (0.5, 0.625)


def test_one_low_check_of_two_needs_review_by_half() -> None:
    assert Figures(n_done=2, n_low=1).needs_review == 50.0


def test_of_nothing_there_is_no_share() -> None:
    nothing = Figures()
    assert (nothing.checks.fraction, nothing.tests.deviation, nothing.needs_review) == (
        None, None, None,
    )  # fmt: skip
