"""Setting a queue up: a new one, another setting of one there is, and what its plan lets in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from datasets.cloning_forms import as_hidden, chosen_sessions
from datasets.models import Session
from datasets.views.cloning import count_of
from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.jobs.models import Job
from evalplatform.scoping.managers import get_visible
from evalplatform.scoping.patience import TooBroadError, patience
from evalplatform.scoping.views import ScopedPage
from reviews.models import Queue
from reviews.queue_adding import add_many, in_words, run_row_ids
from reviews.queue_forms import QueueForm
from reviews.queueing import Added, assign, change_queue, create_queue
from reviews.sample_preview import Preview, preview_of
from reviews.strata import rows_to_review
from reviews.views.queue_page import OfQueue
from runs.models import Run

NOUNS: dict[str, str] = {Queue.Target.SESSION: "session", Queue.Target.RUN_ITEM: "row"}


class QueueFormPage(ScopedPage):
    """The form with its preview; 422 with what is wrong."""

    model = Queue
    verb = Verb.MANAGE_QUEUES
    template_name = "reviews/queue_form.html"

    def shown(self, form: QueueForm, **more: Any) -> dict[str, Any]:
        """What the page says besides its errors."""
        queues_url = reverse("queues", args=[self.actor.team.slug])
        return {"form": form, "queues_url": queues_url, "noun": NOUNS[form.target]} | more

    def again(self, context: dict[str, Any]) -> HttpResponseBase:
        """The form with its errors."""
        return self.render_to_response(self.get_context_data(**context), status=422)

    def preview(self, form: QueueForm, rows: Any) -> dict[str, Any]:
        """What the plan as it is typed would let in of these rows, and of strata what was typed."""
        if not form.is_bound:
            form = self.bound_to_initial(form)
        form.is_valid()
        plan, strata = form.plan_said()
        try:
            with patience():
                found = preview_of(form.target, rows, plan, strata)
        except TooBroadError:
            return {"preview": None}
        return {"preview": found, "lines": lines_of(found, form)}

    def bound_to_initial(self, form: QueueForm) -> QueueForm:
        """The form as if it was sent as it stands, to ask for its plan."""
        data = QueryDict(mutable=True)
        for name in ("plan", "strata", "rest", "seed"):
            value = form[name].value()
            data.setlist(name, value if isinstance(value, list) else [str(value)])
        for stratum, share in form.shares_said.items():
            data.appendlist("stratum", stratum)
            data.appendlist("share", share)
        return QueueForm(data, actor=self.actor, target=form.target)


class QueueCreateView(QueueFormPage):
    """A new queue: over a run's rows (?run=), over chosen sessions, or empty for now.

    A POST with `begin` only shows the form: the selection behind it is too long for an address.
    """

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return self.of_form(self.form(None), self.request.GET)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        run = self.run(request.GET)
        if run and (found := Queue.objects.visible_to(self.actor).filter(run=run).first()):
            messages.info(request, "This run has its review already.")
            return redirect(found)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if "begin" in request.POST:
            context = self.of_form(self.form(None), request.POST)
            return self.render_to_response(self.get_context_data(**context))
        form = self.form(request.POST)
        if form.is_valid():
            try:
                queue, told = self.save(form)
            except ValidationError as error:
                form.refuse(error)
            except Conflict as error:
                form.add_error(None, str(error.detail))
            else:
                say_added(request, told, form.target)
                return redirect(queue)
        return self.again(self.of_form(form, request.POST))

    def run(self, data: QueryDict) -> Run | None:
        """The run that is to be reviewed; 404 for one that is not the actor's to see."""
        pk = data.get("run", "")
        run: Run | None = get_visible(Run, self.actor, pk=pk) if pk else None
        if run and not Run.objects.editable_by(self.actor).filter(pk=run.pk).exists():
            raise PermissionDenied("Only who may change a run may have it reviewed.")
        return run

    def form(self, data: QueryDict | None) -> QueueForm:
        asked = self.request.POST if self.request.method == "POST" else self.request.GET
        run = self.run(asked)
        target = Queue.Target.RUN_ITEM if run else Queue.Target.SESSION
        told: dict[str, Any] = {"name": f"Review of {run.title}"[:200]} if run else {}
        return QueueForm(data, actor=self.actor, target=target, **told)

    def of_form(self, form: QueueForm, data: QueryDict) -> dict[str, Any]:
        run = self.run(data)
        hidden = [("run", str(run.pk))] if run else as_hidden(data)
        rows, problem = self.rows_of(data, run)
        return self.shown(form) | {
            "run": run,
            "hidden": hidden,
            "problem": problem,
            "is_of_all": not hidden,
            "n_chosen": count_of(rows) if hidden and not run and not problem else "",
            **self.preview(form, rows),
        }

    def rows_of(self, data: QueryDict, run: Run | None) -> tuple[Any, str]:
        """What would come in: of the run, of the selection, else whatever the actor sees."""
        if run or not as_hidden(data):
            target = Queue.Target.RUN_ITEM if run else Queue.Target.SESSION
            return ordered(rows_to_review(Queue(target=target, run=run), self.actor), target), ""
        try:
            return ordered(chosen_sessions(self.actor, data), Queue.Target.SESSION), ""
        except ValidationError as error:
            return Session.objects.visible_to(self.actor).none(), " ".join(error.messages)

    def save(self, form: QueueForm) -> tuple[Queue, Added | Job | None]:
        """Make the queue, ask its reviewers, and add what was chosen: all of it or nothing."""
        data = self.request.POST
        run = self.run(data)
        with transaction.atomic():
            queue = create_queue(
                target=form.target, rubric=form.cleaned_data["rubric"], by=self.actor, run=run,
                **form.values(),
            )  # fmt: skip
            if people := form.chosen_people():
                assign(queue, people, by=self.actor)
            if run:
                ids = run_row_ids(queue, self.actor)
                return queue, add_many(queue, ids, by=self.actor) if ids else None
            if not as_hidden(data):
                return queue, None
            rows = ordered(chosen_sessions(self.actor, data), form.target)
            return queue, add_many(queue, list(rows.values_list("pk", flat=True)), by=self.actor)


class QueueEditView(OfQueue, QueueFormPage):
    """Other settings for a queue; those that may not change any more are shown with the reason."""

    verb = Verb.MANAGE_QUEUES

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.require_editor()
        return self.of_form(QueueForm(actor=self.actor, target=self.queue.target, queue=self.queue))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        queue = self.queue
        form = QueueForm(request.POST, actor=self.actor, target=queue.target, queue=queue)
        if form.is_valid():
            try:
                change_queue(queue, by=self.actor, **self.values(form))
            except ValidationError as error:
                form.refuse(error)
            except Conflict as error:
                form.add_error(None, str(error.detail))
            else:
                messages.success(request, "Saved.")
                return redirect(queue)
        return self.again(self.of_form(form))

    def values(self, form: QueueForm) -> dict[str, Any]:
        """What the form says, with the newest version of another rubric or of a draft's."""
        said = form.values()
        if not form.fields["rubric"].disabled:
            said["rubric_version"] = form.cleaned_data["rubric"].newest()
        return said

    def of_form(self, form: QueueForm) -> dict[str, Any]:
        rows = ordered(rows_to_review(self.queue, self.actor), self.queue.target)
        shown = self.shown(form, queue=self.queue, queue_url=self.url("queue"), hidden=[])
        return shown | self.preview(form, rows) | {"is_of_all": not self.queue.run_id}


class QueuePreviewView(QueueCreateView):
    """POST: the plan as it is typed, and what it would let in; adds nothing."""

    template_name = "reviews/_queue_plan.html"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        data = request.POST
        form, rows, is_of_all = self.form(data), None, not (data.get("run") or as_hidden(data))
        if pk := data.get("queue", ""):
            queue = get_visible(Queue, self.actor, pk=pk)
            form = QueueForm(data, actor=self.actor, target=queue.target, queue=queue)
            rows = ordered(rows_to_review(queue, self.actor), queue.target)
            is_of_all = not queue.run_id
        if rows is None:
            rows, _ = self.rows_of(data, self.run(data))
        told = self.preview(form, rows) | {"is_of_all": is_of_all}
        context = self.get_context_data(**self.shown(form, **told), is_part=True)
        response: HttpResponse = self.render_to_response(context)
        return response


def ordered(rows: Any, target: str) -> Any:
    """Sessions as they began, rows as the run has them: the order in which they are added."""
    is_rows = target == Queue.Target.RUN_ITEM
    return rows.order_by("order_index") if is_rows else rows.order_by("started_at", "id")


def lines_of(found: Preview, form: QueueForm) -> list[dict[str, Any]]:
    """Each stratum with what was typed as its share, and what is wrong with that."""
    return [
        {
            "line": line,
            "typed": form.shares_said.get(line.stratum, ""),
            "error": form.share_errors.get(line.stratum, ""),
        }
        for line in found.lines
    ]


def say_added(request: HttpRequest, told: Added | Job | None, target: str) -> None:
    """Tell on the next page what adding did."""
    if isinstance(told, Added):
        messages.success(request, in_words(told, NOUNS[target]))
    elif told is not None:
        messages.info(request, "The items are being added: this page says how far it is.")
