"""Prompt templates: given at first, changed by admins, switched off, faults at their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from runs.models import PromptTemplate
from runs.prompt_templates import ensure_templates
from tests.cast import Cast
from tests.runs_made import make_template

pytestmark = pytest.mark.django_db
URL = "/t/lighthouse/runs/templates/"
SAID: dict[str, Any] = {
    "title": "Weather",
    "category": "Travel",
    "template_key": "weather",
    "text": "How is {place} in {month}?",
    "values_place": "Oslo\r\n Vienna \r\n\r\n",
    "values_month": "May",
    "is_enabled": "on",
}
SignIn = Callable[..., Client]


def test_a_team_begins_with_the_templates_of_the_product_once(cast: Cast) -> None:
    ensure_templates(cast.team)
    n = PromptTemplate.all_rows.filter(team=cast.team).count()
    PromptTemplate.all_rows.filter(team=cast.team).first().delete()  # type: ignore[union-attr]
    ensure_templates(cast.team)

    assert n >= 15
    assert PromptTemplate.all_rows.filter(team=cast.team).count() == n - 1
    assert not PromptTemplate.all_rows.filter(team=cast.other_team).exists()


def test_an_admin_makes_changes_and_switches_off_a_template(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.adam)

    client.post(f"{URL}new/", SAID)
    template = PromptTemplate.all_rows.get()
    assert template.values == {"place": ["Oslo", "Vienna"], "month": ["May"]}
    form = client.get(f"{URL}{template.pk}/").content.decode()
    assert "Oslo\nVienna</textarea>" in form
    assert "How is Oslo in May?" in form
    client.post(f"{URL}{template.pk}/", SAID | {"text": "In {place}?"})
    template.refresh_from_db()
    assert template.values == {"place": ["Oslo", "Vienna"]}
    client.post(f"{URL}{template.pk}/switch/", {"is_enabled": "0"})
    template.refresh_from_db()
    assert not template.is_enabled
    assert "0 of 1 are in use" in client.get(URL).content.decode()


def test_the_form_asks_for_the_values_of_the_places_that_are_typed(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.adam).get(f"{URL}new/", {"text": "{a} and {b}", "values_a": "1\n2"})

    text = page.content.decode()
    assert 'name="values_a" rows="5" spellcheck="false">1\n2</textarea>' in text
    assert 'name="values_b"' in text
    assert "Examples appear once every place has values" in text


def test_what_is_wrong_with_a_template_is_said(cast: Cast, sign_in: SignIn) -> None:
    make_template(owner=cast.olga)
    client = sign_in(cast.adam)

    def told(**said: Any) -> str:
        response = client.post(f"{URL}new/", SAID | said)
        assert response.status_code == 422
        return response.content.decode()

    assert "{month} needs 1 to 100 values" in told(values_month=" ")
    assert "is there twice" in told(values_month="May\nMay")
    assert "The text is empty" in told(text=" ")
    assert "already" in told()
    assert PromptTemplate.all_rows.count() == 1


def test_others_read_templates_and_change_none(cast: Cast, sign_in: SignIn) -> None:
    template = make_template(owner=cast.olga)
    client = sign_in(cast.eva)

    page = client.get(URL).content.decode()

    assert "Owners and admins change them" in page
    assert "switch/" not in page
    assert client.get(f"{URL}{template.pk}/").status_code == 403
    assert sign_in(cast.otto).get(f"{URL}{template.pk}/").status_code == 404
