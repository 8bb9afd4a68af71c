"""Signing in, by password and by a second step: the pages say what to do, and work."""

from __future__ import annotations

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.template.loader import render_to_string
from django.test import Client

from datasets.formats.catalog import FORMATS as COMING_IN
from evalplatform.accounts.roles import ROLE_SAYS
from evalplatform.templatetags import ui
from exports.catalog import FORMATS as GOING_OUT
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db


def signed_in(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.eva.user)
    return client


def test_sign_in_page_says_that_people_join_by_invitation() -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert "People join by invitation" in page
    assert 'autocomplete="current-password"' in page


def test_wrong_password_is_said_above_the_form_and_the_address_is_kept(cast: Cast) -> None:
    given = {"login": cast.eva.user.email, "password": "not this one"}
    page = Client().post("/accounts/login/", given).content.decode()
    assert 'role="alert"' in page
    assert f'value="{cast.eva.user.email}"' in page


def test_right_password_opens_the_team(cast: Cast) -> None:
    given = {"login": cast.eva.user.email, "password": PASSWORD}
    assert Client().post("/accounts/login/", given).headers["Location"] == "/t/lighthouse/"


def test_two_step_page_shows_since_when_and_how_many_codes_are_left(cast: Cast) -> None:
    TOTP.activate(cast.eva.user, generate_totp_secret())
    RecoveryCodes.activate(cast.eva.user)
    page = signed_in(cast).get("/accounts/2fa/").content.decode()
    assert "just now" in page
    assert "10 of 10 not used yet" in page


def test_the_secret_is_shown_as_a_qr_code_that_the_csp_lets_through() -> None:
    shown = ui.qr_code("otpauth://totp/evalplatform", "QR code")
    assert shown.startswith("<svg viewBox=")
    assert "data:" not in shown


def test_second_step_is_asked_for_after_the_password(cast: Cast) -> None:
    TOTP.activate(cast.eva.user, generate_totp_secret())
    given = {"login": cast.eva.user.email, "password": PASSWORD}
    page = Client().post("/accounts/login/", given, follow=True).content.decode()
    assert "type the six digits" in page


@pytest.mark.parametrize("code", [400, 403, 404, 500, 503])
def test_every_error_page_says_what_happened_and_leads_home(code: int) -> None:
    page = render_to_string(f"{code}.html")
    assert "<h1>" in page
    assert 'href="/"' in page


def test_home_shows_what_each_app_gives(cast: Cast) -> None:
    page = signed_in(cast).get("/t/lighthouse/").content.decode()
    assert "Bring sessions in" in page


def test_help_lists_every_format_and_role(cast: Cast) -> None:
    page = signed_in(cast).get("/t/lighthouse/help/").content.decode()
    labels = [each.label for each in COMING_IN.values()]
    labels += [each.label for each in GOING_OUT.values()]
    assert [label for label in labels if label not in page] == []
    assert [role for role in ROLE_SAYS if role.capitalize() not in page] == []
