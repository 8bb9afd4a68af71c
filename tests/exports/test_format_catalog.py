"""The list of formats that menus, API and help are made from."""

import datetime
from collections.abc import Iterator
from inspect import isgenerator

import pytest

from exports.catalog import FORMATS, file_name
from exports.formats.options import ExportOptions
from exports.formats.records import ExportSession
from tests.exports.conversations import RICH


@pytest.mark.parametrize(
    ("slug", "media_type", "name"),
    [
        ("deepeval", "application/json", "evalplatform-deepeval-2026-01-05.json"),
        ("openai", "application/x-ndjson", "evalplatform-openai-2026-01-05.jsonl"),
        ("text", "text/plain; charset=utf-8", "evalplatform-text-2026-01-05.txt"),
    ],
)
def test_a_file_has_the_name_and_type_of_the_contract(
    slug: str, media_type: str, name: str
) -> None:
    assert FORMATS[slug].media_type == media_type
    assert file_name(slug, datetime.date(2026, 1, 5)) == name


@pytest.mark.parametrize("slug", FORMATS)
def test_a_writer_asks_for_the_next_session_only_when_the_last_is_written(slug: str) -> None:
    taken: list[int] = []

    def sessions() -> Iterator[ExportSession]:
        for number in range(3):
            taken.append(number)
            yield RICH

    pieces = FORMATS[slug].write(sessions(), ExportOptions())
    assert isgenerator(pieces)
    next(pieces)
    assert taken == [0]


@pytest.mark.parametrize("slug", FORMATS)
def test_a_format_is_complete(slug: str) -> None:
    chosen = FORMATS[slug]
    assert chosen.slug == slug
    assert chosen.version >= 1
    assert chosen.label
    assert chosen.help.endswith(".")
