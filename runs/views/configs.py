"""Evaluation configurations: the list, one with its runs, a new one, changing one, its end."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.scoping.keyset import Page, capped_count, fetch_page
from evalplatform.scoping.managers import get_visible
from runs.config_forms import ConfigForm
from runs.making_once import SENT_BEFORE, make_once_by_form
from runs.models import EvaluationConfig, Run
from runs.models.configuration import PARAMETERS
from runs.output_schemas import in_words
from runs.planning import start_config
from runs.tool_filters import filter_configs
from runs.views.tool_page import DeleteToolView, OfTool, RestoreToolView, ToolPage

PAGE = 50
PAGE_KEYS = ("name", "id")
PREVIEWED = 5
RUN_KEYS = ("created_at", "id")


class ConfigListView(ToolPage):
    """Configurations by name, with the newest run of each."""

    model = EvaluationConfig
    here = "configs"
    template_name = "runs/configs.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = filter_configs(self.rows(), self.request.GET)
        errors, token = dict(found.errors), self.request.GET.get("page", "")
        try:
            page = fetch_page(found.rows, PAGE_KEYS, token, PAGE, self.read, ascending=True)
        except ValidationError as error:
            errors["page"], page = error.messages, Page([], "", "")
        n, is_more = capped_count(found.rows)
        runs = Run.objects.visible_to(self.actor).in_bulk(
            [row.newest for row in page.rows if row.newest]
        )
        return {
            "configs": [(row, runs.get(row.newest)) for row in page.rows],
            "newer_url": found.page_url(page.newer),
            "older_url": found.page_url(page.older),
            "n_matching": f"{n:,}{'+' if is_more else ''}",
            "is_empty": not (found or token or page.rows),
            "values": found.values(),
            "chips": found.chips(self.url("configs")),
            "errors": errors,
            "list_url": self.url("configs"),
            "runs_url": f"{self.url('home')}runs/",
            "may_create": self.actor.may("edit_evidence"),
        }

    def read(self, rows: Any) -> Any:
        runs = Run.objects.visible_to(self.actor).filter(config=OuterRef("pk"))
        newest = runs.order_by("-created_at", "-id").values("pk")[:1]
        told = rows.annotate(newest=Subquery(newest)).defer("system_prompt")
        return told.select_related("owner", "dataset", "generation", "judge")


class ConfigView(ToolPage):
    """One configuration: what it does, its runs, and the buttons that start one."""

    model = EvaluationConfig
    here = "configs"
    template_name = "runs/config.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        config = self.tool
        page = self.runs()
        return {
            "config": config,
            "config_url": self.url("config", config.pk),
            "parameters": PARAMETERS | config.parameters,
            "evaluators": [(each, in_words(each.output_schema)) for each in config.evaluators()],
            "runs": page.rows,
            "newer_url": f"?page={page.newer}" if page.newer else "",
            "older_url": f"?page={page.older}" if page.older else "",
            "start_url": self.url("config-start", config.pk) if self.may_run else "",
            "token": uuid4(),
            "runs_url": f"{self.url('home')}runs/",
            "evaluators_url": self.url("evaluators"),
            "may_edit": self.may_edit,
        }

    @property
    def may_run(self) -> bool:
        return self.actor.may("run_prompts")

    def runs(self) -> Page:
        rows = Run.objects.visible_to(self.actor).filter(config=self.tool)
        told = lambda found: found.select_related("owner").defer("plan")  # noqa: E731
        try:
            return fetch_page(rows, RUN_KEYS, self.request.GET.get("page", ""), PAGE, told)
        except ValidationError:  # an old or broken link starts from the first page
            return fetch_page(rows, RUN_KEYS, "", PAGE, told)


class ConfigStartView(OfTool):
    """POST: start a run of it, or a preview over its first items; sent twice, it starts once."""

    model = EvaluationConfig
    verb = "run_prompts"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        is_preview = request.POST.get("kind") == Run.Kind.PREVIEW
        kind = Run.Kind.PREVIEW if is_preview else Run.Kind.FULL
        limit = PREVIEWED if is_preview else None
        make = partial(start_config, self.tool, by=self.actor, kind=kind, limit=limit)
        token = request.POST.get("token")
        try:
            run, is_new = make_once_by_form(Run, make, by=self.actor, token=token, request=request)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(self.tool)
        if not is_new:
            messages.info(request, SENT_BEFORE)
        return redirect(run)


class ConfigFormPage(ToolPage):
    """The form of a new configuration or of one there is.

    What fits the dataset depends on its level: choosing another asks for the form again, with what
    was typed in the address.
    """

    model = EvaluationConfig
    here = "configs"
    template_name = "runs/config_form.html"

    def shown(self, form: ConfigForm, **more: Any) -> dict[str, Any]:
        row = more.get("config")
        place = {"config_url": self.url("config", row.pk)} if row else {}
        return {"form": form, "list_url": self.url("configs"), **place, **more}

    def typed(self) -> dict[str, Any]:
        """What the address says of the form."""
        asked = self.request.GET
        said: dict[str, Any] = {
            name: asked[name] for name in ConfigForm.base_fields if name in asked
        }
        if "evaluators" in asked:
            said["evaluators"] = asked.getlist("evaluators")
        return said

    def save(self, form: ConfigForm, row: EvaluationConfig | None) -> EvaluationConfig:
        """Keep the configuration and its evaluators together. Raises ValidationError."""
        with transaction.atomic():
            if row is None:
                row = EvaluationConfig.create(by=self.actor, **form.values())
            else:
                row.change(by=self.actor, **form.values())
            row.use(form.chosen(), by=self.actor)
        return row

    def take(self, form: ConfigForm, row: EvaluationConfig | None = None) -> HttpResponseBase:
        """Save a valid form and go to its page; else show what is wrong."""
        if form.is_valid():
            try:
                return redirect(self.save(form, row))
            except ValidationError as error:
                put_errors(form, error)
        return self.again(**self.shown(form, config=row))


class ConfigCreateView(ConfigFormPage):
    """A new configuration; `?from=` begins with what another one says."""

    verb = "edit_evidence"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        pk, told = self.request.GET.get("from", ""), self.typed()
        model = get_visible(EvaluationConfig, self.actor, pk=pk) if pk else None
        if model:
            told = {"name": f"{model.name} (copy)"[:200], "is_shared": False} | told
        return self.shown(ConfigForm(actor=self.actor, row=model, **told))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self.take(ConfigForm(request.POST, actor=self.actor))


class ConfigEditView(ConfigFormPage):
    """Other values for a configuration; runs that were made keep theirs."""

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.require_editor()
        form = ConfigForm(actor=self.actor, row=self.tool, **self.typed())
        return self.shown(form, config=self.tool)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        answer = self.take(ConfigForm(request.POST, actor=self.actor, row=self.tool), self.tool)
        if answer.status_code == 302:
            messages.success(request, "Saved. Runs from now on use it as it is.")
        return answer


class ConfigDeleteView(DeleteToolView):
    """Delete it; its runs stay."""

    model = EvaluationConfig
    list_name = "configs"
    restore_name = "config-restore"


class ConfigRestoreView(RestoreToolView):
    model = EvaluationConfig


def put_errors(form: ConfigForm, error: ValidationError) -> None:
    """Say at the fields of the form what the model refused."""
    places = {"parameters": "heavyweight_factor"}
    for name, texts in error.update_error_dict({}).items():
        place = places.get(name, name)
        form.add_error(place if place in form.fields else None, texts)
