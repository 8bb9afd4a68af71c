"""The tags of a row in the lists: those of the session and those of its label, each word once."""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string

from datasets.listing import listed, rows_of
from datasets.models import Session
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.sessions import make_label, make_session

pytestmark = pytest.mark.django_db


def shown(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Return (kind, word) of the tags in the order of the row."""
    found = listed(Session.objects.visible_to(actor).filter(pk=session.pk))
    [row] = rows_of(found, actor.team.slug)
    page = render_to_string("reviews/_row_tags.html", {"session": row})
    return re.findall(r'<span class="(tag[^"s]*)" title="([^"]*)">', page)


def test_a_session_without_a_label_shows_its_tags(cast: Cast) -> None:
    session = make_session(owner=cast.eva, tags=["spa", "late"])
    assert shown(session, cast.eva) == [("tag", "spa"), ("tag", "late")]


def test_a_word_that_is_both_is_shown_once_as_the_label_says_it(cast: Cast) -> None:
    session = make_session(owner=cast.eva, tags=["spa", "late"])
    make_label(session, tags=["late", "upset"])
    assert shown(session, cast.eva) == [
        ("tag tag--label", "late"),
        ("tag tag--label", "upset"),
        ("tag", "spa"),
    ]
