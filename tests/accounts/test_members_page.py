"""The members page: who may open it, invite, change roles, remove."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from evalplatform.accounts.models import ApiKey, Invitation, Membership
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from tests.cast import Cast, make_key, make_member
from tests.counting import queries_of

SignIn = Callable[[Actor], Client]


def url(cast: Cast, name: str = "members", *args: object) -> str:
    return reverse(name, args=[cast.team.slug, *args])


@pytest.mark.parametrize(
    ("name", "status"),
    [("olga", 200), ("adam", 200), ("eva", 403), ("emil", 403), ("tess", 403), ("otto", 404)],
)
@pytest.mark.parametrize("page", ["members", "member", "member-remove", "team-settings"])
def test_members_pages_are_for_those_who_manage_members(
    cast: Cast, sign_in: SignIn, name: str, status: int, page: str
) -> None:
    args = [cast.emil.membership.pk] if page.startswith("member-") or page == "member" else []

    assert sign_in(cast.actor(name)).get(url(cast, page, *args)).status_code == status


def test_a_stranger_is_sent_to_sign_in(cast: Cast) -> None:
    answer = Client().get(url(cast))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_the_members_page_lists_members_of_this_team_only(cast: Cast, sign_in: SignIn) -> None:
    text = sign_in(cast.adam).get(url(cast)).content.decode()

    assert "eva@example.org" in text
    assert "otto@example.org" not in text


def test_an_invitation_link_is_shown_once(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.adam)

    shown = client.post(url(cast), {"email": "Nina@Example.org", "role": "evaluator"})
    later = client.get(url(cast))

    link = re.search(r"http://testserver/invitations/[\w-]+/", shown.content.decode())
    assert link is not None
    assert "no-store" in shown["Cache-Control"]
    assert "/invitations/" not in later.content.decode().replace("/t/lighthouse/invitations/", "")
    assert "nina@example.org" in later.content.decode()
    assert Invitation.all_rows.get().token_sha256 not in later.content.decode()


def test_an_admin_cannot_invite_an_owner(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.adam).post(url(cast), {"email": "nina@example.org", "role": "owner"})

    assert answer.status_code == 422
    assert "only an owner makes owners" in answer.context["form"].errors["role"][0]
    assert not Invitation.all_rows.exists()


def test_a_member_cannot_be_invited_again_and_the_field_says_so(
    cast: Cast, sign_in: SignIn
) -> None:
    answer = sign_in(cast.adam).post(url(cast), {"email": "eva@example.org", "role": "tester"})

    assert answer.status_code == 422
    assert answer.context["form"].errors["email"] == ["This person is in the team already."]


def test_inviting_twice_leaves_one_open_link_and_says_that_the_first_was_revoked(
    cast: Cast, sign_in: SignIn
) -> None:
    client = sign_in(cast.adam)
    for role in ("tester", "evaluator"):
        client.post(url(cast), {"email": "nina@example.org", "role": role})

    waiting = Invitation.all_rows.get(revoked_at=None)
    verbs = list(AuditEvent.all_rows.order_by("id").values_list("verb", flat=True))
    assert waiting.role == "evaluator"
    assert verbs == ["invitation.issue", "invitation.revoke", "invitation.issue"]


def test_revoking_an_invitation_closes_its_link_and_is_one_event(
    cast: Cast, sign_in: SignIn
) -> None:
    invitation, token = Invitation.issue("nina@example.org", "tester", by=cast.adam)
    client = sign_in(cast.adam)
    for _ in range(2):
        client.post(url(cast, "invitation-revoke", invitation.pk))

    assert Client().get(reverse("invitation-accept", args=[token])).status_code == 404
    assert AuditEvent.all_rows.filter(verb="invitation.revoke").count() == 1


def test_an_admin_cannot_revoke_an_owners_invitation(cast: Cast, sign_in: SignIn) -> None:
    invitation, _ = Invitation.issue("nina@example.org", "owner", by=cast.olga)

    answer = sign_in(cast.adam).post(url(cast, "invitation-revoke", invitation.pk))

    assert answer.status_code == 403
    invitation.refresh_from_db()
    assert invitation.revoked_at is None


def test_another_teams_invitation_and_member_do_not_exist(cast: Cast, sign_in: SignIn) -> None:
    invitation, _ = Invitation.issue("nina@example.org", "tester", by=cast.otto)
    client = sign_in(cast.olga)

    for name, pk in (
        ("invitation-revoke", invitation.pk),
        ("member", cast.otto.membership.pk),
        ("member-remove", cast.otto.membership.pk),
    ):
        assert client.post(url(cast, name, pk), {"role": "tester"}).status_code == 404
    cast.otto.membership.refresh_from_db()
    assert cast.otto.membership.role == "owner"


def test_a_role_change_is_saved_with_one_event_that_says_before_and_after(
    cast: Cast, sign_in: SignIn
) -> None:
    answer = sign_in(cast.adam).post(
        url(cast, "member", cast.eva.membership.pk), {"role": "tester"}
    )

    event = AuditEvent.all_rows.get()
    assert answer.status_code == 302
    assert Membership.all_rows.get(pk=cast.eva.membership.pk).role == "tester"
    assert (event.verb, event.changes) == (
        "membership.change_role",
        {"role": ["evaluator", "tester"]},
    )
    assert (event.actor_email, event.role) == ("adam@example.org", "admin")
    assert len(event.request_id) == 32


def test_giving_the_same_role_changes_nothing_and_records_nothing(
    cast: Cast, sign_in: SignIn
) -> None:
    sign_in(cast.adam).post(url(cast, "member", cast.eva.membership.pk), {"role": "evaluator"})

    assert not AuditEvent.all_rows.exists()


def test_an_admin_cannot_make_an_owner_nor_change_one(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.adam)

    made = client.post(url(cast, "member", cast.eva.membership.pk), {"role": "owner"})
    changed = client.post(url(cast, "member", cast.olga.membership.pk), {"role": "tester"})
    removed = client.post(url(cast, "member-remove", cast.olga.membership.pk))

    assert (made.status_code, changed.status_code, removed.status_code) == (422, 403, 403)
    assert not AuditEvent.all_rows.exists()


@pytest.mark.parametrize("role", ["", "emperor", "Owner"])
def test_an_unknown_role_is_refused_at_the_field(cast: Cast, sign_in: SignIn, role: str) -> None:
    answer = sign_in(cast.olga).post(url(cast, "member", cast.eva.membership.pk), {"role": role})

    assert answer.status_code == 422
    assert answer.context["form"].errors["role"]


def test_the_last_owner_cannot_step_down_or_leave(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.olga)

    stepped = client.post(url(cast, "member", cast.olga.membership.pk), {"role": "admin"})
    left = client.post(url(cast, "member-remove", cast.olga.membership.pk))

    assert (stepped.status_code, left.status_code) == (422, 422)
    assert "keeps at least one owner" in stepped.content.decode()
    assert "keeps at least one owner" in left.content.decode()


def test_an_owner_who_cannot_sign_in_does_not_count_as_the_remaining_one(
    cast: Cast, sign_in: SignIn
) -> None:
    ghost = make_member("gustav", team=cast.team, role="owner")
    ghost.user.is_active = False
    ghost.user.save(update_fields=["is_active"])

    left = sign_in(cast.olga).post(url(cast, "member-remove", cast.olga.membership.pk))

    assert left.status_code == 422


def test_a_removed_member_loses_pages_and_keys_at_once(cast: Cast, sign_in: SignIn) -> None:
    browser, key = sign_in(cast.eva), make_key(cast.eva)
    assert browser.get(url(cast, "keys")).status_code == 200

    sign_in(cast.adam).post(url(cast, "member-remove", cast.eva.membership.pk))

    assert browser.get(url(cast, "keys")).status_code == 404
    assert ApiKey.find(key) is None


def test_an_owner_who_gives_the_place_away_lands_at_home(cast: Cast, sign_in: SignIn) -> None:
    cast.adam.membership.change_role("owner", by=cast.olga)

    answer = sign_in(cast.olga).post(
        url(cast, "member", cast.olga.membership.pk), {"role": "tester"}
    )

    assert answer["Location"] == url(cast, "home")


def test_members_page_does_not_query_per_row(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.adam)
    Invitation.issue("n0@example.org", "tester", by=cast.adam)
    client.get(url(cast))
    few = queries_of(lambda: client.get(url(cast)))
    for n in range(1, 20):
        make_member(f"m{n}", team=cast.team, role="tester")
        Invitation.issue(f"n{n}@example.org", "tester", by=cast.adam)

    assert queries_of(lambda: client.get(url(cast))) == few
