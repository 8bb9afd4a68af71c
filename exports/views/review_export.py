"""The export page of reviews, of a run or of a queue: a format, its options, what will be in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.views import ScopedPage
from exports.file_forms import TABLES, TablesForm
from exports.models import Export
from exports.review_catalog import REVIEW_FORMATS, ReviewExportFormat, ReviewOptions, fault_of
from exports.review_scope import ReviewScope
from reviews.models import Queue
from runs.models import Run


class ReviewExportForm(TablesForm):
    """What is asked for; a format takes of the options those that it heeds."""

    suggestions = forms.BooleanField(
        required=False,
        label="Suggestions beside the answers",
        help_text="What the product proposes, apart from what reviewers said. Lab session files.",
    )

    def __init__(self, formats: list[ReviewExportFormat], data: Any = None) -> None:
        super().__init__(formats, data, suggestions=True)

    @property
    def options(self) -> ReviewOptions:
        """Return the chosen options."""
        return ReviewOptions.parse(self.heeded)


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
        return {
            "run": scope.run,
            "queue": scope.queue,
            "about": self.get_row(pk=kwargs["pk"]),
            "form": kwargs.get("form") or ReviewExportForm(formats),
            "formats": formats,
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
