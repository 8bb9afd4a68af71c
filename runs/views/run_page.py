"""What the pages of one run share: the visible run, and what its actor may do to it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.urls import reverse

from datasets.models import Dataset
from evalplatform.scoping.views import ScopedPage, ScopedView
from runs.models import EvaluationConfig, Run, RunBatch, RunItem


class OfRun(ScopedView):
    """A view under /runs/<pk>/: 404 unless the run is visible."""

    model = Run
    verb = "see"

    @cached_property
    def run(self) -> Run:
        """The run of the address."""
        found: Run = self.rows().select_related("owner").filter(pk=self.kwargs["pk"]).first()
        if found is None:
            found = self.get_row(pk=self.kwargs["pk"])  # the 404 of all pages
        found.team = self.actor.team
        return found

    @cached_property
    def may_edit(self) -> bool:
        """Whether the actor may change this run."""
        return bool(Run.objects.editable_by(self.actor).filter(pk=self.run.pk).exists())

    def require_editor(self) -> None:
        """403 for those who may see the run and not change it."""
        if not self.may_edit:
            raise PermissionDenied("Only its owner and who administers the team may change this.")

    def items(self) -> Any:
        """The rows of the run, in no order yet."""
        return RunItem.objects.visible_to(self.actor).filter(run=self.run)

    def url(self, name: str, *args: Any) -> str:
        """The address of a page of this run."""
        return reverse(name, args=[self.actor.team.slug, self.run.pk, *args])

    @cached_property
    def dataset(self) -> Dataset | None:
        """The dataset of the run, when the reader may see it too."""
        found: Dataset | None = self._of(Dataset, self.run.dataset_id)
        return found

    def _of(self, model: Any, pk: Any) -> Any:
        return model.objects.visible_to(self.actor).filter(pk=pk).first() if pk else None

    def about(self) -> dict[str, Any]:
        """What every page of the run shows; `run_url` is resolved once a page."""
        return {
            "run": self.run,
            "run_url": self.url("run"),
            "runs_url": reverse("runs", args=[self.actor.team.slug]),
            "may_edit": self.may_edit,
            "dataset": self.dataset,
        }


class RunPage(OfRun, ScopedPage):
    """A page of one run; `crumb` is its name in the breadcrumbs."""

    crumb = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        place = {"crumb": self.crumb, "crumb_url": self.url("run") if self.crumb else ""}
        return super().get_context_data(**{**self.about(), **place, **kwargs})

    def made_with(self) -> dict[str, Any]:
        """The batch and the configuration of the run, those that the reader may see."""
        return {
            "batch": self._of(RunBatch, self.run.batch_id),
            "config": self._of(EvaluationConfig, self.run.config_id),
        }
