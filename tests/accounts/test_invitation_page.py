"""The accept page: the only way in, and what each kind of visitor sees there."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from evalplatform.accounts.models import Invitation, Membership, User
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from tests.cast import PASSWORD, Cast, make_cast

SignIn = Callable[[Actor], Client]
NEW = {"name": "Nina Novak", "password": "a quiet harbour 9"}


def invite(cast: Cast, email: str = "nina@example.org", role: str = "evaluator") -> str:
    """Return the path of a fresh invitation by Adam."""
    _, token = Invitation.issue(email, role, by=cast.adam)
    return reverse("invitation-accept", args=[token])


def test_a_new_person_gives_name_and_password_and_is_in(cast: Cast) -> None:
    client = Client()
    link = invite(cast)
    assert "Lighthouse" in client.get(link).content.decode()

    answer = client.post(link, NEW)

    membership = Membership.all_rows.get(user__email="nina@example.org")
    assert answer["Location"] == cast.team.get_absolute_url()
    assert (membership.role, membership.user.name) == ("evaluator", "Nina Novak")
    assert membership.user.check_password(NEW["password"])
    assert client.get(reverse("keys", args=[cast.team.slug])).status_code == 200


def test_accepting_is_one_event_by_the_new_member(cast: Cast) -> None:
    Client().post(invite(cast), NEW)

    event = AuditEvent.all_rows.get(verb="invitation.accept")
    assert (event.actor_email, event.role) == ("nina@example.org", "evaluator")
    assert event.changes == {"role": [None, "evaluator"]}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "", "required"),
        ("name", "Ni\u200bna", "invisible character"),
        ("name", "\u2800", "invisible character"),
        ("name", "\u202eanin", "invisible character"),
        ("password", "", "required"),
        ("password", "12345678", "too common"),
        ("password", "short", "too short"),
        ("password", "nina@example.org", "too similar"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nobody_is_made(
    cast: Cast, field: str, value: str, says: str
) -> None:
    answer = Client().post(invite(cast), NEW | {field: value})

    assert answer.status_code == 422
    assert says in " ".join(answer.context["form"].errors[field])
    assert not User.objects.filter(email="nina@example.org").exists()


def test_names_have_one_spelling(cast: Cast) -> None:
    Client().post(invite(cast), NEW | {"name": "  Ame\u0301lie   Noir "})

    assert User.objects.get(email="nina@example.org").name == "Am\u00e9lie Noir"


def test_an_existing_account_signs_in_first_then_confirms(cast: Cast) -> None:
    link = invite(cast, "otto@example.org")
    client = Client()

    page = client.get(link).content.decode()
    assert "This address has an account" in page
    assert f"/accounts/login/?next={link}" in page
    assert client.post(link, NEW)["Location"].startswith("/accounts/login/")
    signed_in = client.post(
        f"/accounts/login/?next={link}", {"login": "otto@example.org", "password": PASSWORD}
    )
    assert signed_in["Location"] == link
    assert "Join as Otto" in client.get(link).content.decode()
    assert client.post(link)["Location"] == cast.team.get_absolute_url()

    assert Membership.all_rows.get(user=cast.otto.user, team=cast.team).role == "evaluator"


def test_a_new_account_cannot_be_made_over_an_existing_one(cast: Cast) -> None:
    link = invite(cast, "otto@example.org")

    Client().post(link, NEW | {"password": "taken over 123"})

    assert User.objects.get(email="otto@example.org").check_password(PASSWORD)


def test_somebody_else_who_is_signed_in_is_told_so_and_gets_nothing(
    cast: Cast, sign_in: SignIn
) -> None:
    link = invite(cast)
    client = sign_in(cast.otto)

    assert "for somebody else" in client.get(link).content.decode()
    assert client.post(link, NEW).status_code == 403

    assert not Membership.all_rows.filter(user=cast.otto.user, team=cast.team).exists()
    assert not User.objects.filter(email="nina@example.org").exists()


def test_the_model_itself_refuses_another_person(cast: Cast) -> None:
    invitation, _ = Invitation.issue("nina@example.org", "owner", by=cast.olga)

    with pytest.raises(PermissionDenied, match="for somebody else"):
        invitation.accept(cast.otto.user)


def test_bad_expired_used_revoked_links_and_deleted_teams_answer_alike(cast: Cast) -> None:
    used, expired, revoked = (invite(cast, f"{n}@example.org") for n in ("a", "b", "c"))
    Client().post(used, NEW)
    Invitation.all_rows.filter(email="b@example.org").update(expires_at=timezone.now())
    Invitation.all_rows.get(email="c@example.org").revoke(by=cast.adam)
    _, token = Invitation.issue("d@example.org", "tester", by=cast.otto)
    cast.other_team.delete_by(cast.otto)
    closed = reverse("invitation-accept", args=[token])

    answers = [
        Client().get(link) for link in ("/invitations/none/", used, expired, revoked, closed)
    ]

    assert {answer.status_code for answer in answers} == {404}
    token_of_form = re.compile(rb'name="csrf-token" content="\w+"')
    assert len({token_of_form.sub(b"", answer.content) for answer in answers}) == 1
    assert Client().post(used, NEW).status_code == 404


def test_a_link_is_not_kept_by_caches_nor_told_to_other_sites(cast: Cast) -> None:
    answer = Client().get(invite(cast))

    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"


def test_guessing_links_is_slowed_down(cast: Cast) -> None:
    client = Client(REMOTE_ADDR="198.51.100.7")

    answers = [client.get(f"/invitations/{n}/").status_code for n in range(31)]

    assert answers == [404] * 30 + [429]
    assert Client(REMOTE_ADDR="198.51.100.8").get("/invitations/none/").status_code == 404


def test_a_disabled_person_cannot_come_in_by_an_invitation(cast: Cast, sign_in: SignIn) -> None:
    link = invite(cast, "otto@example.org")
    cast.otto.user.is_active = False
    cast.otto.user.save(update_fields=["is_active"])
    client = sign_in(cast.otto)

    assert client.post(link, NEW).status_code == 302

    assert not Membership.all_rows.filter(user=cast.otto.user, team=cast.team).exists()


@pytest.mark.parametrize("email", ["nina", "ni na@example.org", "nina@exa\u200bmple.org", ""])
def test_an_address_that_is_none_is_refused(cast: Cast, email: str) -> None:
    with pytest.raises(ValidationError):
        Invitation.issue(email, "tester", by=cast.adam)


def test_who_was_removed_meanwhile_cannot_invite(cast: Cast) -> None:
    cast.adam.membership.end(by=cast.olga)

    with pytest.raises(PermissionDenied, match="may not invite"):
        Invitation.issue("nina@example.org", "tester", by=cast.adam)


def test_a_mail_goes_out_only_with_a_mail_server(
    cast: Cast, sign_in: SignIn, settings: Settings
) -> None:
    client = sign_in(cast.adam)
    page = reverse("members", args=[cast.team.slug])
    client.post(page, {"email": "a@example.org", "role": "tester"})
    assert mail.outbox == []

    settings.HAS_MAIL_SERVER = True
    client.post(page, {"email": "b@example.org", "role": "tester"})

    assert mail.outbox[0].to == ["b@example.org"]
    assert "http://testserver/invitations/" in str(mail.outbox[0].body)


@pytest.mark.django_db(transaction=True)
def test_two_who_use_one_link_at_once_make_one_person() -> None:
    cast = make_cast()
    link = invite(cast)
    answers = at_once(lambda: Client().post(link, NEW).status_code, n=6)

    assert answers.count(302) >= 1
    assert set(answers) <= {302, 404, 422}
    assert Membership.all_rows.filter(user__email="nina@example.org").count() == 1
    assert AuditEvent.all_rows.filter(verb="invitation.accept").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_address_invited_many_times_at_once_has_one_open_link() -> None:
    cast = make_cast()

    at_once(lambda: Invitation.issue("nina@example.org", "tester", by=cast.adam), n=6)

    assert Invitation.all_rows.filter(revoked_at=None).count() == 1
    assert AuditEvent.all_rows.filter(verb="invitation.issue").count() == 6


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_at_once_leave_one() -> None:
    cast = make_cast()
    cast.adam.membership.change_role("owner", by=cast.olga)
    adam = Membership.all_rows.select_related("user", "team").get(pk=cast.adam.membership.pk)
    acts = iter(
        [
            lambda: cast.olga.membership.end(by=adam.act(via="page")),
            lambda: adam.end(by=cast.olga),
        ]
    )

    at_once(lambda: next(acts)(), n=2)

    owners = Membership.all_rows.filter(team=cast.team, role="owner", ended_at=None)
    assert owners.count() == 1


def at_once(act: Callable[[], object], *, n: int) -> list[object]:
    """Run the act in n threads that begin together; a refusal is an answer too."""
    answers: list[object] = []
    gate = threading.Barrier(n)

    def run() -> None:
        gate.wait(60)
        try:
            answers.append(act())
        except (ValidationError, PermissionDenied) as refusal:
            answers.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == n
    return answers
