"""Guessing is slowed down per account and per address, and no stranger locks anybody out (W12)."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from tests.cast import PASSWORD, Cast

LOGIN = "/accounts/login/"
WRONG = "wrong wrong wrong"
TOO_MANY = "Too many failed login attempts"


def attempt(client: Client, password: str, email: str = "eva@example.org") -> str:
    """Try to sign in and say how it ended: in, wrong, or slowed."""
    answer = client.post(LOGIN, {"login": email, "password": password})
    if answer.status_code == 302:
        return "in"
    if answer.status_code == 429:
        return "slowed"
    return "slowed" if TOO_MANY in answer.content.decode() else "wrong"


def sign_out(client: Client) -> None:
    client.post("/accounts/logout/")


def test_one_address_has_five_wrong_guesses_at_one_account(cast: Cast) -> None:
    stranger = Client(REMOTE_ADDR="203.0.113.5")

    answers = [attempt(stranger, WRONG) for _ in range(7)]

    assert answers == ["wrong"] * 5 + ["slowed"] * 2
    assert attempt(stranger, PASSWORD) == "slowed"


def test_the_real_person_signs_in_from_elsewhere_meanwhile(cast: Cast) -> None:
    stranger = Client(REMOTE_ADDR="203.0.113.5")
    for _ in range(10):
        attempt(stranger, WRONG)

    assert attempt(Client(REMOTE_ADDR="192.0.2.9"), PASSWORD) == "in"


def test_a_known_browser_signs_in_while_many_addresses_attack_the_account(cast: Cast) -> None:
    home = Client(REMOTE_ADDR="192.0.2.9")
    assert attempt(home, PASSWORD) == "in"
    sign_out(home)

    answers = [attempt(Client(REMOTE_ADDR=f"203.0.113.{n}"), WRONG) for n in range(40)]

    assert answers == ["wrong"] * 30 + ["slowed"] * 10
    assert attempt(Client(REMOTE_ADDR="198.51.100.1"), PASSWORD) == "slowed"
    assert attempt(home, PASSWORD) == "in"


def test_a_known_browser_is_slowed_down_too(cast: Cast) -> None:
    home = Client(REMOTE_ADDR="192.0.2.9")
    attempt(home, PASSWORD)
    sign_out(home)

    assert [attempt(home, WRONG) for _ in range(11)] == ["wrong"] * 10 + ["slowed"]


def test_a_browser_is_known_for_the_account_it_opened_only(cast: Cast) -> None:
    home = Client(REMOTE_ADDR="192.0.2.9")
    attempt(home, PASSWORD, "emil@example.org")
    sign_out(home)

    answers = [attempt(home, WRONG) for _ in range(6)]

    assert answers == ["wrong"] * 5 + ["slowed"]


def test_a_forged_browser_mark_is_worth_nothing(cast: Cast) -> None:
    stranger = Client(REMOTE_ADDR="203.0.113.5")
    stranger.cookies["known_browser"] = "eyJhIjoiYiJ9:1abc:forged"

    assert [attempt(stranger, WRONG) for _ in range(6)] == ["wrong"] * 5 + ["slowed"]


def test_the_browser_mark_tells_nobody_who_signs_in(cast: Cast) -> None:
    home = Client()
    attempt(home, PASSWORD)

    cookie = home.cookies["known_browser"]
    assert "eva" not in cookie.value
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_right_passwords_use_nothing_up(cast: Cast) -> None:
    for _ in range(8):
        client = Client(REMOTE_ADDR="192.0.2.9")
        assert attempt(client, PASSWORD) == "in"


def test_one_address_cannot_try_many_accounts(cast: Cast) -> None:
    stranger = Client(REMOTE_ADDR="203.0.113.5")

    answers = [attempt(stranger, WRONG, f"person{n}@example.org") for n in range(21)]

    assert answers == ["wrong"] * 20 + ["slowed"]


def test_unknown_accounts_are_slowed_down_the_same_way(cast: Cast) -> None:
    stranger = Client(REMOTE_ADDR="203.0.113.5")

    answers = [attempt(stranger, WRONG, "nobody@example.org") for _ in range(6)]

    assert answers == ["wrong"] * 5 + ["slowed"]


def test_other_spellings_of_an_address_share_its_allowance(cast: Cast) -> None:
    stranger = Client(REMOTE_ADDR="203.0.113.5")
    spellings = ["eva@example.org", "EVA@example.org", " eva@EXAMPLE.org"] * 2

    answers = [attempt(stranger, WRONG, email) for email in spellings]

    assert answers == ["wrong"] * 5 + ["slowed"]


@pytest.mark.parametrize("email", ["eva@example.org", "nobody@example.org"])
def test_a_mailbox_is_not_flooded_with_reset_mails(cast: Cast, email: str) -> None:
    answers = [
        Client(REMOTE_ADDR=f"203.0.113.{n}").post("/accounts/password/reset/", {"email": email})
        for n in range(6)
    ]

    assert len(mail.outbox) == 3
    assert [answer.status_code for answer in answers[:3]] == [302] * 3


def test_a_forwarded_address_is_not_believed_without_a_proxy_of_ours(cast: Cast) -> None:
    answers = [
        attempt(
            Client(REMOTE_ADDR="203.0.113.5", headers={"x-forwarded-for": f"192.0.2.{n}"}), WRONG
        )
        for n in range(6)
    ]

    assert answers == ["wrong"] * 5 + ["slowed"]


def test_behind_a_proxy_of_ours_each_caller_has_their_own_address(
    cast: Cast, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = 1

    def via_proxy(forwarded: str) -> str:
        client = Client(REMOTE_ADDR="127.0.0.1", headers={"x-forwarded-for": forwarded})
        return attempt(client, WRONG)

    answers = [via_proxy(f"10.0.0.{n}, 203.0.113.5") for n in range(6)]

    assert answers == ["wrong"] * 5 + ["slowed"]
    assert via_proxy("203.0.113.6") == "wrong"


def test_the_page_of_too_many_is_ours(cast: Cast) -> None:
    stranger = Client(REMOTE_ADDR="203.0.113.5")
    for n in range(21):
        stranger.get(f"/invitations/{n}/")
    for n in range(10):
        answer = stranger.get(f"/invitations/{n}/")

    assert answer.status_code == 429
    assert re.search("(?i)too many|slow", answer.content.decode())


def test_without_redis_a_guess_is_refused_and_who_is_in_stays_in(
    cast: Cast, settings: Settings
) -> None:
    home = Client()
    attempt(home, PASSWORD)
    caches = settings.CACHES
    settings.CACHES = {"default": caches["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}

    assert attempt(Client(), PASSWORD) == "slowed"
    assert home.get(f"/t/{cast.team.slug}/keys/").status_code == 200
