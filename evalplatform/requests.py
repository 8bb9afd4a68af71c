"""What every request gets before a view sees it: an id, and a refusal of text no one can store."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string

from evalplatform.errors import error_body

log = logging.getLogger(__name__)
AWAY = "The database is away for a moment: try again in a few seconds."
GetResponse = Callable[[HttpRequest], HttpResponseBase]
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class RequestIdMiddleware:
    """Give the request an id of ours; logs, audit events and the answer carry it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = uuid.uuid4().hex
        request.META["evalplatform.request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response.headers["X-Request-Id"] = request_id
        return response


class BadTextMiddleware:
    """Answer 400 to NUL or lone surrogates in path, query or form: no table holds them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        place = unstorable_place(request)
        if place:
            return refuse(request, place)
        return self.get_response(request)


class DatabaseAwayMiddleware:
    """Answer 503 with a hint when to come back while PostgreSQL restarts."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OperationalError | InterfaceError):
            log.warning("database away", exc_info=error)
            return unavailable(request)
        return None


def unavailable(request: HttpRequest) -> HttpResponse:
    """Say that the database is away, in the shape the caller reads."""
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = JsonResponse(error_body("UNAVAILABLE", AWAY), status=503)
    else:
        response = HttpResponse(render_to_string("503.html", {"message": AWAY}), status=503)
    response.headers["Retry-After"] = "3"
    return response


def unstorable_place(request: HttpRequest) -> str:
    """Return the name of the first place that holds unstorable text, else ''."""
    if UNSTORABLE.search(request.path):
        return "the address"
    forms = [request.GET]
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        forms.append(request.POST)
    for form in forms:
        for name, values in form.lists():
            if UNSTORABLE.search(name) or any(UNSTORABLE.search(str(value)) for value in values):
                return UNSTORABLE.sub("?", name)[:100]
    return ""


def refuse(request: HttpRequest, place: str) -> HttpResponse:
    """Say where the character is, in the shape the caller reads."""
    message = f"{place} holds a NUL or half a character (lone surrogate): remove it."
    if request.path.startswith("/api/"):
        return JsonResponse(error_body("INVALID_REQUEST", message), status=400)
    return HttpResponse(message, status=400, content_type="text/plain; charset=utf-8")
