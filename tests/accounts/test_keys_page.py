"""The keys page: one's own keys for everybody, the team's for those who manage members."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evalplatform.accounts.models import ApiKey
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from tests.cast import Cast, make_key, make_member
from tests.counting import queries_of

SignIn = Callable[[Actor], Client]


def url(cast: Cast, name: str = "keys", *args: object) -> str:
    return reverse(name, args=[cast.team.slug, *args])


def make(client: Client, cast: Cast, **fields: object) -> str:
    """Make a key on the page and return its text."""
    answer = client.post(url(cast), {"name": "nightly", "expires": "90"} | fields)
    found = re.search(r"evp_[A-Za-z0-9]{32}", answer.content.decode())
    assert found is not None
    return found[0]


@pytest.mark.parametrize("name", ["olga", "adam", "eva", "tess"])
def test_every_role_makes_a_key_that_works_and_is_shown_once(
    cast: Cast, sign_in: SignIn, name: str
) -> None:
    client = sign_in(cast.actor(name))

    text = make(client, cast)
    later = client.get(url(cast)).content.decode()

    key = ApiKey.find(text)
    assert key is not None
    assert key.membership == cast.actor(name).membership
    assert text not in later
    assert f"evp_{key.prefix}…" in later
    assert key.key_sha256 not in later


def test_the_answer_that_holds_a_key_is_not_kept_by_caches(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.eva).post(url(cast), {"name": "nightly", "expires": "90"})

    assert "no-store" in answer["Cache-Control"]


def test_the_database_holds_no_key_text(cast: Cast, sign_in: SignIn) -> None:
    text = make(sign_in(cast.eva), cast)

    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM accounts_apikey k")
        rows = " ".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT e::text FROM audit_auditevent e")
        rows += " ".join(row[0] for row in cursor.fetchall())
    assert text not in rows
    assert text[12:] not in rows


def test_making_a_key_is_one_event_with_what_it_may_do(cast: Cast, sign_in: SignIn) -> None:
    make(sign_in(cast.eva), cast, scopes=["export", "read"], expires="")

    event = AuditEvent.all_rows.get()
    assert event.verb == "api_key.issue"
    assert event.changes == {
        "name": [None, "nightly"],
        "scopes": [None, ["export", "read"]],
        "expires_at": [None, None],
    }


def test_sending_the_form_twice_makes_one_key(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    make(client, cast)

    again = client.post(url(cast), {"name": " nightly ", "expires": "90"})

    assert again.status_code == 422
    assert again.context["form"].errors["name"] == ["You have a key of this name: choose another."]
    assert ApiKey.all_rows.count() == 1


def test_the_database_refuses_two_living_keys_of_one_name(cast: Cast) -> None:
    key, _ = ApiKey.issue("nightly", by=cast.eva)

    with pytest.raises(IntegrityError, match="one_living_key_per_name"), transaction.atomic():
        ApiKey.all_rows.create(
            membership=key.membership, name="nightly", prefix="zzzzzzzz", key_sha256="0" * 64
        )


@pytest.mark.parametrize("name", ["", "  ", "a\u200bb", "\u3164", "\u202eevil", "x" * 121])
def test_a_name_that_cannot_be_read_is_refused_at_the_field(
    cast: Cast, sign_in: SignIn, name: str
) -> None:
    answer = sign_in(cast.eva).post(url(cast), {"name": name, "expires": "90"})

    assert answer.status_code == 422
    assert answer.context["form"].errors["name"]
    assert not ApiKey.all_rows.exists()


@pytest.mark.parametrize(
    "fields", [{"scopes": ["everything"]}, {"expires": "36500"}, {"expires": "-1"}]
)
def test_a_scope_or_life_that_is_not_offered_is_refused(
    cast: Cast, sign_in: SignIn, fields: dict[str, object]
) -> None:
    answer = sign_in(cast.eva).post(url(cast), {"name": "nightly", "expires": "90"} | fields)

    assert answer.status_code == 422
    assert not ApiKey.all_rows.exists()


@pytest.mark.parametrize(
    ("name", "sees"),
    [("olga", True), ("adam", True), ("eva", True), ("emil", False), ("tess", False)],
)
def test_a_key_is_listed_for_its_owner_and_for_those_who_manage_members(
    cast: Cast, sign_in: SignIn, name: str, sees: bool
) -> None:
    ApiKey.issue("eva's own", by=cast.eva)

    text = sign_in(cast.actor(name)).get(url(cast)).content.decode()

    assert ("eva&#x27;s own" in text) is sees


@pytest.mark.parametrize(
    ("name", "status"),
    [("olga", 302), ("adam", 302), ("eva", 302), ("emil", 404), ("tess", 404), ("otto", 404)],
)
def test_revoking_a_key_is_for_its_owner_and_for_those_who_manage_members(
    cast: Cast, sign_in: SignIn, name: str, status: int
) -> None:
    key, text = ApiKey.issue("eva's own", by=cast.eva)

    answer = sign_in(cast.actor(name)).post(url(cast, "key-revoke", key.pk))

    assert answer.status_code == status
    assert (ApiKey.find(text) is None) is (status == 302)
    assert AuditEvent.all_rows.filter(verb="api_key.revoke").count() == (status == 302)


def test_an_admin_sees_an_owners_key_but_cannot_revoke_it(cast: Cast, sign_in: SignIn) -> None:
    key, text = ApiKey.issue("olga's own", by=cast.olga)

    answer = sign_in(cast.adam).post(url(cast, "key-revoke", key.pk))

    assert answer.status_code == 403
    assert ApiKey.find(text) is not None


def test_the_models_own_revoke_asks_who_revokes(cast: Cast) -> None:
    key, _ = ApiKey.issue("eva's own", by=cast.eva)

    with pytest.raises(PermissionDenied, match="may not change this"):
        key.revoke(by=cast.emil)


def test_revoking_twice_is_one_event(cast: Cast) -> None:
    key, _ = ApiKey.issue("eva's own", by=cast.eva)
    key.revoke(by=cast.eva)
    key.revoke(by=cast.eva)

    assert AuditEvent.all_rows.filter(verb="api_key.revoke").count() == 1


def test_an_expired_key_is_refused(cast: Cast) -> None:
    key, text = ApiKey.issue("short", by=cast.eva, days=30)
    assert ApiKey.find(text) is not None
    ApiKey.all_rows.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert ApiKey.find(text) is None


def test_a_key_can_do_no_more_than_its_membership_can_today(cast: Cast) -> None:
    text = make_key(cast.adam)
    cast.adam.membership.change_role("tester", by=cast.olga)

    key = ApiKey.find(text)

    assert key is not None
    assert not key.act().may("see_all")
    assert not key.act().may("label")


def test_a_key_can_never_manage_people_or_read_the_audit_log(cast: Cast) -> None:
    key = ApiKey.find(make_key(cast.olga))

    assert key is not None
    for verb in ("manage_members", "manage_owners", "delete_team", "read_audit"):
        assert not key.act().may(verb)
    with pytest.raises(PermissionDenied, match="A key cannot make keys"):
        ApiKey.issue("child", by=key.act())


def test_an_unknown_scope_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="Unknown: all"):
        ApiKey.issue("wide", by=cast.eva, scopes=["all"])


def test_someone_removed_meanwhile_cannot_make_a_key(cast: Cast) -> None:
    cast.eva.membership.end(by=cast.olga)

    with pytest.raises(PermissionDenied, match="has ended"):
        ApiKey.issue("late", by=cast.eva)


def test_keys_page_does_not_query_per_row(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.adam)
    make_key(cast.adam)
    make_key(cast.eva)
    client.get(url(cast))
    few = queries_of(lambda: client.get(url(cast)))
    for n in range(20):
        make_key(cast.adam)
        make_key(make_member(f"m{n}", team=cast.team, role="tester"))

    assert queries_of(lambda: client.get(url(cast))) == few
