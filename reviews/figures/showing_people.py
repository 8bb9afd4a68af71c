"""The figures about reviewers as the page says them: pairs, one against the others, without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reviews.figures.shapes import (
    AgreementFigures,
    Filter,
    MetricFigures,
    PairFigures,
    PersonFigures,
)
from reviews.figures.shown import number, share

MOST_COLUMNS = 8  # metrics beside each other, the worst


class People:
    """What the page says of reviewers; `url` gives the items behind a figure."""

    def __init__(self, figures: AgreementFigures, url: Callable[[Filter], str]) -> None:
        self.figures, self.url = figures, url
        self.labels = {each.key: each.label for each in figures.metrics}
        self.names = {each.id: each.name for each in figures.people}

    def page(self) -> dict[str, Any]:
        """All of it, as the templates take it."""
        return {
            "matrix": self.matrix(),
            "people": [self.person(each) for each in self.figures.people],
            "without": self.without(),
        }

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
