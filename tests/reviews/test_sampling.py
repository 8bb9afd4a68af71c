"""Sampling draws the same for the same seed, near its share, and leaves what was chosen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviews.sampling import EVERYTHING, Candidate, Plan, draw, position_of

PLAN = Plan({"failing": 1.0, "passing": 0.2}, rest=0.0, seed=7)


def candidates(n: int, stratum: str) -> list[Candidate]:
    return [Candidate(f"{stratum}-{k}", stratum) for k in range(n)]


def test_all_failing_and_a_fifth_of_the_passing() -> None:
    chosen = list(draw([*candidates(50, "failing"), *candidates(10_000, "passing")], PLAN))

    assert [each.probability for each in chosen if each.stratum == "failing"] == [1.0] * 50
    passing = [each for each in chosen if each.stratum == "passing"]
    assert 1_850 < len(passing) < 2_150  # 2,000, give or take four standard errors
    assert {each.probability for each in passing} == {0.2}


def test_strata_that_the_plan_does_not_name_take_the_rest() -> None:
    assert list(draw(candidates(5, "other"), PLAN)) == []
    assert len(list(draw(candidates(5, "other"), EVERYTHING))) == 5


@given(st.integers(0, 2**32), st.lists(st.text(), unique=True, max_size=30), st.text())
def test_adding_candidates_leaves_what_was_chosen(seed: int, keys: list[str], more: str) -> None:
    plan = Plan({}, rest=0.5, seed=seed)
    before = list(draw([Candidate(key, "") for key in keys], plan))

    after = list(draw([Candidate(key, "") for key in [*keys, more]], plan))

    assert after[: len(before)] == before


def test_another_seed_or_purpose_draws_another_sample() -> None:
    keys = [f"k{n}" for n in range(1_000)]
    by_seed = [{k for k in keys if position_of(seed, k) < 0.5} for seed in (1, 2)]
    by_purpose = {k for k in keys if position_of(1, k, "hide") < 0.5}

    assert 180 < len(by_seed[0] & by_seed[1]) < 320  # a quarter: independent of each other
    assert 180 < len(by_seed[0] & by_purpose) < 320
