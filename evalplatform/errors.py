"""The one shape of every API error, and the exceptions that carry it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

NOT_FOUND = "Not found."
OF_THE_WHOLE = {"non_field_errors", "__all__"}  # what DRF and Django call the body as a whole
CODES = {
    400: "INVALID_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    409: "CONFLICT",
    412: "PRECONDITION_FAILED",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    416: "RANGE_NOT_SATISFIABLE",
    422: "INCOMPLETE",
    429: "RATE_LIMITED",
    503: "UNAVAILABLE",
}


class Conflict(exceptions.APIException):
    """409: the request is right, the state of the thing is not.

    `details` are what a program needs to go on: who holds it and until when, both versions.
    """

    details: Mapping[str, Any] = MappingProxyType({})
    status_code = 409
    default_detail = "Somebody or something changed this meanwhile: load it again."


class Unavailable(exceptions.APIException):
    """503: a server behind us is away; the caller should try again soon."""

    status_code = 503
    default_detail = "The database is away for a moment: try again in a few seconds."


class TooLarge(exceptions.APIException):
    """413: the body is over the cap."""

    status_code = 413
    default_detail = "The body is too large: send it in parts."


class RowsRefusedError(exceptions.APIException):
    """400 with the rows or fields to blame: each error is {row, column, message, value?}."""

    status_code = 400

    def __init__(self, message: str, errors: Iterable[Mapping[str, Any]]) -> None:
        super().__init__(message)
        self.errors = [dict(error) for error in errors]


def error_body(
    code: str,
    message: str,
    errors: list[dict[str, Any]] | None = None,
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return {"error": {"code", "message", "errors"?, "details"?}} (formats.md 1.5)."""
    body: dict[str, Any] = {"code": code, "message": message}
    if errors:
        body["errors"] = errors
    if details:
        body["details"] = dict(details)
    return {"error": body}


def api_error(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer any exception a DRF view lets through in the one shape; unknown ones go on."""
    # Here, because DRF's views load our parsers, which raise what this module names.
    from rest_framework.views import exception_handler

    if isinstance(exc, ValidationError):
        exc = exceptions.ValidationError(
            exc.message_dict if hasattr(exc, "error_dict") else exc.messages
        )
    elif isinstance(exc, OperationalError | InterfaceError):
        exc = Unavailable()
    response = exception_handler(exc, context)
    if response is None:
        return None
    message, errors = describe(exc)
    code = CODES.get(response.status_code, "INVALID_REQUEST")
    response.data = error_body(code, message, errors, getattr(exc, "details", None))
    if response.status_code == 503:
        response["Retry-After"] = "3"
    return response


def describe(exc: Exception) -> tuple[str, list[dict[str, Any]]]:
    """Return the message and the field errors of an exception."""
    if isinstance(exc, Http404 | exceptions.NotFound):
        detail = exc.detail if isinstance(exc, exceptions.NotFound) else ""
        own = detail and str(detail) != str(exceptions.NotFound.default_detail)
        return (str(detail) if own else NOT_FOUND), []
    if isinstance(exc, PermissionDenied):
        return str(exc) or "Your role may not do this.", []
    if isinstance(exc, RowsRefusedError):
        return str(exc.detail), exc.errors
    if isinstance(exc, exceptions.ValidationError):
        errors = list(field_errors(exc.detail))
        return (errors[0]["message"] if len(errors) == 1 else "Some fields need a change."), errors
    return str(getattr(exc, "detail", exc)), []


def field_errors(detail: Any, column: str = "") -> Iterable[dict[str, Any]]:
    """Flatten DRF's nested error detail into {row: None, column, message} rows."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            path = column if name in OF_THE_WHOLE else f"{column}.{name}".strip(".")
            yield from field_errors(inner, path)
    elif isinstance(detail, list | tuple):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from field_errors(inner, f"{column}[{place}]" if nested else column)
    else:
        yield {"row": None, "column": column, "message": str(detail)}


def api_not_found(request: HttpRequest) -> JsonResponse:
    """Answer an address under /api/ that no route has in the one shape."""
    return JsonResponse(error_body("NOT_FOUND", NOT_FOUND), status=404)
