"""The agreement of a queue as a page, and the items behind each of its figures."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from evalplatform.accounts.models import User
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.keyset import Page, fetch_page
from evalplatform.scoping.views import ScopedPage
from reviews.models import Queue, QueueItem
from reviews.queue_items import COLUMNS, PAGE, PAGE_KEYS, label_of, read, rows_of
from reviews.views.queue_page import OfQueue
from runs.models import Run

OWN = "own"


class AgreementView(OfQueue, ScopedPage):
    """Headline rates, metrics, reviewers and disputed items; who only reviews sees their own."""

    verb = Verb.REVIEW
    template_name = "reviews/agreement/agreement.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        from reviews.figures.showing import Showing
        from reviews.figures.whole import figures_of  # numpy: only where it is needed

        self.request.place = "queues"  # type: ignore[attr-defined]
        figures = figures_of(self.queue, by=self.actor)
        shown = Showing(figures, self.url("queue-agreement-items")).page()
        told = self.items_of([each["key"] for each in shown["disputed"]])
        for each in shown["disputed"]:
            each |= told.get(each["key"], {"url": ""})
        return {
            **shown,
            "queue": self.queue,
            "is_own": figures.scope == OWN,
            "may_edit": self.may_edit,
            "may_settle": self.actor.may(Verb.ADJUDICATE) and not self.queue.is_finalized,
            "queue_url": self.url("queue"),
            "review_url": self.url("review"),
            "items_url": self.url("queue-agreement-items"),
        }

    def items_of(self, keys: list[str]) -> dict[str, dict[str, str]]:
        """What these items are called, and where each is read: the evidence for who runs the queue,
        their own review for who reviews in it."""
        items = QueueItem.objects.visible_to(self.actor).filter(queue=self.queue, key__in=keys)
        rows = list(items.order_by().values("key", *COLUMNS))
        return {str(row["key"]): {"label": label_of(row), "url": self._url_of(row)} for row in rows}

    def _url_of(self, row: dict[str, Any]) -> str:
        slug = self.actor.team.slug
        if not self.runs_it:
            return self.url("review-item", row["key"])
        if row["session_id"]:
            return reverse("session", args=[slug, row["session_id"]])
        return reverse("run-item", args=[slug, self.queue.run_id, row["run_item_id"]])

    @property
    def runs_it(self) -> bool:
        return self.actor.may(Verb.SEE_ALL) or self.queue.owner_id == self.actor.user.pk


class AgreementItemsView(OfQueue, ScopedPage):
    """The items behind one figure, in the queue's order: `?cells=disputed&metric=...`."""

    verb = Verb.REVIEW
    template_name = "reviews/agreement/items.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        from reviews.figures.items import FILTERS, items_behind

        self.request.place = "queues"  # type: ignore[attr-defined]
        asked = self.request.GET
        query = {name: asked[name] for name in FILTERS if asked.get(name)}
        error, n = "", 0
        page = Page([], "", "")
        try:
            rows = items_behind(self.queue, query, by=self.actor)
            n = rows.count()
            page = fetch_page(rows, PAGE_KEYS, asked.get("page", ""), PAGE, read, ascending=True)
        except ValidationError as problem:
            error = " ".join(problem.messages)
        here = urlencode(query)
        return {
            "queue": self.queue,
            "items": rows_of(page.rows, self.queue, self.actor),
            "n": n,
            "error": error,
            "about": [] if error else self.about(query),
            "newer_url": f"?{here}&page={page.newer}" if page.newer else "",
            "older_url": f"?{here}&page={page.older}" if page.older else "",
            "queue_url": self.url("queue"),
            "agreement_url": self.url("queue-agreement"),
        }

    def about(self, query: dict[str, str]) -> list[str]:
        """The filter in words."""
        from reviews.figures.showing import about

        ids = [query[name] for name in ("reviewer", "other") if name in query]
        found = User.objects.filter(pk__in=ids)
        names = {str(user.pk): user.name or user.email for user in found}
        return about(query, self.queue.rubric_version.read(), names)


class RunAgreementView(ScopedPage):
    """From a run to its review's agreement; what to do first where it has no review."""

    model = Run
    verb = Verb.REVIEW
    template_name = "reviews/agreement/no_review.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.run = self.get_row(pk=kwargs["pk"])
        queue = Queue.objects.visible_to(self.actor).filter(run=self.run).first()
        if queue:
            return redirect("queue-agreement", self.actor.team.slug, queue.pk)
        return super().get(request, *args, **kwargs)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.request.place = "runs"  # type: ignore[attr-defined]
        edits = Run.objects.editable_by(self.actor).filter(pk=self.run.pk).exists()
        slug = self.actor.team.slug
        return {
            "run": self.run,
            "may_review": edits and self.actor.may(Verb.MANAGE_QUEUES),
            "run_url": reverse("run", args=[slug, self.run.pk]),
            "review_url": reverse("run-review", args=[slug, self.run.pk]),
            "runs_url": reverse("runs", args=[slug]),
        }
