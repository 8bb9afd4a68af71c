"""Adding to queues: chosen sessions to a queue that is chosen, and from a queue's own page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from datasets.cloning_forms import as_hidden, chosen_sessions
from datasets.models import Dataset, Session
from datasets.views.cloning import both, count_of
from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.jobs.models import Job
from evalplatform.scoping.views import ScopedPage
from reviews.models import Queue
from reviews.queue_adding import add_many, run_row_ids
from reviews.queue_choosing import QueueChoiceForm
from reviews.queueing import Added
from reviews.strata import is_everything, plan_of, rows_to_review
from reviews.views.queue_forms import ordered, say_added
from reviews.views.queue_page import OfQueue

Told = Added | Job


class QueueChooseView(ScopedPage):
    """The dialog "Add to a queue" over chosen sessions; a page of its own without htmx.

    POST with `queue` adds; a GET, or a POST that only brings many ids, shows the choice.
    """

    model = Session
    verb = Verb.MANAGE_QUEUES

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(request.GET)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if "queue" not in request.POST:
            return self.show(both(request))
        form = QueueChoiceForm(self.actor, request.POST)
        if not form.is_valid():
            return self.show(request.POST, form)
        queue = form.cleaned_data["queue"]
        try:
            told = self.add(queue)
        except ValidationError as error:
            return self.show(request.POST, form, " ".join(error.messages))
        except Conflict as error:
            return self.show(request.POST, form, str(error.detail))
        say_added(request, told, queue.target)
        return redirect(queue)

    def add(self, queue: Queue) -> Told:
        rows = ordered(chosen_sessions(self.actor, self.request.POST), queue.target)
        return add_many(queue, list(rows.values_list("pk", flat=True)), by=self.actor)

    def show(
        self, data: QueryDict, form: QueueChoiceForm | None = None, problem: str = ""
    ) -> HttpResponse:
        """The choice, with how many sessions it is about."""
        rows = None
        try:
            rows = chosen_sessions(self.actor, data)
        except ValidationError as error:
            problem = problem or " ".join(error.messages)
        is_part = bool(getattr(self.request, "htmx", False))
        name = "_queue_choice_dialog" if is_part else "queue_choice"
        self.template_name = f"reviews/{name}.html"
        shown = {
            "form": form or QueueChoiceForm(self.actor),
            "hidden": as_hidden(data),
            "n_chosen": "" if rows is None else count_of(rows),
            "problem": problem,
            "is_ready": rows is not None,
        }
        status = 422 if problem or (form and form.errors) else 200
        return self.render_to_response(self.get_context_data(**shown), status=status)


class QueueAddView(OfQueue, ScopedPage):
    """The ways into one queue; POST adds what is left of its run, or all sessions one sees."""

    verb = Verb.MANAGE_QUEUES
    template_name = "reviews/queue_add.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.require_editor()
        queue = self.queue
        plan, strata = plan_of(queue)
        slug = self.actor.team.slug
        return {
            "queue": queue,
            "queue_url": self.url("queue"),
            "queues_url": reverse("queues", args=[slug]),
            "n_could": count_of(rows_to_review(queue, self.actor)).removesuffix(" sessions"),
            "is_whole": is_everything(plan),
            "strata": strata,
            "may_add": queue.status not in (Queue.Status.CLOSED, Queue.Status.ARCHIVED),
            "datasets": self.datasets(),
        }

    def datasets(self) -> list[Dataset]:
        """The datasets whose items could be sent here, the newest first."""
        if self.queue.target != Queue.Target.SESSION:
            return []
        return list(Dataset.objects.visible_to(self.actor).order_by("-updated_at", "-id")[:20])

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        queue = self.queue
        try:
            told = add_many(queue, self.ids(), by=self.actor)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        except Conflict as error:
            messages.error(request, str(error.detail))
        else:
            say_added(request, told, queue.target)
        return redirect(queue)

    def ids(self) -> list[UUID]:
        """The rows of the run, or the chosen sessions, as in the bulk form."""
        if self.queue.target == Queue.Target.RUN_ITEM:
            return run_row_ids(self.queue, self.actor)
        rows = ordered(chosen_sessions(self.actor, self.request.POST), self.queue.target)
        return list(rows.values_list("pk", flat=True))
