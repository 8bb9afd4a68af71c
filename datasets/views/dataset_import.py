"""The page of one import of items: its progress, what it would do, what it did; and its acts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from datasets.dataset_forms import VersionTitleForm
from datasets.dataset_importing import previewed
from datasets.formats import catalog
from datasets.formats.items import Item
from datasets.import_columns import Column, columns_of, first_items
from datasets.import_showing import changed_fields_of, changes_of, errors_csv, previews_of
from datasets.import_turns import opened
from datasets.item_upload_forms import UPLOADED
from datasets.models import Dataset, DatasetImport, RememberedMapping
from datasets.reading_forms import ReadingForm
from datasets.views.imports import ImportAct, get_import
from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.jobs.kinds import JobRefusedError
from evalplatform.scoping.views import ScopedPage, ScopedView

MAPPED = "dataset-csv"
GONE = "You may not change this dataset any more, or it is deleted."


class OfImport(ScopedView):
    """A view under /datasets/imports/<pk>/: 404 unless the import is one's own."""

    model: Any = DatasetImport
    verb: str = Verb.EDIT_EVIDENCE

    @cached_property
    def row(self) -> DatasetImport:
        """The import of the address."""
        found: DatasetImport = get_import(self, self.kwargs["pk"])
        return found

    @cached_property
    def columns(self) -> list[Column]:
        """The columns of the file that can be mapped; none when the format has none."""
        if self.row.format != MAPPED:
            return []
        try:
            with opened(self.row) as stream:
                return columns_of(stream)
        except JobRefusedError:
            return []

    @property
    def header(self) -> list[str]:
        """The titles of the columns, under which a mapping is remembered."""
        return [column.title for column in self.columns]

    def reading_form(self, data: Any = None) -> ReadingForm:
        """How the file is read, to be changed."""
        return ReadingForm(
            data,
            format_slug=self.row.format,
            is_update=self.row.dataset_id is not None,
            columns=self.columns,
            options=self.row.options,
        )

    def remember(self, mapping: dict[str, Any]) -> None:
        """Keep the mapping for the next file with this header."""
        if self.header and mapping:
            RememberedMapping.remember(self.header, mapping, by=self.actor)


class DatasetImportView(OfImport, ScopedPage):
    """One import: its progress, then what it would do, then what it did."""

    template_name = "datasets/dataset_import.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        row, report = self.row, self.row.report
        dataset = Dataset.objects.visible_to(self.actor).filter(pk=row.dataset_id).first()
        known = catalog.ITEM_FORMATS.get(row.format)
        may_read_otherwise = row.state in (row.State.READY, row.State.REFUSED)
        reading = kwargs.get("reading") or (self.reading_form() if may_read_otherwise else None)
        return {
            "import": row,
            "report": report,
            "format": known.label if known else row.format,
            "dataset": dataset,
            "may_undo": bool(dataset and row.version and dataset.version == row.version),
            "commit_label": said_of(report),
            "title_form": kwargs.get("title_form") or VersionTitleForm({"title": row.title}),
            "reading": reading,
            "is_unmapped": bool(reading and reading.faults),
            "is_as_last_time": may_read_otherwise and self.is_as_last_time(),
            "changes": changes_of(report),
            "changed_fields": changed_fields_of(report),
            "previews": previews_of(report.get("preview", ())),
        }

    def is_as_last_time(self) -> bool:
        """Whether the columns are mapped as this person kept it before this upload."""
        kept = RememberedMapping.of(self.header, by=self.actor) if self.header else None
        if not kept or not kept.items() <= self.row.options.get("mapping", {}).items():
            return False
        saved_at = RememberedMapping.saved_for(self.header, by=self.actor)
        return saved_at is not None and saved_at < self.row.created_at

    def again(self, **kwargs: Any) -> HttpResponseBase:
        """The page with a form that says what is wrong."""
        return self.render_to_response(self.get_context_data(**self.context(**kwargs)), status=422)


def said_of(report: dict[str, Any]) -> str:
    """What a commit does, for its button: “Create 12 items, update 3”."""
    items, checks = report.get("items", {}), report.get("global_checks", {})
    n_new, n_changed, n_checks = (
        items.get("create", 0),
        items.get("update", 0),
        checks.get("create", 0),
    )
    said = [f"create {n_new:,} item{'s' * (n_new != 1)}"] if n_new else []
    if n_changed:
        said.append(f"update {n_changed:,}" + ("" if n_new else f" item{'s' * (n_changed != 1)}"))
    if n_checks:
        said.append(f"add {n_checks:,} check{'s' * (n_checks != 1)} on every item")
    text = ", ".join(said)
    return text[:1].upper() + text[1:]


class CommitView(DatasetImportView):
    """POST: save what the page shows, as one version under the name that is given."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        form = VersionTitleForm(request.POST)
        if not form.is_valid():
            return self.again(title_form=form)
        self.remember(self.row.options.get("mapping", {}))
        try:
            if "title" in request.POST:
                self.row.name_version(form.cleaned_data["title"], by=self.actor)
            self.row.commit(by=self.actor)
        except Conflict as conflict:
            messages.warning(request, str(conflict.detail))
        return redirect(self.row)


class NameView(DatasetImportView):
    """POST: keep the name that the version will have."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        form = VersionTitleForm(request.POST)
        if not form.is_valid():
            return self.again(title_form=form)
        self.row.name_version(form.cleaned_data["title"], by=self.actor)
        return redirect(self.row)


class OptionsView(DatasetImportView):
    """POST: read the file otherwise and check it anew; with `preview`, only show how."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        slug = request.POST.get("format", self.row.format)
        if slug in UPLOADED and slug != self.row.format:
            return self.read_as(slug)
        form = self.reading_form(request.POST)
        is_valid = form.is_valid()
        if "preview" in request.POST:
            return self.preview(form.all_faults(), self.first(form) if is_valid else ())
        if not is_valid:
            return self.again(reading=form)
        self.read_otherwise(form.options())
        self.remember(form.options().get("mapping", {}))
        return redirect(self.row)

    def read_as(self, slug: str) -> HttpResponseBase:
        """Check the file as one of another format; a preview of that has to wait for it."""
        if "preview" in self.request.POST:
            return self.preview([("", "Check the file this way to see its rows in this format.")])
        if slug != MAPPED:
            self.read_otherwise({"mapping": {}}, slug)
        else:
            with opened(self.row) as stream:
                header = [column.title for column in columns_of(stream)]
            mapping = RememberedMapping.of(header, by=self.actor) or {}
            self.read_otherwise({"mapping": mapping}, slug)
        return redirect(self.row)

    def read_otherwise(self, options: dict[str, Any], slug: str = "") -> None:
        try:
            self.row.read_otherwise(options, format_slug=slug, by=self.actor)
        except Conflict as conflict:
            messages.warning(self.request, str(conflict.detail))

    def first(self, form: ReadingForm) -> list[Item]:
        """The first rows as they would become."""
        if not self.columns:
            return []
        with opened(self.row) as stream:
            return first_items(stream, form.read_options())

    def preview(self, faults: list[tuple[str, str]], items: Iterable[Item] = ()) -> HttpResponse:
        """A part of the page: those rows, or why there are none."""
        shown = {"previews": previews_of(map(previewed, items)), "faults": faults}
        return render(self.request, "datasets/_item_previews.html", shown)


class ErrorsView(OfImport):
    """The listed problems as a table to work through."""

    http_method_names = ("get", "head")

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        response = HttpResponse(errors_csv(self.row.report), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="problems.csv"'
        return response


class Act(ImportAct):
    """POST: one act on one's own import of items, then its page again."""

    model = DatasetImport


class CheckView(Act):
    """Check the file once more."""

    act = "check_again"


class DiscardView(Act):
    """Delete the file; nothing of it is saved."""

    act = "discard"


class UndoView(OfImport):
    """POST: restore what the dataset was before; its page then."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        try:
            self.row.undo(by=self.actor)
        except (Conflict, Dataset.DoesNotExist, PermissionDenied) as refusal:
            messages.warning(request, str(getattr(refusal, "detail", GONE)))
            return redirect(self.row)
        messages.success(request, f"The import of {self.row.file_name} is undone.")
        return redirect("dataset", self.actor.team.slug, self.row.dataset_id)
