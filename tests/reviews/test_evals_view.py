"""The Evals view: eval-ready sessions only, and what can be done to many of them at once."""

from collections.abc import Callable

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
EVALS = "/t/lighthouse/evals/"
MANY = "/t/lighthouse/labels/"


def make_ready(owner: Actor, *, status: str | None = "needs_review", **fields: object) -> Session:
    session = make_session(owner=owner, **fields)  # type: ignore[arg-type]
    make_label(session, status=status)
    return session


def statuses() -> list[str | None]:
    return sorted(EvalLabel.all_rows.values_list("status", flat=True), key=str)


def test_only_eval_ready_sessions_that_one_may_see_are_listed(cast: Cast, sign_in: SignIn) -> None:
    make_ready(cast.eva, title="Mine, ready")
    make_session(owner=cast.eva, title="Mine, not ready")
    make_ready(cast.emil, title="A colleague's")
    make_ready(cast.otto, title="An outsider's")

    eva = sign_in(cast.eva).get(EVALS, {"eval_ready": "0"}).content.decode()
    olga = sign_in(cast.olga).get(EVALS).content.decode()

    assert "Mine, ready" in eva
    for text in ("Mine, not ready", "A colleague&#x27;s", "An outsider&#x27;s"):
        assert text not in eva
    assert "A colleague&#x27;s" in olga
    assert "An outsider&#x27;s" not in olga


def test_the_cards_count_the_filtered_view(cast: Cast, sign_in: SignIn) -> None:
    make_ready(cast.eva, status="golden", tags=["a"])
    make_ready(cast.eva, status="correct", tags=["a"], messages=(("user", "?"),))
    make_ready(cast.eva, status=None, tags=["a"])
    make_ready(cast.eva, status="golden")

    counts = sign_in(cast.eva).get(f"{EVALS}stats/", {"tag": "a"}).context["counts"]

    assert counts == {
        "n_sessions": 3, "n_pairs": 2, "n_golden": 1, "n_correct": 1, "n_incorrect": 0,
        "n_needs_review": 0, "n_unset": 1,
    }  # fmt: skip


def test_load_more_goes_on_where_the_page_ended(cast: Cast, sign_in: SignIn) -> None:
    for _ in range(60):
        make_ready(cast.eva)
    client = sign_in(cast.eva)

    first = client.get(EVALS)
    second = client.get(f"{EVALS}rows/", {"page": first.context["older"]})
    again = client.get(EVALS, {"n": "60"})

    assert len(first.context["sessions"]) == 50
    assert len(second.context["sessions"]) == 10
    assert not second.context["older"]
    shown = [s["id"] for s in first.context["sessions"] + second.context["sessions"]]
    assert [s["id"] for s in again.context["sessions"]] == shown


@pytest.mark.parametrize("path", [EVALS, "/t/lighthouse/sessions/"])
def test_a_list_does_not_query_per_row(cast: Cast, sign_in: SignIn, path: str) -> None:
    client = sign_in(cast.eva)

    def n_queries() -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    make_ready(cast.eva, tags=["a"])
    one = n_queries()
    for _ in range(19):
        make_ready(cast.eva, tags=["a", "b"])
    assert n_queries() == one


def test_a_status_is_set_for_the_selection(cast: Cast, sign_in: SignIn) -> None:
    one, two, _ = (make_ready(cast.eva) for _ in range(3))

    answer = sign_in(cast.eva).post(MANY, {"ids": [one.pk, two.pk], "status": "golden"})

    assert answer.status_code == 204
    assert "2 sessions: Golden." in answer["HX-Trigger"]
    assert statuses() == ["golden", "golden", "needs_review"]


def test_what_was_so_before_is_told_as_unchanged(cast: Cast, sign_in: SignIn) -> None:
    one, two, three = (make_ready(cast.eva) for _ in range(3))
    client = sign_in(cast.eva)
    client.post(MANY, {"ids": [one.pk], "status": "golden"})

    answer = client.post(MANY, {"ids": [one.pk, two.pk, three.pk], "status": "golden"})

    assert "2 sessions: Golden, 1 unchanged." in answer["HX-Trigger"]


def test_all_means_the_whole_filtered_view(cast: Cast, sign_in: SignIn) -> None:
    for n in range(55):
        make_ready(cast.eva, tags=["a"] if n < 52 else [])
    make_ready(cast.emil, tags=["a"])

    sign_in(cast.eva).post(f"{MANY}?tag=a&eval_ready=1", {"scope": "all", "status": "golden"})

    assert statuses().count("golden") == 52


def test_a_broken_filter_labels_nothing(cast: Cast, sign_in: SignIn) -> None:
    make_ready(cast.eva)

    answer = sign_in(cast.eva).post(f"{MANY}?status=silver", {"scope": "all", "status": "golden"})

    assert "The filter is broken" in answer["HX-Trigger"]
    assert statuses() == ["needs_review"]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"status": "golden"}, "Select at least one session."),
        ({"ids": "x", "status": "golden"}, "The selection is broken"),
        ({"ids": "x", "status": "silver"}, "is none of"),
        ({"ids": "x", "add": "1", "add_tags": " , "}, "Type a tag first."),
        ({"ids": "x"}, "Say what to change."),
    ],
)
def test_what_cannot_be_done_is_said(
    cast: Cast, sign_in: SignIn, form: dict[str, str], message: str
) -> None:
    assert message in sign_in(cast.eva).post(MANY, form)["HX-Trigger"]


def test_tags_are_added_as_a_union_and_sessions_marked(cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.eva)
    client = sign_in(cast.eva)

    client.post(MANY, {"ids": session.pk, "add_tags": "a, b", "add": "1"})
    client.post(MANY, {"ids": session.pk, "add_tags": "b\nc", "add": "1"})
    client.post(MANY, {"ids": session.pk, "is_eval_ready": "1", "add_tags": "left in the box"})

    label = EvalLabel.all_rows.get(session=session)
    assert label.tags == ["a", "b", "c"]
    assert (label.is_eval_ready, label.status) == (True, "needs_review")


def test_a_bulk_act_can_be_undone_from_its_toast(cast: Cast, sign_in: SignIn) -> None:
    import json

    one, two = make_ready(cast.eva), make_ready(cast.eva, status="correct")
    client = sign_in(cast.eva)
    answer = client.post(MANY, {"ids": [one.pk, two.pk], "status": "golden"})

    client.post(json.loads(answer["HX-Trigger"])["toast"]["undo"])

    assert statuses() == ["correct", "needs_review"]


def test_foreign_sessions_in_a_selection_are_left_alone(cast: Cast, sign_in: SignIn) -> None:
    mine, colleagues, outsiders = (make_ready(a) for a in (cast.eva, cast.emil, cast.otto))
    ids = [mine.pk, colleagues.pk, outsiders.pk]

    answer = sign_in(cast.eva).post(MANY, {"ids": ids, "status": "golden"})

    assert "1 session: Golden. 2 sessions could not be changed: Not found." in answer["HX-Trigger"]
    assert statuses() == ["golden", "needs_review", "needs_review"]


def test_testers_see_the_view_but_may_not_label(cast: Cast, sign_in: SignIn) -> None:
    session = make_ready(cast.tess)
    client = sign_in(cast.tess)

    assert client.get(EVALS).status_code == 200
    assert client.post(MANY, {"ids": session.pk, "status": "golden"}).status_code == 403


def test_the_status_of_a_row_answers_with_the_row(cast: Cast, sign_in: SignIn) -> None:
    session = make_ready(cast.eva)

    answer = sign_in(cast.eva).post(
        f"/t/lighthouse/sessions/{session.pk}/label/", {"status": "golden", "as": "row"}
    )

    assert 'data-status="golden"' in answer.content.decode()
    assert "stats:changed" in answer["HX-Trigger"]
