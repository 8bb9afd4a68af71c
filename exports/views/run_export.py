"""The export page of a run: a format, what its tables are, and whether people will open it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.views import ScopedPage
from exports.file_forms import TablesForm
from exports.models import Export
from exports.run_catalog import RUN_FORMATS, RunOptions
from runs.models import Run


class RunExportForm(TablesForm):
    """What is asked for; a format takes of the options those that it heeds."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(RUN_FORMATS.values(), data)

    @property
    def options(self) -> RunOptions:
        """Return the chosen options."""
        return RunOptions.parse(self.heeded)


class RunExportView(ScopedPage):
    """GET shows the form, POST asks for the file and goes to its page."""

    model = Run
    verb = Verb.EXPORT
    template_name = "exports/run_export.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        run = self.get_row(pk=kwargs["pk"])
        form = kwargs.get("form") or RunExportForm()
        return {"run": run, "form": form, "formats": RUN_FORMATS.values()}

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
