"""Agreement in memory: a run of 10,000 ratings, a million ratings, and `krippendorff` beside us."""

from __future__ import annotations

import statistics
import tracemalloc
from collections.abc import Callable
from functools import partial
from time import perf_counter

import krippendorff
import numpy as np

from reviews.agreement import cautions, chance, disputed, kappa, people, rates
from reviews.agreement.alpha import alpha, alpha_costs
from reviews.agreement.apart import (
    Apart,
    apart_interval,
    apart_nominal,
    apart_ordinal,
    apart_ratio,
    nominal_by_pattern,
)
from reviews.agreement.long_csv import LongTable
from reviews.agreement.meetings import Meetings
from reviews.agreement.report import report
from reviews.agreement.tables import Histogram, Ints, Ratings, moments_of

ROUNDS = 9
N_RATERS = 10


def run(smoke: bool) -> list[str]:
    """Measure what a page needs, what the command prints, large tables, and the library."""
    small, large = (1_000, 20_000) if smoke else (10_000, 1_000_000)
    rng = np.random.default_rng(6)
    return [*a_run(rng, small), *many(rng, large), *numbers(rng, large), *beside(rng, large)]


def a_run(rng: np.random.Generator, n_ratings: int) -> list[str]:
    """Everything of one run, with intervals, from ratings in long form."""
    units, raters, values = made(rng, n_ratings, 3)
    table = LongTable(
        "ordinal",
        fresh(units, raters, values, 3),
        [str(unit) for unit in range(int(units.max()) + 1)],
        [str(rater) for rater in range(N_RATERS)],
        list("123"),
        is_declared=True,
    )

    def page(n_metrics: int) -> None:
        for rows in np.array_split(np.arange(n_ratings), n_metrics):
            first = units[rows[0]]
            part = fresh(units[rows] - first, raters[rows], values[rows], 3)
            metric_numbers(part, (units[rows] - first) // 5)
        people_numbers(fresh(units, raters, values, 3))

    every = took(lambda: report(with_fresh(table)))
    histogram = table.ratings.histogram
    at_once = took(lambda: [alpha(apart_nominal(histogram)), chance.gwet_ac(histogram)])
    return [
        f"{n_ratings:,} ratings, all of a page (bar 50 ms): {took(lambda: page(1))}",
        f"{n_ratings:,} ratings of ten metrics, the same: {took(lambda: page(10))}",
        f"{n_ratings:,} ratings, every number of the command line: {every}",
        f"alpha and AC1 of {len(histogram.patterns)} patterns, with intervals: {at_once}",
    ]


def metric_numbers(ratings: Ratings, items: Ints) -> None:
    """What a page shows of each metric: rates, coefficients, disputed items, warnings."""
    pairable = ratings.sizes >= 2
    item_of = np.zeros(ratings.n_units, dtype=np.int64)
    item_of[ratings.units] = items
    scores = rates.cell_agreement(ratings.counts)
    auto = np.zeros(ratings.n_units, dtype=np.int64)
    rates.headline_rate(scores[pairable], item_of[pairable])
    rates.headline_rate(rates.auto_agreement(ratings.counts, auto), item_of)
    histogram = ratings.histogram
    apart = apart_ordinal(histogram)
    alpha(apart), alpha_costs(apart), alpha(apart_nominal(histogram))
    chance.gwet_ac(histogram), chance.gwet_ac(histogram, chance.quadratic_weights(3))
    chance.fleiss_kappa(histogram)
    for value in range(3):
        rates.specific_agreement(histogram, value)
    disputed.unit_disagreement(ratings, graded=True)
    cautions.cautions(histogram, list("123"))


def people_numbers(ratings: Ratings) -> None:
    """What a page shows of people: pairs, each against the others, alpha without each."""
    met, weights = Meetings.of(ratings), chance.quadratic_weights(3)
    met.rates()
    people.leave_one_out(ratings)
    people.alphas_without_each(ratings, nominal_by_pattern)
    for pairs in met.all_tables():
        kappa.cohen_kappas(pairs.tables, weights)
        cautions.marginal_shifts(pairs, list("123"), [str(rater) for rater in range(N_RATERS)])


def many(rng: np.random.Generator, n_ratings: int) -> list[str]:
    """The headline rate, alpha and AC1 of a million ratings, with their memory."""
    units, raters, values = made(rng, n_ratings, 3)

    def numbers() -> None:
        ratings = fresh(units, raters, values, 3)
        pairable = ratings.sizes >= 2
        scores = rates.cell_agreement(ratings.counts)[pairable]
        rates.headline_rate(scores, np.flatnonzero(pairable) // 5)
        alpha(apart_nominal(ratings.histogram)), chance.gwet_ac(ratings.histogram)

    tracemalloc.start()
    numbers()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return [f"{n_ratings:,} ratings, rate, alpha and AC1: {took(numbers)}, {peak:.0f} MB on top"]


def numbers(rng: np.random.Generator, n_ratings: int) -> list[str]:
    """A numeric metric: five values against as many as there are ratings."""
    units, raters, _ = made(rng, n_ratings, 3)
    five = rng.integers(1, 6, n_ratings).astype(float)
    all_differ = rng.permutation(n_ratings) + 1.0
    times = interleaved(
        lambda: alpha(apart_interval(moments_of(units, five))),
        lambda: alpha(apart_interval(moments_of(units, all_differ))),
    )
    few, distinct = (statistics.median(each) for each in times)
    scale = np.unique(all_differ)
    codes = np.searchsorted(scale, all_differ)
    n_units, n_raters = int(units.max()) + 1, N_RATERS
    ratings = Ratings(units, raters, codes, n_units, n_raters, len(scale), scale)
    began = perf_counter()
    alpha(apart_ratio(ratings))
    ratio_scale = perf_counter() - began
    return [
        f"alpha interval of {n_ratings:,} distinct numbers: {distinct * 1e3:.0f} ms, "
        f"{distinct / few:.2f} x that of five values (bar 2)",
        f"alpha ratio of {n_ratings:,} distinct numbers: {ratio_scale:.1f} s",
    ]


def beside(rng: np.random.Generator, n_ratings: int) -> list[str]:
    """The same table by `krippendorff`, which gives no interval: from ratings, and from counts."""
    units, raters, values = made(rng, n_ratings, 5)
    n_units = int(units.max()) + 1
    matrix = np.full((N_RATERS, n_units), np.nan)
    matrix[raters, units] = values
    counts = fresh(units, raters, values, 5).counts
    lines = []
    for level, apart in (("nominal", apart_nominal), ("ordinal", apart_ordinal)):
        of_ratings = partial(krippendorff.alpha, matrix, level_of_measurement=level)
        of_counts = partial(krippendorff.alpha, value_counts=counts, level_of_measurement=level)
        cases: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "ratings": (partial(from_ratings, apart, units, raters, values), of_ratings),
            "counts": (partial(from_counts, apart, counts), of_counts),
        }
        for name, (ours, theirs) in cases.items():
            np.testing.assert_allclose(ours(), theirs(), atol=1e-9)
            mine, library = (statistics.median(each) for each in interleaved(ours, theirs))
            lines.append(
                f"alpha {level} of {n_ratings:,} from {name}: {mine * 1e3:.0f} ms with interval, "
                f"krippendorff {library * 1e3:.0f} ms without: {library / mine:.1f} x (bar 2)"
            )
    return lines


def from_ratings(
    apart: Callable[[Histogram], Apart], units: Ints, raters: Ints, values: Ints
) -> float | None:
    """alpha of ratings in long form."""
    return from_counts(apart, fresh(units, raters, values, 5).counts)


def from_counts(apart: Callable[[Histogram], Apart], counts: Ints) -> float | None:
    """alpha of counts of values."""
    return alpha(apart(Histogram.of_cells(counts))).value


def made(rng: np.random.Generator, n_ratings: int, n_values: int) -> tuple[Ints, Ints, Ints]:
    """Codes of ratings: 2, 3 or 4 of the raters a unit, who agree in about four of five cases."""
    sizes = rng.integers(2, 5, n_ratings // 2)
    n_units = int(np.searchsorted(np.cumsum(sizes), n_ratings)) + 1
    units = np.repeat(np.arange(n_units), sizes[:n_units])[:n_ratings]
    place = np.arange(n_ratings) - np.searchsorted(units, units)
    raters = (rng.integers(0, N_RATERS, n_units)[units] + place) % N_RATERS
    truth = rng.integers(0, n_values, n_units)[units]
    values = np.where(rng.random(n_ratings) < 0.8, truth, rng.integers(0, n_values, n_ratings))
    return units, raters, values


def fresh(units: Ints, raters: Ints, values: Ints, n_values: int) -> Ratings:
    """Ratings about which nothing is known yet."""
    return Ratings(units, raters, values, int(units[-1]) + 1, N_RATERS, n_values)


def with_fresh(table: LongTable) -> LongTable:
    """The table with ratings about which nothing is known yet."""
    known = table.ratings
    again = fresh(known.units, known.raters, known.values, known.n_values)
    return LongTable(table.level, again, table.units, table.raters, table.values, True)


def took(work: Callable[[], object]) -> str:
    """Median and range of the time in ms."""
    times = sorted(each * 1e3 for each in interleaved(work)[0])
    return f"{statistics.median(times):.1f} ms ({times[0]:.1f}-{times[-1]:.1f})"


def interleaved(*works: Callable[[], object]) -> list[list[float]]:
    """Seconds of each piece of work in turns, after one round that does not count."""
    times: list[list[float]] = [[] for _ in works]
    for at in range(ROUNDS + 1):
        for kept, work in zip(times, works, strict=True):
            began = perf_counter()
            work()
            if at:
                kept.append(perf_counter() - began)
    return times
