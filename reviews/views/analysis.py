"""The pages of analysis: quality, the team, behavioral labels, the registry; owners and admins."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from evalplatform.scoping.patience import TooBroadError, patience
from evalplatform.scoping.views import ScopedPage
from reviews.analysis.choices import choices_of
from reviews.analysis.labels import Observatory, observatory
from reviews.analysis.quality import Part, Quality, label_of, quality_of
from reviews.analysis.registry import LANES, Lane
from reviews.analysis.registry_reading import MOST_ROWS, registry
from reviews.analysis.scope import NAMES, Scope, read_scope
from reviews.analysis.team import MOST_LEFT, team_review
from reviews.models.behavioral_label import AFFECTS, INTENTS

WORDS = {"date_from": "From", "date_to": "Until", "category": "Category", "source": "Source",
         "reviewer": "Reviewer"}  # fmt: skip
LISTED = 100


class AnalysisPage(ScopedPage):
    """A page over some days; what takes the database too long is a kind word and a 503."""

    verb = "see_analysis"
    here = ""
    filters: tuple[str, ...] = NAMES

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            with patience():
                context = self.about() | self.of_filters() | self.numbers()
        except TooBroadError:
            context = self.about() | {"is_too_broad": True}
            return self.render_to_response(self.get_context_data(**context), status=503)
        return self.render_to_response(self.get_context_data(**context))

    @cached_property
    def asked(self) -> tuple[Scope, dict[str, str]]:
        return read_scope(self.request.GET)

    @property
    def scope(self) -> Scope:
        return self.asked[0]

    def numbers(self) -> dict[str, Any]:
        """What the page shows."""
        return {}

    def url(self, **changed: str) -> str:
        """The address of this page with one filter set anew."""
        kept = {name: self.request.GET[name] for name in self.filters if self.request.GET.get(name)}
        query = urlencode({name: value for name, value in (kept | changed).items() if value})
        return f"{self.request.path}?{query}" if query else self.request.path

    def about(self) -> dict[str, Any]:
        """The days and what is wrong with them."""
        return {
            "here": self.here,
            "scope": self.scope,
            "faults": self.asked[1],
            "has_filter": dict.fromkeys(self.filters, True),
            "list_url": self.request.path,
        }

    def of_filters(self) -> dict[str, Any]:
        """What the filter bar offers, and what is chosen as chips."""
        offered = choices_of(self.scope, self.actor)
        reviewers = dict(offered.reviewers)
        chips = []
        for name in self.filters:
            value = self.request.GET.get(name, "").strip()
            if value and name not in self.asked[1]:
                said = reviewers.get(value, value) if name == "reviewer" else value
                said = label_of("source", value) if name == "source" else said
                chips.append(
                    {"label": WORDS[name], "value": said, "remove_url": self.url(**{name: ""})}
                )
        return {"choices": offered, "chips": chips}


class QualityView(AnalysisPage):
    """Pass rates, ratings and agreement over time, by category, source and reviewer."""

    template_name = "reviews/analysis/quality.html"
    here = "quality"

    def numbers(self) -> dict[str, Any]:
        found = quality_of(self.scope, self.actor)
        return {
            "found": found,
            "series": series_of(found),
            "parts": [
                ("category", "By category", self.linked("category", found.by_category)),
                ("source", "By source", self.linked("source", found.by_source)),
                ("reviewer", "By reviewer", self.linked("reviewer", found.by_reviewer)),
            ],
            "ratings": [
                {"rating": each, "means": each.means(self.scope.steps)} for each in found.ratings
            ],
        }

    def linked(self, name: str, parts: list[Part]) -> list[tuple[Part, str]]:
        """Each part with the address that narrows the page to it."""
        return [(part, self.url(**{name: part.name}) if part.name else "") for part in parts]


def series_of(found: Quality) -> list[dict[str, Any]]:
    """The lines of the picture: what the machine passes, what people pass, how far they agree."""
    steps = found.by_step
    return [
        {"label": "Rows the machine passes", "tone": "machine",
         "values": [each.items_rate for each in steps], "of": [each.n_items for each in steps]},
        {"label": "People say pass", "tone": "accent",
         "values": [each.judged_rate for each in steps], "of": [each.n_judged for each in steps]},
        {"label": "Reviewers agree", "tone": "pass",
         "values": [each.between.value for each in steps],
         "of": [each.between.n for each in steps]},
        {"label": "Machine agrees with reviewers", "tone": "attention",
         "values": [each.with_machine.value for each in steps],
         "of": [each.with_machine.n for each in steps]},
    ]  # fmt: skip


class HomeQualityView(ScopedPage):
    """The part of home that says how quality moves: fetched once home is shown."""

    verb = "see_analysis"
    template_name = "home/_quality.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        scope, _ = read_scope({})
        try:
            with patience():
                found = quality_of(scope, self.actor)
        except TooBroadError:
            return {"found": None}
        url = reverse("analysis", args=[self.actor.team.slug])
        return {"found": found, "scope": scope, "series": series_of(found), "analysis_url": url}


class TeamView(AnalysisPage):
    """What each reviewer has done, what waits, pace, and their own agreement."""

    template_name = "reviews/analysis/team.html"
    here = "team"
    filters = NAMES[:4]

    def numbers(self) -> dict[str, Any]:
        found = team_review(self.scope, self.actor)
        steps = self.scope.steps
        return {
            "found": found,
            "most_left": MOST_LEFT,
            "people": [
                {"who": each, "counts": [each.by_step.get(step, 0) for step in steps],
                 "pace": each.pace * 1000 if each.pace is not None else None}
                for each in found.reviewers
            ],
        }  # fmt: skip


class ObservatoryView(AnalysisPage):
    """How saved behavioral labels are spread over the whole team."""

    template_name = "reviews/analysis/labels.html"
    here = "labels"

    def numbers(self) -> dict[str, Any]:
        found = observatory(self.scope, self.actor)
        return {
            "found": found,
            "fields": [
                {"spread": each, "agreement": found.agreement[each.name],
                 "rows": [{"label": str(value), "value": n} for value, n in each.counts]}
                for each in found.fields
            ],
            "affects": AFFECTS,
            "pairs": pairs_of(found),
            "means": [found.by_step.get(step, (0, None))[1] for step in self.scope.steps],
            "counts": [found.by_step.get(step, (0, None))[0] for step in self.scope.steps],
        }  # fmt: skip


def pairs_of(found: Observatory) -> list[dict[str, Any]]:
    """Intents by affects for a heat map: each count beside the largest."""
    top = max(found.pairs.values(), default=0)
    rows = []
    for intent in INTENTS:
        counts = [found.pairs.get((intent, affect), 0) for affect in AFFECTS]
        if any(counts):
            cells = [{"value": n / top if n else None, "text": f"{n:,}"} for n in counts]
            rows.append({"label": intent, "cells": cells})
    return rows


class RegistryView(AnalysisPage):
    """Which datasets and lanes the evidence suggests; nothing is stored."""

    template_name = "reviews/analysis/registry.html"
    here = "registry"
    filters = NAMES[:4]

    def numbers(self) -> dict[str, Any]:
        found = registry(self.scope, self.actor)
        dataset = self.request.GET.get("dataset", "").strip()
        lane = self.request.GET.get("lane", "").strip()
        lane = lane if lane in set(Lane) else ""
        rows = found.of(dataset=dataset, lane=lane)
        return {
            "found": found,
            "summary": found.summary,
            "lanes": [
                {"name": name, "label": LANES[Lane(name)][0], "about": LANES[Lane(name)][1], "n": n,
                 "url": self.narrowed(lane=name), "is_current": name == lane}
                for name, n in found.summary.lanes.items()
            ],
            "datasets": [
                (each, self.narrowed(dataset=each.name)) for each in found.summary.datasets
            ],
            "rows": [
                {"told": row, "lane": LANES[row.lane][0], "url": self.row_url(row.evidence)}
                for row in rows[:LISTED]
            ],
            "n_rows": len(rows),
            "dataset": dataset,
            "lane": LANES[Lane(lane)][0] if lane else "",
            "most_rows": MOST_ROWS,
        }  # fmt: skip

    def narrowed(self, **to: str) -> str:
        """The address that lists the rows of a dataset or lane."""
        base = self.url()
        return f"{base}{'&' if '?' in base else '?'}{urlencode(to)}#rows"

    def row_url(self, row: Any) -> str:
        return reverse("run-item", args=[self.actor.team.slug, row.run, row.pk])
