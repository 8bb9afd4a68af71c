"""Logs of the coding agent: which events are the conversation, in which order, and what is wrong
with a log.
"""

from datetime import UTC, datetime

from tests.datasets.conversation_files import (
    DATA,
    errors,
    findings,
    lines,
    rows,
    sessions,
    texts,
    warnings,
)


def event(uuid, parent, text="", *, session="s", kind="user", at="2026-01-15T09:00:00Z", **more):
    message = {"role": kind, "content": text or uuid} | more.pop("message", {})
    values = {"uuid": uuid, "parentUuid": parent, "sessionId": session, "timestamp": at}
    return {"type": kind, "isSidechain": False, "message": message} | values | more


def read(*events):
    return findings(lines(*events), "claude-code")


def test_a_log_is_one_conversation_in_order_of_speaking():
    found = findings((DATA / "agent.jsonl").read_bytes(), "claude-code")
    assert errors(found) == []
    assert rows(found) == [3]
    assert texts(sessions(found)[0]) == [
        ("user", "Fix the door code."),
        ("assistant", "I look."),
        ("tool", "code = 1"),
        ("tool", "/srv/doors"),
        ("assistant", "Fixed."),
    ]


def test_what_the_log_says_about_the_session_is_kept():
    session = sessions(findings((DATA / "agent.jsonl").read_bytes(), "claude-code"))[0]
    assert session.external_id == "s1"
    assert session.source == "claude-code"
    assert session.title == "Fix the door code"
    assert (session.project_path, session.project_name) == ("/srv/doors", "doors")
    assert (session.model, session.provider) == ("claude-x", "anthropic")
    assert session.session_state == {"git_branch": "main", "version": "2.0.1"}
    assert session.started_at == datetime(2026, 1, 15, 9, tzinfo=UTC)
    assert session.duration_ms == 9000


def test_usage_is_counted_once_a_message_and_tool_calls_are_kept():
    session = sessions(findings((DATA / "agent.jsonl").read_bytes(), "claude-code"))[0]
    assert (session.prompt_tokens, session.completion_tokens) == (105, 37)
    assert session.messages[1].session_state == {
        "tool_calls": [
            {"name": "Read", "arguments": '{"__path__":"a"}'},
            {"name": "Bash", "arguments": '{"command":"pwd"}'},
        ]
    }


def test_thinking_is_left_out_and_said():
    found = findings((DATA / "agent.jsonl").read_bytes(), "claude-code")
    assert [warning.message for warning in warnings(found)] == [
        "1 block of thinking is left out: a conversation is what was said."
    ]


def test_each_session_id_is_a_session():
    found = read(
        event("a", None, session="s1"),
        event("b", None, session="s2"),
        event("c", "a", session="s1"),
    )
    assert [(s.external_id, len(s.messages)) for s in sessions(found)] == [("s1", 2), ("s2", 1)]


def test_of_two_branches_the_one_that_ends_last_is_the_conversation():
    found = read(
        event("a", None),
        event("b", "a", at="2026-01-15T09:00:05Z"),
        event("d", "c", at="2026-01-15T09:00:09Z"),
        event("c", "a", at="2026-01-15T09:00:02Z"),
        event("e", "b", at="2026-01-15T09:00:08Z"),
    )
    assert [text for _, text in texts(sessions(found)[0])] == ["a", "c", "d"]
    assert [warning.message for warning in warnings(found)] == [
        "1 other branch is left out: the branch that ends last is the conversation."
    ]


def test_events_that_hang_on_a_link_are_one_conversation():
    link = {"type": "attachment", "uuid": "l", "parentUuid": "a", "sessionId": "s"}
    found = read(
        event("a", None), link, event("b", "l"), event("c", "l", at="2026-01-15T10:00:00Z")
    )
    assert [text for _, text in texts(sessions(found)[0])] == ["a", "c"]


def test_a_conversation_goes_on_after_compaction():
    boundary = {"type": "system", "uuid": "l", "parentUuid": None, "logicalParentUuid": "a"}
    found = read(event("a", None), boundary | {"sessionId": "s"}, event("b", "l"))
    assert [text for _, text in texts(sessions(found)[0])] == ["a", "b"]
    assert warnings(found) == []


def test_a_missing_parent_is_an_error_for_that_session_only():
    found = read(event("a", None, session="s1"), event("b", "gone", session="s2"))
    assert [s.external_id for s in sessions(found)] == ["s1"]
    (error,) = errors(found)
    assert (error.row, error.column, error.value) == (2, "parentUuid", "gone")


def test_a_circle_is_an_error_for_that_session_only():
    found = read(event("a", "b"), event("b", "c"), event("c", "a"), event("x", None, session="t"))
    assert [s.external_id for s in sessions(found)] == ["t"]
    (error,) = errors(found)
    assert error.message == "The events form a circle. Mend parentUuid."
    assert len(errors(read(event("a", "a")))) == 1


def test_a_session_without_a_message_is_an_error():
    found = read(event("a", None), event("b", None, session="t", isSidechain=True))
    assert [(error.row, error.column, error.value) for error in errors(found)] == [
        (2, "sessionId", "t")
    ]


def test_a_log_without_any_session_is_an_error_of_the_file():
    (error,) = errors(read({"type": "summary", "summary": "x", "leafUuid": "y"}))
    assert error.row is None


def test_a_line_that_is_no_object_is_an_error_and_an_unknown_type_is_not():
    found = read(event("a", None), [1], {"type": "tomorrow", "uuid": 5, "parentUuid": []})
    assert [error.row for error in errors(found)] == [2]


def test_what_a_users_or_assistants_event_must_have_is_asked_for():
    bad = [
        event(None, None, "x"),
        event("b", None, session=None),
        event("c", None) | {"message": None},
        event("d", None, message={"content": 5}),
        event("e", None, at="yesterday"),
        event("f", 5),
    ]
    assert [(error.row, error.column) for error in errors(read(event("a", None), *bad))] == [
        (2, "uuid"),
        (3, "sessionId"),
        (4, "message"),
        (5, "message.content"),
        (6, "timestamp"),
        (7, "parentUuid"),
    ]


def test_an_event_that_stands_twice_is_taken_once():
    found = read(event("a", None), event("a", None), event("b", "a"))
    assert len(sessions(found)[0].messages) == 2
    assert warnings(found)[0].column == "uuid"


def test_a_log_in_utf_16_is_read_by_its_offsets_too():
    text = lines(event("a", None, "é😀"), event("b", "a", "ü")).decode()
    found = findings(text.encode("utf-16"), "claude-code")
    assert [text for _, text in texts(sessions(found)[0])] == ["é😀", "ü"]


def test_a_long_chain_is_no_deep_recursion():
    chain = [event(str(n), str(n - 1) if n else None) for n in range(5000)]
    assert len(sessions(read(*chain))[0].messages) == 5000
