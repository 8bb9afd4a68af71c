"""Outputs that were made elsewhere: the file is looked at first, then a run checks them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.scoping.views import ScopedPage
from runs import output_uploads
from runs.formats.catalog import OUTPUT_FORMATS
from runs.making_once import make_once_by_form
from runs.models import Run
from runs.output_forms import OutputForm
from runs.output_importing import OutputReport, look_at_file, start


class OutputImportView(ScopedPage):
    """GET shows the form; POST looks at the outputs and, with `act=start`, starts the run."""

    model = Run
    verb = "run_prompts"
    template_name = "runs/output_import.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.get("form") or OutputForm(self.request, self.actor)
        return {"form": form, "formats": OUTPUT_FORMATS.values(), "here": "runs", **kwargs}

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = OutputForm(request, self.actor)
        if not form.is_valid():
            return self.again(422, form=form)
        report = self.look(form)
        if request.POST.get("act") == "start" and report.may_start:
            try:
                return redirect(self.start(form, report))
            except ValidationError as error:
                form.add_error(None, error.messages)
                return self.again(422, form=form)
        token = output_uploads.keep(form.cleaned_data["data"].getvalue(), self.actor)
        status = 200 if report.may_start else 422
        return self.again(status, form=form, report=report, token=token, known=form.chosen)

    def look(self, form: OutputForm) -> OutputReport:
        said = form.cleaned_data
        known = form.chosen
        said["data"].seek(0)
        return look_at_file(
            said["data"], known, dataset=said["dataset"], by=self.actor, model=said["model"]
        )

    def start(self, form: OutputForm, report: OutputReport) -> Run:
        """The run, the same however often the form is sent."""
        said = form.cleaned_data
        run, _ = make_once_by_form(
            Run,
            lambda **columns: start(
                report,
                by=self.actor,
                dataset=said["dataset"],
                config=said["config"],
                title=form.title_of_run,
                **columns,
            ),
            by=self.actor,
            token=said["token"],
            request=self.request,
        )
        return run

    def again(self, status: int, **context: Any) -> HttpResponseBase:
        shown = self.get_context_data(**self.context(**context))
        return self.render_to_response(shown, status=status)
