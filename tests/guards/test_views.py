"""Guard: every route is answered by a scoped view that says which verb it needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.generic import ListView
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets.models import Session
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.api import ScopedAPIMixin, ScopedAPIView, ScopedViewSet
from evalplatform.scoping.views import ScopedView
from tests.guards.product import PACKAGES, Finding, Route, all_routes, hold

ADMIN = "admin:"  # guarded by test_admin.py
METHODS = ("get", "post", "put", "patch", "delete")
EXEMPT = {
    "front": "sends people to their team and strangers to sign in; shows nothing",
    "healthz": "says that the process lives; asked by machines without a name",
    "readyz": "says that the servers behind answer; asked by machines without a name",
    "no-team": "for people without a team; shows no row",
    "invitation-accept": "its token is the right to it; nobody is in the team yet",
    "own-profile": "sends the signed-in person to their profile; shows nothing",
    "api-docs": "the API's description; holds no row",
    "api-not-found": "answers addresses that are no route",
}
# Views of packages that we did not write; each answers about the signed-in person alone.
OTHERS = {
    "allauth": "sign-in, password and two-factor of the signed-in person",
    "drf_spectacular": "the API's description; holds no row",
}


def view_findings(routes: Iterable[Route]) -> Iterator[Finding]:
    """Yield routes whose view is not scoped or does not declare its verbs."""
    for route in routes:
        if route.name.startswith(ADMIN):
            continue
        package = route.module.partition(".")[0]
        if package not in PACKAGES:
            if not any(route.module.startswith(known) for known in OTHERS):
                yield Finding(route.name, f"is answered by {route.module}, which nobody listed")
            continue
        yield from (Finding(route.name, message) for message in faults(route))


def faults(route: Route) -> Iterator[str]:
    """Yield what is wrong with the view of one route of ours."""
    view = route.answerer
    if not isinstance(view, type) or not issubclass(view, ScopedView | ScopedAPIMixin):
        yield "is not a ScopedView or a ScopedAPIView"
        return
    if getattr(view, "queryset", None) is not None:
        yield "has a queryset of its own"
    known = {str(verb) for verb in Verb}
    if issubclass(view, ScopedView):
        if view.verb not in known:
            yield f"needs the unknown verb {view.verb!r}"
        return
    for action in sorted(actions_of(route, view)):
        if view.verbs.get(action) not in known:
            yield f"declares no verb for {action}"
    if getattr(view, "permission_classes", None) != APIView.permission_classes:
        yield "replaces the permission that asks for the verb"


def actions_of(route: Route, view: Any) -> set[str]:
    """Return the actions of a viewset's route, or the methods of an API view."""
    if route.actions:
        return set(route.actions.values())
    return {method for method in METHODS if callable(getattr(view, method, None))}


def test_every_view_is_scoped_and_declares_its_verbs() -> None:
    hold(view_findings(all_routes()), EXEMPT)


def test_guard_catches_a_function_and_a_plain_class() -> None:
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    class Page(ListView):
        model = Session

    page.__module__ = Page.__module__ = "datasets.views"

    assert messages(page) == ["is not a ScopedView or a ScopedAPIView"]
    assert messages(Page.as_view()) == ["is not a ScopedView or a ScopedAPIView"]


def test_guard_catches_a_viewset_action_without_a_verb() -> None:
    class Sessions(ScopedViewSet):
        model = Session
        verbs = {"list": "see"}

        def list(self, request: Any) -> Response:
            return Response()

        def destroy(self, request: Any, pk: str) -> Response:
            return Response()

    Sessions.__module__ = "datasets.api.sessions"

    assert messages(Sessions.as_view({"get": "list"})) == []
    assert messages(Sessions.as_view({"get": "list", "delete": "destroy"})) == [
        "declares no verb for destroy"
    ]


def test_guard_catches_an_api_view_with_an_open_permission() -> None:
    class Open(ScopedAPIView):
        model = Session
        verbs = {"get": "everything"}
        permission_classes = ()

        def get(self, request: Any) -> Response:
            return Response()

    Open.__module__ = "datasets.api.sessions"

    assert messages(Open.as_view()) == [
        "declares no verb for get",
        "replaces the permission that asks for the verb",
    ]


def test_guard_catches_a_view_of_an_unknown_package() -> None:
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    page.__module__ = "django.contrib.flatpages.views"

    assert messages(page) == ["is answered by django.contrib.flatpages.views, which nobody listed"]


def messages(callback: Any) -> list[str]:
    """Return what the guard says about a route that this callback answers."""
    return [finding.message for finding in view_findings([Route("planted", "/", callback)])]
