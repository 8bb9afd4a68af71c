"""Every number of agreement of one table of ratings, under the keys of the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from reviews.agreement import alpha as of_alpha
from reviews.agreement import apart as of_apart
from reviews.agreement import cautions as of_cautions
from reviews.agreement import chance, disputed, kappa, people, rates, sets
from reviews.agreement.apart import Apart
from reviews.agreement.icc import FORMS, icc_of
from reviews.agreement.long_csv import NUMERIC, LongTable
from reviews.agreement.meetings import Meetings
from reviews.agreement.quantity import NO_OVERLAP, NOT_APPLICABLE, Quantity, null
from reviews.agreement.tables import Floats, Histogram, Ints, Ratings

ALPHA_LEVELS = {
    "nominal": ("nominal",),
    "ordinal": ("nominal", "ordinal"),
    "interval": ("nominal", "ordinal", "interval"),
    "ratio": ("nominal", "ordinal", "interval", "ratio"),
    "multi_label": ("nominal", "masi", "jaccard"),
}
ALPHAS = ("nominal", "ordinal", "interval", "ratio", "masi", "jaccard")
WEIGHTED = {"ordinal", *NUMERIC}
# Numbers, or sets, with more distinct values than this are no categories: 0 to 100 still are. Names
# and ranks may have as many as the counts of each unit fit into memory.
MOST_CATEGORIES, MOST_NAMES, MOST_COUNTS = 101, 1_000, 50_000_000

Entry = tuple[str, Quantity]


@dataclass(frozen=True)
class Report:
    """All quantities by key, the warnings, and what they stand on."""

    quantities: dict[str, Quantity]
    warnings: list[of_cautions.Caution]
    n_ratings: int
    n_units: int
    n_pairable_units: int

    def as_json(self) -> dict[str, Any]:
        return {
            "quantities": {key: found.as_json() for key, found in self.quantities.items()},
            "warnings": [each.as_json() for each in self.warnings],
            "n_ratings": self.n_ratings,
            "n_units": self.n_units,
            "n_pairable_units": self.n_pairable_units,
        }


def report(table: LongTable, thresholds: of_cautions.Thresholds | None = None) -> Report:
    """Everything that can be said of the table; what cannot is null with its reason."""
    ratings = table.ratings
    has_categories = _has_categories(table)
    met = Meetings.of(ratings)
    entries: list[Entry] = [*_percentages(table), *_alphas(table, has_categories)]
    entries += _categorical(table, met) if has_categories else _no_categories()
    intraclass = icc_of(ratings) if table.level in NUMERIC else {}
    entries += [(f"icc:{form}", intraclass.get(form, null(NOT_APPLICABLE))) for form in FORMS]
    entries += [*_people(table, met), *_specific(table, has_categories), *_disputes(table)]
    warnings = _warnings(table, met, has_categories, thresholds)
    n_units, n_shared = int((ratings.sizes >= 1).sum()), int((ratings.sizes >= 2).sum())
    return Report(dict(entries), warnings, len(ratings.units), n_units, n_shared)


def _has_categories(table: LongTable) -> bool:
    most = MOST_NAMES if table.level in {"nominal", "ordinal"} else MOST_CATEGORIES
    n = len(table.values)
    return n <= most and n * table.ratings.n_units <= MOST_COUNTS


def _warnings(
    table: LongTable,
    met: Meetings,
    has_categories: bool,
    thresholds: of_cautions.Thresholds | None,
) -> list[of_cautions.Caution]:
    """What is said of numbers, and of sets, is only what does not need each value to be common."""
    histogram = table.ratings.histogram if has_categories else _any_value(table.ratings)
    found = of_cautions.cautions(histogram, table.values, thresholds)
    if table.level in {"nominal", "ordinal"} and has_categories:
        for pairs in met.all_tables():
            found += of_cautions.marginal_shifts(pairs, table.values, table.raters, thresholds)
        return found
    codes = {"few_units", "low_overlap"} | ({"single_value"} if has_categories else set())
    return [each for each in found if each.code in codes]


def _any_value(ratings: Ratings) -> Histogram:
    """How many ratings the units have, whatever the values."""
    return Histogram.of_cells(ratings.sizes[:, None], ratings.n_present)


def _percentages(table: LongTable) -> Iterator[Entry]:
    ratings = table.ratings
    why = rates.missing_long(ratings)
    share, sizes = people.unit_agreement(ratings), ratings.sizes
    for key, pooled in (("percent_agreement", False), ("percent_agreement:pooled", True)):
        pairs = np.where(sizes >= 2, sizes * (sizes - 1) / 2 if pooled else 1.0, 0.0)
        found = null(why) if why else rates.clustered_rate(share * pairs, pairs)
        n = int((sizes >= 2).sum())
        yield key, _with_n(found, n)


def _with_n(found: Quantity, n: int) -> Quantity:
    return Quantity(found.value, found.reason, found.se, found.ci_low, found.ci_high, n)


def _alphas(table: LongTable, has_categories: bool) -> Iterator[Entry]:
    ratings = table.ratings
    apart: dict[str, Callable[[], Apart]] = {
        "nominal": lambda: of_apart.apart_nominal_of(ratings),
        "ordinal": lambda: of_apart.apart_ordinal(ratings.histogram),
        "interval": lambda: _interval(ratings),
        "ratio": lambda: of_apart.apart_ratio(ratings),
        "masi": lambda: of_apart.apart_by(ratings, sets.masi_distances(table.sets)),
        "jaccard": lambda: of_apart.apart_by(ratings, sets.jaccard_distances(table.sets)),
    }
    for level in ALPHAS:
        allowed = level in ALPHA_LEVELS[table.level]
        allowed = allowed and (has_categories or level != "ordinal")
        found = of_alpha.alpha(apart[level]()) if allowed else null(NOT_APPLICABLE)
        yield f"krippendorff_alpha:{level}", found


def _interval(ratings: Ratings) -> Apart:
    why = rates.missing_long(ratings)
    return of_apart.nothing_apart(why) if why else of_apart.apart_interval(ratings.moments)


def _categorical(table: LongTable, met: Meetings) -> Iterator[Entry]:
    """The coefficients over categories; a list of possible sets is never declared."""
    ratings, histogram = table.ratings, table.ratings.histogram
    counted = table.level != "multi_label"
    off = null(NOT_APPLICABLE)
    weights = _weights(table)
    yield "fleiss_kappa", chance.fleiss_kappa(histogram)
    yield "brennan_prediger", chance.brennan_prediger(histogram) if counted else off
    yield "gwet_ac", chance.gwet_ac(histogram) if counted else off
    for name in ("linear", "quadratic", "ordinal"):
        weight = weights.get(name)
        yield f"gwet_ac:{name}", off if weight is None else chance.gwet_ac(histogram, weight)
    yield from _of_two(kappa.of_two_raters(ratings), weights)
    yield "conger_kappa", chance.conger_kappa(ratings)
    yield "light_kappa", kappa.light_kappa(ratings, met)


def _of_two(table: Ints | str, weights: dict[str, Floats]) -> Iterator[Entry]:
    """Cohen and Scott, of the table of the only two raters or the reason why there is none."""
    for name in ("", "linear", "quadratic"):
        key = f"cohen_kappa:{name}".removesuffix(":")
        if name and name not in weights:
            yield key, null(NOT_APPLICABLE)
        else:
            found = table if isinstance(table, str) else kappa.cohen_kappa(table, weights.get(name))
            yield key, null(found) if isinstance(found, str) else found
    yield "scott_pi", null(table) if isinstance(table, str) else kappa.scott_pi(table)


def _weights(table: LongTable) -> dict[str, Floats]:
    if table.level not in WEIGHTED:
        return {}
    n = len(table.values)
    return {
        "linear": chance.linear_weights(n),
        "quadratic": chance.quadratic_weights(n),
        "ordinal": chance.ordinal_weights(n),
    }


def _no_categories() -> Iterator[Entry]:
    keys = ("fleiss_kappa", "brennan_prediger", "gwet_ac", "gwet_ac:linear", "gwet_ac:quadratic")
    more = ("gwet_ac:ordinal", "cohen_kappa", "cohen_kappa:linear", "cohen_kappa:quadratic")
    for key in (*keys, *more, "scott_pi", "conger_kappa", "light_kappa"):
        yield key, null(NOT_APPLICABLE)


def _people(table: LongTable, met: Meetings) -> Iterator[Entry]:
    for rater, found in people.leave_one_out(table.ratings).items():
        yield f"leave_one_out:{table.raters[rater]}", found
    shared = met.rates()
    for first in range(len(table.raters)):
        for second in range(first + 1, len(table.raters)):
            key = f"pair_agreement:{table.raters[first]}:{table.raters[second]}"
            yield key, shared.get((first, second)) or null(NO_OVERLAP)


def _specific(table: LongTable, has_categories: bool) -> Iterator[Entry]:
    for at, value in enumerate(table.values if has_categories else ()):
        yield f"specific_agreement:{value}", rates.specific_agreement(table.ratings.histogram, at)


def _disputes(table: LongTable) -> Iterator[Entry]:
    graded, scale = table.level in WEIGHTED, table.ratings.scale
    span = float(np.ptp(scale)) if table.is_declared and scale is not None else 0.0
    apart = disputed.unit_disagreement(table.ratings, graded=graded, span=span)
    sizes = table.ratings.sizes
    for at in disputed.most_disputed(apart, sizes, table.units):
        yield f"unit_disagreement:{table.units[at]}", Quantity(float(apart[at]), n=int(sizes[at]))
