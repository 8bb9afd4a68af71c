"""Two of the same at one moment: one object, one winner, and nobody's work lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from datasets.models import SessionImport
from reviews.changes import NO_LABEL, LabelChange, LabelState
from reviews.labelling import StaleLabelError, label_session
from tests.cast import Cast, make_cast
from tests.sessions import make_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def at_once(n: int, act: Callable[[int], Any]) -> list[Any]:
    """Run the act n times in threads that start together; return results and exceptions."""
    together = threading.Barrier(n)
    found: list[Any] = [None] * n

    def one(number: int) -> None:
        try:
            together.wait(timeout=60)
            found[number] = act(number)
        except Exception as error:
            found[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return found


def stored_uploads() -> set[str]:
    try:
        return set(default_storage.listdir("imports")[1])
    except FileNotFoundError:
        return set()


def test_the_same_file_sent_several_times_at_once_is_one_import(cast: Cast) -> None:
    def upload(_: int) -> SessionImport:
        file = ContentFile(b'{"messages": []}\n', name="chats.jsonl")
        asked = {"sha256": "a" * 64, "format_slug": "openai-chat", "source_name": "bot"}
        return SessionImport.upload(file, by=cast.eva, **asked)

    before = stored_uploads()
    rows = at_once(4, upload)

    kept = SessionImport.all_rows.get()
    assert {row.pk for row in rows} == {kept.pk}
    assert stored_uploads() - before == {f"{kept.pk}.upload"}


def test_of_two_tabs_that_save_one_label_one_wins_and_the_others_are_told(cast: Cast) -> None:
    session = make_session(owner=cast.eva)

    def save(number: int) -> Any:
        change = LabelChange(notes=f"tab {number}")
        return label_session(session, change, by=cast.eva, version=NO_LABEL)

    outcomes = at_once(4, save)

    assert sum(isinstance(one, StaleLabelError) for one in outcomes) == 3
    session.refresh_from_db()
    winner = next(n for n, one in enumerate(outcomes) if not isinstance(one, Exception))
    assert LabelState.of(session.label).notes == f"tab {winner}"
