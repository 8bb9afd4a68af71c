"""Prompt templates: the list, a new one, changing one, switching one off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.views import ScopedPage, ScopedView
from runs.models import PromptTemplate
from runs.prompt_templates import ensure_templates, source_of
from runs.template_forms import TemplateForm


class TemplateListView(ScopedPage):
    """The team's templates by category, with how many prompts each can give."""

    model = PromptTemplate
    template_name = "runs/templates.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        ensure_templates(self.actor.team)
        rows = list(self.rows().order_by("category", "position", "id"))
        return {
            "here": "templates",
            "templates": [(row, source_of(row).n_combinations) for row in rows],
            "n_enabled": sum(row.is_enabled for row in rows),
            "list_url": reverse("templates", args=[self.actor.team.slug]),
            "may_edit": self.actor.may("edit_all_evidence"),
        }


class TemplateFormPage(ScopedPage):
    """The form of a new template or of one there is; its places are asked for while typing."""

    model = PromptTemplate
    verb = "edit_all_evidence"
    template_name = "runs/template_form.html"

    def shown(self, form: TemplateForm, row: PromptTemplate | None = None) -> dict[str, Any]:
        n, examples = form.example()
        rows = self.rows().order_by("category").values_list("category", flat=True)
        return {
            "here": "templates",
            "form": form,
            "row": row,
            "places": form.places(),
            "n_combinations": n,
            "examples": examples,
            "categories": list(rows.distinct()),
            "list_url": reverse("templates", args=[self.actor.team.slug]),
        }

    def asked(self) -> Any:
        """What is typed, when the form asks for its places."""
        return self.request.GET if "text" in self.request.GET else None

    def take(self, form: TemplateForm, row: PromptTemplate | None) -> HttpResponseBase:
        """Save a valid form and go to the list; else show what is wrong."""
        if form.is_valid():
            try:
                self.save(form.values(), row)
                return redirect("templates", self.actor.team.slug)
            except ValidationError as error:
                for name, texts in error.update_error_dict({}).items():
                    form.add_error(name if name in form.fields else None, texts)
        context = self.get_context_data(**self.shown(form, row))
        return self.render_to_response(context, status=422)

    def save(self, values: dict[str, Any], row: PromptTemplate | None) -> None:
        if row is None:
            PromptTemplate.create(by=self.actor, **values)
        else:
            row.change(by=self.actor, **values)
        messages.success(self.request, "Saved. Runs from now on use it as it is.")


class TemplateCreateView(TemplateFormPage):
    """A new template of the team."""

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return self.shown(TemplateForm(self.asked()))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self.take(TemplateForm(request.POST), None)


class TemplateEditView(TemplateFormPage):
    """One template of the team."""

    verb = "see"

    def row(self) -> PromptTemplate:
        found: PromptTemplate = self.get_row(pk=self.kwargs["pk"])
        require_editable(found, self.actor)
        return found

    def context(self, **kwargs: Any) -> dict[str, Any]:
        row = self.row()
        return self.shown(TemplateForm(self.asked(), row=row), row)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        row = self.row()
        return self.take(TemplateForm(request.POST, row=row), row)


class TemplateSwitchView(ScopedView):
    """POST: use a template again, or no more."""

    model = PromptTemplate
    verb = "see"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        row = self.get_row(pk=kwargs["pk"])
        require_editable(row, self.actor)
        is_enabled = request.POST.get("is_enabled") == "1"
        row.change(by=self.actor, is_enabled=is_enabled)
        words = "is used again" if is_enabled else "is used no more"
        messages.success(request, f"{row.title[:80]} {words}.")
        return redirect("templates", self.actor.team.slug)
