"""The suite JSON: a suite object, `{"tests": [...]}`, a bare list of tests, or one test a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from datasets.formats import reading
from datasets.formats.fields import Findings
from datasets.formats.ids import OnceEach
from datasets.formats.items import GlobalCheck, Item, ItemFinding, ItemReading, SuiteTitle
from datasets.formats.options import ReadOptions
from datasets.formats.reading import Element, Words
from datasets.formats.records import RowError, RowWarning, row_error
from datasets.formats.seen_ids import SeenIds
from datasets.formats.suite_csv import NO_FILES
from datasets.formats.suite_objects import ObjectFields, read_json_check, read_test
from datasets.formats.suite_parts import FindFile
from datasets.formats.values import kind

ENVELOPE = frozenset({"tests"})
_SUITE_KEYS = frozenset({"title", "description", "global_checks"})


def read(
    stream: BinaryIO, *, options: ReadOptions, find_file: FindFile | None = None
) -> ItemReading:
    """The tests and global checks of the file; `find_file` is given by the ZIP around it.

    What a suite says around its tests (title, global checks) comes behind them.
    """
    suite = _Suite(find_file)
    words = Words(one="test", around=suite.keep)
    for element in reading.elements(stream, ENVELOPE, words):
        if isinstance(element, Element):
            yield from suite.element(element)
        else:
            yield element
    yield from suite.around()


class _Suite:
    """Takes value after value; remembers what stands around the tests and which ids were there."""

    def __init__(self, find_file: FindFile | None) -> None:
        self._find_file = find_file
        self._ids = SeenIds()
        self._once = OnceEach()
        self._around: dict[str, Any] | None = None
        self._are_files_warned = find_file is not None

    def keep(self, envelope: dict[str, Any]) -> Iterator[RowError | RowWarning]:
        """What stands around a long list of tests; it is read when the list is."""
        self._around = envelope
        return iter(())

    def element(self, element: Element) -> Iterator[ItemFinding]:
        """One value of the file: a test, or a whole suite whose list was not cut."""
        value = element.value
        if not _is_suite(value):
            yield from self.test(element.row, value)
        elif self._around is not None:
            message = "There is a second suite in this file. Put each suite into a file of its own."
            yield row_error(element.row, "", message)
        else:
            self._around = {key: each for key, each in value.items() if key != "tests"}
            yield from self._tests_within(value.get("tests"))

    def _tests_within(self, tests: Any) -> Iterator[ItemFinding]:
        if isinstance(tests, list):
            for row, each in enumerate(tests, 1):
                yield from self.test(row, each)
        elif tests is not None:
            message = f"This must be a list of tests, not {kind(tests)}. Write [...] around them."
            yield row_error(None, "tests", message, tests)

    def test(self, row: int, value: Any) -> Iterator[ItemFinding]:
        """One test, or its errors."""
        found = Findings(row)
        record = read_test(found, value, self._find_file)
        if record.public_id:
            repeated = self._ids.repetition(row, record.public_id, "id")
            found.errors += [repeated] if repeated else []
        if self._has_files(value) and not self._are_files_warned:
            found.warn("files_under_test", NO_FILES)
            self._are_files_warned = True
        yield from found.errors
        yield from self._once.fresh(found.warnings)
        if not found.errors:
            yield Item(row, record)

    @staticmethod
    def _has_files(value: Any) -> bool:
        return isinstance(value, dict) and bool(value.get("files_under_test"))

    def around(self) -> Iterator[ItemFinding]:
        """The title, the description and the global checks."""
        if self._around is None:
            return
        found = Findings(None)
        fields = ObjectFields(found, self._around)
        title = SuiteTitle(fields.text("title"), fields.text("description"))
        fields.warn_unknown(_SUITE_KEYS)
        yield from found.errors
        yield from found.warnings
        if title != ("", ""):
            yield title
        yield from self._global_checks(ObjectFields(Findings(None), self._around))

    def _global_checks(self, fields: ObjectFields) -> Iterator[ItemFinding]:
        entries = fields.list_of("global_checks", "checks")
        yield from fields.found.errors
        for n, entry in enumerate(entries):
            found = Findings(None)
            check = read_json_check(found, f"global_checks[{n}]", entry)
            yield from found.errors
            yield from self._once.fresh(found.warnings)
            if check:
                yield GlobalCheck(n + 1, check)


def _is_suite(value: Any) -> bool:
    """Whether an object is a suite: it has tests, or something of a suite and no input."""
    return isinstance(value, dict) and (
        "tests" in value
        or ("input_under_test" not in value and not value.keys().isdisjoint(_SUITE_KEYS))
    )
