"""Endpoints: the list, one of them with its form and its test, and its end."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.scoping.keyset import fetch_page
from evalplatform.scoping.views import ScopedPage, ScopedView
from runs.endpoint_forms import KIND_SAYS, EndpointForm
from runs.endpoint_testing import question_for, try_out
from runs.models import ModelEndpoint

PAGE = 50
PAGE_KEYS = ("name", "id")
KIND_LABELS = {kind.value: label for kind, label, _ in KIND_SAYS}


class EndpointListView(ScopedPage):
    """Endpoints by name."""

    model = ModelEndpoint
    template_name = "runs/endpoints.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rows, token = self.rows().select_related("owner").defer("answers"), self.request.GET
        try:
            page = fetch_page(rows, PAGE_KEYS, token.get("page", ""), PAGE, ascending=True)
        except ValidationError:  # an old or broken link starts from the first page
            page = fetch_page(rows, PAGE_KEYS, "", PAGE, ascending=True)
        return {
            "endpoints": [(row, KIND_LABELS[row.kind]) for row in page.rows],
            "newer_url": f"?page={page.newer}" if page.newer else "",
            "older_url": f"?page={page.older}" if page.older else "",
            "may_create": self.actor.may("edit_evidence"),
        }


class EndpointCreateView(ScopedPage):
    """A new endpoint of the actor."""

    model = ModelEndpoint
    verb = "edit_evidence"
    template_name = "runs/endpoint_form.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.get("form") or EndpointForm(self.request, self.actor)
        return {"form": form, "kinds": KIND_SAYS, "may_edit": True}

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = EndpointForm(request, self.actor)
        made = form.save()
        if made is not None:
            messages.success(request, "Saved. Test it to see whether it answers.")
            return redirect(made)
        return self.render_to_response(self.get_context_data(**self.context(form=form)), status=422)


class OfEndpoint(ScopedView):
    """A view under /endpoints/<pk>/: 404 unless the endpoint is visible."""

    model = ModelEndpoint
    verb = "see"

    @cached_property
    def endpoint(self) -> ModelEndpoint:
        """The endpoint of the address."""
        found: ModelEndpoint = self.get_row(pk=self.kwargs["pk"])
        found.team = self.actor.team
        return found

    @cached_property
    def may_edit(self) -> bool:
        """Whether the actor may change this endpoint."""
        editable = ModelEndpoint.objects.editable_by(self.actor)
        return bool(editable.filter(pk=self.endpoint.pk).exists())

    def require_editor(self) -> None:
        """403 for those who may see the endpoint and not change it."""
        if not self.may_edit:
            raise PermissionDenied("Only its owner and who administers the team may change this.")


class EndpointEditView(OfEndpoint, ScopedPage):
    """One endpoint: its form for those who may change it, what it is for the others; its test."""

    template_name = "runs/endpoint_form.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {
            "endpoint": self.endpoint,
            "form": kwargs.get("form") or EndpointForm(self.request, self.actor, self.endpoint),
            "kinds": KIND_SAYS,
            "kind_label": KIND_LABELS[self.endpoint.kind],
            "n_answers": len(self.endpoint.answers),
            "question": question_for(self.endpoint)[:200],
            "may_edit": self.may_edit,
            "may_test": self.actor.may("run_prompts"),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        form = EndpointForm(request, self.actor, self.endpoint)
        if form.save() is not None:
            messages.success(request, "Saved.")
            return redirect(self.endpoint)
        found = self.get_row(pk=self.endpoint.pk)  # as it is, not as the form would have it
        found.team = self.actor.team
        self.endpoint = found
        return self.render_to_response(self.get_context_data(**self.context(form=form)), status=422)


class EndpointTestView(OfEndpoint, ScopedPage):
    """POST: ask it once, and show what came of it."""

    verb = "run_prompts"
    http_method_names = ("post",)
    template_name = "runs/_endpoint_test.html"

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        tried = try_out(self.endpoint, by=self.actor)
        return self.render_to_response(self.get_context_data(tried=tried))


class EndpointDeleteView(OfEndpoint):
    """POST: take it out of everybody's sight; the key is forgotten."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.endpoint.delete_for_all(by=self.actor)
        messages.success(request, f"Deleted {self.endpoint.name[:80]} and its key.")
        return redirect("endpoints", self.actor.team.slug)
