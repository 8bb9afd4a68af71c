"""The export page of a run: a format, what its tables are, and whether people will open it."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.views import ScopedPage
from exports.forms import BundleForm
from exports.models import Export
from exports.run_catalog import RUN_FORMATS, RunExportFormat, RunOptions, TableFormat
from runs.models import Run

TABLES = {
    TableFormat.CSV: ("CSV", "One header each, for every program."),
    TableFormat.PARQUET: ("Parquet", "Every value with its type, for pandas, Polars and DuckDB."),
}


class RunExportForm(BundleForm):
    """What is asked for; a format takes of the options those that it heeds."""

    format = forms.ChoiceField(
        choices=[(each.slug, each.label) for each in RUN_FORMATS.values()],
        widget=forms.RadioSelect,
    )
    tables = forms.ChoiceField(
        choices=[(each.value, label) for each, (label, _) in TABLES.items()],
        widget=forms.RadioSelect,
    )
    spreadsheet_safe = forms.BooleanField(
        required=False,
        label="Safe for spreadsheets",
        help_text="A ' before cells of CSV files that a spreadsheet program would run as a "
        "formula. Programs want them without it.",
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None) -> None:
        first = {
            "format": next(iter(RUN_FORMATS)),
            "tables": TableFormat.CSV.value,
            "spreadsheet_safe": True,
            "token": uuid4(),
        }
        super().__init__(data, initial=first)

    @property
    def chosen(self) -> RunExportFormat:
        """Return the chosen format."""
        return RUN_FORMATS[self.cleaned_data["format"]]

    @property
    def options(self) -> RunOptions:
        """Return the chosen options, of those that the format heeds."""
        heeded = {name: self.cleaned_data[name] for name in self.chosen.options}
        if heeded.get("tables") == TableFormat.PARQUET:
            del heeded["spreadsheet_safe"]
        return RunOptions.parse(heeded)


class RunExportView(ScopedPage):
    """GET shows the form, POST asks for the file and goes to its page."""

    model = Run
    verb = Verb.EXPORT
    template_name = "exports/run_export.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        run = self.get_row(pk=kwargs["pk"])
        form = kwargs.get("form") or RunExportForm()
        tables = [(each.value, *texts) for each, texts in TABLES.items()]
        return {"run": run, "form": form, "formats": RUN_FORMATS.values(), "tables": tables}

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        run: Run = self.get_row(pk=pk)
        form = RunExportForm(request.POST)
        if form.is_valid():
            try:
                return redirect(self.ask(run, form))
            except Conflict as error:
                form.add_error(None, str(error.detail))
        shown = self.get_context_data(**self.context(pk=pk, form=form))
        return self.render_to_response(shown, status=422)

    def ask(self, run: Run, form: RunExportForm) -> Export:
        """Return the export, the same however often this form is sent."""
        key = f"page:{form.cleaned_data['token']}"
        export, _ = Export.request_run(
            form.chosen,
            form.options,
            run,
            is_bundle=form.cleaned_data["is_bundle"],
            by=self.actor,
            idempotency_key=key,
        )
        return export
