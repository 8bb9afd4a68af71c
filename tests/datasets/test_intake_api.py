"""POST /api/v1/sessions: what comes in, what is refused and where the fault stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from datasets.models import Message, Session, Source
from evalplatform.audit.models import AuditEvent
from tests.cast import Cast
from tests.sessions import make_session

URL = "/api/v1/sessions"
Caller = Callable[..., APIClient]


def conversation(external_id: str = "c-1", **fields: Any) -> dict[str, Any]:
    messages = [
        {"role": "user", "content": "Which river crosses Vienna?"},
        {"role": "assistant", "content": "The Danube."},
    ]
    return {"externalId": external_id, "source": "helpdesk", "messages": messages} | fields


def full_conversation() -> dict[str, Any]:
    return {
        "externalId": "full-1",
        "source": "Hilfe",
        "title": "Rivers",
        "projectPath": "/home/eva/rivers",
        "projectName": "rivers",
        "model": "example-1",
        "provider": "example",
        "promptTokens": 10,
        "completionTokens": 20,
        "cost": 0.0125,
        "durationMs": 900,
        "tags": ["geo", 'with "quotes" and \\ and, commas', "{}"],
        "participant": {"identifier": "p-7", "name": "Jane"},
        "channel": "web",
        "sessionState": {"step": 3, "list": [1, None]},
        "createdAt": 1_767_225_600_000,
        "messages": [
            {"role": "system", "content": "Be brief.\n\tAlways."},
            {
                "role": "user",
                "content": "Which river?",
                "externalId": "m-1",
                "createdAt": "2026-01-01T00:00:01Z",
                "tags": ["first"],
                "comments": ["odd", "{NULL}"],
                "participantData": {"mood": "calm"},
                "sessionState": {"n": 1},
                "summary": "{}",
            },
            {"role": "assistant", "content": "The Danube \\N.", "model": "m", "tokens": 7},
        ],
    }


def post(client: APIClient, body: Any) -> Any:
    return client.post(URL, json.dumps(body), content_type="application/json")


def errors(response: Any) -> list[tuple[Any, str, str]]:
    assert response.status_code == 400, response.content
    found = response.json()["error"].get("errors", [])
    return [(each["row"], each["column"], each["message"]) for each in found]


def test_one_session_is_stored_with_all_it_says(cast: Cast, call_as: Caller) -> None:
    response = post(call_as(cast.eva), full_conversation())

    assert response.status_code == 200, response.content
    session = Session.all_rows.get()
    assert response.json() == {
        "sessions": {"inserted": 1, "updated": 0, "unchanged": 0},
        "messages": {"inserted": 3, "updated": 0, "unchanged": 0},
        "results": [{"id": str(session.pk), "externalId": "full-1", "status": "inserted"}],
        "warnings": [],
    }
    assert (session.owner, session.team) == (cast.eva.user, cast.team)
    assert (session.title, session.model, session.cost) == ("Rivers", "example-1", session.cost)
    assert session.tags == ["geo", 'with "quotes" and \\ and, commas', "{}"]
    assert (session.participant_identifier, session.participant) == ("p-7", {"name": "Jane"})
    assert session.session_state == {"step": 3, "list": [1, None]}
    assert (session.n_messages, session.n_pairs) == (3, 1)
    assert session.started_at.isoformat() == "2026-01-01T00:00:00+00:00"
    first, second, third = Message.all_rows.filter(session=session)
    assert first.content == "Be brief.\n\tAlways."
    assert (second.external_id, second.tags, second.comments) == (
        "m-1",
        ["first"],
        ["odd", "{NULL}"],
    )
    assert (second.participant_data, second.summary) == ({"mood": "calm"}, "{}")
    assert third.content == "The Danube \\N."


def test_sending_a_session_again_changes_nothing(cast: Cast, call_as: Caller) -> None:
    client = call_as(cast.eva)
    first = post(client, full_conversation()).json()
    before = Session.all_rows.values().get()

    again = post(client, full_conversation()).json()

    assert again["sessions"] == {"inserted": 0, "updated": 0, "unchanged": 1}
    assert again["messages"] == {"inserted": 0, "updated": 0, "unchanged": 3}
    assert again["results"] == [first["results"][0] | {"status": "unchanged"}]
    assert Session.all_rows.values().get() == before


def test_many_sessions_answer_in_their_order(cast: Cast, call_as: Caller) -> None:
    client = call_as(cast.eva)
    post(client, conversation("b"))
    body = {"sessions": [conversation("c"), conversation("b"), conversation("a", title="A")]}

    answer = post(client, body).json()

    statuses = [(each["externalId"], each["status"]) for each in answer["results"]]
    assert statuses == [("c", "inserted"), ("b", "unchanged"), ("a", "inserted")]
    ids = {each.external_id: str(each.pk) for each in Session.all_rows.all()}
    assert {each["externalId"]: each["id"] for each in answer["results"]} == ids


def test_a_fault_in_one_session_stores_none(cast: Cast, call_as: Caller) -> None:
    wrong = conversation("b")
    wrong["messages"][1]["content"] = 7
    wrong["cost"] = -1

    response = post(call_as(cast.eva), {"sessions": [conversation("a"), wrong]})

    assert [(row, column) for row, column, _ in errors(response)] == [
        (2, "messages[1].content"),
        (2, "cost"),
    ]
    assert not Session.all_rows.exists()
    assert not AuditEvent.all_rows.filter(verb="session.intake").exists()


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        ('{"externalId": "a", "source": "\\u0000", "messages": []}', 1, "source"),
        ('{"sessions": [{}, {"title": "\\ud800"}]}', 2, "title"),
        ('{"externalId": "a", "source": "s", "source": "s", "messages": []}', 1, "source"),
        ('{"sessions": [{"cost": NaN}]}', 1, "cost"),
        ('{"sessions": [{"promptTokens": 123456789012345678901234567890}]}', 1, "promptTokens"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_place(
    cast: Cast, call_as: Caller, text: str, row: int, column: str
) -> None:
    response = call_as(cast.eva).post(URL, text, content_type="application/json")

    assert [(row, column)] == [each[:2] for each in errors(response)]


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "", "[]", "7", '{"sessions": 3}', "null"])
def test_a_body_of_another_shape_is_refused(cast: Cast, call_as: Caller, text: str) -> None:
    response = call_as(cast.eva).post(URL, text, content_type="application/json")

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "INVALID_REQUEST"


def test_the_same_id_twice_in_one_call_is_refused(cast: Cast, call_as: Caller) -> None:
    response = post(call_as(cast.eva), {"sessions": [conversation("a"), conversation("a")]})

    assert [each[:2] for each in errors(response)] == [(2, "externalId")]


def test_more_than_the_cap_is_refused(cast: Cast, call_as: Caller, settings: Any) -> None:
    settings.MAX_SESSIONS_PER_CALL = 1

    response = post(call_as(cast.eva), {"sessions": [conversation("a"), conversation("b")]})

    assert errors(response)[0][2] == "These are 2 sessions. Send at most 1 at once."


def test_a_body_over_the_cap_is_refused(cast: Cast, call_as: Caller, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    response = post(call_as(cast.eva), conversation(title="x" * 200))

    assert response.status_code == 413
    assert response.json()["error"]["code"] == "TOO_LARGE"


def test_an_empty_list_is_taken_and_counted(cast: Cast, call_as: Caller) -> None:
    answer = post(call_as(cast.eva), {"sessions": []}).json()

    assert answer["sessions"] == {"inserted": 0, "updated": 0, "unchanged": 0}


def test_unknown_keys_are_warned_about(cast: Cast, call_as: Caller) -> None:
    answer = post(call_as(cast.eva), conversation(owner="olga", team="harbour")).json()

    assert {each["column"] for each in answer["warnings"]} == {"owner", "team"}
    assert Session.all_rows.get().owner == cast.eva.user


@pytest.mark.parametrize(("name", "status"), [("olga", 200), ("emil", 200), ("tess", 403)])
def test_intake_needs_the_right_to_edit_evidence(
    cast: Cast, call_as: Caller, name: str, status: int
) -> None:
    assert post(call_as(cast.actor(name)), conversation()).status_code == status


def test_a_key_for_reading_takes_nothing_in(cast: Cast, call_as: Caller) -> None:
    assert post(call_as(cast.eva, scopes=["read"]), conversation()).status_code == 403
    assert post(APIClient(), conversation()).status_code == 401


def test_a_colleagues_id_is_refused_in_words_that_tell_of_no_session(
    cast: Cast, call_as: Caller
) -> None:
    make_session(owner=cast.emil, external_id="c-1", title="Emil's")

    response = post(call_as(cast.eva), conversation("c-1"))

    ((_, _, message),) = errors(response)
    told = {"taken", "exist", "already", "session", "other person", "colleague", "emil", "used by"}
    assert [word for word in told if word in message.lower()] == []


def test_a_colleagues_id_refuses_its_row_and_the_session_stays(cast: Cast, call_as: Caller) -> None:
    make_session(owner=cast.emil, external_id="c-1", title="Emil's")

    response = post(call_as(cast.eva), {"sessions": [conversation("x"), conversation("c-1")]})

    assert errors(response) == [
        (
            2,
            "externalId",
            'This id cannot be used in the source "helpdesk". Write another id, or another source.',
        )
    ]
    assert "Emil" not in response.content.decode()
    assert Session.all_rows.get().title == "Emil's"


def test_an_admin_corrects_a_colleagues_session_which_stays_theirs(
    cast: Cast, call_as: Caller
) -> None:
    make_session(owner=cast.emil, external_id="c-1")

    answer = post(call_as(cast.adam), conversation("c-1", title="Corrected")).json()

    assert answer["sessions"]["updated"] == 1
    session = Session.all_rows.get()
    assert (session.title, session.owner) == ("Corrected", cast.emil.user)


def test_another_teams_ids_and_sources_are_their_own(cast: Cast, call_as: Caller) -> None:
    make_session(owner=cast.otto, external_id="c-1")

    assert post(call_as(cast.eva), conversation("c-1")).json()["sessions"]["inserted"] == 1
    assert Source.all_rows.filter(name="helpdesk").count() == 2


def test_one_audit_event_tells_of_the_intake(cast: Cast, call_as: Caller) -> None:
    client = call_as(cast.eva)
    response = post(client, {"sessions": [conversation("a"), conversation("b")]})
    post(client, conversation("a", title="A"))

    many, one = AuditEvent.all_rows.filter(verb="session.intake").order_by("id")
    assert many.changes["sessions"] == [None, {"inserted": 2, "updated": 0, "unchanged": 0}]
    assert many.changes["messages"] == [None, {"inserted": 4, "updated": 0, "unchanged": 0}]
    assert (many.actor_user, many.team, many.via) == (cast.eva.user, cast.team, "key")
    assert many.request_id == response.headers["X-Request-Id"]
    assert one.object_id == str(Session.all_rows.get(external_id="a").pk)
    assert AuditEvent.all_rows.filter(verb="source.create").count() == 1
