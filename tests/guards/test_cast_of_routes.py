"""The cast test: each route answers each person as the table says, and tells outsiders nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.urls import path

from evalplatform.scoping.api import ScopedAPIMixin
from evalplatform.scoping.views import ScopedPage, ScopedView
from tests.guards.pages import header_faults, page_faults
from tests.guards.product import Finding, Route, all_routes, hold, walk
from tests.guards.routes import PEOPLE, Line, expand, read_table
from tests.guards.world import MARKER, OUTSIDERS, World, make_world

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROUTES = {route.name: route for route in all_routes()}
TABLE = expand(read_table(), list(ROUTES))
LINES = [line for line in TABLE if line.route in ROUTES]
API_LINES = [line for line in LINES if hasattr(ROUTES[line.route].answerer, "verbs")]
KEYS_ONLY = {"api-export-direct"}
# Swagger UI writes style attributes; the page holds no row and runs our script files only.
EXCUSED = {"api-docs": ("its policy allows something unsafe", "holds an inline style")}
FOREIGN_MARKUP = "admin:"  # Django's admin writes its own tables and check boxes


def table_findings(routes: Iterable[Route], lines: Iterable[Line]) -> Iterator[Finding]:
    """Yield routes and methods without a line, and lines without a route."""
    lines = list(lines)
    told = {(line.route, line.method) for line in lines}
    known = set()
    for route in routes:
        known.add(route.name)
        methods = methods_of(route)
        if not methods and not any(name == route.name for name, _ in told):
            yield Finding(route.name, "has no line in routes.py")
        for method in methods:
            if (route.name, method) not in told:
                yield Finding(route.name, f"has no line for {method} in routes.py")
    for line in lines:
        if line.route not in known:
            yield Finding(line.route, "is in routes.py and no route")
        if set(line.answers) != set(PEOPLE):
            yield Finding(line.route, f"has {len(line.answers)} answers in routes.py")


def methods_of(route: Route) -> list[str]:
    """Return the methods that a view of ours answers; [] for functions and other packages."""
    view = route.answerer
    if route.actions:
        return [method for method in METHODS if method.lower() in route.actions]
    if not isinstance(view, type) or not issubclass(view, ScopedView | ScopedAPIMixin):
        return []
    allowed = {name.lower() for name in view.http_method_names}  # type: ignore[union-attr]
    return [m for m in METHODS if m.lower() in allowed and callable(getattr(view, m.lower(), None))]


def answer(response: Any) -> str:
    """Return a response in the table's words."""
    status = response.status_code
    target = response.headers.get("Location", "")
    if status == 401 or (status == 302 and target.partition("?")[0] in SIGN_IN):
        return "in"
    return "ok" if status < 400 else str(status)


SIGN_IN = {"/accounts/login/", "/admin/login/"}


def response_faults(name: str, line: Line, response: Any) -> Iterator[str]:
    """Yield what a response lacks, and what it tells somebody who may not see Eva's rows."""
    kind = response.headers.get("Content-Type", "")
    content = body_of(response)
    yield from header_faults(response.headers, kind)
    if name in OUTSIDERS and MARKER.encode() in content:
        yield "shows Eva's rows"
    if kind.startswith("text/html") and not line.route.startswith(FOREIGN_MARKUP):
        yield from page_faults(content.decode())


def unexcused_faults(name: str, line: Line, response: Any) -> list[str]:
    excused = EXCUSED.get(line.route, ())
    return [fault for fault in response_faults(name, line, response) if fault not in excused]


def body_of(response: Any) -> bytes:
    """Return the whole body, of streamed responses too."""
    return b"".join(response.streaming_content) if response.streaming else response.content


@contextmanager
def undone() -> Iterator[None]:
    """Run in a savepoint that is rolled back: each person meets the same rows."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """One transaction for the module instead of one for each test: the world is made once."""
    with django_db_blocker.unblock(), undone():
        yield


@pytest.fixture(scope="module")
def world(db: None) -> Iterator[World]:
    """The world, saved once for all lines and rolled back after them."""
    rate, settings.API_REQUESTS_PER_MINUTE = settings.API_REQUESTS_PER_MINUTE, 100_000
    yield make_world()
    settings.API_REQUESTS_PER_MINUTE = rate


def test_every_route_and_method_is_in_the_table() -> None:
    hold(table_findings(ROUTES.values(), TABLE), {})


@pytest.mark.parametrize("line", LINES, ids=str)
def test_route_answers_each_person_as_the_table_says(world: World, line: Line) -> None:
    route, faults = ROUTES[line.route], []
    for name, expected in line.answers.items():
        with undone():
            response = world.ask(name, line, route)
            if answer(response) != expected:
                faults.append(f"{name} gets {answer(response)}, the table says {expected}")
            faults += [f"{name}: {fault}" for fault in unexcused_faults(name, line, response)]
    assert not faults, "\n".join(["", *faults])


@pytest.mark.parametrize(
    "line",
    [line for line in LINES if "<slug:slug>" in ROUTES[line.route].address and line.row != "-"],
    ids=str,
)
def test_row_is_absent_under_another_teams_address(world: World, line: Line) -> None:
    with undone():
        response = world.ask("otto", line, ROUTES[line.route], slug="harbour")

    assert answer(response) == "404"
    assert list(response_faults("otto", line, response)) == []


@pytest.mark.parametrize("line", API_LINES, ids=str)
def test_api_answers_a_browser_as_it_answers_a_key(world: World, line: Line) -> None:
    route = ROUTES[line.route]
    expected = "in" if line.route in KEYS_ONLY else line.answers["eva"]

    with undone():
        assert answer(world.ask_by_cookie("eva", line, route)) == expected
    with undone():
        assert answer(world.ask_by_cookie("otto", line, route, **{"X-Team": "lighthouse"})) == "in"


def test_guard_catches_a_route_and_a_method_without_a_line() -> None:
    class Page(ScopedPage):
        template_name = "home.html"

        def post(self, request: Any, **kwargs: Any) -> HttpResponse:
            return HttpResponse()

    planted = list(walk([path("planted/", Page.as_view(), name="planted")]))
    line = Line("planted", "GET", "-", dict.fromkeys(PEOPLE, "ok"))

    assert [str(finding) for finding in table_findings(planted, [line])] == [
        "planted: has no line for POST in routes.py"
    ]
    assert [f.message for f in table_findings([], [line])] == ["is in routes.py and no route"]


def test_guard_catches_a_page_without_labels_captions_and_headers() -> None:
    response = HttpResponse(f'<table></table><input name="q"><b style="x">{MARKER}</b>')

    assert list(response_faults("emil", Line("planted", "GET", "-", {}), response)) == [
        "has no nosniff",
        "has no Referrer-Policy",
        "its policy lacks default-src 'self'",
        "its policy lacks object-src 'none'",
        "its policy lacks base-uri 'none'",
        "its policy lacks frame-ancestors 'none'",
        "shows Eva's rows",
        "a table has no caption",
        "a <b> has the attribute style",
        "the input q has no label",
    ]
