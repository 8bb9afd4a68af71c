"""Saving of labels from the pages: the panel of one session, many at once, and undo."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import trigger_client_event

from datasets.filters import filter_sessions
from datasets.listing import listed
from datasets.models import Message, Session
from evalplatform.jobs.freezing import digest_of
from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.views import ScopedPage, ScopedView
from reviews.bulk import as_json, label_many, take_back_many
from reviews.changes import LabelChange, LabelState
from reviews.forms import change_from, ids_from, key_from, means_all
from reviews.history import history_of
from reviews.labelling import Outcome, StaleLabelError, ids_of, label_of, label_session
from reviews.listing import eval_rows
from reviews.models import EvalLabel
from reviews.telling import WORDS, acts_to_tell, sessions, words_of

CHANGED = "labels:changed"
TOLD = "told_label_jobs"  # in the browser's sign-in, like the team last opened
MOST_TOLD = 50
SHOWN_EXPECTED = 2_000


class LabelManyView(ScopedView):
    """POST: change the labels of the selection, or of everything that fits the filter."""

    model = Session
    verb = "label"
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        try:
            change = change_from(request.POST)
            outcome = self._label(request, change)
        except ValidationError as error:
            return toasted(HttpResponse(status=204), error.messages[0], level="error")
        if isinstance(outcome, Job):
            return begun(outcome)
        text, level = spoken(change, outcome)
        undo = undo_url(self.actor.team.slug, outcome.undo)
        return told(toasted(HttpResponse(status=204), text, level=level, undo=undo), CHANGED)

    def _label(self, request: HttpRequest, change: LabelChange) -> Outcome | Job:
        find = self._all_that_fit if means_all(request.POST) else partial(ids_from, request.POST)
        asked = [as_json(change), request.GET.urlencode(), request.POST.get("scope", "")]
        if not means_all(request.POST):
            asked.append(request.POST.getlist("ids"))
        key = key_from(request.POST, digest_of(asked))
        return label_many(find, change, by=self.actor, key=key, asked=asked)

    def _all_that_fit(self) -> list[uuid.UUID]:
        found = filter_sessions(self.actor, self.request.GET)
        if found.errors:
            raise ValidationError("The filter is broken: correct it first.")
        return ids_of(found.qs, by=self.actor)


class LabelUndoView(ScopedView):
    """POST: take back one's own last save of labels."""

    model = EvalLabel
    verb = "label"
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        try:
            outcome = take_back_many(request.GET.get("token", ""), by=self.actor)
        except ValidationError as error:
            return toasted(HttpResponse(status=409), error.messages[0], level="error")
        if isinstance(outcome, Job):
            return begun(outcome)
        text = f"Undone: {sessions(outcome.tally.n_changed)}."
        return told(toasted(HttpResponse(status=204), text), CHANGED)


class LabelJobsView(ScopedPage):
    """One's bulk acts that run, and those that have ended and were not told of yet."""

    model = Job
    verb = "label"
    template_name = "reviews/_label_jobs.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        acts = acts_to_tell(self.actor, told=self._told(), shown=request.GET.getlist("shown"))
        newly = [act for act in acts if act.has_ended and act.id not in self._told()]
        if newly:
            request.session[TOLD] = [*self._told(), *(act.id for act in newly)][-MOST_TOLD:]
        is_open = any(not act.has_ended for act in acts)
        response = self.render_to_response(self.get_context_data(acts=acts, is_open=is_open))
        return told(response, CHANGED) if newly and "was_open" in request.GET else response

    def _told(self) -> list[str]:
        return list(self.request.session.get(TOLD, []))


class LabelPanelView(ScopedView):
    """The label of one session: shown, and saved field by field."""

    model = Session
    verb = "see"

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        return self._panel(self.get_row(pk=pk))

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        session = self.get_row(pk=pk)
        try:
            tags = tuple(label_of(session, self.actor).tags)
            change = change_from(request.POST, tags=tags)
            version = request.POST.get("version", "")
            outcome = label_session(session, change, by=self.actor, version=version)
        except StaleLabelError as error:
            return self._panel(session, refusal=str(error.detail), status=422)
        except ValidationError as error:
            return self._panel(session, refusal=error.messages[0], status=422)
        if request.POST.get("as") == "row":
            return self._row(session, change, outcome)
        return told(self._panel(session, is_saved=True), "label:saved")

    def _row(self, session: Session, change: LabelChange, outcome: Outcome) -> HttpResponseBase:
        row = listed(Session.objects.visible_to(self.actor)).get(pk=session.pk)
        rows = eval_rows([row], self.actor.team.slug)
        query = self.request.GET.urlencode()
        context = {"sessions": rows, "actor": self.actor, "may_label": True, "query": query}
        response = render(self.request, "reviews/_eval_rows.html", context)
        text = f"{rows[0]['title'][:60]}: {WORDS.get(str(change.status), 'status cleared')}"
        response = toasted(response, text, undo=undo_url(self.actor.team.slug, outcome.undo))
        return told(response, "stats:changed")

    def _panel(
        self, session: Session, *, refusal: str = "", is_saved: bool = False, status: int = 200
    ) -> HttpResponse:
        context = panel_context(session, self.actor)
        context |= {"actor": self.actor, "refusal": refusal, "is_saved": is_saved}
        return render(self.request, "reviews/_label_panel.html", context, status=status)


class ExpectedOutputView(ScopedView):
    """The dialog in which the expected output is written beside the last answer."""

    model = Session
    verb = "see"

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        return self._dialog(self.get_row(pk=pk))

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        session = self.get_row(pk=pk)
        typed = request.POST.get("expected_output", "")
        try:
            change = change_from(request.POST)
            version = request.POST.get("version", "")
            outcome = label_session(session, change, by=self.actor, version=version)
        except (StaleLabelError, ValidationError) as error:
            words = str(error.detail) if isinstance(error, StaleLabelError) else error.messages[0]
            return self._dialog(session, typed=typed, refusal=words, status=422)
        undo = undo_url(self.actor.team.slug, outcome.undo)
        response = toasted(HttpResponse(status=204), "Expected output saved.", undo=undo)
        response = told(response, "expected:saved")  # no list shows it: selections stay
        return told(response, "dialog:close")

    def _dialog(
        self, session: Session, *, typed: str | None = None, refusal: str = "", status: int = 200
    ) -> HttpResponse:
        label = label_of(session, self.actor)
        context = {
            "session": session,
            "actor": self.actor,
            "label": label,
            "version": LabelState.of(label).version,
            "text": (label.expected_output or "") if typed is None else typed,
            "refusal": refusal,
            "answer": last_answer(session, self.actor),
            "may_label": self.actor.may("label"),
        }
        return render(self.request, "reviews/_expected_output.html", context, status=status)


class LabelHistoryView(ScopedView):
    """The history of one session's label, newest first."""

    model = Session
    verb = "see"

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        steps = history_of(self.get_row(pk=pk), self.actor)
        return render(request, "reviews/_label_history.html", {"steps": steps})


def panel_context(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what the label panel shows."""
    label = label_of(session, actor)
    return {
        "session": session,
        "label": label,
        "version": LabelState.of(label).version,
        "statuses": [(n, value, word) for n, (value, word) in enumerate(WORDS.items(), 1)],
        "expected_start": (label.expected_output or "")[:SHOWN_EXPECTED],
        "may_label": actor.may("label"),
    }


def last_answer(session: Session, actor: Actor) -> Any:
    """Return the last assistant message that says something; None without one."""
    said = Message.objects.visible_to(actor).filter(session=session, role="assistant")
    return said.exclude(content="").order_by("-position").first()


def spoken(change: LabelChange, outcome: Outcome) -> tuple[str, str]:
    """Return the sentence about a bulk act, and whether it is good news."""
    tally = outcome.tally
    text = f"{sessions(tally.n_changed)}: {words_of(change)}"
    if tally.n_unchanged:
        text += f", {tally.n_unchanged:,} unchanged"
    if not outcome.failed:
        return f"{text}.", "success"
    why = outcome.failed[0]["message"]
    return f"{text}. {sessions(len(outcome.failed))} could not be changed: {why}", "warning"


def begun(job: Job) -> HttpResponse:
    """Answer that a job does it; the page shows at its top how far it is."""
    text = f"{sessions(job.arguments['n'])} are being labelled: the list says how far it is."
    response = toasted(HttpResponse(status=202), text, level="info")
    return told(response, "labels:begun", {"job": str(job.pk)})


def undo_url(slug: str, token: str) -> str:
    return f"{reverse('label-undo', args=[slug])}?token={token}" if token else ""


def toasted(
    response: HttpResponse, text: str, *, level: str = "success", undo: str = ""
) -> HttpResponse:
    """Return the response with a toast for the page to show."""
    return told(response, "toast", {"text": text, "level": level, "undo": undo})


def told(response: HttpResponse, event: str, detail: dict[str, Any] | None = None) -> HttpResponse:
    """Return the response with an event that htmx fires on the page."""
    trigger_client_event(response, event, detail or {})
    return response
