"""Our own session JSON: what is read, what is refused and where the error stands."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from datasets.formats import session_json
from datasets.formats.conversations import session_from_object
from datasets.formats.records import MessageRecord, RowError, RowWarning, SessionRecord

MINIMAL = {"externalId": "a", "source": "bot", "messages": [{"role": "user", "content": "Hi"}]}


def read(value, **options):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(session_json.read(io.BytesIO(data), **options))


def errors(value, **options):
    return [found for found in read(value, **options) if isinstance(found, RowError)]


def warnings(value, **options):
    return [found for found in read(value, **options) if isinstance(found, RowWarning)]


def sessions(value, **options):
    return [found[1] for found in read(value, **options) if isinstance(found, tuple)]


def with_message(**fields):
    return MINIMAL | {"messages": [{"role": "user", "content": "Hi"} | fields]}


def test_a_minimal_session_is_read():
    expected = SessionRecord("a", "bot", (MessageRecord("user", "Hi"),))
    assert read({"sessions": [MINIMAL]}) == [(1, expected)]


def test_every_field_of_the_contract_is_read():
    session = MINIMAL | {
        "title": "Doors",
        "projectPath": "/srv/doors",
        "projectName": "doors",
        "model": "m-1",
        "provider": "p",
        "promptTokens": 10,
        "completionTokens": 20,
        "cost": 0.02,
        "durationMs": 1500,
        "tags": ["x", "y"],
        "participant": {"identifier": "p-7", "country": "AT"},
        "channel": "web",
        "sessionState": {"step": 2},
        "createdAt": "2026-01-15T09:30:00Z",
        "messages": [
            {
                "role": "assistant",
                "content": "Hello",
                "externalId": 7,
                "createdAt": 1768469400000,
                "model": "m-2",
                "tokens": {"prompt": 3, "completion": 4},
                "tags": ["z"],
                "comments": "good",
                "participantData": {"name": "Jane"},
                "sessionState": {"count": 1},
                "summary": "A greeting",
            }
        ],
    }
    moment = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
    message = MessageRecord(
        "assistant",
        "Hello",
        "7",
        moment,
        "m-2",
        ("z",),
        ("good",),
        3,
        4,
        {"name": "Jane"},
        {"count": 1},
        "A greeting",
    )
    assert read([session]) == [
        (
            1,
            SessionRecord(
                "a",
                "bot",
                (message,),
                "Doors",
                "/srv/doors",
                "doors",
                "m-1",
                "p",
                10,
                20,
                Decimal("0.02"),
                1500,
                ("x", "y"),
                "p-7",
                {"country": "AT"},
                "web",
                {"step": 2},
                moment,
            ),
        )
    ]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"externalId": None}, "externalId"),
        ({"externalId": " "}, "externalId"),
        ({"externalId": "x" * 257}, "externalId"),
        ({"externalId": True}, "externalId"),
        ({"source": ""}, "source"),
        ({"messages": None}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": ["Hi"]}, "messages[0]"),
        ({"messages": [{"content": "Hi"}]}, "messages[0].role"),
        ({"messages": [{"role": 1, "content": "Hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"title": 5}, "title"),
        ({"cost": -0.01}, "cost"),
        ({"cost": "much"}, "cost"),
        ({"promptTokens": 1.5}, "promptTokens"),
        ({"completionTokens": -1}, "completionTokens"),
        ({"durationMs": -0.5}, "durationMs"),
        ({"tags": "a, b"}, "tags"),
        ({"tags": ["a", 5]}, "tags[1]"),
        ({"tags": ["x" * 201]}, "tags[0]"),
        ({"tags": ["a\tb"]}, "tags[0]"),
        ({"tags": [str(n) for n in range(101)]}, "tags"),
        ({"participant": {"__proto__": 1}}, "participant.__proto__"),
        ({"participant": ["p"]}, "participant"),
        ({"sessionState": {"a": [{"": 1}]}}, "sessionState.a[0]."),
        ({"sessionState": {"constructor": 1}}, "sessionState.constructor"),
        ({"sessionState": []}, "sessionState"),
        ({"createdAt": "soon"}, "createdAt"),
        ({"createdAt": "2026-02-30T00:00:00Z"}, "createdAt"),
        ({"createdAt": "2026-01-15T09:30:00+25:00"}, "createdAt"),
        ({"createdAt": "0000-01-01T00:00:00Z"}, "createdAt"),
        ({"createdAt": "0001-01-01T00:00:00+02:00"}, "createdAt"),
        ({"createdAt": "10000-01-01T00:00:00Z"}, "createdAt"),
        ({"createdAt": 10**17}, "createdAt"),
        ({"createdAt": True}, "createdAt"),
    ],
)
def test_a_bad_field_is_blamed_by_its_path(change, column):
    found = errors({"sessions": [MINIMAL, MINIMAL | {"externalId": "b"} | change]})
    assert [(error.row, error.column) for error in found] == [(2, column)]
    assert found[0].message.endswith((".", "]", "}"))


@pytest.mark.parametrize(
    ("field", "value", "column"),
    [
        ("tokens", -1, "messages[0].tokens"),
        ("tokens", {"prompt": "3"}, "messages[0].tokens.prompt"),
        ("comments", [None], "messages[0].comments[0]"),
        ("comments", 5, "messages[0].comments"),
        ("participantData", {"a": {"__class__": 1}}, "messages[0].participantData.a.__class__"),
        ("createdAt", "2025-02-29", "messages[0].createdAt"),
    ],
)
def test_a_bad_field_of_a_message_is_blamed_by_its_path(field, value, column):
    assert [error.column for error in errors([with_message(**{field: value})])] == [column]


def test_all_errors_of_a_session_are_collected():
    found = errors([{"cost": -1, "messages": [{}]}])
    assert {error.column for error in found} == {
        "externalId",
        "source",
        "cost",
        "messages[0].role",
        "messages[0].content",
    }


def test_a_long_value_is_cut_in_the_report():
    assert len(errors([MINIMAL | {"externalId": "x" * 300}])[0].value) == 200


@pytest.mark.parametrize(
    ("role", "stored"),
    [("developer", "system"), ("function", "tool"), (" User ", "user"), ("unknown", "unknown")],
)
def test_roles_of_other_programs_become_ours(role, stored):
    assert read([with_message(role=role)])[0][1].messages[0].role == stored


def test_an_unheard_of_role_is_kept_as_unknown_with_a_warning():
    warning, (_, session) = read([with_message(role="moderator")])
    assert session.messages[0].role == "unknown"
    assert warning.column == "messages[0].role"
    assert warning.message == 'The role "moderator" is not one we know, it is kept as unknown.'


def test_parts_are_joined_and_others_are_kept_as_json_with_a_warning():
    parts = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "x"}}]
    warning, (_, session) = read([with_message(content=parts)])
    assert session.messages[0].content == 'Look:\n{"type":"image_url","image_url":{"url":"x"}}'
    assert warning.column == "messages[0].content[1]"


def test_a_time_without_a_zone_is_utc_with_a_warning():
    warning, (_, session) = read([MINIMAL | {"createdAt": "2024-02-29T10:00:00.5"}])
    assert session.started_at == datetime(2024, 2, 29, 10, 0, 0, 500_000, tzinfo=UTC)
    assert warning == RowWarning(1, "createdAt", "This time has no zone: it is taken as UTC.")


def test_a_time_with_an_offset_is_turned_into_utc():
    session = sessions([MINIMAL | {"createdAt": "2026-03-29T02:30:00+01:00"}])[0]
    assert session.started_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_an_unknown_key_is_warned_about_once_a_file():
    other = MINIMAL | {"externalId": "b"}
    found = warnings([MINIMAL | {"mood": 1}, other | {"mood": 2}])
    assert [(warning.row, warning.column) for warning in found] == [(1, "mood")]


def test_no_messages_is_a_warning_and_the_session_counts():
    warning, (_, session) = read([MINIMAL | {"messages": []}])
    assert session.messages == ()
    assert warning.message == "This conversation has no messages."


@pytest.mark.parametrize("value", [[], {"sessions": []}])
def test_a_list_without_sessions_is_a_warning(value):
    (found,) = read(value)
    assert isinstance(found, RowWarning)
    assert found.row is None


def test_the_same_id_twice_is_an_error_that_names_the_first_row():
    (error,) = errors([MINIMAL, MINIMAL])
    assert (error.row, error.column, error.value) == (2, "externalId", "a")
    assert error.message == ("This id stands on row 1 already. Give each conversation its own id.")


def test_ids_that_differ_in_case_only_are_an_error():
    (error,) = errors([MINIMAL, MINIMAL | {"externalId": "A"}])
    assert 'differs from "a" on row 1 in case only' in error.message


def test_one_id_under_two_sources_is_fine():
    assert len(sessions([MINIMAL, MINIMAL | {"source": "other"}])) == 2


def test_composed_and_decomposed_ids_are_one_id():
    pair = [MINIMAL | {"externalId": "caf\u00e9"}, MINIMAL | {"externalId": "cafe\u0301"}]
    assert len(errors(pair)) == 1


def test_the_source_argument_stands_in_for_a_missing_source():
    session = {key: MINIMAL[key] for key in ("externalId", "messages")}
    assert sessions([session], source="upload")[0].source == "upload"
    assert errors([session])[0].column == "source"


def test_the_api_reads_by_the_same_rules_with_its_own_prefix():
    session, found, _ = session_from_object(MINIMAL | {"title": 5}, 3, path_prefix="sessions[2].")
    assert session is None
    assert [(error.row, error.column) for error in found] == [(3, "sessions[2].title")]
    assert session_from_object(MINIMAL, 1)[0] == sessions([MINIMAL])[0]


def test_what_is_written_is_read_back():
    session = sessions([with_message(createdAt="2026-01-15T09:30:00.123456Z")])[0]
    assert sessions("".join(session_json.write([session])).encode()) == [session]
