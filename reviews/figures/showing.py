"""The figures of agreement as the page says them: in words, with where each leads."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from reviews.figures.metrics import label_of
from reviews.figures.shapes import (
    AgreementFigures,
    Beside,
    DisputedItem,
    Filter,
    MetricFigures,
    Rate,
    Warned,
)
from reviews.figures.showing_ahead import headline_ahead, pass_rate, shown_floor
from reviews.figures.showing_people import People
from reviews.figures.shown import NONE, Shown, coefficient, rate_of, share
from reviews.figures.warnings import EXPLAINED, Explained
from reviews.rubrics.shape import Shape
from runs.run_numbers import percent

SHOWN_DISPUTED = 20
LEVELS = {
    "nominal": "names",
    "ordinal": "ratings in order",
    "interval": "numbers",
    "sets": "sets of labels",
}
VERDICTS = ("pass", "fail")


class Showing:
    """What the page is made of; `items_url` is the list of items behind a figure."""

    def __init__(self, figures: AgreementFigures, items_url: str) -> None:
        self.figures, self.items_url = figures, items_url
        self.labels = {each.key: each.label for each in figures.metrics}

    def url(self, where: Filter) -> str:
        """The items behind a figure."""
        return f"{self.items_url}?{urlencode(where)}" if where else self.items_url

    def rate(self, rate: Rate, label: str) -> Shown:
        """A share with its n; a link to its items where there are any."""
        return rate_of(rate, label, self.url(rate.filter) if rate.n_cells else "")

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
            "has_auto": figures.auto.n_cells > 0,
            "confusion": self.confusion(),
            **People(figures, self.url).page(),
            "disputed": [self.disputed(each) for each in figures.disputed[:SHOWN_DISPUTED]],
            "warnings": self.warnings(),
            "floors": [shown_floor(figures, each, self.url) for each in figures.floors],
            "pass_rate": pass_rate(figures),
            "lines": figures.reference_lines,
        }  # fmt: skip

    def headline(self) -> list[dict[str, Any]]:
        """The two rates that the page begins with."""
        reviewers = self.rate(self.figures.reviewers, "Reviewers among themselves")
        auto = self.rate(self.figures.auto, "Machine against reviewers")
        found = [
            {
                "name": "reviewers", "title": "Reviewers among themselves", "rate": reviewers,
                "tone": "", "says": "of the pairs of answers to one question agree",
            },
            {
                "name": "auto", "title": "Machine against reviewers", "rate": auto,
                "tone": "machine", "says": "of reviewers’ answers are the machine’s verdict",
            },
        ]  # fmt: skip
        if self.figures.scope == "own" and not self.figures.auto.n_cells:
            del found[1:]  # the queue does not show its reviewers what the machine said
        return [each | headline_ahead(self.figures, str(each["name"])) for each in found]

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

    # --- items and warnings ----------------------------------------------------------------------

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


def explained(code: str) -> Explained:
    """What a warning means and what to do about it."""
    return EXPLAINED.get(code) or Explained(code.replace("_", " ").capitalize(), "", "")


def _close_label(each: MetricFigures) -> str:
    return "within one step" if each.level == "ordinal" else "mean likeness"


def _cost(cost: float) -> str:
    return f"{cost:.3f}" if cost >= 0.0005 else "under 0.001"


def about(query: Mapping[str, str], shape: Shape, names: Mapping[str, str]) -> list[str]:
    """A filter of items in words; `names` of people by id."""
    from reviews.figures.items import CELLS

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
