"""Rows that one thread fetches and another makes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from django.db import OperationalError, ProgrammingError, connections

from exports.fetching import Fetched, made

pytestmark = pytest.mark.django_db
ROWS = """SELECT n, 'Grüße ' || n, ARRAY['a', 'b,"c'], CASE n WHEN 2 THEN true END
    FROM generate_series(1, 2) n"""


class Row(NamedTuple):
    n: int
    text: str
    names: list[str]
    flag: bool | None


def in_a_thread(statement: str) -> Fetched:
    def fetch() -> Fetched:
        try:
            return Fetched.of(statement, "default")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(fetch).result()


def test_rows_are_made_when_the_thread_and_its_connection_are_gone() -> None:
    found = in_a_thread(ROWS)
    assert len(found) == 2
    assert list(found.rows(Row)) == [
        Row(1, "Grüße 1", ["a", 'b,"c'], None),
        Row(2, "Grüße 2", ["a", 'b,"c'], True),
    ]
    assert found.texts(1) == ["Grüße 1".encode(), "Grüße 2".encode()]
    assert found.ids(0, 1) == {"1", "2", "Grüße 1", "Grüße 2"}


def test_a_wrong_statement_is_refused_as_by_a_cursor() -> None:
    with pytest.raises(ProgrammingError, match='relation "nowhere" does not exist'):
        in_a_thread("SELECT 1 FROM nowhere")


def test_a_lost_connection_is_the_error_after_which_a_job_is_tried_again() -> None:
    with pytest.raises(OperationalError, match="terminating connection"):
        in_a_thread("SELECT pg_terminate_backend(pg_backend_pid())")


def test_only_what_was_left_for_later_is_made() -> None:
    assert list(made(["block", lambda: "made"])) == ["block", "made"]
