"""Adding sessions to a dataset from the pages: the dialog, the start, and how far it is."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from datasets.cloning import KIND, request_clone
from datasets.cloning_forms import CloneForm, as_hidden, chosen_sessions
from datasets.models import Session
from datasets.views.dataset_page import DatasetPage
from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.jobs.models import Job
from evalplatform.scoping.keyset import capped_count
from evalplatform.scoping.managers import get_visible
from evalplatform.scoping.patience import TooBroadError, patience
from evalplatform.scoping.views import ScopedPage


class CloneDialogView(ScopedPage):
    """The dialog (GET, or POST for many ids), and a page of its own where there is no htmx."""

    model = Session
    verb = Verb.EDIT_EVIDENCE

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(request.GET)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self.show(both(request))

    def show(
        self, data: QueryDict, form: CloneForm | None = None, problem: str = ""
    ) -> HttpResponse:
        """Show the form, with how many sessions it is about."""
        rows = None
        try:
            rows = chosen_sessions(self.actor, data)
        except ValidationError as error:
            problem = problem or " ".join(error.messages)
        is_part = bool(getattr(self.request, "htmx", False))
        self.template_name = "datasets/_clone_dialog.html" if is_part else "datasets/clone.html"
        shown = {
            "form": form or CloneForm(self.actor, dataset=data.get("dataset", "")),
            "hidden": as_hidden(data),
            "n_sessions": "" if rows is None else count_of(rows),
            "problem": problem,
            "is_ready": rows is not None,
        }
        status = 422 if problem or (form and form.errors) else 200
        return self.render_to_response(self.get_context_data(**shown), status=status)


class CloneStartView(CloneDialogView):
    """POST: freeze what is chosen and start; sent twice, it starts once."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = CloneForm(self.actor, request.POST)
        if not form.is_valid():
            return self.show(request.POST, form)
        try:
            job = self.start(form)
        except (ValidationError, Conflict) as error:
            problem = error.messages if isinstance(error, ValidationError) else [str(error.detail)]
            return self.show(request.POST, form, " ".join(problem))
        place = [self.actor.team.slug, job.arguments["dataset"], job.pk]
        return redirected(self.request, reverse("clone", args=place))

    def start(self, form: CloneForm) -> Job:
        """Ask for the clone; a new dataset is made with it or not at all."""
        key = f"page:{form.cleaned_data['token']}"
        rows = chosen_sessions(self.actor, self.request.POST)
        with transaction.atomic():
            if earlier := Job.objects.visible_to(self.actor).filter(
                kind=KIND, idempotency_key=key
            ).first():  # fmt: skip
                return earlier  # type: ignore[no-any-return]
            dataset = form.chosen_or_new(self.actor)
            job = request_clone(dataset, rows, wanted=form.wanted, by=self.actor, key=key)
            if job.arguments["dataset"] != str(dataset.pk):  # the same form was quicker
                transaction.set_rollback(True)
            return job


class CloneView(DatasetPage):
    """How far a clone is, and what came of it."""

    template_name = "datasets/clone_progress.html"
    crumb = "Clone"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        about = str(self.dataset.pk)
        found = get_visible(Job, self.actor, pk=kwargs["job"], kind=KIND, arguments__dataset=about)
        return {"job": found, "result": found.result or {}}


class CloneIntoView(DatasetPage):
    """The way from a dataset to the sessions that can be cloned into it."""

    template_name = "datasets/clone_into.html"
    crumb = "Clone"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.require_editor()
        visible = Session.objects.visible_to(self.actor)
        return {"n_sessions": count_of(visible), "is_empty": not visible.exists()}


def redirected(request: HttpRequest, url: str) -> HttpResponseBase:
    """Lead there, also a dialog that htmx sent."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def both(request: HttpRequest) -> QueryDict:
    """Return the view's filters, which its address has, with the ticked ids, which are too many."""
    data = request.GET.copy()
    for name, values in request.POST.lists():
        data.setlist(name, values)
    return data


def count_of(rows: Any) -> str:
    """How many sessions, as far as counting is cheap."""
    try:
        with patience():
            n, is_more = capped_count(rows)
    except TooBroadError:
        return "many sessions"
    return f"{n:,}{'+' if is_more else ''} session{'' if n == 1 else 's'}"
