"""What an operator does from the command line when nobody in the team can."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from evalplatform.accounts.models import ApiKey, Membership, Team
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from tests.cast import PASSWORD, Cast, make_key

SignIn = Callable[[Actor], Client]


def run(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def events() -> list[tuple[str, str, str, str]]:
    told = AuditEvent.all_rows.filter(role="operator").order_by("id")
    return list(told.values_list("verb", "via", "team__slug", "object_label"))


def test_a_deactivated_user_is_signed_out_of_every_browser(cast: Cast, sign_in: SignIn) -> None:
    laptop, phone, colleague = sign_in(cast.eva), sign_in(cast.eva), sign_in(cast.emil)

    text = run("deactivate_user", "Eva@Example.org")

    home = reverse("home", args=["lighthouse"])
    codes = [client.get(home).status_code for client in (laptop, phone, colleague)]
    assert codes == [302, 302, 200]
    assert "Browsers signed out: 2" in text


def test_ended_sign_ins_do_not_come_back_with_the_user(cast: Cast, sign_in: SignIn) -> None:
    laptop = sign_in(cast.eva)
    run("deactivate_user", "eva@example.org")

    cast.eva.user.is_active = True
    cast.eva.user.save(update_fields=["is_active"])

    assert laptop.get(reverse("home", args=["lighthouse"])).status_code == 302


def test_the_keys_of_a_deactivated_user_are_revoked(cast: Cast) -> None:
    mine, colleagues = make_key(cast.eva), make_key(cast.emil)

    text = run("deactivate_user", "eva@example.org")

    assert ApiKey.find(mine) is None
    assert ApiKey.all_rows.get(membership=cast.eva.membership).revoked_at is not None
    assert ApiKey.find(colleagues) is not None
    assert "keys revoked: 1" in text


def test_a_deactivated_user_cannot_sign_in(cast: Cast) -> None:
    run("deactivate_user", "eva@example.org")
    client = Client()

    client.post(reverse("account_login"), {"login": "eva@example.org", "password": PASSWORD})

    assert "_auth_user_id" not in client.session


def test_deactivating_is_told_to_each_team_of_the_person(cast: Cast) -> None:
    Membership.all_rows.create(user=cast.eva.user, team=cast.other_team, role="tester")
    make_key(cast.eva)

    run("deactivate_user", "eva@example.org")

    (name,) = [str(key) for key in ApiKey.all_rows.all()]
    assert sorted(events()) == [
        ("api_key.revoke", "command", "lighthouse", name),
        ("user.deactivate", "command", "harbour", "Eva"),
        ("user.deactivate", "command", "lighthouse", "Eva"),
    ]


def test_a_last_owner_is_deactivated_only_by_force(cast: Cast, sign_in: SignIn) -> None:
    olga = sign_in(cast.olga)
    key = make_key(cast.olga)

    with pytest.raises(CommandError, match=r"Nobody else owns Lighthouse\. Nothing was changed"):
        run("deactivate_user", "olga@example.org")
    assert olga.get(reverse("home", args=["lighthouse"])).status_code == 200
    assert ApiKey.find(key) is not None
    assert events() == []

    run("deactivate_user", "olga@example.org", "--force")
    assert ApiKey.find(key) is None


def test_an_owner_beside_another_is_deactivated_without_force(cast: Cast) -> None:
    Membership.all_rows.filter(pk=cast.adam.membership.pk).update(role="owner")

    run("deactivate_user", "olga@example.org")

    with pytest.raises(CommandError, match="Nobody else owns Lighthouse"):
        run("deactivate_user", "adam@example.org")


@pytest.mark.parametrize(
    ("email", "message"),
    [("nobody@example.org", "Nobody signs in"), ("emil@example.org", "deactivated already")],
)
def test_whom_it_cannot_deactivate_is_said(cast: Cast, email: str, message: str) -> None:
    run("deactivate_user", "emil@example.org")

    with pytest.raises(CommandError, match=message):
        run("deactivate_user", email)


def test_a_restored_team_opens_for_its_members_and_keys(cast: Cast, sign_in: SignIn) -> None:
    key = make_key(cast.eva)
    eva = sign_in(cast.eva)
    cast.team.delete_by(cast.olga)

    text = run("restore_team", "lighthouse")

    assert eva.get(reverse("home", args=["lighthouse"])).status_code == 200
    assert ApiKey.find(key) is not None
    assert "/t/lighthouse/" in text
    assert events() == [("team.restore", "command", "lighthouse", "Lighthouse")]


@pytest.mark.parametrize(
    ("slug", "message"), [("harbour", "is not deleted"), ("nowhere", "There is no team")]
)
def test_what_it_cannot_restore_is_said(cast: Cast, slug: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run("restore_team", slug)

    assert Team.all_rows.filter(deleted_at=None).count() == 2
    assert events() == []
