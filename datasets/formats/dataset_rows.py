"""Makes the item of one row of a dataset CSV, by what its columns are for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from datasets.formats import cells as meaning
from datasets.formats.columns import DROP, OBJECTS, REQUIRED, TITLES, Target, parse_target
from datasets.formats.fields import Fields, Findings
from datasets.formats.history import Message, read_lines, read_list
from datasets.formats.item_rules import Transcript, check_required, public_id
from datasets.formats.items import FieldCoverage, Item, ItemRecord
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError, RowWarning
from datasets.formats.seen_ids import SeenIds
from evalplatform import strict_json
from evalplatform.strict_json import StrictJsonError

Path = tuple[str, ...]


@dataclass
class _Columns:
    """The columns of one JSON field: that of the whole object, and the dotted ones."""

    whole: int | None = None
    dotted: list[tuple[Path, int]] = field(default_factory=list)


class RowReader:
    """Reads the rows of one file, whose header and options say what each cell is."""

    def __init__(self, header: tuple[str, ...], options: ReadOptions) -> None:
        self._titles = header
        self._all_json = options.read_values_as_json
        self._transcript = Transcript() if options.automatic_history else None
        self._seen = SeenIds()
        self._at: dict[str, int] = {}
        self._objects = {name: _Columns() for name in OBJECTS}
        targets = options.mapping.completed(header).targets
        for n, title in enumerate(header):
            target = parse_target(targets[title]) if title else None
            if target is not None and target.field != DROP:
                self._take(n, target)
        self._objects = {
            name: each
            for name, each in self._objects.items()
            if each.dotted or each.whole is not None
        }
        self._required = {name: header[self._at[name]] for name in REQUIRED}
        always = {"history"} if self._transcript else set()
        self._said = frozenset(self._at.keys() - {"id"} | always)
        self._said_with: dict[Path, frozenset[str]] = {(): self._said}

    def _take(self, n: int, target: Target) -> None:
        if target.field not in OBJECTS:
            self._at[target.field] = n
        elif target.path:
            self._objects[target.field].dotted.append((target.path, n))
        else:
            self._objects[target.field].whole = n

    def coverage(self, *, is_unmarked: bool) -> FieldCoverage:
        """What the columns of the file cover of the JSON fields."""
        return FieldCoverage(
            {name: tuple(path for path, _ in each.dotted) for name, each in self._objects.items()},
            frozenset(name for name, each in self._objects.items() if each.whole is not None),
            is_unmarked,
        )

    def read(self, row: int, cells: list[str]) -> Iterator[Item | RowError | RowWarning]:
        """The item of the row, or all that is wrong with it."""
        found = Findings(row)
        objects, whole = self._json_fields(found, cells)
        record = ItemRecord(
            public_id=self._public_id(found, cells),
            input=cells[self._at["input"]],
            output=cells[self._at["output"]],
            expected_output=self._cell(cells, "expected_output"),
            history=self._history(found, cells),
            summary=self._cell(cells, "summary"),
            tags=self._tags(found, cells),
            created_at=self._moment(found, cells),
            said=self._said_by(whole),
            context=objects.get("context", {}),
            participant_data=objects.get("participant_data", {}),
            session_state=objects.get("session_state", {}),
        )
        check_required(found, record, self._required)
        if self._transcript:
            self._transcript.add(record)
        if found.errors or found.warnings:
            yield from found.errors
            yield from found.warnings
        if not found.errors:
            yield Item(row, record)

    def _cell(self, cells: list[str], name: str) -> str:
        """The cell of a field, "" where it has no column or holds only spaces."""
        at = self._at.get(name)
        if at is None:
            return ""
        cell = cells[at]
        return "" if cell.isspace() else cell

    def _public_id(self, found: Findings, cells: list[str]) -> str:
        cell = self._cell(cells, "id")
        if not cell:
            return ""
        column = self._titles[self._at["id"]]
        identifier = public_id(found, column, cell)
        assert found.row is not None
        if repeated := self._seen.repetition(found.row, identifier, column):
            found.errors.append(repeated)
        return identifier

    def _moment(self, found: Findings, cells: list[str]) -> Any:
        if not (cell := self._cell(cells, "created_at")):
            return None
        column = self._titles[self._at["created_at"]]
        return Fields(found, {column: meaning.moment_value(cell)}).moment(column)

    def _tags(self, found: Findings, cells: list[str]) -> tuple[str, ...]:
        """A JSON list of tags; any other text is one tag."""
        if not (cell := self._cell(cells, "tags")):
            return ()
        column = self._titles[self._at["tags"]]
        value = meaning.value_of(found, column, cell)
        return Fields(found, {column: value if isinstance(value, list) else [cell]}).tags(column)

    def _history(self, found: Findings, cells: list[str]) -> tuple[Message, ...]:
        """The cell where it is filled, else what an automatic history says."""
        column = self._titles[self._at["history"]] if "history" in self._at else TITLES["history"]
        cell = self._cell(cells, "history")
        if not cell:
            return self._transcript.history(found, column) if self._transcript else ()
        if not cell.lstrip().startswith("["):
            return read_lines(found, column, cell)
        try:
            value = strict_json.loads(cell)
        except StrictJsonError as error:
            meaning.blame(found, column, error)
            return ()
        return read_list(found, column, value)

    def _json_fields(
        self, found: Findings, cells: list[str]
    ) -> tuple[dict[str, dict[str, Any]], Path]:
        """The JSON fields by name, and those that the row gives whole."""
        values: dict[str, dict[str, Any]] = {}
        whole: Path = ()
        for name, columns in self._objects.items():
            value: dict[str, Any] = {}
            if columns.whole is not None and not _is_empty(cells[columns.whole]):
                value = meaning.object_of(found, self._titles[columns.whole], cells[columns.whole])
                whole = (*whole, name) if value else whole
            for path, n in columns.dotted:
                if _is_empty(cells[n]):
                    continue
                title = self._titles[n]
                each = meaning.value_of(found, title, cells[n], all_json=self._all_json)
                if not _placed(value, path, each):
                    message = f'The column "{name}" has a value that is no object around this key.'
                    found.error(title, f"{message} Give the key in one of the two columns.")
            values[name] = value
        return values, whole

    def _said_by(self, whole: Path) -> frozenset[str]:
        said = self._said_with.get(whole)
        if said is None:
            said = self._said_with[whole] = self._said.union(whole)
        return said


def _is_empty(cell: str) -> bool:
    return not cell or cell.isspace()


def _placed(value: dict[str, Any], path: Path, each: Any) -> bool:
    """Puts a value at its place, making the objects around it; whether that could be done."""
    for key in path[:-1]:
        inner = value.setdefault(key, {})
        if not isinstance(inner, dict):
            return False
        value = inner
    value[path[-1]] = each
    return True
