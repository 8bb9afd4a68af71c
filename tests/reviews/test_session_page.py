"""The page of a session: the conversation, bounded; its label; its neighbours."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from datasets.models import Session
from evalplatform.scoping.actor import Actor
from reviews.models import EvalLabel
from tests.cast import Cast
from tests.sessions import make_label, make_session

SignIn = Callable[[Actor], Client]


def url_of(session: Session, part: str = "") -> str:
    return f"/t/{session.team.slug}/sessions/{session.pk}/{part}"


def test_the_page_shows_conversation_label_and_facts(cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.eva, title="Rivers", model="m-1", tags=["geo"])
    make_label(session, status="golden", notes="Right.", tags=["keep"])

    body = sign_in(cast.eva).get(url_of(session)).content.decode()

    for text in ("Rivers", "Which river crosses Vienna?", "m-1", "geo", "Right.", "keep"):
        assert text in body


@pytest.mark.parametrize("part", ["", "messages/", "label/", "expected-output/", "history/"])
def test_a_colleagues_session_is_not_there(cast: Cast, sign_in: SignIn, part: str) -> None:
    session = make_session(owner=cast.eva)

    for who in ("emil", "tess", "otto"):
        assert sign_in(cast.actor(who)).get(url_of(session, part)).status_code == 404
    for who in ("eva", "adam", "olga"):
        assert sign_in(cast.actor(who)).get(url_of(session, part)).status_code == 200


def test_a_tester_sees_but_may_not_label(cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.tess)
    client = sign_in(cast.tess)

    assert client.get(url_of(session)).status_code == 200
    for part in ("label/", "expected-output/"):
        assert client.post(url_of(session, part), {"status": "golden"}).status_code == 403
    assert not EvalLabel.all_rows.exists()


def test_long_sessions_come_in_parts(cast: Cast, sign_in: SignIn) -> None:
    messages = tuple(("user", f"word{n}.") for n in range(450))
    session = make_session(owner=cast.eva, messages=messages)
    client = sign_in(cast.eva)

    first = client.get(url_of(session)).content.decode()
    second = client.get(url_of(session, "messages/"), {"start": 200}).content.decode()
    window = client.get(url_of(session), {"at": 430}).content.decode()

    assert ("word0." in first, "word199." in first, "word200." in first) == (True, True, False)
    assert ("word200." in second, "word399." in second, "word400." in second) == (True, True, False)
    assert ("word399." in window, "word400." in window, "word449." in window) == (False, True, True)


def test_long_texts_come_in_parts_and_whole_on_demand(cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.eva, messages=(("user", "x" * 150_000),) * 5)
    client = sign_in(cast.eva)

    body = client.get(url_of(session)).content
    whole = client.get(url_of(session, "messages/"), {"whole": 1})

    assert len(body) < 400_000
    assert whole.content == b"x" * 150_000
    assert whole["Content-Type"] == "text/plain; charset=utf-8"


def test_the_page_asks_as_many_questions_for_long_sessions(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    short = make_session(owner=cast.eva)
    long = make_session(owner=cast.eva, messages=(("user", "a"), ("assistant", "b")) * 100)

    def n_queries(session: Session) -> int:
        client.get(url_of(session))
        with CaptureQueriesContext(connection) as queries:
            client.get(url_of(session))
        return len(queries)

    assert n_queries(short) == n_queries(long)


def test_neighbours_are_those_of_the_filtered_list(cast: Cast, sign_in: SignIn) -> None:
    old, _, here, _, new = (
        make_session(owner=cast.eva, tags=["odd"] if n % 2 == 0 else []) for n in range(5)
    )

    body = sign_in(cast.eva).get(url_of(here), {"tag": "odd"}).content.decode()

    assert f'href="{url_of(new)}?tag=odd" data-key="k"' in body
    assert f'href="{url_of(old)}?tag=odd" data-key="j"' in body


def current_places(body: str) -> set[str]:
    """Return the places that the navigation bar says one is in."""
    return set(re.findall(r'<a [^>]*href="/t/lighthouse/(\w+)/"[^>]*aria-current="page"', body))


def test_a_session_opened_from_evals_is_a_place_within_evals(cast: Cast, sign_in: SignIn) -> None:
    make_label(make_session(owner=cast.eva, tags=["a"]))
    client = sign_in(cast.eva)
    listed = client.get("/t/lighthouse/evals/?tag=a").content.decode()
    (link,) = re.findall(r'class="row-link" href="([^"]+)"', listed)

    body = client.get(unescape(link)).content.decode()

    assert current_places(body) == {"evals"}
    assert 'href="/t/lighthouse/evals/?tag=a"' in body


def test_neighbours_of_a_session_opened_from_evals_are_eval_ready(
    cast: Cast, sign_in: SignIn
) -> None:
    old, _, here, _, new = (make_session(owner=cast.eva) for _ in range(5))
    for session in (old, here, new):
        make_label(session)

    body = sign_in(cast.eva).get(url_of(here), {"list": "evals"}).content.decode()

    assert f'href="{url_of(new)}?list=evals" data-key="k"' in body
    assert f'href="{url_of(old)}?list=evals" data-key="j"' in body


@pytest.mark.parametrize("origin", ["", "exports", "//example.org", "home"])
def test_an_origin_that_is_no_list_of_sessions_is_the_sessions(
    cast: Cast, sign_in: SignIn, origin: str
) -> None:
    session = make_session(owner=cast.eva)

    body = sign_in(cast.eva).get(url_of(session), {"list": origin}).content.decode()

    assert current_places(body) == {"sessions"}
    assert "list=" not in body


@pytest.mark.parametrize("query", ["at=x", "start=-1", "start=99999999999", "start=١"])
def test_a_broken_place_is_not_there(cast: Cast, sign_in: SignIn, query: str) -> None:
    session = make_session(owner=cast.eva)

    assert sign_in(cast.eva).get(f"{url_of(session)}?{query}").status_code == 404


def test_the_panel_saves_one_field_at_a_time(cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.eva)
    client = sign_in(cast.eva)

    client.post(url_of(session, "label/"), {"status": "golden"})
    client.post(url_of(session, "label/"), {"is_eval_ready": "1"})
    client.post(url_of(session, "label/"), {"notes": "One.\r\nTwo."})
    client.post(url_of(session, "label/"), {"add_tags": "a, b\nc", "add": "1"})
    client.post(url_of(session, "label/"), {"remove_tag": "b"})
    client.post(url_of(session, "expected-output/"), {"expected_output": "The Danube."})

    label = EvalLabel.all_rows.get(session=session)
    assert (label.status, label.is_eval_ready, label.notes) == ("golden", True, "One.\nTwo.")
    assert label.tags == ["a", "c"]
    assert label.expected_output == "The Danube."


def test_a_stale_panel_says_who_changed_what_and_saves_nothing(cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.eva)
    client = sign_in(cast.eva)
    page = client.get(url_of(session, "label/")).content.decode()
    version = page.split('name="version" value="')[1].split('"')[0]
    sign_in(cast.adam).post(url_of(session, "label/"), {"status": "golden"})

    answer = client.post(url_of(session, "label/"), {"status": "incorrect", "version": version})

    assert answer.status_code == 422
    assert "Adam changed the status meanwhile" in answer.content.decode()
    assert EvalLabel.all_rows.get(session=session).status == "golden"


def test_the_history_says_who_when_and_what(cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.eva)
    sign_in(cast.eva).post(url_of(session, "label/"), {"is_eval_ready": "1"})
    sign_in(cast.adam).post(url_of(session, "label/"), {"status": "golden"})

    body = sign_in(cast.eva).get(url_of(session, "history/")).content.decode()

    assert body.index("Adam") < body.index("Eva")
    assert "<del>needs review</del>" in body
    assert "<ins>golden</ins>" in body
