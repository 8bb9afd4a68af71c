"""What the pages of one dataset share: the visible dataset, and what its actor may do to it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django_htmx.http import trigger_client_event

from datasets.models import Dataset, DatasetItem
from evalplatform.scoping.views import ScopedPage, ScopedView


class OfDataset(ScopedView):
    """A view under /datasets/<pk>/: 404 unless the dataset is visible."""

    model = Dataset
    verb = "see"

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset of the address."""
        found: Dataset = self.get_row(pk=self.kwargs["pk"])
        found.team = self.actor.team
        return found

    @cached_property
    def may_edit(self) -> bool:
        """Whether the actor may change this dataset."""
        editable = Dataset.objects.editable_by(self.actor)
        return bool(editable.filter(pk=self.dataset.pk).exists())

    def require_editor(self) -> None:
        """403 for those who may see the dataset and not change it."""
        if not self.may_edit:
            raise PermissionDenied("Only its owner and who administers the team may change this.")

    def revisions(self) -> Any:
        """Every row of the dataset that its versions hold."""
        return DatasetItem.objects.visible_to(self.actor).filter(dataset=self.dataset)

    def url(self, name: str, *args: Any) -> str:
        """The address of a page of this dataset."""
        return reverse(name, args=[self.actor.team.slug, self.dataset.pk, *args])

    def about(self) -> dict[str, Any]:
        """What every page of the dataset shows; `dataset_url` is resolved once a page."""
        return {
            "dataset": self.dataset,
            "dataset_url": self.url("dataset"),
            "may_edit": self.may_edit,
        }


class DatasetPage(OfDataset, ScopedPage):
    """A page of one dataset; `here` is its tab, `crumb` its name in the breadcrumbs."""

    here = ""
    crumb = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        place = {
            "here": self.here,
            "crumb": self.crumb,
            "crumb_url": self.url("dataset") if self.crumb else "",
        }
        return super().get_context_data(**{**self.about(), **place, **kwargs})


def toasted(
    response: HttpResponse, text: str, *, level: str = "success", undo: str = "", event: str = ""
) -> HttpResponse:
    """Return the response with a toast, and an event that htmx fires on the page."""
    trigger_client_event(response, "toast", {"text": text, "level": level, "undo": undo})
    if event:
        trigger_client_event(response, event, {})
    return response
