"""Two intakes at once: real threads, real transactions, no duplicate and no deadlock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from datasets import intake
from datasets.formats.records import MessageRecord, SessionRecord
from datasets.intake import Intake, lock_sources, take_now
from datasets.models import Message, Session, Source
from evalplatform.audit.models import AuditEvent
from evalplatform.errors import Unavailable
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def session(name: str, source: str, n_messages: int) -> SessionRecord:
    messages = tuple(MessageRecord("user", f"{name} {n}") for n in range(n_messages))
    return SessionRecord(name, source, messages)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Start all acts together; their answers, or what they raised."""
    barrier = threading.Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)

    def run(place: int) -> None:
        try:
            barrier.wait(60)
            answers[place] = acts[place]()
        except Exception as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return answers


def test_the_same_sessions_from_eight_callers_are_stored_once(cast: Cast) -> None:
    rows = [(n, session(f"s-{n}", f"source {n % 3}", 4)) for n in range(30)]

    def act(by: Any, given: list[Any]) -> Callable[[], Intake]:
        return lambda: take_now(given, by=by, kind="api")[0]

    answers = at_once(*(act(cast.adam, rows[:: 1 if n % 2 else -1]) for n in range(8)))

    assert [each for each in answers if isinstance(each, Exception)] == []
    assert sorted(each.sessions.inserted for each in answers) == [0] * 7 + [30]
    assert sum(each.sessions.unchanged for each in answers) == 7 * 30
    assert (Session.all_rows.count(), Message.all_rows.count()) == (30, 120)
    assert Source.all_rows.filter(team=cast.team).count() == 3
    assert AuditEvent.all_rows.filter(verb="session.intake").count() == 8


def test_the_longer_of_two_versions_wins_whoever_comes_first(cast: Cast) -> None:
    def act(n: int) -> Callable[[], Any]:
        return lambda: take_now([(1, session("s", "one", n))], by=cast.eva, kind="api")

    answers = at_once(*map(act, range(1, 7)))

    assert [each for each in answers if isinstance(each, Exception)] == []
    stored = Session.all_rows.get()
    assert (stored.n_messages, Message.all_rows.count()) == (6, 6)
    positions = Message.all_rows.order_by("position").values_list("position", flat=True)
    assert list(positions) == [0, 1, 2, 3, 4, 5]


def test_a_call_does_not_wait_for_ever_behind_a_long_import(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "LONGEST_WAIT", 1)
    is_locked, may_end = threading.Event(), threading.Event()

    def long_import() -> None:
        with transaction.atomic():
            lock_sources(cast.adam, {"one"})
            is_locked.set()
            may_end.wait(30)

    def call(source: str) -> Callable[[], Any]:
        def act() -> Any:
            is_locked.wait(30)
            return take_now([(1, session("s", source, 1))], by=cast.eva, kind="api")

        return act

    def blocked_then_free() -> Any:
        try:
            return call("one")()
        finally:
            may_end.set()

    _, blocked, other = at_once(long_import, blocked_then_free, call("another"))

    assert isinstance(blocked, Unavailable)
    assert "Another import writes to this source" in str(blocked.detail)
    assert other[0].sessions.inserted == 1


def test_many_sources_are_locked_as_one(cast: Cast) -> None:
    names = [f"source {n}" for n in range(intake.MAX_LOCKS + 1)]
    rows = [(n, session("s", name, 1)) for n, name in enumerate(names)]

    def act(given: list[Any]) -> Callable[[], Any]:
        return lambda: take_now(given, by=cast.eva, kind="api")[0].sessions

    answers = at_once(act(rows), act(rows[::-1]), act(rows[:3]))

    assert [each for each in answers if isinstance(each, Exception)] == []
    assert Session.all_rows.count() == len(names)
