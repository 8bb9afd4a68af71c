"""The list of datasets, a new one, its settings, and its end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from datasets.dataset_filters import LEVELS, filter_datasets, owners_of
from datasets.dataset_forms import LEVEL_SAYS, CreateForm, SettingsForm
from datasets.models import Dataset
from datasets.views.dataset_page import DatasetPage, OfDataset
from evalplatform.scoping.keyset import Page, capped_count, fetch_page
from evalplatform.scoping.views import ScopedPage, ScopedView

PAGE = 50
PAGE_KEYS = ("updated_at", "id")


class DatasetListView(ScopedPage):
    """Datasets, the last changed first; filters, page and text are all in the address."""

    model = Dataset
    template_name = "datasets/datasets.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        owners = owners_of(self.actor)
        found = filter_datasets(self.actor, self.request.GET, owners)
        errors, token = dict(found.errors), self.request.GET.get("page", "")
        try:
            rows = found.rows.select_related("owner").defer("description")
            page = fetch_page(rows, PAGE_KEYS, token, PAGE)
        except ValidationError as error:
            errors["page"], page = error.messages, Page([], "", "")
        n, is_more = capped_count(found.rows)
        url = reverse("datasets", args=[self.actor.team.slug])
        return {
            "datasets": page.rows,
            "newer_url": found.page_url(page.newer),
            "older_url": found.page_url(page.older),
            "n_matching": f"{n:,}{'+' if is_more else ''}",
            "is_filtered": bool(found or token),
            "is_empty": not (found or token or page.rows),
            "values": found.values(),
            "chips": found.chips(url),
            "errors": errors,
            "list_url": url,
            "owners": owners.items(),
            "levels": LEVELS.items(),
            "may_create": self.actor.may("edit_evidence"),
        }


class DatasetCreateView(ScopedPage):
    """A new, empty dataset."""

    model = Dataset
    verb = "edit_evidence"
    template_name = "datasets/dataset_create.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"form": kwargs.get("form") or CreateForm(), "levels": LEVEL_SAYS}

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = CreateForm(request.POST)
        if form.is_valid():
            try:
                return redirect(Dataset.create(**form.cleaned_data, by=self.actor))
            except ValidationError as error:
                form.add_error(None, error)
        context = self.get_context_data(**self.context(form=form))
        return self.render_to_response(context, status=422)


class DatasetSettingsView(DatasetPage):
    """Name, description, sharing, and the way to delete it."""

    template_name = "datasets/dataset_settings.html"
    here = "settings"
    crumb = "Settings"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.require_editor()
        names = ("name", "description", "is_shared")
        initial = {name: getattr(self.dataset, name) for name in names}
        return {"form": kwargs.get("form") or SettingsForm(initial=initial)}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        form = SettingsForm(request.POST)
        if form.is_valid():
            self.dataset.change(**form.cleaned_data, by=self.actor)
            messages.success(request, "Saved.")
            return redirect(self.dataset)
        context = self.get_context_data(**self.context(form=form))
        return self.render_to_response(context, status=422)


class DatasetShareView(OfDataset):
    """POST: switch the sharing of a dataset."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        is_shared = request.POST.get("is_shared") == "1"
        self.dataset.change(is_shared=is_shared, by=self.actor)
        words = "Shared with the team." if is_shared else "No longer shared."
        messages.success(request, words)
        return redirect(self.dataset)


class DatasetDeleteView(OfDataset):
    """POST: take a dataset out of everybody's sight, until it is restored."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.dataset.delete_for_all(by=self.actor)
        undo = f"undo:{self.url('dataset-restore')}"
        messages.success(request, f"Deleted {self.dataset.name[:80]}.", extra_tags=undo)
        return redirect("datasets", self.actor.team.slug)


class DatasetRestoreView(ScopedView):
    """POST: bring a deleted dataset back."""

    model = Dataset
    verb = "edit_evidence"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            dataset = Dataset.restore_deleted(kwargs["pk"], by=self.actor)
        except Dataset.DoesNotExist as error:
            raise Http404 from error
        messages.success(request, f"{dataset.name[:80]} is back.")
        return HttpResponse(status=204)
