"""What must hold for any bytes at all that a reader of items is given (I19)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from datasets.formats.catalog import ITEM_FORMATS
from datasets.formats.dataset_json import read as read_json
from datasets.formats.items import GlobalCheck, Item, ItemRecord
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError, RowWarning
from datasets.formats.report import Report
from datasets.formats.suite_json import read as read_suite
from exports.formats import dataset_json, suite_csv, suite_json
from exports.formats.dataset_csv import write as write_csv
from exports.formats.records import ItemTally
from exports.formats.suites import SuiteHead
from tests.datasets.archives import CSV, Entry, archive
from tests.exports.stored import plan_for, stored

READERS = ("suite-csv", "suite-json", "suite-zip", "dataset-csv", "dataset-json", "chat-items")
OTHERWISE = ReadOptions(automatic_history=True, read_values_as_json=True, unguard=True)
MAX_BYTES = 4096


def hold(slug: str, data: bytes) -> None:
    """Read the bytes in every way of the format; fails when one of them breaks a promise."""
    if slug == "suite-zip" and not data.startswith(b"PK"):
        data = archive(Entry("suite.csv", data), Entry("documents/a.txt", CSV.encode()))
    for options in (ReadOptions(), OTHERWISE):
        found = [*ITEM_FORMATS[slug].read(io.BytesIO(data), options=options)]
        assert_storable(slug, found)
        if not any(isinstance(each, RowError) for each in found):
            assert_back_equal(slug, found)


def assert_storable(slug: str, found: Sequence[Any]) -> None:
    """Hold that PostgreSQL takes the report and every item: no NUL, no lone surrogate."""
    report = Report(format=slug)
    for each in found:
        report.add(each)
        if isinstance(each, RowError | RowWarning):
            assert each.message.strip()
    told = msgspec.to_builtins([report.as_json(), [plain(each) for each in found]])
    for text in texts_in(told):
        assert "\0" not in text
        text.encode()


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        value = value.values()
    if isinstance(value, Iterable) and not isinstance(value, str):
        for each in value:
            yield from texts_in(each)


def plain(each: Any) -> Any:
    return each.record._replace(said=frozenset()) if isinstance(each, Item) else each


def assert_back_equal(slug: str, found: Sequence[Any]) -> None:
    """Hold that what was accepted comes back from our own files as it is."""
    items = [plain(each) for each in found if isinstance(each, Item)]
    checks = [each.check for each in found if isinstance(each, GlobalCheck)]
    if slug.startswith("suite-"):
        bare = [each._replace(files=()) for each in items]
        text = "".join(suite_json.write(SuiteHead(global_checks=tuple(checks)), bare))
        back = [*read_suite(io.BytesIO(text.encode()), options=ReadOptions())]
        assert_same(back, bare)
        assert [each.check for each in back if isinstance(each, GlobalCheck)] == checks
        assert "".join(suite_csv.write(SuiteHead(global_checks=tuple(checks)), bare))
        return
    whole = [each for each in items if each.input.strip() and each.output.strip()]
    for text, read in written(whole):
        assert_same([*read(io.BytesIO(text.encode()), options=ReadOptions(unguard=False))], whole)


def written(items: Sequence[ItemRecord]) -> Iterator[tuple[str, Callable[..., Iterable[Any]]]]:
    yield b"".join(dataset_json.write(stored(items), ItemTally())).decode(), read_json
    text = "".join(write_csv(stored(items), ItemTally(), plan=plan_for(items), is_safe=False))
    yield text, ITEM_FORMATS["dataset-csv"].read


def assert_same(back: Iterable[Any], items: Sequence[ItemRecord]) -> None:
    back = list(back)
    assert [each for each in back if isinstance(each, RowError)] == []
    found = [plain(each) for each in back if isinstance(each, Item)]
    assert found == list(items)
