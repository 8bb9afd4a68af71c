"""The export page of reviews, of a run or of a queue: a format, its options, what will be in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.views import ScopedPage
from exports.forms import BundleForm
from exports.models import Export
from exports.review_catalog import REVIEW_FORMATS, ReviewExportFormat, ReviewOptions, fault_of
from exports.review_scope import ReviewScope
from exports.run_catalog import TableFormat
from exports.views.run_export import TABLES
from reviews.models import Queue
from runs.models import Run


class ReviewExportForm(BundleForm):
    """What is asked for; a format takes of the options those that it heeds."""

    format = forms.ChoiceField(widget=forms.RadioSelect)
    tables = forms.ChoiceField(
        choices=[(each.value, label) for each, (label, _) in TABLES.items()],
        widget=forms.RadioSelect,
        required=False,
    )
    suggestions = forms.BooleanField(
        required=False,
        label="Suggestions beside the answers",
        help_text="What the product proposes, apart from what reviewers said. Lab session files.",
    )
    spreadsheet_safe = forms.BooleanField(
        required=False,
        label="Safe for spreadsheets",
        help_text="A ' before cells of CSV files that a spreadsheet program would run as a "
        "formula. Programs want them without it.",
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, formats: list[ReviewExportFormat], data: Any = None) -> None:
        first = {
            "format": formats[0].slug if formats else "",
            "tables": TableFormat.CSV.value,
            "suggestions": True,
            "spreadsheet_safe": True,
            "token": uuid4(),
        }
        super().__init__(data, initial=first)
        choices: forms.ChoiceField = self.fields["format"]  # type: ignore[assignment]
        choices.choices = [(each.slug, each.label) for each in formats]

    @property
    def chosen(self) -> ReviewExportFormat:
        """Return the chosen format."""
        return REVIEW_FORMATS[self.cleaned_data["format"]]

    @property
    def options(self) -> ReviewOptions:
        """Return the chosen options, of those that the format heeds."""
        heeded = {name: self.cleaned_data[name] for name in self.chosen.options}
        heeded = {name: value for name, value in heeded.items() if value != ""}
        if heeded.get("tables") == TableFormat.PARQUET:
            del heeded["spreadsheet_safe"]
        return ReviewOptions.parse(heeded)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be in a file made now."""

    n_cases: int
    n_reviews: int
    n_completed: int
    n_people: int
    n_labels: int
    is_own_only: bool

    @classmethod
    def of(cls, scope: ReviewScope) -> Preview:
        reviews = scope.reviews()
        return cls(
            (scope.cases() if scope.run_id else scope.items()).count(),
            reviews.count(),
            scope.completed().count(),
            reviews.order_by().values("reviewer").distinct().count(),
            scope.labels().count() if scope.run_id else 0,
            scope.is_own_only,
        )


class ReviewExportView(ScopedPage):
    """GET shows the form, POST asks for the file and goes to its page."""

    verb = Verb.EXPORT
    template_name = "exports/review_export.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        scope = self.scope(self.get_row(pk=kwargs["pk"]))
        formats = formats_for(scope)
        tables = [(each.value, *texts) for each, texts in TABLES.items()]
        return {
            "run": scope.run,
            "queue": scope.queue,
            "about": self.get_row(pk=kwargs["pk"]),
            "form": kwargs.get("form") or ReviewExportForm(formats),
            "formats": formats,
            "tables": tables,
            "preview": Preview.of(scope),
        }

    def post(self, request: HttpRequest, pk: Any) -> HttpResponseBase:
        row = self.get_row(pk=pk)
        form = ReviewExportForm(formats_for(self.scope(row)), request.POST)
        if form.is_valid():
            try:
                return redirect(self.ask(row, form))
            except Conflict as error:
                form.add_error(None, str(error.detail))
            except ValidationError as error:
                form.add_error("format", error.messages)
        shown = self.get_context_data(**self.context(pk=pk, form=form))
        return self.render_to_response(shown, status=422)

    def scope(self, row: Any) -> ReviewScope:
        """What of the page's row its actor may take away."""
        return ReviewScope.of(self.actor, **{self.model.__name__.lower(): row})

    def ask(self, row: Any, form: ReviewExportForm) -> Export:
        """Return the export, the same however often this form is sent."""
        export, _ = Export.request_reviews(
            form.chosen,
            form.options,
            **{self.model.__name__.lower(): row},
            is_bundle=form.cleaned_data["is_bundle"],
            by=self.actor,
            idempotency_key=f"page:{form.cleaned_data['token']}",
        )
        return export


class RunReviewExportView(ReviewExportView):
    """Of a run."""

    model = Run


class QueueReviewExportView(ReviewExportView):
    """Of a queue."""

    model = Queue


def formats_for(scope: ReviewScope) -> list[ReviewExportFormat]:
    """The formats that the scope has something for."""
    return [each for each in REVIEW_FORMATS.values() if not fault_of(each, scope)]


def review_option_texts(export_format: ReviewExportFormat, options: ReviewOptions) -> list[str]:
    """Return the options that this format heeds, in the page's words."""
    told = []
    if "tables" in export_format.options:
        told.append(f"Tables: {TABLES[options.tables][0]}")
    if "suggestions" in export_format.options:
        chosen = options.suggestions
        suggests = export_format.suggests if chosen is None else chosen
        told.append(f"Suggestions: {'yes' if suggests else 'no'}")
    if "spreadsheet_safe" in export_format.options:
        told.append(f"Safe for spreadsheets: {'yes' if options.spreadsheet_safe else 'no'}")
    return told
