"""Rubrics: the list, one as reviewers see it with its versions, and its end."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import Count, F, Func, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.keyset import Page, fetch_page
from evalplatform.scoping.views import ScopedPage, ScopedView
from reviews.models import Queue, Rubric, RubricVersion
from reviews.review_fields import sections_of
from reviews.rubrics.comparing import changes
from reviews.views.session import number

PAGE = 50
PAGE_KEYS = ("name", "id")
MOST_VERSIONS = 100  # the newest, in the list beside the rubric


class CriteriaCount(Func):
    """How many criteria a shape holds, without reading it."""

    template = (
        "jsonb_array_length(jsonb_path_query_array(%(expressions)s, '$.sections[*].criteria[*]'))"
    )
    output_field = models.IntegerField()


class OfRubrics(ScopedView):
    """A view of the section of rubrics; under the address of one, 404 unless it is visible."""

    model = Rubric
    verb = "review"

    @cached_property
    def rubric(self) -> Rubric:
        """The rubric of the address."""
        found: Rubric = self.get_row(pk=self.kwargs["pk"])
        found.team = self.actor.team
        return found

    @cached_property
    def may_edit(self) -> bool:
        """Whether the actor may change it; those of the product nobody may."""
        return bool(Rubric.objects.editable_by(self.actor).filter(pk=self.rubric.pk).exists())

    def require_editor(self) -> None:
        """403 for those who may read it and not change it."""
        if not self.may_edit:
            raise PermissionDenied("Only its owner and who administers the team may change this.")

    def url(self, name: str, *args: Any) -> str:
        """The address of a page of this team."""
        return reverse(name, args=[self.actor.team.slug, *args])

    def n_queues(self, *, running: bool = False) -> int:
        """How many queues that the actor may see ask any version; or those still open."""
        rows = Queue.objects.visible_to(self.actor).filter(rubric_version__rubric=self.rubric)
        if running:
            rows = rows.filter(status__in=("draft", "active", "paused"))
        return int(rows.count())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        urls = {"rubrics_url": self.url("rubrics"), "queues_url": self.url("queues")}
        may_create = self.actor.may(Verb.MANAGE_QUEUES)
        return super().get_context_data(**{**urls, "may_create": may_create, **kwargs})


class RubricsView(OfRubrics, ScopedPage):
    """The rubrics of the team by name; those of the product are there from the first look."""

    verb = "review"
    template_name = "reviews/rubrics/list.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        Rubric.all_of_the_product(by=self.actor)
        error = ""
        try:
            token = self.request.GET.get("page", "")
            page = fetch_page(self.rows(), PAGE_KEYS, token, PAGE, self.read, ascending=True)
        except ValidationError as problem:
            error, page = problem.messages[0], Page([], "", "")
        return {
            "rubrics": page.rows,
            "newer_url": f"?page={page.newer}" if page.newer else "",
            "older_url": f"?page={page.older}" if page.older else "",
            "error": error,
        }

    def read(self, rows: Any) -> Any:
        """The rows of a page, with the numbers of each."""
        newest = RubricVersion.objects.visible_to(self.actor).filter(
            rubric=OuterRef("pk"), number=OuterRef("version")
        )
        uses = Queue.objects.visible_to(self.actor).order_by()
        uses = uses.filter(rubric_version__rubric=OuterRef("pk"))
        counted = uses.values("rubric_version__rubric").annotate(n=Count("pk")).values("n")
        return rows.annotate(
            n_criteria=Subquery(newest.annotate(n=CriteriaCount("shape")).values("n")),
            frozen_at=Subquery(newest.values("frozen_at")),
            n_queues=Coalesce(Subquery(counted), 0),
        ).select_related("owner")


class RubricView(OfRubrics, ScopedPage):
    """One version as reviewers see it, and what changed since another one."""

    verb = "review"
    template_name = "reviews/rubrics/rubric.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        shown = self.version("version", self.rubric.version)
        shape, since = shown.read(), None
        if shown.number > 1:
            since = self.version("since", shown.number - 1)
        return {
            "rubric": self.rubric,
            "may_edit": self.may_edit,
            "shown": shown,
            "since": since,
            "versions": self.versions(),
            "changes": changes(since.read(), shape) if since else [],
            "sections": sections_of(shape, {}),
            "n_criteria": len(shape.by_key),
            "n_queues": self.n_queues(),
            "rubric_url": self.url("rubric", self.rubric.pk),
        }

    def version(self, name: str, default: int) -> RubricVersion:
        """The version whose number the address says; 404 when there is none."""
        asked = self.request.GET.get(name, "")
        rows = RubricVersion.objects.visible_to(self.actor).filter(rubric=self.rubric)
        found = rows.filter(number=number(asked) if asked else default).first()
        if not isinstance(found, RubricVersion):
            raise Http404
        return found

    def versions(self) -> Any:
        """The newest versions, each with how many queues ask it."""
        rows = RubricVersion.objects.visible_to(self.actor).filter(rubric=self.rubric)
        uses = Queue.objects.visible_to(self.actor).order_by()
        uses = uses.filter(rubric_version=OuterRef("pk")).values("rubric_version")
        counted = uses.annotate(n=Count("pk")).values("n")
        rows = rows.annotate(n_queues=Coalesce(Subquery(counted), 0), n=CriteriaCount(F("shape")))
        return rows.select_related("created_by").defer("shape")[:MOST_VERSIONS]


class RubricDeleteView(OfRubrics):
    """POST: take it out of the choice for new queues; those that ask it go on."""

    verb = "manage_queues"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        n_open = self.n_queues(running=True)
        self.rubric.delete_for_all(by=self.actor)
        said = f"Deleted {self.rubric.name[:80]}: new queues cannot choose it."
        if n_open:
            said += f" {n_open:,} queue{' goes' if n_open == 1 else 's go'} on asking it."
        undo = f"undo:{self.url('rubric-restore', self.rubric.pk)}"
        messages.success(request, said, extra_tags=undo)
        return redirect(self.url("rubrics"))


class RubricRestoreView(ScopedView):
    """POST: bring a deleted one back."""

    model = Rubric
    verb = "manage_queues"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            rubric = Rubric.restore_deleted(kwargs["pk"], by=self.actor)
        except Rubric.DoesNotExist as error:
            raise Http404 from error
        messages.success(request, f"{rubric.name[:80]} is back.")
        return HttpResponse(status=204)
