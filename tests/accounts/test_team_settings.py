"""Team settings: its name, its end; and how a team begins."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from evalplatform.accounts.models import ApiKey, Invitation, Membership, Team
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from tests.cast import Cast, make_key

SignIn = Callable[[Actor], Client]


def url(cast: Cast, name: str = "team-settings") -> str:
    return reverse(name, args=[cast.team.slug])


def test_renaming_keeps_the_address_and_is_one_event(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.adam)
    for _ in range(2):
        assert client.post(url(cast), {"name": " Pharos  of A "}).status_code == 302

    event = AuditEvent.all_rows.get()
    cast.team.refresh_from_db()
    assert (cast.team.name, cast.team.slug) == ("Pharos of A", "lighthouse")
    assert (event.verb, event.changes) == ("team.rename", {"name": ["Lighthouse", "Pharos of A"]})


@pytest.mark.parametrize("name", ["", " ", "a\u200db", "x" * 121])
def test_a_name_that_cannot_be_read_is_refused(cast: Cast, sign_in: SignIn, name: str) -> None:
    answer = sign_in(cast.adam).post(url(cast), {"name": name})

    assert answer.status_code == 422
    assert answer.context["form"].errors["name"]
    assert answer.context["actor"].team.name == "Lighthouse"


@pytest.mark.parametrize(
    ("name", "status"),
    [("adam", 403), ("eva", 403), ("tess", 403), ("otto", 404)],
)
def test_only_an_owner_deletes_the_team(
    cast: Cast, sign_in: SignIn, name: str, status: int
) -> None:
    answer = sign_in(cast.actor(name)).post(url(cast, "team-delete"), {"confirm": "Lighthouse"})

    assert answer.status_code == status
    assert Team.all_rows.get(pk=cast.team.pk).deleted_at is None


def test_an_admin_is_not_offered_the_deletion(cast: Cast, sign_in: SignIn) -> None:
    assert "Delete the team" not in sign_in(cast.adam).get(url(cast)).content.decode()
    assert "Delete the team" in sign_in(cast.olga).get(url(cast)).content.decode()


def test_deleting_asks_for_the_name(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.olga).post(url(cast, "team-delete"), {"confirm": "lighthouse"})

    assert answer.status_code == 422
    assert "exactly" in answer.context["delete_form"].errors["confirm"][0]
    assert not AuditEvent.all_rows.exists()


def test_a_deleted_team_is_gone_for_everybody_at_once(cast: Cast, sign_in: SignIn) -> None:
    key = make_key(cast.eva)
    _, token = Invitation.issue("nina@example.org", "tester", by=cast.olga)
    eva = sign_in(cast.eva)

    answer = sign_in(cast.olga).post(url(cast, "team-delete"), {"confirm": "Lighthouse"})

    assert answer.status_code == 302
    assert eva.get(reverse("keys", args=[cast.team.slug])).status_code == 404
    assert ApiKey.find(key) is None
    assert Client().get(reverse("invitation-accept", args=[token])).status_code == 404
    assert AuditEvent.all_rows.filter(verb="team.delete").count() == 1


def test_the_models_ask_who_acts(cast: Cast) -> None:
    with pytest.raises(PermissionDenied, match="rename"):
        cast.team.rename("Mine", by=cast.eva)
    with pytest.raises(PermissionDenied, match="delete"):
        cast.team.delete_by(cast.adam)


def begin(name: str, email: str = "nora@example.org") -> str:
    out = StringIO()
    call_command("create_team", name=name, owner_email=email, stdout=out)
    return out.getvalue()


def test_create_team_prints_a_link_by_which_the_owner_joins(db: None) -> None:
    text = begin("Far Isle")
    link = re.search(r"http://localhost:8000(/invitations/\S+/)", text)
    assert link is not None

    Client().post(link[1], {"name": "Nora", "password": "a quiet harbour 9"})

    membership = Membership.all_rows.get()
    assert (membership.team.slug, membership.role) == ("far-isle", "owner")
    assert list(AuditEvent.all_rows.order_by("id").values_list("verb", "role")) == [
        ("team.found", "operator"),
        ("invitation.issue", "operator"),
        ("invitation.accept", "owner"),
    ]


def test_two_teams_of_one_name_have_two_addresses(db: None) -> None:
    for _ in range(2):
        begin("Far Isle")
    begin("测试")

    slugs = set(Team.all_rows.values_list("slug", flat=True))
    assert slugs == {"far-isle", "far-isle-2", "team"}


@pytest.mark.parametrize(
    ("name", "email"), [("", "a@example.org"), ("Isle", "nobody"), ("a\u200bb", "a@example.org")]
)
def test_create_team_refuses_what_is_no_name_or_address(db: None, name: str, email: str) -> None:
    with pytest.raises(CommandError):
        begin(name, email)

    assert not Team.all_rows.exists()
    assert not AuditEvent.all_rows.exists()
