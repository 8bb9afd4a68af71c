"""What a session is called on pages: its title, else how it begins."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from datasets.models import Session
from tests.cast import Cast
from tests.sessions import make_session

pytestmark = pytest.mark.django_db
SPOKEN = (
    ("system", "Be kind."),
    ("user", "Which\n river   crosses Vienna?"),
    ("user", "And Linz?"),
)


def called(cast: Cast, session: Session) -> str:
    return str(Session.objects.visible_to(cast.eva).with_opening().get(pk=session.pk))


def test_a_title_is_the_name(cast: Cast) -> None:
    session = make_session(owner=cast.eva, messages=SPOKEN, title="Rivers")
    assert called(cast, session) == "Rivers"


def test_without_a_title_the_first_question_is_the_name_on_one_line(cast: Cast) -> None:
    session = make_session(owner=cast.eva, messages=SPOKEN, title="")
    assert called(cast, session) == "Which river crosses Vienna?"


def test_without_title_and_question_a_session_is_untitled(cast: Cast) -> None:
    session = make_session(owner=cast.eva, messages=(("assistant", "Hello?"),), title="")
    assert called(cast, session) == "Untitled"


@pytest.mark.parametrize("path", ["sessions/", "sessions/{}/", ""])
def test_pages_call_a_session_by_its_first_question(
    path: str, cast: Cast, sign_in: Callable[..., Client]
) -> None:
    session = make_session(owner=cast.eva, messages=SPOKEN, title="")
    page = sign_in(cast.eva).get(f"/t/lighthouse/{path.format(session.pk)}").content.decode()
    assert "Which river crosses Vienna?" in page
    assert "Untitled" not in page
