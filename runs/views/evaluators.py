"""Evaluators: the list, a new one, changing one, and its end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from datasets.dataset_filters import LEVELS
from datasets.item_forms import with_our_line_ends
from datasets.models import Dataset
from evalplatform.scoping.keyset import Page, capped_count, fetch_page
from evalplatform.scoping.managers import get_visible
from runs.evaluator_forms import KIND_SAYS, LEVEL_SAYS, EvaluatorForm
from runs.models import ConfigEvaluator, Evaluator
from runs.output_schemas import in_words
from runs.prompt_preview import PreviewForm, preview
from runs.prompting import variables
from runs.tool_filters import filter_evaluators
from runs.views.tool_page import DeleteToolView, RestoreToolView, ToolPage

PAGE = 50
PAGE_KEYS = ("name", "id")


class EvaluatorListView(ToolPage):
    """Evaluators by name, with how many configurations use each."""

    model = Evaluator
    here = "evaluators"
    template_name = "runs/evaluators.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = filter_evaluators(self.rows(), self.request.GET)
        errors, token = dict(found.errors), self.request.GET.get("page", "")
        try:
            page = fetch_page(found.rows, PAGE_KEYS, token, PAGE, self.read, ascending=True)
        except ValidationError as error:
            errors["page"], page = error.messages, Page([], "", "")
        n, is_more = capped_count(found.rows)
        url = self.url("evaluators")
        return {
            "evaluators": [(row, in_words(row.output_schema)) for row in page.rows],
            "newer_url": found.page_url(page.newer),
            "older_url": found.page_url(page.older),
            "n_matching": f"{n:,}{'+' if is_more else ''}",
            "is_empty": not (found or token or page.rows),
            "values": found.values(),
            "chips": found.chips(url),
            "errors": errors,
            "list_url": url,
            "levels": LEVELS.items(),
            "may_create": self.actor.may("edit_evidence"),
        }

    def read(self, rows: Any) -> Any:
        uses = ConfigEvaluator.objects.visible_to(self.actor).filter(evaluator=OuterRef("pk"))
        counted = uses.order_by().values("evaluator").annotate(n=Count("pk")).values("n")
        told = rows.annotate(n_configs=Coalesce(Subquery(counted), 0)).defer("prompt")
        return told.select_related("owner", "endpoint")


class EvaluatorFormPage(ToolPage):
    """The form of a new evaluator or of one there is."""

    model = Evaluator
    here = "evaluators"
    template_name = "runs/evaluator_form.html"

    def shown(self, form: EvaluatorForm, **more: Any) -> dict[str, Any]:
        return {
            "form": form,
            "levels": LEVEL_SAYS,
            "kinds": KIND_SAYS,
            "choices": [*(form["choices"].value() or []), ("", "")],
            "list_url": self.url("evaluators"),
            "variables": [(level, variables(level)) for level in LEVELS],
            "preview": PreviewForm(actor=self.actor),
            "preview_url": self.url("evaluator-preview"),
            "may_edit": True,
            **more,
        }


class EvaluatorCreateView(EvaluatorFormPage):
    """A new evaluator; `?from=` begins with what another one says."""

    verb = "edit_evidence"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        pk = self.request.GET.get("from", "")
        model = get_visible(Evaluator, self.actor, pk=pk) if pk else None
        form = EvaluatorForm(actor=self.actor, row=model)
        if model:
            form.initial.update(name=f"{model.name} (copy)"[:200], is_shared=False)
        return self.shown(form)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = EvaluatorForm(request.POST, actor=self.actor)
        if form.is_valid():
            try:
                Evaluator.create(by=self.actor, **form.values())
                messages.success(request, "Saved. Configurations can use it now.")
                return redirect("evaluators", self.actor.team.slug)
            except ValidationError as error:
                put_errors(form, error)
        return self.again(**self.shown(form))


class EvaluatorEditView(EvaluatorFormPage):
    """One evaluator; who may not change it reads it here."""

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return self.of_row(EvaluatorForm(actor=self.actor, row=self.tool))

    def of_row(self, form: EvaluatorForm) -> dict[str, Any]:
        if not self.may_edit:
            for field in form.fields.values():
                field.disabled = True
        uses = ConfigEvaluator.objects.visible_to(self.actor).filter(evaluator=self.tool)
        uses = uses.select_related("config").order_by("config__name")
        return self.shown(
            form,
            evaluator=self.tool,
            may_edit=self.may_edit,
            may_copy=self.actor.may("edit_evidence"),
            configs=[use.config for use in uses[:50]],
            configs_url=self.url("configs"),
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        data = request.POST.copy()
        data["level"] = self.tool.level
        form = EvaluatorForm(data, actor=self.actor, row=self.tool)
        if form.is_valid():
            try:
                self.tool.change(by=self.actor, **form.values())
                messages.success(request, "Saved. Runs from now on use it as it is.")
                return redirect(self.tool)
            except ValidationError as error:
                put_errors(form, error)
        return self.again(**self.of_row(form))


class EvaluatorPreviewView(ToolPage):
    """POST: what is typed at this moment, filled with a row; nothing is kept."""

    model = Evaluator
    http_method_names = ("post",)
    template_name = "runs/_preview.html"

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        level = request.POST.get("level", "")
        if level not in LEVELS:
            level = Dataset.Level.MESSAGE
        typed = with_our_line_ends(request.POST.get("prompt", ""))
        found = preview(typed, level, PreviewForm(request.POST, actor=self.actor), self.actor)
        row_url = found.row.get_absolute_url() if found.row else ""
        context = self.get_context_data(preview=found, row_url=row_url)
        return self.render_to_response(context)


class EvaluatorDeleteView(DeleteToolView):
    """Delete it; configurations go on without it."""

    model = Evaluator
    list_name = "evaluators"
    restore_name = "evaluator-restore"

    def said(self) -> str:
        uses = ConfigEvaluator.objects.visible_to(self.actor).filter(evaluator=self.tool).count()
        if not uses:
            return super().said()
        whose = "1 configuration runs" if uses == 1 else f"{uses} configurations run"
        return f"Deleted {self.tool.name[:80]}. {whose} without it from now on."


class EvaluatorRestoreView(RestoreToolView):
    model = Evaluator


def put_errors(form: EvaluatorForm, error: ValidationError) -> None:
    """Say at the fields of the form what the model refused."""
    places = {"output_schema": "answers"}
    for name, texts in error.update_error_dict({}).items():
        place = places.get(name, name)
        form.add_error(place if place in form.fields else None, texts)
