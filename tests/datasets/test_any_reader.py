"""What holds for every reader: nothing makes it raise, and real files are read."""

import contextlib
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.formats import claude_code, session_json
from datasets.formats.catalog import FORMATS, FormatNotKnown, guess, named
from datasets.formats.records import MessageRecord, RowError, RowWarning, SessionRecord
from tests.datasets.conversation_files import (
    CHAT,
    DATA,
    errors,
    findings,
    lines,
    real_file,
    sessions,
    warnings,
)

SLUGS = sorted(FORMATS)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
NAME = st.from_regex(r"[a-zé][a-zé0-9 -]{0,18}[a-z0-9]", fullmatch=True)
KEYS = [
    *("externalId", "source", "messages", "conversations", "conversation", "input", "ideal"),
    *("inputs", "outputs", "expectedOutput", "data", "sessions", "role", "from", "content"),
    *("value", "type", "tool_calls", "tokens", "tags", "cost", "createdAt", "timestamp"),
    *("participant", "sessionState", "comments", "uuid", "parentUuid", "sessionId", "message"),
    *("isSidechain", "isMeta", "id", "usage", "leafUuid", "summary", "text", "name", ""),
]
WORDS = st.sampled_from(
    [*("user", "assistant", "human", "gpt", "text", "tool_use", "tool_result", "a", "b"), ""]
)
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | WORDS
    | st.text(max_size=5)
    | st.sampled_from(["2024-01-01", "2024-02-30T00:00:00Z", "\0", "\ud800", "9" * 30])
)
VALUE = st.recursive(
    SCALAR,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=25,
)
BROKEN = st.sampled_from([b"", b"{", b"[", b"]", b"}", b",", b'"', b"\\", b"\r", b"\xff", b"\0"])


def assert_sound(found):
    """Whatever a reader yields can be stored and shown."""
    for each in found:
        assert isinstance(each, tuple | RowError | RowWarning)
        json.dumps(str(each)).encode()
        if isinstance(each, RowError):
            assert len(each.value) <= 200
        if isinstance(each, RowError | RowWarning):
            assert each.message
            f"{each.column}{each.message}".encode()
            assert "\0" not in f"{each.column}{each.message}"


def read_all(data):
    for slug in SLUGS:
        assert_sound(findings(data, slug))
    stream = io.BytesIO(data)
    with contextlib.suppress(FormatNotKnown):
        assert guess(stream, "x.bin") in FORMATS
    assert stream.tell() == 0


@given(st.binary(max_size=300))
def test_random_bytes_never_raise(data):
    read_all(data)


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUE, max_size=5), st.data())
def test_lines_and_lists_made_by_a_grammar_never_raise(values, data):
    pieces = [json.dumps(value).encode() for value in values]
    pieces = [piece + data.draw(BROKEN) for piece in pieces]
    end = data.draw(st.sampled_from([b"\n", b"\r\n", b"\r", b",", b""]))
    opening, closing = data.draw(
        st.sampled_from([(b"", b""), (b"[", b"]"), (b'{"sessions": [', b"]}"), (b"[", b"")])
    )
    read_all(opening + end.join(pieces) + closing)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(KEYS), VALUE, max_size=8), max_size=6))
def test_events_made_by_a_grammar_never_raise(values):
    assert_sound(claude_code.read(io.BytesIO(lines_of(values))))


def lines_of(values):
    return b"\n".join(json.dumps(value).encode() for value in values)


MOMENTS = st.integers(10**14, 10**17).map(  # from 1973 on, in microseconds
    lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n)
)
COUNTS = st.none() | st.integers(0, 2**62)
DATA_OBJECTS = st.dictionaries(
    NAME, TEXT | st.integers(-(2**63), 2**63) | st.lists(TEXT), max_size=3
)
TAGS = st.lists(NAME, max_size=4, unique_by=str.casefold).map(tuple)
MESSAGES = st.builds(
    MessageRecord,
    role=st.sampled_from(["user", "assistant", "system", "tool", "unknown"]),
    content=TEXT,
    external_id=st.none() | NAME,
    created_at=st.none() | MOMENTS,
    model=NAME | st.just(""),
    tags=TAGS,
    comments=st.lists(TEXT.filter(bool), max_size=2).map(tuple),
    prompt_tokens=COUNTS,
    completion_tokens=COUNTS,
    participant_data=DATA_OBJECTS,
    session_state=DATA_OBJECTS,
    summary=TEXT,
)
SESSIONS = st.builds(
    SessionRecord,
    external_id=NAME,
    source=NAME,
    messages=st.lists(MESSAGES, max_size=4).map(tuple),
    title=TEXT,
    project_path=TEXT,
    project_name=NAME | st.just(""),
    model=NAME | st.just(""),
    provider=NAME | st.just(""),
    prompt_tokens=COUNTS,
    completion_tokens=COUNTS,
    cost=st.none() | st.decimals(0, 9_999_999_999, places=10) | st.just(Decimal("0.02")),
    duration_ms=COUNTS,
    tags=TAGS,
    participant_identifier=NAME | st.just(""),
    participant=DATA_OBJECTS.map(lambda data: {k: v for k, v in data.items() if k != "identifier"}),
    channel=NAME | st.just(""),
    session_state=DATA_OBJECTS,
    started_at=st.none() | MOMENTS,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SESSIONS, max_size=3, unique_by=lambda session: session.external_id.casefold()))
def test_session_json_reads_back_what_it_writes(records):
    data = "".join(session_json.write(records)).encode()
    found = findings(data, "session-json")
    assert errors(found) == []
    assert sessions(found) == records
    if records:
        assert guess(io.BytesIO(data), "x") == "session-json"


def test_a_time_of_whole_milliseconds_is_written_as_such():
    moment = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
    for added, written in [(0, 1768469400000), (1, "2026-01-15T09:30:00.000001Z")]:
        record = SessionRecord("a", "s", (), started_at=moment + timedelta(microseconds=added))
        assert session_json.session_object(record)["createdAt"] == written


@pytest.mark.parametrize(
    ("name", "slug", "n_sessions", "n_messages"),
    [
        ("chitchat_300.openai_chat.jsonl", "openai-chat", 300, 4854),
        ("chitchat_300.sessions.json", "session-json", 300, 4854),
        ("chitchat_60.sharegpt.json", "sharegpt", 60, 1048),
    ],
)
def test_real_conversations_are_read_whole(name, slug, n_sessions, n_messages):
    path = real_file(name)
    with path.open("rb") as stream:
        assert guess(stream, "unnamed") == slug
        found = list(FORMATS[slug].read(stream))
    assert errors(found) == warnings(found) == []
    assert len(sessions(found)) == n_sessions
    assert sum(len(session.messages) for session in sessions(found)) == n_messages


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(
    "name",
    ["chitchat_300.openai_chat.jsonl", "chitchat_300.sessions.json", "chitchat_60.sharegpt.json"],
)
def test_every_reader_survives_every_real_file(name, slug):
    with real_file(name).open("rb") as stream:
        assert_sound(FORMATS[slug].read(stream))


def test_the_three_shapes_of_the_real_conversations_say_the_same():
    chat = sessions(findings(real_file("chitchat_300.openai_chat.jsonl").read_bytes()))
    own = sessions(findings(real_file("chitchat_300.sessions.json").read_bytes(), "session-json"))
    shared = sessions(findings(real_file("chitchat_60.sharegpt.json").read_bytes(), "sharegpt"))
    told = [[(m.role, m.content) for m in session.messages] for session in own]
    assert [[(m.role, m.content) for m in session.messages] for session in chat] == told
    assert [[(m.role, m.content) for m in session.messages] for session in shared] == told[:60]


@pytest.mark.parametrize(
    ("data", "name", "slug"),
    [
        (lines(CHAT), "x.txt", "openai-chat"),
        (lines({"externalId": "a", "source": "b", **CHAT}), "x.jsonl", "session-json"),
        (b'{"sessions": []}', "x", "session-json"),
        (b'{"data": [{"input": "a"}]}', "x.json", "openai-chat"),
        (lines({"conversations": [{"from": "a", "value": "b"}]}), "x.json", "sharegpt"),
        (lines({"conversations": [{"role": "a", "content": "b"}]}), "x.json", "openai-chat"),
        (lines({"id": 1, "conversation": [{"type": "x"}]}), "x.json", "openai-chat"),
        (lines({"input": "a", "ideal": "b"}), "x.json", "openai-chat"),
        ((DATA / "agent.jsonl").read_bytes(), "x.jsonl", "claude-code"),
        (b"[]", "x.json", "session-json"),
        (b"[]", "x.jsonl", "openai-chat"),
        (b'{"messages": [{"role"', "x.json", "openai-chat"),
        (json.dumps(CHAT).encode("utf-16"), "x", "openai-chat"),
        (b"hello", "x.json", "session-json"),
    ],
)
def test_a_format_is_guessed_from_content_then_suffix(data, name, slug):
    assert guess(io.BytesIO(data), name) == slug


def test_a_format_that_cannot_be_guessed_or_is_not_known_is_refused_by_name():
    with pytest.raises(FormatNotKnown, match=r"Name one of: session-json, openai-chat,"):
        guess(io.BytesIO(b"id,Human Message"), "x.csv")
    with pytest.raises(FormatNotKnown, match=r'There is no format "docx"'):
        named("docx")
