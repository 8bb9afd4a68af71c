"""The ways between datasets and queues: items sent to a queue, a queue's sessions brought in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect

from datasets.item_filters import NAMES, filter_items
from datasets.models import Dataset
from datasets.views.cloning import both
from datasets.views.dataset_page import DatasetPage
from datasets.views.item_acts import MOST_AT_ONCE, keys_from
from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.jobs.models import Job
from reviews.queue_choosing import QueueChoiceForm, QueueSourceForm
from reviews.queue_datasets import (
    Sorted,
    bring_from_queue,
    in_words,
    newest_import,
    send_to_queue,
    sort_items,
)
from reviews.views.queue_forms import say_added


class DatasetToQueueView(DatasetPage):
    """Items of a dataset, chosen or all that fit, to a queue; those that may not go are told."""

    verb = Verb.MANAGE_QUEUES
    crumb = "Send to a queue"

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
            told = send_to_queue(queue, self.found(request.POST), by=self.actor)
        except ValidationError as error:
            return self.show(request.POST, form, " ".join(error.messages))
        except Conflict as error:
            return self.show(request.POST, form, str(error.detail))
        say_added(request, told, queue.target)
        return redirect(queue)

    def found(self, data: QueryDict) -> Sorted:
        """The items that are meant, sorted; ValidationError for a broken filter or selection."""
        rows = self.revisions().newest()
        if data.get("scope") == "all":
            narrowed = filter_items(rows, data)
            if narrowed.errors:
                raise ValidationError("The filter is broken: correct it first.")
            rows = narrowed.rows
        else:
            rows = rows.filter(key__in=keys_from(data))
        if rows[MOST_AT_ONCE : MOST_AT_ONCE + 1]:
            raise ValidationError(f"Send at most {MOST_AT_ONCE:,} items at once: narrow the view.")
        return sort_items(rows)

    def show(
        self, data: QueryDict, form: QueueChoiceForm | None = None, problem: str = ""
    ) -> HttpResponse:
        """The choice of a queue, with what may go and what may not."""
        found = None
        try:
            found = self.found(data)
        except ValidationError as error:
            problem = problem or " ".join(error.messages)
        is_part = bool(getattr(self.request, "htmx", False))
        name = "_dataset_to_queue_dialog" if is_part else "dataset_to_queue"
        self.template_name = f"reviews/{name}.html"
        shown = {
            "form": form or QueueChoiceForm(self.actor),
            "found": found,
            "hidden": hidden_of(data),
            "send_url": self.url("dataset-to-queue"),
            "problem": problem,
            "is_ready": bool(found and found.links),
        }
        status = 422 if problem or (form and form.errors) else 200
        return self.render_to_response(self.get_context_data(**shown), status=status)


class DatasetFromQueueView(DatasetPage):
    """A queue's sessions as items of a session-level dataset; `?job=` says how far one is."""

    verb = Verb.EDIT_EVIDENCE
    template_name = "reviews/dataset_from_queue.html"
    crumb = "Import from a queue"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.require_editor()
        job = newest_import(self.dataset, self.actor, self.request.GET.getlist("job"))
        return {
            "form": QueueSourceForm(self.actor),
            "is_of_sessions": self.dataset.level == Dataset.Level.SESSION,
            "job": job,
            "outcome": in_words(job.result) if job and job.result else "",
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        form = QueueSourceForm(self.actor, request.POST)
        if form.is_valid():
            try:
                told = bring_from_queue(self.dataset, form.cleaned_data["queue"], by=self.actor)
            except ValidationError as error:
                form.add_error(None, " ".join(error.messages))
            else:
                if isinstance(told, Job):
                    return redirect(f"{request.path}?job={told.pk}")
                messages.success(request, in_words(told))
                return redirect(self.dataset)
        context = self.context() | {"form": form}
        return self.render_to_response(self.get_context_data(**context), status=422)


def hidden_of(data: QueryDict) -> list[tuple[str, str]]:
    """The hidden fields by which the form says again which items it is about."""
    names = (*NAMES, "scope") if data.get("scope") == "all" else ("ids",)
    return [(name, value) for name in names for value in data.getlist(name) if value]
