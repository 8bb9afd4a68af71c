"""The figures of agreement as the page says them: in words, with where each leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from reviews.agreement.quantity import REASONS, Quantity
from reviews.agreement_metrics import label_of
from reviews.agreement_shapes import (
    AgreementFigures,
    Beside,
    DisputedItem,
    Filter,
    FloorFigures,
    MetricFigures,
    PairFigures,
    PersonFigures,
    Rate,
    Warned,
)
from reviews.agreement_warnings import EXPLAINED, Explained
from reviews.rubrics.shape import Shape
from runs.run_numbers import percent

MOST_COLUMNS = 8  # metrics beside each other, the worst
SHOWN_DISPUTED = 20
LEVELS = {
    "nominal": "names",
    "ordinal": "ratings in order",
    "interval": "numbers",
    "sets": "sets of labels",
}
VERDICTS = ("pass", "fail")
NONE = "–"


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure: `text` as people read it, `raw` with all digits, `ends` the interval, `why` there
    is none, `said` all of it for who cannot see the picture, `url` the items behind it."""

    quantity: Quantity
    text: str
    raw: str
    ends: str
    why: str
    said: str
    url: str = ""
    n_cells: int = 0
    n_items: int = 0


def share(quantity: Quantity, label: str, url: str = "") -> Shown:
    """A share, as a percentage."""
    return _shown(quantity, label, url, lambda value: percent(100 * value))


def coefficient(quantity: Quantity, label: str, url: str = "") -> Shown:
    """A coefficient, to three digits."""
    return _shown(quantity, label, url, number)


def number(value: float) -> str:
    """Three digits, with a true minus sign."""
    return f"{value:.3f}".replace("-", "−")


def _shown(quantity: Quantity, label: str, url: str, form: Any) -> Shown:
    if quantity.value is None:
        why = REASONS.get(quantity.reason or "", "")
        return Shown(quantity, NONE, "", "", why, f"{label}: {why}", url)
    text, ends = form(quantity.value), ""
    if quantity.ci_low is not None and quantity.ci_high is not None:
        ends = f"{form(quantity.ci_low)} to {form(quantity.ci_high)}"
    said = f"{label}: {text}{f', 95 % interval {ends}' if ends else ''}"
    return Shown(quantity, text, repr(quantity.value), ends, "", said, url)


class Showing:
    """What the page is made of; `items_url` is the list of items behind a figure."""

    def __init__(self, figures: AgreementFigures, items_url: str) -> None:
        self.figures, self.items_url = figures, items_url
        self.labels = {each.key: each.label for each in figures.metrics}
        self.names = {each.id: each.name for each in figures.people}

    def url(self, where: Filter) -> str:
        """The items behind a figure."""
        return f"{self.items_url}?{urlencode(where)}" if where else self.items_url

    def rate(self, rate: Rate, label: str) -> Shown:
        """A share with its n; a link to its items where there are any."""
        found = share(rate.quantity, label, self.url(rate.filter) if rate.n_cells else "")
        return _with_n(found, rate)

    def page(self) -> dict[str, Any]:
        """All of it, as the templates take it."""
        figures = self.figures
        return {
            "figures": figures,
            "headline": self.headline(),
            "same": self.beside(figures.same_cells, "on the same cells"),
            "wrong": [
                self.rate(figures.false_pass, "False passes"),
                self.rate(figures.false_fail, "False fails"),
            ],
            "flagged": percent(100 * figures.flagged_share) if figures.flagged_share else "",
            "views": self.views(),
            "metrics": [self.metric(each) for each in figures.metrics],
            "has_auto": any(each.auto for each in figures.metrics),
            "confusion": self.confusion(),
            "matrix": self.matrix(),
            "people": [self.person(each) for each in figures.people],
            "without": self.without(),
            "disputed": [self.disputed(each) for each in figures.disputed[:SHOWN_DISPUTED]],
            "warnings": self.warnings(),
            "floors": [self.floor(each) for each in figures.floors],
            "lines": figures.reference_lines,
        }  # fmt: skip

    def headline(self) -> list[dict[str, Any]]:
        """The two rates that the page begins with."""
        reviewers = self.rate(self.figures.reviewers, "Reviewers among themselves")
        auto = self.rate(self.figures.auto, "Machine against reviewers")
        return [
            {
                "name": "reviewers", "title": "Reviewers among themselves", "rate": reviewers,
                "tone": "", "says": "of the pairs of answers to one question agree",
                "reach": (), "outlook": (),
            },
            {
                "name": "auto", "title": "Machine against reviewers", "rate": auto,
                "tone": "machine", "says": "of reviewers’ answers are the machine’s verdict",
                "reach": (), "outlook": (),
            },
        ]  # fmt: skip

    def beside(self, both: Beside, where: str) -> dict[str, Any] | None:
        """The ceiling and the machine next to each other; None where there are no ratings."""
        if not both.n_ratings:
            return None
        return {
            "n_ratings": both.n_ratings,
            "share": percent(100 * both.share) if both.share is not None else "",
            "reviewers": self.rate(both.reviewers, f"Reviewers {where}"),
            "auto": self.rate(both.auto, f"Machine {where}"),
        }

    def views(self) -> list[dict[str, Any]]:
        """What was said with something in view, and blind; nothing while all was blind."""
        if not self.figures.exposed.n_ratings:
            return []
        found = [
            ("Something in view", self.beside(self.figures.exposed, "with something in view")),
            ("Blind", self.beside(self.figures.blind, "blind")),
        ]
        return [{"label": label} | both for label, both in found if both]

    # --- metrics ---------------------------------------------------------------------------------

    def metric(self, each: MetricFigures) -> dict[str, Any]:
        """One row of the table."""
        where = {"cells": "disputed", "metric": each.key}
        return {
            "key": each.key,
            "label": each.label,
            "url": self.url({"cells": "disputed", "metric": each.key}),
            "level": LEVELS.get(each.level, ""),
            "kind": "check" if each.auto else "",
            "n_compared": each.n_compared,
            "n_cells": each.n_cells,
            "n_unanimous": each.n_unanimous,
            "agreement": self.rate(each.agreement, f"Agreement on {each.label}"),
            "close": self.rate(each.close, _close_label(each)) if each.close else None,
            "close_label": _close_label(each),
            "alpha": coefficient(each.alpha, f"Alpha of {each.label}", self.url(where)),
            "false_pass": self.rate(each.auto.false_pass, "False passes") if each.auto else None,
            "false_fail": self.rate(each.auto.false_fail, "False fails") if each.auto else None,
            "codes": [
                {"code": code, "title": explained(code).title}
                for code in dict.fromkeys(one.code for one in each.warnings)
            ],
            "more": self.by_value(each) if each.has_prevalence else None,
            "icc": coefficient(each.icc, "ICC") if each.icc else None,
        }

    def by_value(self, each: MetricFigures) -> dict[str, Any]:
        """What is said beside alpha where one value prevails."""
        return {
            "ac": coefficient(each.ac, "AC2" if each.level == "ordinal" else "AC1"),
            "ac_label": "AC2" if each.level == "ordinal" else "AC1",
            "values": [
                (value, share(quantity, value, self.url({"metric": each.key, "value": value})))
                for value, quantity in each.by_value.items()
                if quantity.value is not None
            ],
        }

    def confusion(self) -> dict[str, Any] | None:
        """machine x reviewers over all checks; each cell counts once."""
        tables = [each.auto.table for each in self.figures.metrics if each.auto]
        total = sum(sum(row) for table in tables for row in table)
        if not total:
            return None
        leads_to = {(0, 1): "false_pass", (1, 0): "false_fail"}
        rows = []
        for said, name in enumerate(VERDICTS):
            cells = []
            for truly in range(2):
                n = sum(table[said][truly] for table in tables)
                cells.append({
                    "value": n / total,
                    "text": percent(100 * n / total),
                    "detail": f"{n:,.0f} of {total:,.0f}",
                    "url": self.url({"cells": leads_to.get((said, truly), "auto")}),
                    "tone": "pass" if said == truly else "fail",
                })  # fmt: skip
            rows.append({"label": f"machine {name}", "cells": cells})
        return {"rows": rows, "columns": [f"reviewers {name}" for name in VERDICTS]}

    # --- people ----------------------------------------------------------------------------------

    def matrix(self) -> dict[str, Any] | None:
        """Each pair of reviewers, in the order of their names; None without pairs."""
        if not self.figures.pairs:
            return None
        known = {frozenset((pair.first, pair.second)): pair for pair in self.figures.pairs}
        people = sorted(
            (each for each in self.figures.people if any(each.id in pair for pair in known)),
            key=lambda each: (each.name.casefold(), each.id),
        )
        rows = [
            {
                "label": one.name,
                "url": self.url(one.filter),
                "cells": [self._pair(known.get(frozenset((one.id, other.id)))) for other in people],
            }
            for one in people
        ]
        return {"rows": rows, "columns": [each.name for each in people]}

    def _pair(self, pair: PairFigures | None) -> dict[str, Any] | None:
        if pair is None or pair.agreement.value is None:
            return None
        kappas = [
            f"{self.labels.get(key, key)} {number(kappa.value)}"
            for key, kappa in pair.kappas.items()
            if kappa.value is not None
        ]
        names = " and ".join(self.names.get(each, "") for each in (pair.first, pair.second))
        said = f"; kappa: {', '.join(kappas)}" if kappas else ""
        found = share(pair.agreement, names)
        return {
            "value": pair.agreement.value,
            "text": found.text,
            "detail": f"n {pair.agreement.n:,}",
            "url": self.url(pair.filter),
            "title": f"{found.said}{said}",
            "is_faint": pair.is_thin,
        }

    def person(self, each: PersonFigures) -> dict[str, Any]:
        """One reviewer against the others."""
        return {
            "name": each.name,
            "url": self.url(each.filter),
            "n_ratings": each.n_ratings,
            "rate": share(each.leave_one_out, f"{each.name} and the others", self.url(each.filter)),
            "n": each.leave_one_out.n,
        }

    def without(self) -> dict[str, Any] | None:
        """Alpha of the worst metrics without each reviewer, and what it would gain."""
        metrics = [each for each in self.figures.metrics if each.alpha.value is not None]
        metrics = metrics[:MOST_COLUMNS]
        people = [each for each in self.figures.people if each.alpha_without]
        if not metrics or len(people) < 3:  # without one of two there is nothing left
            return None
        rows = [
            {
                "label": each.name,
                "url": self.url(each.filter),
                "cells": [self._without(each, metric) for metric in metrics],
            }
            for each in people
        ]
        return {"rows": rows, "columns": [each.label for each in metrics]}

    def _without(self, who: PersonFigures, metric: MetricFigures) -> dict[str, Any] | None:
        quantity = who.alpha_without.get(metric.key)
        if quantity is None or quantity.value is None or metric.alpha.value is None:
            return None
        gain = quantity.value - metric.alpha.value
        sign = "+" if gain > 0 else "−"
        title = f"Alpha of {metric.label} without {who.name}; with all it is"
        return {
            "value": max(0.0, quantity.value),
            "text": number(quantity.value),
            "detail": f"{sign}{abs(gain):.3f}",
            "url": self.url({"metric": metric.key, "reviewer": who.id}),
            "title": f"{title} {number(metric.alpha.value)}",
        }

    # --- items, warnings, floors -----------------------------------------------------------------

    def disputed(self, each: DisputedItem) -> dict[str, Any]:
        """One item, with what it costs the alphas it costs most."""
        costs = sorted(each.costs.items(), key=lambda cost: -cost[1])
        said = [f"{_cost(cost)} of {self.labels.get(key, key)}" for key, cost in costs]
        return {
            "key": each.key,
            "label": each.label,
            "width": f"{100 * each.disagreement:.2f}%",
            "text": percent(100 * each.disagreement),
            "n_compared": each.n_compared,
            "n_ratings": each.n_ratings,
            "cost": said[0] if said else NONE,
            "costs": "; ".join(said),
            "n_more": max(0, len(said) - 1),
        }

    def warnings(self) -> list[dict[str, Any]]:
        """By kind, first those about everything; each case with its metric."""
        told = [*self.figures.warnings]
        told += [one for each in self.figures.metrics for one in each.warnings]
        order = {code: place for place, code in enumerate(EXPLAINED)}
        told.sort(key=lambda one: order.get(one.code, len(order)))
        return [
            {"code": code, "explained": explained(code), "cases": [self._case(one) for one in ones]}
            for code, ones in groupby(told, key=lambda one: one.code)
        ]

    def _case(self, one: Warned) -> dict[str, Any]:
        where = {"metric": one.metric} if one.metric else {}
        if one.code == "exposed":
            where = {"view": "exposed"}
        return {
            "label": self.labels.get(one.metric, ""),
            "message": one.message,
            "url": self.url(where),
        }

    def floor(self, each: FloorFigures) -> dict[str, Any]:
        """A chosen floor and how the figure stands to it."""
        is_share = not each.figure.startswith("alpha")
        form = share if is_share else coefficient
        return {
            "figure": each.figure,
            "label": each.label,
            "least": percent(100 * each.least) if is_share else number(each.least),
            "now": form(each.quantity, each.label, self.url(each.filter)),
            "is_met": each.is_met,
            "outlook": "",
        }


def explained(code: str) -> Explained:
    """What a warning means and what to do about it."""
    return EXPLAINED.get(code) or Explained(code.replace("_", " ").capitalize(), "", "")


def _with_n(found: Shown, rate: Rate) -> Shown:
    return Shown(
        found.quantity, found.text, found.raw, found.ends, found.why, found.said, found.url,
        rate.n_cells, rate.n_items,
    )  # fmt: skip


def _close_label(each: MetricFigures) -> str:
    return "within one step" if each.level == "ordinal" else "mean likeness"


def _cost(cost: float) -> str:
    return f"{cost:.3f}" if cost >= 0.0005 else "under 0.001"


def about(query: Mapping[str, str], shape: Shape, names: Mapping[str, str]) -> list[str]:
    """A filter of items in words; `names` of people by id."""
    from reviews.agreement_items import CELLS

    said = [CELLS[query.get("cells") or "rated"]]
    if query.get("metric"):
        label = label_of(query["metric"], shape)
        said.append(f"{label}: {query['value']}" if query.get("value") else label)
    who = [names.get(query.get(each, ""), "") for each in ("reviewer", "other")]
    if any(who):
        said.append(f"reviewed by {' and '.join(name for name in who if name)}")
    if query.get("view"):
        said.append("given blind" if query["view"] == "blind" else "given with something in view")
    return said
