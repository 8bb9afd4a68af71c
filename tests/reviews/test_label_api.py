"""Labels through the API: strict bodies, one session or many, the right people only."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from datasets.models import Session
from reviews.models import EvalLabel
from tests.cast import Cast
from tests.sessions import make_label, make_session

CallAs = Callable[..., APIClient]
MANY = "/api/v1/sessions/label"


def url_of(session: Session) -> str:
    return f"/api/v1/sessions/{session.pk}/label"


def patch(client: APIClient, session: Session, body: Any, **headers: str) -> Any:
    return client.patch(url_of(session), body, format="json", headers=headers)


def post(client: APIClient, body: Any) -> Any:
    return client.post(MANY, body, format="json")


def statuses() -> list[str | None]:
    return sorted(EvalLabel.all_rows.values_list("status", flat=True), key=str)


def test_fields_named_are_set_and_the_others_stay(cast: Cast, call_as: CallAs) -> None:
    session = make_session(owner=cast.eva)
    client = call_as(cast.eva)

    patch(client, session, {"evalReady": True, "evalTags": ["a", " b ", "a"]})
    answer = patch(
        client, session, {"evalStatus": "golden", "evalNotes": " Right. ", "expectedOutput": "X"}
    )

    body = answer.json()
    assert answer.status_code == 200
    assert {name: body[name] for name in ("evalReady", "evalStatus", "evalNotes")} == {
        "evalReady": True, "evalStatus": "golden", "evalNotes": " Right. "
    }  # fmt: skip
    assert (body["evalTags"], body["expectedOutput"]) == (["a", "b"], "X")
    assert abs(body["reviewedAt"] - datetime.now(UTC).timestamp() * 1000) < 60_000


def test_marking_alone_is_no_review(cast: Cast, call_as: CallAs) -> None:
    body = patch(call_as(cast.eva), make_session(owner=cast.eva), {"evalReady": True}).json()

    assert (body["evalStatus"], body["reviewedAt"]) == ("needs_review", None)


def test_null_clears_the_status_and_empty_text_the_expected_output(
    cast: Cast, call_as: CallAs
) -> None:
    session = make_session(owner=cast.eva)
    make_label(session, status="golden", expected_output="X")

    body = patch(call_as(cast.eva), session, {"evalStatus": None, "expectedOutput": ""}).json()

    assert (body["evalReady"], body["evalStatus"], body["expectedOutput"]) == (True, None, None)


@pytest.mark.parametrize(
    ("body", "column"),
    [
        ({"evalStatus": "silver"}, "evalStatus"),
        ({"evalStatus": ""}, "evalStatus"),
        ({"evalReady": "true"}, "evalReady"),
        ({"evalReady": 1}, "evalReady"),
        ({"evalReady": None}, "evalReady"),
        ({"evalNotes": 5}, "evalNotes"),
        ({"evalNotes": None}, "evalNotes"),
        ({"evalTags": "a"}, "evalTags"),
        ({"evalTags": ["x" * 201]}, "evalTags"),
        ({"evalTags": ["zero\u200bwidth"]}, "evalTags"),
        ({"evalTags": [f"{n}" for n in range(101)]}, "evalTags"),
        ({"owner": "me"}, "owner"),
        ({"evalStatus": "golden", "reviewedAt": 1}, "reviewedAt"),
        ({}, ""),
        ([], ""),
        ("x", ""),
    ],
)
def test_what_is_not_declared_is_refused_at_its_field(
    cast: Cast, call_as: CallAs, body: Any, column: str
) -> None:
    session = make_session(owner=cast.eva)

    answer = patch(call_as(cast.eva), session, body)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "INVALID_REQUEST"
    if column:
        assert error["errors"][0]["column"].startswith(column)
    assert not EvalLabel.all_rows.exists()


def test_only_those_who_may_label_do(cast: Cast, call_as: CallAs) -> None:
    session = make_session(owner=cast.eva)
    testers = make_session(owner=cast.tess)
    body = {"evalStatus": "golden"}

    codes = {
        name: patch(call_as(cast.actor(name)), session, body).status_code
        for name in ("olga", "adam", "eva", "emil", "otto")
    }

    assert codes == {"olga": 200, "adam": 200, "eva": 200, "emil": 404, "otto": 404}
    assert patch(call_as(cast.tess), testers, body).status_code == 403
    assert patch(call_as(cast.eva, scopes=["read"]), session, body).status_code == 403
    assert patch(call_as(cast.eva, scopes=["label"]), session, body).status_code == 200
    assert patch(APIClient(), session, body).status_code == 401


def test_a_stale_save_is_a_conflict(cast: Cast, call_as: CallAs) -> None:
    session = make_session(owner=cast.eva)
    client = call_as(cast.eva)
    etag = client.get(f"/api/v1/sessions/{session.pk}")["ETag"]
    patch(call_as(cast.adam), session, {"evalStatus": "golden"})

    stale = patch(client, session, {"evalStatus": "incorrect"}, **{"If-Match": etag})
    other = patch(client, session, {"evalNotes": "Fine."}, **{"If-Match": etag})
    again = patch(client, session, {"evalStatus": "incorrect"}, **{"If-Match": other["ETag"]})

    assert stale.status_code == 409
    assert "Adam changed the status meanwhile" in stale.json()["error"]["message"]
    assert (other.status_code, again.status_code) == (200, 200)


def test_many_are_labelled_by_id(cast: Cast, call_as: CallAs) -> None:
    one, two = make_session(owner=cast.eva), make_session(owner=cast.eva)
    foreign, unknown = make_session(owner=cast.emil), uuid.uuid4()
    ids = [str(pk) for pk in (one.pk, two.pk, foreign.pk, unknown)]

    answer = post(call_as(cast.eva), {"ids": ids, "evalStatus": "golden", "evalReady": True})

    body = answer.json()
    assert answer.status_code == 200
    assert body["updated"] == 2
    assert sorted(body["failed"]) == sorted(ids[2:])
    assert {error["message"] for error in body["errors"]} == {"Not found."}
    assert statuses() == ["golden", "golden"]


def test_many_are_labelled_by_filter(cast: Cast, call_as: CallAs) -> None:
    for n in range(5):
        make_session(owner=cast.eva, tags=["late"] if n < 3 else [])
    make_session(owner=cast.emil, tags=["late"])

    body = post(
        call_as(cast.eva), {"filter": {"tag": ["late"], "eval_ready": False}, "evalTags": ["seen"]}
    ).json()

    assert body == {"updated": 3, "failed": [], "errors": []}
    assert {tuple(label.tags) for label in EvalLabel.all_rows.all()} == {("seen",)}


def test_bulk_tags_are_a_union(cast: Cast, call_as: CallAs) -> None:
    session = make_session(owner=cast.eva)
    make_label(session, tags=["a"])

    post(call_as(cast.eva), {"ids": [str(session.pk)], "evalTags": ["b", "a"]})

    assert EvalLabel.all_rows.get().tags == ["a", "b"]


@pytest.mark.parametrize(
    "body",
    [
        {"evalStatus": "golden"},
        {"ids": [], "evalStatus": "golden"},
        {"ids": ["x"], "evalStatus": "golden"},
        {"ids": ["0" * 32], "filter": {}, "evalStatus": "golden"},
        {"filter": {"owner__password__startswith": "a"}, "evalStatus": "golden"},
        {"filter": {"status": "silver"}, "evalStatus": "golden"},
        {"filter": {"tag": {"a": 1}}, "evalStatus": "golden"},
        {"filter": {"status": []}, "evalStatus": "golden"},
        {"filter": {"tag": [""]}, "evalStatus": "golden"},
        {"filter": [], "evalStatus": "golden"},
        {"filter": {}},
        {"filter": {}, "evalStatus": "golden", "team": "x"},
    ],
)
def test_a_bulk_that_is_not_clear_changes_nothing(
    cast: Cast, call_as: CallAs, body: dict[str, Any]
) -> None:
    make_session(owner=cast.eva)

    assert post(call_as(cast.eva), body).status_code == 400
    assert not EvalLabel.all_rows.exists()


def test_a_tester_may_not_label_many(cast: Cast, call_as: CallAs) -> None:
    session = make_session(owner=cast.tess)

    answer = post(call_as(cast.tess), {"ids": [str(session.pk)], "evalStatus": "golden"})

    assert answer.status_code == 403


def test_a_person_signed_in_needs_the_csrf_token(cast: Cast) -> None:
    session = make_session(owner=cast.eva)
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.eva.user, backend="django.contrib.auth.backends.ModelBackend")

    assert patch(client, session, {"evalStatus": "golden"}).status_code == 403
