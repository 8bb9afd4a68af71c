"""What the pages of evaluators, configurations and endpoints share: the row, and its end."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from evalplatform.scoping.views import ScopedPage, ScopedView
from runs.models.tool import Tool


class OfTool(ScopedView):
    """A view under the address of one tool: 404 unless it is visible."""

    model: type[Tool]
    verb = "see"

    @cached_property
    def tool(self) -> Any:
        """The row of the address."""
        found = self.get_row(pk=self.kwargs["pk"])
        found.team = self.actor.team
        return found

    @cached_property
    def may_edit(self) -> bool:
        """Whether the actor may change it."""
        editable = self.model.objects.editable_by(self.actor)
        return bool(editable.filter(pk=self.tool.pk).exists())

    def require_editor(self) -> None:
        """403 for those who may see it and not change it."""
        if not self.may_edit:
            raise PermissionDenied("Only its owner and who administers the team may change this.")

    def url(self, name: str, *args: Any) -> str:
        """The address of a page of this team."""
        return reverse(name, args=[self.actor.team.slug, *args])


class ToolPage(OfTool, ScopedPage):
    """A page of the section of runs; `here` is its tab."""

    here = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"here": self.here, **kwargs})

    def again(self, **context: Any) -> HttpResponse:
        """The form as it was typed, with what is wrong."""
        return self.render_to_response(self.get_context_data(**context), status=422)


class DeleteToolView(OfTool):
    """POST: take it out of everybody's sight, until it is restored."""

    http_method_names = ("post",)
    list_name = ""
    restore_name = ""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        said = self.said()
        self.tool.delete_for_all(by=self.actor)
        undo = f"undo:{self.url(self.restore_name, self.tool.pk)}"
        messages.success(request, said, extra_tags=undo)
        return redirect(self.list_name, self.actor.team.slug)

    def said(self) -> str:
        """What the toast says."""
        return f"Deleted {self.tool.name[:80]}."


class RestoreToolView(ScopedView):
    """POST: bring a deleted one back."""

    model: type[Tool]
    verb = "edit_evidence"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            tool = self.model.restore_deleted(kwargs["pk"], by=self.actor)
        except self.model.DoesNotExist as error:
            raise Http404 from error
        messages.success(request, f"{tool.name[:80]} is back.")
        return HttpResponse(status=204)
