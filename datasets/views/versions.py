"""Versions of a dataset: listed, read, named, finished, restored, and held against each other."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from datasets import item_diff
from datasets.dataset_forms import VersionTitleForm
from datasets.formats.items import CheckRecord
from datasets.models import DatasetVersion
from datasets.operators import OPERATORS
from datasets.restoring import restore
from datasets.views.dataset_page import DatasetPage, OfDataset
from datasets.views.items import ItemListPage
from evalplatform.errors import Conflict
from evalplatform.scoping.keyset import Page, capped_count, fetch_page
from evalplatform.scoping.patience import TooBroadError, patience

PAGE = 50


class OfVersion(OfDataset):
    """A view of one version; 404 unless the dataset has it."""

    @cached_property
    def version(self) -> DatasetVersion:
        """The version of the address."""
        return self.version_of(self.kwargs["number"])

    def version_of(self, number: int) -> DatasetVersion:
        versions = DatasetVersion.objects.visible_to(self.actor).filter(dataset=self.dataset)
        found: DatasetVersion | None = (
            versions.filter(number=number).select_related("created_by").first()
            if 0 < number <= self.dataset.version
            else None
        )
        if found is None:
            raise Http404
        return found


class VersionListView(DatasetPage):
    """Every version, the newest first."""

    template_name = "datasets/versions.html"
    here = "versions"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rows = DatasetVersion.objects.visible_to(self.actor).filter(dataset=self.dataset)
        rows = rows.select_related("created_by").defer("global_checks")
        try:
            page = fetch_page(rows, ("number",), self.request.GET.get("page", ""), PAGE)
        except ValidationError:
            page = Page([], "", "")
        return {
            "versions": page.rows,
            "newer_url": f"?page={page.newer}" if page.newer else "",
            "older_url": f"?page={page.older}" if page.older else "",
        }


class VersionView(OfVersion, ItemListPage):
    """The items of one version, to be read."""

    template_name = "datasets/version.html"
    here = "versions"
    is_newest = False

    def items(self) -> Any:
        return self.revisions().at(self.version.number)

    def n_items(self) -> int:
        return self.version.n_items

    def list_url(self) -> str:
        return self.url("dataset-version", self.version.number)

    def of_filter(self, found: Any) -> dict[str, Any]:
        number = self.version.number
        self.crumb = f"Version {number}"
        return super().of_filter(found) | {
            "version": self.version,
            "version_query": f"?version={number}",
            "is_last": number == self.dataset.version,
            "title_form": VersionTitleForm(initial={"title": self.version.title}),
            "checks": checks_of(self.version),
        }


class VersionRestoreView(OfVersion):
    """POST: make the dataset what it was at this version, as a new one."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        try:
            made = restore(self.dataset, self.version.number, by=self.actor)
        except Conflict as error:
            messages.warning(request, str(error.detail))
        else:
            undo = f"undo:{self.url('dataset-undo')}?made={made.number}"
            text = f"Version {self.version.number} is restored as version {made.number}."
            messages.success(request, text, extra_tags=undo)
        return redirect(self.dataset)


class VersionTitleView(OfVersion):
    """POST: name a version."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        form = VersionTitleForm(request.POST)
        if form.is_valid():
            self.version.rename(form.cleaned_data["title"], by=self.actor)
            messages.success(request, "Renamed.")
        else:
            messages.error(request, str(form.errors["title"][0]))
        return redirect(self.url("dataset-version", self.version.number))


class VersionFinishView(OfVersion):
    """POST: end an edit session, so that what follows is another version."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        self.version.finish(by=self.actor)
        messages.success(request, f"Version {self.version.number} is finished.")
        return redirect(self.url("dataset-version", self.version.number))


class DiffView(OfVersion, DatasetPage):
    """What differs between two versions: added and changed items, or removed ones."""

    template_name = "datasets/diff.html"
    here = "versions"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().get(request, *args, **kwargs)
        except TooBroadError:
            context = self.get_context_data(is_too_broad=True, a=kwargs["a"], b=kwargs["b"])
            return self.render_to_response(context, status=503)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        a, b = self.version_of(kwargs["a"]), self.version_of(kwargs["b"])
        if a.number > b.number:
            raise Http404
        self.crumb = f"Version {a.number} to {b.number}"
        shows_gone = self.request.GET.get("show") == "gone"
        revisions, token = self.revisions(), self.request.GET.get("page", "")
        read = item_diff.page_of_gone if shows_gone else item_diff.page_of_came
        with patience():
            try:
                page, diffs = read(revisions, a.number, b.number, token)
            except ValidationError:
                page, diffs = Page([], "", ""), []
            n_came = said(capped_count(item_diff.came(revisions, a.number, b.number)))
            n_gone = said(capped_count(item_diff.gone(revisions, a.number, b.number)))
        query = "?show=gone&page=" if shows_gone else "?page="
        return {
            "a": a.number,
            "b": b.number,
            "diffs": diffs,
            "shows_gone": shows_gone,
            "n_came": n_came,
            "n_gone": n_gone,
            "newer_url": f"{query}{page.newer}" if page.newer else "",
            "older_url": f"{query}{page.older}" if page.older else "",
            "checks_before": checks_of(a) if a.global_checks != b.global_checks else None,
            "checks_after": checks_of(b),
        }


def said(count: tuple[int, bool]) -> str:
    n, is_more = count
    return f"{n:,}{'+' if is_more else ''}"


def checks_of(version: DatasetVersion) -> list[tuple[Any, CheckRecord]]:
    """The checks on every item at this version, with their operators."""
    records = [CheckRecord.from_json(each) for each in version.global_checks]
    return [(OPERATORS.get(check.operator), check) for check in records]
