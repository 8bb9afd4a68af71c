"""One's own page: name, ways to sign in, last API calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from evalplatform.accounts.models import AccessLogEntry, User
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.counting import queries_of

SignIn = Callable[[Actor], Client]


def url(cast: Cast) -> str:
    return reverse("profile", args=[cast.team.slug])


def call(actor: Actor, endpoint: str = "/api/v1/sessions", *, n: int = 1) -> None:
    """Save n entries of the access log."""
    AccessLogEntry.all_rows.bulk_create(
        AccessLogEntry(
            team=actor.team,
            user=actor.user,
            endpoint=endpoint,
            method="GET",
            status_code=200,
            response_ms=3,
        )
        for _ in range(n)
    )


@pytest.mark.parametrize(
    ("name", "status"), [("olga", 200), ("adam", 200), ("eva", 200), ("tess", 200), ("otto", 404)]
)
def test_everybody_has_a_profile_in_their_own_team(
    cast: Cast, sign_in: SignIn, name: str, status: int
) -> None:
    answer = sign_in(cast.actor(name)).get(url(cast))

    assert answer.status_code == status
    if status == 200:
        assert f"{name}@example.org" in answer.content.decode()


def test_the_name_is_saved_and_told_with_before_and_after(cast: Cast, sign_in: SignIn) -> None:
    sign_in(cast.tess).post(url(cast), {"name": "Tess Tern", "email": "other@example.org"})

    event = AuditEvent.all_rows.get()
    user = User.objects.get(pk=cast.tess.user.pk)
    assert (user.name, user.email) == ("Tess Tern", "tess@example.org")
    assert (event.verb, event.changes) == ("user.rename", {"name": ["Tess", "Tess Tern"]})


@pytest.mark.parametrize("name", ["", "\u200b", "Te\u00adss", "T\u2066ess", "\u3164", "x" * 121])
def test_a_name_with_what_cannot_be_seen_is_refused(cast: Cast, sign_in: SignIn, name: str) -> None:
    answer = sign_in(cast.tess).post(url(cast), {"name": name})

    assert answer.status_code == 422
    assert answer.context["form"].errors["name"]


def test_nobody_renames_somebody_else(cast: Cast) -> None:
    with pytest.raises(PermissionDenied, match="owner's to change"):
        cast.eva.user.rename("Eve", by=cast.olga)


def test_own_calls_are_shown_and_nobody_elses(cast: Cast, sign_in: SignIn) -> None:
    call(cast.eva, "/api/v1/mine")
    call(cast.emil, "/api/v1/his")
    call(cast.olga, "/api/v1/hers")

    text = sign_in(cast.olga).get(url(cast)).content.decode()

    assert "/api/v1/hers" in text
    assert "/api/v1/mine" not in text
    assert "/api/v1/his" not in text


def test_the_last_fifty_calls_are_shown_without_a_query_each(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    call(cast.eva)
    client.get(url(cast))
    few = queries_of(lambda: client.get(url(cast)))
    call(cast.eva, n=60)

    assert queries_of(lambda: client.get(url(cast))) == few
    assert client.get(url(cast)).content.decode().count("/api/v1/sessions") == 50


def test_addresses_are_not_changed_on_allauths_page(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)

    assert client.get("/accounts/email/")["Location"] == url(cast)
    assert client.post("/accounts/email/", {"email": "x@example.org", "action_add": ""})[
        "Location"
    ] == url(cast)
    assert not User.objects.filter(email="x@example.org").exists()
    assert Client().get("/accounts/email/")["Location"].startswith("/accounts/login/")
