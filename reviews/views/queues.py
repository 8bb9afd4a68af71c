"""My queues: those I may work on with my own progress, and those I run; and the page of one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.jobs.models import Job
from evalplatform.scoping.keyset import Page, fetch_page
from evalplatform.scoping.views import ScopedPage
from reviews.adjudicable import waiting
from reviews.desk import label_of
from reviews.lifecycle import statuses_of, to_finalise
from reviews.models import Queue, QueueReviewer
from reviews.progress import own_progress, whole_progress
from reviews.queue_adding import newest_job
from reviews.queue_items import PROGRESS, page_of, rows_of
from reviews.queueing import FOLLOWS, set_status
from reviews.review_history import latest_saves
from reviews.strata import is_everything, plan_of
from reviews.views.queue_page import OfQueue

PAGE = 50
PAGE_KEYS = ("created_at", "id")
TOLD_FOR = timedelta(hours=1)
VIEWS = {"review": "To review", "own": "Run by you", "archived": "Archived"}
# What becomes of a queue: (status, the word on the button, what it means).
STEPS = {
    "active": ("Open", "Reviewers are given its items"),
    "paused": ("Pause", "Nothing is handed out; what is open can be saved"),
    "closed": ("Close", "Nothing can be saved any more; it can be opened again"),
    "archived": ("Archive", "It leaves lists and choices"),
}


class QueuesView(ScopedPage):
    """The queues of one view, newest first: to review, run by me, archived."""

    model = Queue
    verb = "review"
    template_name = "reviews/queues.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("view", "")
        view = asked if asked in VIEWS else "review"
        rows, error = self.narrowed(view), ""
        try:
            page = fetch_page(rows, PAGE_KEYS, self.request.GET.get("page", ""), PAGE)
        except ValidationError as problem:
            error, page = problem.messages[0], Page([], "", "")
        found = list(rows.filter(pk__in=[row.pk for row in page.rows]).select_related("owner"))
        queues = sorted(found, key=lambda row: (row.created_at, row.pk), reverse=True)
        mine, reviews = own_progress(queues, self.actor), statuses_of(queues)
        return {
            "view": view,
            "views": [(name, label) for name, label in VIEWS.items() if self.offers(name)],
            "queues": [
                {"queue": queue, "own": mine[queue.pk], "review": reviews[queue.pk]}
                for queue in queues
            ],
            "newer_url": self._page_url(view, page.newer),
            "older_url": self._page_url(view, page.older),
            "error": error,
            "queues_url": reverse("queues", args=[self.actor.team.slug]),
        }

    def narrowed(self, view: str) -> Any:
        """The visible queues of a view."""
        rows = self.rows()
        if view == "archived":
            return rows.filter(status="archived")
        rows = rows.exclude(status="archived")
        if view == "own":
            return rows if self.actor.may(Verb.SEE_ALL) else rows.filter(owner=self.actor.user)
        asked = QueueReviewer.objects.visible_to(self.actor).filter(
            queue=OuterRef("pk"), reviewer=self.actor.user
        )
        return rows.filter(Q(is_for_everyone=True) | Exists(asked), status__in=("active", "paused"))

    def offers(self, view: str) -> bool:
        """Whether the view is of use to this actor."""
        return view == "review" or self.actor.may(Verb.MANAGE_QUEUES)

    def _page_url(self, view: str, token: str) -> str:
        return f"?view={view}&page={token}" if token else ""


class QueueView(OfQueue, ScopedPage):
    """How far a queue is: one's own numbers, and all of them for who runs it."""

    verb = "review"
    template_name = "reviews/queue.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        queue = self.queue
        sees_all = self.actor.may(Verb.SEE_ALL) or queue.owner_id == self.actor.user.pk
        plan, strata = plan_of(queue)
        return {
            **(self.items() if sees_all else {}),
            "is_sampled": not is_everything(plan),
            "strata": strata,
            "job": self.job() if self.may_edit else None,
            "queue": queue,
            "own": own_progress([queue], self.actor)[queue.pk],
            "whole": whole_progress(queue, self.actor) if sees_all else None,
            "latest": [
                (label_of(each.queue_item), each, self.url("review-history", each.queue_item.key))
                for each in latest_saves(queue, self.actor)
            ],
            "review": statuses_of([queue])[queue.pk],
            "may_finalise": to_finalise(self.actor).filter(pk=queue.pk).exists(),
            "may_edit": self.may_edit,
            "n_to_settle": self.n_to_settle(),
            "steps": [(status, *STEPS[status]) for status in FOLLOWS[queue.status]],
            "queues_url": reverse("queues", args=[self.actor.team.slug]),
            "review_url": self.url("review"),
        }

    def n_to_settle(self) -> int:
        """How many items wait for an adjudicator, for those who are one."""
        if not self.actor.may(Verb.ADJUDICATE):
            return 0
        return int(waiting(self.queue, by=self.actor).count())

    def items(self) -> dict[str, Any]:
        """The table of items, for those who may read all of them."""
        asked, error = self.request.GET, ""
        progress = asked.get("progress", "")
        progress = progress if progress in PROGRESS else ""
        try:
            page = page_of(self.queue, progress, asked.get("page", ""), self.actor)
        except ValidationError as problem:
            error, page = problem.messages[0], Page([], "", "")
        here = f"progress={progress}&" if progress else ""
        return {
            "items": rows_of(page.rows, self.queue, self.actor),
            "error": error,
            "progress": progress,
            "filters": list(PROGRESS.items()),
            "newer_url": f"?{here}page={page.newer}#items" if page.newer else "",
            "older_url": f"?{here}page={page.older}#items" if page.older else "",
        }

    def job(self) -> Job | None:
        """The actor's last adding that is a job, while it runs and an hour after it ended."""
        job = newest_job(self.queue, self.actor)
        if job is None or job.is_open:
            return job
        is_news = job.finished_at and job.finished_at > timezone.now() - TOLD_FOR
        return job if is_news else None


class QueueActView(OfQueue):
    """POST `status`: open, pause, close or archive the queue."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        status = request.POST.get("status", "")
        if not self.may_edit:
            raise PermissionDenied("Only its owner and who administers the team may change this.")
        try:
            set_status(self.queue, status, by=self.actor)
        except Conflict as refused:
            messages.error(request, str(refused.detail))
        else:
            messages.success(request, f"The queue is {status} now.")
        return redirect(self.queue)
