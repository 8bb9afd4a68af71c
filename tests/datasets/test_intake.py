"""Intake adds and corrects, and never erases; counts are true and numbers are kept."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from datasets import intake
from datasets.formats.records import MessageRecord, SessionRecord
from datasets.intake import Counts, Intake, chunks, take_now
from datasets.merging import n_pairs
from datasets.models import Message, Session, Source
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.sessions import n_pairs as n_pairs_by_neighbours

ROLES = ["user", "assistant", "system", "tool", "unknown"]


def said(*texts: str, roles: str = "ua") -> tuple[MessageRecord, ...]:
    names = {"u": "user", "a": "assistant", "t": "tool"}
    return tuple(
        MessageRecord(names[role], text)
        for role, text in zip(itertools.cycle(roles), texts, strict=False)
    )


def session(external_id: str = "s-1", *texts: str, **fields: Any) -> SessionRecord:
    return SessionRecord(external_id, "helpdesk", said(*(texts or ("Hi", "Hello"))), **fields)


def take(by: Actor, *sessions: SessionRecord) -> Intake:
    return take_now(list(enumerate(sessions, start=1)), by=by, kind="file")[0]


def contents(external_id: str = "s-1") -> list[str]:
    messages = Message.all_rows.filter(session__external_id=external_id).order_by("position")
    return list(messages.values_list("content", flat=True))


def test_a_longer_conversation_appends_only_what_is_new(cast: Cast) -> None:
    take(cast.eva, session("s-1", "Hi", "Hello"))
    before = list(Message.all_rows.values_list("pk", flat=True))

    counts = take(cast.eva, session("s-1", "Hi", "Hello", "And now?", "Bye"))

    assert counts.messages == Counts(inserted=2, updated=0, unchanged=2)
    assert counts.sessions == Counts(inserted=0, updated=1, unchanged=0)
    assert contents() == ["Hi", "Hello", "And now?", "Bye"]
    assert list(Message.all_rows.values_list("pk", flat=True))[:2] == before
    stored = Session.all_rows.get()
    assert (stored.n_messages, stored.n_pairs) == (4, 2)


def test_messages_that_are_not_sent_stay(cast: Cast) -> None:
    take(cast.eva, session("s-1", "Hi", "Hello", "And now?"))

    counts = take(cast.eva, session("s-1", "Hi"))

    assert counts.messages == Counts(unchanged=1)
    assert counts.sessions == Counts(unchanged=1)
    assert contents() == ["Hi", "Hello", "And now?"]


def test_a_changed_message_is_changed_in_its_place(cast: Cast) -> None:
    take(cast.eva, session("s-1", "Hi", "Hello"))
    Session.all_rows.update(search="'old'")

    counts = take(cast.eva, session("s-1", "Hi", "Good day"))

    assert counts.messages == Counts(updated=1, unchanged=1)
    assert contents() == ["Hi", "Good day"]
    assert Session.all_rows.get().search is None


def test_a_message_may_become_empty(cast: Cast) -> None:
    take(cast.eva, session("s-1", "Hi", "Hello"))

    assert take(cast.eva, session("s-1", "Hi", "")).messages.updated == 1
    assert contents() == ["Hi", ""]


def test_fields_that_are_not_said_keep_what_is_stored(cast: Cast) -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    take(cast.eva, session(title="Rivers", tags=("geo",), prompt_tokens=3, started_at=at))

    counts = take(cast.eva, session(model="example-1", prompt_tokens=0))

    stored = Session.all_rows.get()
    assert counts.sessions == Counts(updated=1)
    assert (stored.title, stored.tags, stored.started_at) == ("Rivers", ["geo"], at)
    assert (stored.model, stored.prompt_tokens) == ("example-1", 0)


def test_a_title_that_looks_like_an_empty_object_is_a_title(cast: Cast) -> None:
    take(cast.eva, session(title="Rivers"))

    assert take(cast.eva, session(title="{}")).sessions.updated == 1
    assert Session.all_rows.get().title == "{}"


def test_a_session_begins_with_its_earliest_message(cast: Cast) -> None:
    times = [datetime(2026, 1, day, tzinfo=UTC) for day in (3, 2)]
    messages = tuple(MessageRecord("user", "x", created_at=at) for at in times)

    take(cast.eva, SessionRecord("s-1", "helpdesk", messages))

    assert Session.all_rows.get().started_at == times[1]


def test_a_dry_run_counts_the_same_and_writes_nothing(cast: Cast) -> None:
    take(cast.eva, session("a", "Hi", "Hello"), session("b", "Hi"))
    rows = [
        session("a", "Hi", "Hello", "More"),
        session("b", "Hi"),
        session("c", "New", "One"),
        SessionRecord("a", "another source", said("Hi")),
    ]
    before = list(Session.all_rows.order_by("pk").values())

    dry = Intake(cast.eva, "file", is_dry=True)
    dry.take(list(enumerate(rows, start=1)))

    assert list(Session.all_rows.order_by("pk").values()) == before
    assert not Source.all_rows.filter(name="another source").exists()
    real = take(cast.eva, *rows)
    assert (dry.sessions, dry.messages) == (real.sessions, real.messages)
    assert real.sessions == Counts(inserted=2, updated=1, unchanged=1)


def test_chunks_change_neither_counts_nor_rows(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "CHUNK_SESSIONS", 3)
    rows = [session(f"s-{n}", *["x"] * n) for n in range(1, 8)]
    assert [len(chunk) for chunk in chunks(enumerate(rows))] == [3, 3, 1]

    counts = take(cast.eva, *rows)
    again = take(cast.eva, *rows)

    assert (counts.sessions, counts.messages) == (Counts(inserted=7), Counts(inserted=28))
    assert (again.sessions, again.messages) == (Counts(unchanged=7), Counts(unchanged=28))


def test_a_chunk_holds_few_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "CHUNK_CHARACTERS", 10)

    rows = [(n, session(f"s-{n}", "x" * 6)) for n in range(4)]

    assert [len(chunk) for chunk in chunks(rows)] == [2, 2]


def test_intake_asks_as_often_for_many_sessions_as_for_one(cast: Cast) -> None:
    def n_queries(*rows: SessionRecord) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            take(cast.eva, *rows)
        return len(queries)

    take(cast.eva, session("warm"))
    one = n_queries(session("a-0", "Hi")), n_queries(session("a-0", "Hi", "Ho"))
    new = [session(f"b-{n}", "Hi") for n in range(20)]
    longer = [session(f"b-{n}", "Hi", "Ho") for n in range(20)]
    assert n_queries(*new) <= one[0] + 1  # one session is read for its audit event, a team is not
    assert n_queries(*longer) <= one[1] + 1


@given(st.lists(st.sampled_from(ROLES), max_size=12))
def test_pairs_are_questions_with_an_answer(roles: list[str]) -> None:
    assert n_pairs(MessageRecord(role, "") for role in roles) == n_pairs_by_neighbours(roles)


@pytest.mark.parametrize("roles", ["ua", "uuaa", "utatua", "aut", "uatau", "tt"])
def test_pairs_counted_by_the_database_are_the_same(cast: Cast, roles: str) -> None:
    texts = [str(n) for n in range(len(roles))]
    messages = said(*texts, roles=roles)
    take(cast.eva, SessionRecord("s-1", "helpdesk", messages[:1]))

    take(cast.eva, SessionRecord("s-1", "helpdesk", messages))

    stored = Session.all_rows.get()
    assert (stored.n_messages, stored.n_pairs) == (len(roles), n_pairs(messages))
