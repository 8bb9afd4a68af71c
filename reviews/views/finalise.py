"""The page on which a review is finished: gates, the seal, what it says, and opening it again."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.keyset import Page, fetch_page
from evalplatform.scoping.views import ScopedPage, ScopedView
from reviews.lifecycle import (
    FINALIZED,
    READY,
    Gate,
    blocking,
    finalise,
    gates,
    reachable,
    reopen,
    seals_of,
    statuses_of,
    to_finalise,
)
from reviews.models import Queue, QueueItem, Slot
from reviews.queue_items import PAGE, PAGE_KEYS, label_of
from reviews.seal_checking import Verdict, check
from reviews.snapshot import snapshot_of, told_of
from reviews.views.queue_page import OfQueue
from runs.models import Run

AT_ONCE = 1_000  # items of a review whose seal is checked whenever the page is opened
ADJUDICATED = ("unresolved", "flags", "contests")  # gates that an adjudicator opens
COLUMNS = ("id", "key", "position", "n_counted", "session_id", "session__title",
           "session__external_id", "run_item__public_id", "run_item__title")  # fmt: skip


class OfReview(OfQueue):
    """A view of how a review is finished, for who may finalise it: 403 for its reviewers."""

    verb = Verb.FINALISE

    def rows(self) -> Any:
        return reachable(self.actor)

    def require_finaliser(self) -> None:
        """403 for those who see the queue and not how its review is finished."""
        if not to_finalise(self.actor).filter(pk=self.queue.pk).exists():
            raise PermissionDenied("Only who runs this queue or its run finalises the review.")


class FinaliseView(OfReview, ScopedPage):
    """GET: what stands in the way, and the seals. POST: finalise."""

    verb = Verb.FINALISE
    template_name = "reviews/finalise.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.require_finaliser()
        request.place = "queues"  # type: ignore[attr-defined]
        return super().get(request, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.require_finaliser()
        try:
            seal = finalise(self.queue, by=self.actor)
        except Conflict as refused:
            messages.error(request, str(refused.detail))
        else:
            messages.success(request, f"Finalised: {seal.n_items:,} items are sealed.")
        return redirect(self.url("queue-finalise"))

    def context(self, **kwargs: Any) -> dict[str, Any]:
        queue, found = self.queue, [] if self.queue.is_finalized else gates(self.queue)
        is_ready = bool(found) and all(gate.is_met for gate in found)
        seals, verdict = seals_of(queue), self.verdict
        return {
            "queue": queue,
            "status": FINALIZED if queue.is_finalized else READY if is_ready else "",
            "gates": [(gate, self.gate_url(gate)) for gate in found],
            "n_unmet": sum(not gate.is_met for gate in found),
            "is_ready": is_ready,
            "told": told_of(snapshot_of(queue, self.actor)) if is_ready else [],
            **self.blocking_items(found),
            "seals": [(seal, self.state_of(seal.number), told_of(seal.snapshot)) for seal in seals],
            "verdict": verdict,
            "check_url": f"{self.url('queue-finalise')}?check=1#seal",
            "may_reopen": self.actor.may(Verb.ADJUDICATE),
            "is_seen": Queue.objects.visible_to(self.actor).filter(pk=queue.pk).exists(),
            "queues_url": reverse("queues", args=[self.actor.team.slug]),
            "queue_url": self.url("queue"),
            "finalise_url": self.url("queue-finalise"),
            "problem": kwargs.get("problem", ""),
        }

    @cached_property
    def verdict(self) -> Verdict | None:
        """What is said of the seal; none for a review so large that it is checked when asked."""
        if self.queue.n_items > AT_ONCE and "check" not in self.request.GET:
            return None
        return check(self.queue)

    def state_of(self, number: int) -> str:
        """The state of one seal; "" while it is not checked."""
        found = self.verdict.states.get(number) if self.verdict else None
        return found.value if found else ""

    def gate_url(self, gate: Gate) -> str:
        """Where what blocks a gate is found; "" when nothing does."""
        if gate.is_met:
            return ""
        if not self.queue.n_items:
            return self.url("queue-add")
        return f"?gate={gate.name}#blocking"

    def blocking_items(self, found: list[Gate]) -> dict[str, Any]:
        """A page of the items that block the gate of the address."""
        asked = self.request.GET.get("gate", "")
        gate = next((each for each in found if each.name == asked and not each.is_met), None)
        if gate is None:
            return {"gate": None}
        seen = QueueItem.objects.visible_to(self.actor).filter(queue=self.queue)
        rows = blocking(self.queue)[gate.name][1].filter(pk__in=seen.values("pk"))
        if gate.name != "quota":
            rows = rows.exclude(pk__in=self.still_theirs().values("queue_item"))
        error, token = "", self.request.GET.get("page", "")
        try:
            page = fetch_page(rows, PAGE_KEYS, token, PAGE, _read, ascending=True)
        except ValidationError as problem:
            error, page = problem.messages[0], Page([], "", "")
        here = f"?gate={gate.name}&page="
        return {
            "gate": gate,
            "error": error,
            "items": [self.told(each, gate) for each in page.rows],
            "adjudicate_url": self.url("queue-adjudicate") if self.settles(gate) else "",
            "floors": self.missed_floors() if gate.name == "floors" else [],
            "newer_url": f"{here}{page.newer}#blocking" if page.newer else "",
            "older_url": f"{here}{page.older}#blocking" if page.older else "",
        }

    def still_theirs(self) -> Any:
        """The actor's places on items of which they have not said theirs: not told what they wait
        for, which would tell what others said.
        """
        places = Slot.objects.visible_to(self.actor).filter(queue=self.queue)
        ended = (Slot.State.SUBMITTED, Slot.State.DECLINED)
        return places.filter(reviewer=self.actor.user).exclude(state__in=ended).order_by()

    def missed_floors(self) -> list[Any]:
        """The chosen floors that are not reached, each with its figure."""
        from reviews.figures.whole import figures_of  # numpy: only where it is asked for

        figures = figures_of(self.queue, by=self.actor, is_whole=True)
        return [floor for floor in figures.floors if not floor.is_met]

    def settles(self, gate: Gate) -> bool:
        """Whether the actor can do what the gate waits for by adjudicating."""
        return gate.name in ADJUDICATED and self.actor.may(Verb.ADJUDICATE)

    def told(self, each: dict[str, Any], gate: Gate) -> dict[str, Any]:
        """A row of the table of what blocks."""
        name = "adjudicate-item" if self.settles(gate) else "review-history"
        url = self.url(name, each["key"])
        return {"label": label_of(each), "n_counted": each["n_counted"], "url": url}


class ReopenView(FinaliseView):
    """POST `reason`: open a finalised review again; for owners and admins."""

    verb = Verb.ADJUDICATE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.require_finaliser()
        try:
            reopen(self.queue, request.POST.get("reason", ""), by=self.actor)
        except ValidationError as error:
            context = self.context(problem=" ".join(error.messages))
            return self.render_to_response(self.get_context_data(**context), status=422)
        except Conflict as refused:
            messages.error(request, str(refused.detail))
        else:
            messages.success(request, "The review is open again. The seal stays in the history.")
        return redirect(self.url("queue-finalise"))


class RunReviewStateView(ScopedView):
    """GET: where the review of a run is in its life, for the run's page; empty without one."""

    model = Run
    verb = Verb.REVIEW

    def get(self, request: HttpRequest, pk: Any) -> HttpResponseBase:
        run = self.get_row(pk=pk)
        queue = reachable(self.actor).filter(run=run).first()
        context: dict[str, Any] = {"queue": queue, "actor": self.actor}
        if queue is not None:
            may = to_finalise(self.actor).filter(pk=queue.pk).exists()
            name = "queue-finalise" if may else "queue"
            context["review"] = statuses_of([queue])[queue.pk]
            context["url"] = reverse(name, args=[self.actor.team.slug, queue.pk])
        return TemplateResponse(request, "reviews/_run_review_state.html", context)


def _read(rows: Any) -> Any:
    return rows.values(*COLUMNS)
