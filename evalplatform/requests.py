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

from evalplatform.content_types import REFUSED
from evalplatform.errors import CODES, NOT_FOUND, error_body

log = logging.getLogger(__name__)
AWAY = "The database is away for a moment: try again in a few seconds."
ONLY_UTF_8 = "Send text as UTF-8: this Content-Type names another charset."
MESSAGES = {
    "INTERNAL": "Something went wrong on our side; X-Request-Id names it in the log.",
    "INVALID_REQUEST": "This request cannot be read.",
    "FORBIDDEN": "This request may not be made.",
}
ADVICE = ("Allow", "Retry-After")
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


class ApiErrorMiddleware:
    """Answer every refusal under /api/ in the one shape, also those made before a view is found."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not is_for_programs(request) or response.status_code < 400:
            return response
        if response.headers.get("Content-Type", "").startswith("application/json"):
            return response
        return in_one_shape(response)


def in_one_shape(response: HttpResponseBase) -> HttpResponse:
    """Return the refusal as JSON, with the headers that say what to do about it."""
    status = response.status_code
    code = CODES.get(status, "INTERNAL" if status >= 500 else "INVALID_REQUEST")
    message = NOT_FOUND if status == 404 else MESSAGES.get(code, response.reason_phrase)
    told = {name: response.headers[name] for name in ADVICE if name in response.headers}
    response.close()
    return JsonResponse(error_body(code, message), status=status, headers=told)


class BadTextMiddleware:
    """Answer 400 to NUL or lone surrogates in path, query or form: no table holds them.

    A body in another charset than UTF-8 is a 415.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.META.get(REFUSED):
            return refused(request, ONLY_UTF_8, status=415)
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
    if is_for_programs(request):
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
    return refused(request, message, status=400)


def refused(request: HttpRequest, message: str, *, status: int) -> HttpResponse:
    """Answer a refusal as text, or to programs in their one shape."""
    if is_for_programs(request):
        return JsonResponse(error_body(CODES[status], message), status=status)
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")


def is_for_programs(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
