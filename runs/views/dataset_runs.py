"""The tab of a dataset with its configurations and its newest runs."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from datasets.views.dataset_page import DatasetPage
from runs.models import EvaluationConfig, Run
from runs.run_listing import listed, rows_of

MOST_CONFIGS = 100
MOST_RUNS = 20


class DatasetRunsView(DatasetPage):
    """How this dataset is evaluated, and what came of it; all runs are one link away."""

    template_name = "runs/dataset_runs.html"
    here = "runs"
    crumb = "Runs"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        slug = self.actor.team.slug
        every = Run.objects.visible_to(self.actor).filter(dataset=self.dataset)
        newest = every.order_by("-created_at", "-id")
        names = {str(self.dataset.pk): self.dataset.name}
        return {
            "configs": self.configs(every),
            "runs": rows_of(listed(newest)[:MOST_RUNS], self.actor, names),
            "most_runs": MOST_RUNS,
            "runs_url": reverse("runs", args=[slug]),
            "configs_url": reverse("configs", args=[slug]),
            "may_create": self.actor.may("edit_evidence"),
            "may_run": self.actor.may("run_prompts"),
        }

    def configs(self, runs: Any) -> list[tuple[EvaluationConfig, Run | None]]:
        """The configurations of the dataset, each with its newest run."""
        last = runs.filter(config=OuterRef("pk")).order_by("-created_at", "-id").values("pk")[:1]
        rows = EvaluationConfig.objects.visible_to(self.actor).filter(dataset=self.dataset)
        told = rows.annotate(newest=Subquery(last)).select_related(
            "owner", "dataset", "generation", "judge"
        )
        configs = list(told.order_by("name", "id")[:MOST_CONFIGS])
        found = runs.in_bulk([row.newest for row in configs if row.newest])
        return [(row, found.get(row.newest)) for row in configs]
