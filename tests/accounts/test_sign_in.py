"""The ways to a session: password, reset, two steps; and what ends or refuses one."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from evalplatform.accounts.models import Membership, User
from evalplatform.scoping.actor import Actor
from tests.cast import PASSWORD, Cast

SignIn = Callable[[Actor], Client]
LOGIN = "/accounts/login/"
NEW_PASSWORD = "a quiet harbour 9"


def log_in(client: Client, email: str = "eva@example.org", password: str = PASSWORD) -> int:
    """Send the sign-in form; 302 is in."""
    return client.post(LOGIN, {"login": email, "password": password}).status_code


def is_in(client: Client, cast: Cast) -> bool:
    return client.get(reverse("keys", args=[cast.team.slug])).status_code == 200


def test_the_password_opens_the_team_last_opened(cast: Cast) -> None:
    client = Client()

    answer = client.post(LOGIN, {"login": "eva@example.org", "password": PASSWORD})

    assert answer["Location"] == cast.team.get_absolute_url()
    assert is_in(client, cast)


def test_an_address_signs_in_whatever_its_case_and_form(cast: Cast) -> None:
    assert log_in(Client(), "  EVA@Example.org ") == 302


def test_signing_in_gives_a_new_session(cast: Cast) -> None:
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["planted"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = str(before)

    log_in(client)

    assert client.session.session_key != before


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(cast: Cast) -> None:
    def answer(email: str) -> tuple[int, str]:
        got = Client().post(LOGIN, {"login": email, "password": "wrong wrong"})
        text = re.sub(r'(content|value)="\w{64}"', "", got.content.decode())
        return got.status_code, text.replace(email, "")

    assert answer("eva@example.org") == answer("nobody@example.org")


def test_an_unknown_address_costs_as_many_password_hashes_as_a_known_one(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    n = {"hashes": 0}
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        n["hashes"] += 1
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    costs = []
    for email in ("eva@example.org", "nobody@example.org"):
        n["hashes"] = 0
        log_in(Client(), email, "wrong wrong")
        costs.append(n["hashes"])

    assert costs[0] == costs[1] > 0


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/signup/?next=/"])
def test_nobody_signs_up_without_an_invitation(db: None, path: str) -> None:
    fields = {"email": "n@example.org", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    assert 'name="password1"' not in Client().get(path).content.decode()
    Client().post(path, fields)

    assert not User.objects.exists()


def test_the_admin_has_no_door_of_its_own(cast: Cast) -> None:
    answer = Client().get("/admin/login/")

    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)
    posted = Client().post("/admin/login/", {"username": "eva@example.org", "password": PASSWORD})
    assert "sessionid" not in posted.cookies


def test_a_disabled_persons_sessions_end_at_once_and_none_begins(cast: Cast) -> None:
    client = Client()
    log_in(client)
    assert is_in(client, cast)

    User.objects.filter(pk=cast.eva.user.pk).update(is_active=False)

    answer = client.get(reverse("keys", args=[cast.team.slug]))
    assert answer["Location"].startswith(LOGIN)
    assert client.get("/api/export?format=openai").status_code == 401
    fresh = Client()
    log_in(fresh)
    assert not is_in(fresh, cast)


def test_a_new_password_ends_other_sessions(cast: Cast) -> None:
    here, elsewhere = Client(), Client()
    log_in(here)
    log_in(elsewhere)

    here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert is_in(here, cast)
    assert not is_in(elsewhere, cast)


def test_a_person_without_a_team_is_told_what_to_do(cast: Cast) -> None:
    Membership.all_rows.filter(user=cast.eva.user).update(ended_at="2026-01-01T00:00:00Z")
    client = Client()

    answer = client.post(LOGIN, {"login": "eva@example.org", "password": PASSWORD})

    assert answer["Location"] == reverse("no-team")
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert "invit" in page.content.decode()


def test_a_password_is_reset_by_a_link_that_works_once(cast: Cast) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": "eva@example.org"})
    link = re.search(r"http://testserver(/\S+)", str(mail.outbox[0].body))
    assert link is not None

    form = client.get(link[1])["Location"]
    client.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert log_in(Client(), password=NEW_PASSWORD) == 302
    again = Client().get(link[1], follow=True).content.decode()
    assert 'name="password1"' not in again
    assert log_in(Client()) == 200


def test_asking_for_a_reset_answers_alike_for_known_and_unknown_addresses(cast: Cast) -> None:
    answers = [
        Client().post("/accounts/password/reset/", {"email": email})
        for email in ("eva@example.org", "nobody@example.org")
    ]

    assert answers[0].status_code == answers[1].status_code == 302
    assert answers[0]["Location"] == answers[1]["Location"]
    assert len(mail.outbox) == 2  # one each: the time it takes tells nothing either


def test_a_disabled_person_cannot_come_back_by_a_reset(cast: Cast) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": "eva@example.org"})
    link = re.search(r"http://testserver(/\S+)", str(mail.outbox[0].body))
    assert link is not None
    User.objects.filter(pk=cast.eva.user.pk).update(is_active=False)

    form = client.get(link[1]).headers.get("Location", link[1])
    client.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    log_in(client, password=NEW_PASSWORD)

    assert not is_in(client, cast)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "https:///evil.example",
    ],
)
def test_signing_in_leads_nowhere_else(cast: Cast, target: str) -> None:
    answer = Client().post(
        LOGIN, {"login": "eva@example.org", "password": PASSWORD, "next": target}
    )
    admin = Client().get("/admin/login/", {"next": target})

    assert answer["Location"] == cast.team.get_absolute_url()
    assert admin["Location"].startswith(LOGIN)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "a b", ""])
def test_a_foreign_host_is_refused(cast: Cast, host: str) -> None:
    client = Client(headers={"host": host or "@"})

    answers = [
        client.get("/accounts/login/"),
        client.post("/accounts/password/reset/", {"email": "eva@example.org"}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert mail.outbox == []


def test_a_forwarded_host_is_not_believed(cast: Cast) -> None:
    client = Client(headers={"x-forwarded-host": "evil.example"})

    client.post("/accounts/password/reset/", {"email": "eva@example.org"})

    assert "evil.example" not in str(mail.outbox[0].body)


# --- two-step sign-in -----------------------------------------------------------------------
def code_of(secret: str) -> str:
    """Return the code that an authenticator shows now, and let it be used again."""
    for key in cache.iter_keys("allauth.mfa*"):  # type: ignore[attr-defined]
        cache.delete(key)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def turn_on(client: Client) -> str:
    """Turn two-step sign-in on, which asks for the password again; return the secret."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/2fa/totp/activate/")
    secret = str(client.session["mfa.totp.secret"])
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer.status_code == 302
    return secret


def test_two_step_sign_in_asks_for_the_code(cast: Cast) -> None:
    client = Client()
    log_in(client)
    secret = turn_on(client)
    fresh = Client()

    assert fresh.post(LOGIN, {"login": "eva@example.org", "password": PASSWORD})[
        "Location"
    ].startswith("/accounts/2fa/authenticate/")
    assert not is_in(fresh, cast)
    assert fresh.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert not is_in(fresh, cast)
    fresh.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})

    assert is_in(fresh, cast)


def test_a_password_reset_does_not_skip_the_second_step(cast: Cast) -> None:
    client = Client()
    log_in(client)
    turn_on(client)
    fresh = Client()
    fresh.post("/accounts/password/reset/", {"email": "eva@example.org"})
    link = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert link is not None

    form = fresh.get(link[1])["Location"]
    fresh.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    log_in(fresh, password=NEW_PASSWORD)

    assert not is_in(fresh, cast)


def test_the_second_steps_secret_is_encrypted_in_the_database(cast: Cast) -> None:
    client = Client()
    log_in(client)
    secret = turn_on(client)

    kept = [str(row.data) for row in Authenticator.objects.filter(user=cast.eva.user)]

    assert len(kept) >= 1
    assert not any(secret in data for data in kept)


def test_turning_two_steps_on_asks_for_the_password_again(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.eva).get("/accounts/2fa/totp/activate/")

    assert answer["Location"].startswith("/accounts/reauthenticate/")


def test_the_activation_page_holds_nothing_that_the_policy_blocks(cast: Cast) -> None:
    client = Client()
    log_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    answer = client.get("/accounts/2fa/totp/activate/")

    text = answer.content.decode()
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]
    assert not re.search(r'style="|<style|data:image|<script(?![^>]*src=)', text)
    assert "<svg" in text
