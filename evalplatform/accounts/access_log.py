"""The access log: one row for every call of the API by somebody we know (formats.md 1.4)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from evalplatform.accounts.models import AccessLogEntry
from evalplatform.scoping.actor import Actor

KEPT_FOR = timedelta(days=90)
BATCH = 5_000
log = logging.getLogger(__name__)


class AccessLogMiddleware:
    """Writes the row after the answer is known; a log that cannot be written takes no call with it.

    Authentication leaves the Actor on the request, for keys and cookies alike; strangers have none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        begun = time.perf_counter()
        response = self.get_response(request)
        actor = getattr(request, "auth", None)
        if isinstance(actor, Actor):
            milliseconds = round((time.perf_counter() - begun) * 1000)
            write_entry(actor, request, response.status_code, milliseconds)
        return response


def write_entry(actor: Actor, request: HttpRequest, status_code: int, milliseconds: int) -> None:
    """Save one row; the address is kept without its query, which may hold what people wrote."""
    try:
        AccessLogEntry.all_rows.create(
            team=actor.team,
            user=actor.user,
            key=actor.key,
            endpoint=request.path[:200],
            method=(request.method or "")[:10],
            status_code=status_code,
            response_ms=milliseconds,
        )
    except (DatabaseError, InterfaceError) as error:
        log.warning("An API call could not be logged: %s", type(error).__name__)


def prune(*, batch: int = BATCH) -> int:
    """Delete rows older than 90 days, a batch at a time; return how many."""
    old = AccessLogEntry.all_rows.filter(at__lt=timezone.now() - KEPT_FOR).order_by("at")
    n_deleted = 0
    while ids := list(old.values_list("pk", flat=True)[:batch]):
        AccessLogEntry.all_rows.filter(pk__in=ids).delete()
        n_deleted += len(ids)
    return n_deleted
