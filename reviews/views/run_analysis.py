"""The analysis of one run, for whoever sees the run."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from reviews.analysis.one_run import RunAnalysis, analyse
from runs.run_numbers import breakdown
from runs.views.run_page import RunPage


class RunAnalysisView(RunPage):
    """How rows are spread, what failed, the runs before it, and what people said."""

    template_name = "reviews/analysis/run.html"
    crumb = "Analysis"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = analyse(self.run, self.actor)
        list_url = self.url("run")
        self.request.place = "runs"  # type: ignore[attr-defined]
        return {
            "found": found,
            **breakdown(self.run, list_url),
            "seconds": bars_of(found.seconds),
            "lengths": bars_of(found.lengths),
            "errors": [{"label": text, "value": n, "tone": "fail"} for text, n in found.errors],
            "errors_url": f"{list_url}?show=error#items",
            "before": before_of(found, self.actor.team.slug),
            "queue_url": self.queue_url(found),
        }

    def queue_url(self, found: RunAnalysis) -> str:
        if found.people is None:
            return ""
        return reverse("queue", args=[self.actor.team.slug, found.people.queue.pk])


def bars_of(counts: list[tuple[str, int]]) -> list[dict[str, Any]]:
    """Rows for bars; none when there is nothing."""
    if not any(n for _, n in counts):
        return []
    return [{"label": label, "value": n} for label, n in counts]


def before_of(found: RunAnalysis, slug: str) -> dict[str, Any]:
    """The line over the runs before, and its rows, the newest first."""
    runs = found.before
    return {
        "series": [
            {"label": "Rows that pass", "tone": "machine", "values": [each.rate for each in runs],
             "of": [each.n for each in runs]},
        ],
        "days": [each.created_at.date() for each in runs],
        "rows": [
            {"run": each, "url": reverse("run", args=[slug, each.pk]),
             "is_this": each.pk == found.run.pk}
            for each in reversed(runs)
        ],
    }  # fmt: skip
