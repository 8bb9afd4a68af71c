"""The access log: one row for each API call of somebody we know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient

from evalplatform.accounts.access_log import prune
from evalplatform.accounts.models import AccessLogEntry
from evalplatform.accounts.tasks import prune_access_log
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.api import ScopedAPIView
from tests.cast import Cast

CallAs = Callable[..., APIClient]
SignIn = Callable[[Actor], Client]
MISSING = "/api/export?format=nothing"


def test_a_call_with_a_key_is_kept_with_user_endpoint_method_status_and_time(
    cast: Cast, call_as: CallAs
) -> None:
    call_as(cast.eva).get(MISSING)

    entry = AccessLogEntry.all_rows.get()
    assert (entry.user, entry.team) == (cast.eva.user, cast.team)
    assert entry.key is not None
    assert (entry.endpoint, entry.method, entry.status_code) == ("/api/export", "GET", 400)
    assert entry.response_ms >= 0


class Ping(ScopedAPIView):
    """The smallest API view; it answers keys and browsers."""

    verbs: ClassVar = {"get": "see"}

    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [path("api/ping", Ping.as_view())]


@pytest.mark.urls(__name__)
def test_a_call_of_a_signed_in_browser_is_kept_without_a_key(cast: Cast, sign_in: SignIn) -> None:
    sign_in(cast.eva).get("/api/ping?q=secret")

    entry = AccessLogEntry.all_rows.get()
    assert (entry.user, entry.key, entry.status_code) == (cast.eva.user, None, 200)
    assert entry.endpoint == "/api/ping"


@pytest.mark.parametrize("key", ["", "evp_" + "x" * 32, "Bearer"])
def test_a_stranger_leaves_no_row(cast: Cast, key: str) -> None:
    client = APIClient()
    if key:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")

    assert client.get(MISSING).status_code == 401
    assert not AccessLogEntry.all_rows.exists()


def test_pages_are_not_api_calls(cast: Cast, sign_in: SignIn) -> None:
    sign_in(cast.eva).get(f"/t/{cast.team.slug}/keys/")

    assert not AccessLogEntry.all_rows.exists()


def test_a_log_that_cannot_be_written_takes_no_call_with_it(
    cast: Cast, call_as: CallAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**fields: object) -> None:
        raise DatabaseError("disk full")

    client = call_as(cast.eva)
    monkeypatch.setattr(AccessLogEntry.all_rows, "create", fail)

    assert client.get(MISSING).status_code == 400


def test_rows_older_than_90_days_are_forgotten_batch_by_batch(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)
    for _ in range(5):
        client.get(MISSING)
    old = list(AccessLogEntry.all_rows.values_list("pk", flat=True)[:4])
    AccessLogEntry.all_rows.filter(pk__in=old).update(at=timezone.now() - timedelta(days=91))

    assert prune(batch=3) == 4
    assert AccessLogEntry.all_rows.count() == 1
    assert prune_access_log() == 0


@pytest.mark.parametrize(
    ("name", "sees"), [("olga", 1), ("adam", 1), ("eva", 1), ("emil", 0), ("tess", 0), ("otto", 0)]
)
def test_a_call_is_seen_by_its_caller_and_by_those_who_manage_members(
    cast: Cast, call_as: CallAs, name: str, sees: int
) -> None:
    call_as(cast.eva).get(MISSING)

    assert AccessLogEntry.objects.visible_to(cast.actor(name)).count() == sees
