"""Reading of one version of a dataset for a file, some items at a time, never all at once.

JSON and times leave the database as text: reading that here takes a fifth of what Django's fields
take, which would be more than the rest of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any
from uuid import UUID

import msgspec
from django.db import connections
from django.db.models import F, Func, TextField
from django.db.models.functions import Cast

from datasets.formats.items import CheckRecord, ItemRecord
from exports.formats.stored_items import CopiedLines, LineBlock, StoredItem
from exports.source import IsoText

A_PAGE = 250
_JSON = ("context", "history", "participant_data", "session_state", "checks")
_TEXTS = {name: Cast(name, TextField()) for name in _JSON} | {"created_at": IsoText("created_at")}
_TAGS = {"tags": Cast(Func(F("tags"), function="to_json"), TextField())}
COMMA = ord(",")
_decode = msgspec.json.decode


def stored_items(rows: Any, using: str) -> Iterator[list[StoredItem]]:
    """The items of a queryset, JSON and times as text."""
    for page in _pages(rows, using, StoredItem._fields, _TEXTS | _TAGS):
        yield [StoredItem._make(row) for row in page]


def copied_lines(rows: Any, using: str, lines: CopiedLines) -> Iterator[list[LineBlock]]:
    """The lines of the items of a queryset, as COPY writes them."""
    chosen = rows.using(using).annotate(told=_TEXTS["history"])
    select, told = chosen.values_list(*StoredItem._fields, "told").query.sql_with_params()
    with (
        connections[using].cursor() as cursor,
        cursor.copy(lines.statement(select), told) as source,
    ):
        copied = iter(source)
        while block := list(islice(copied, A_PAGE)):
            yield [LineBlock(len(block), b"".join([_line(line, lines) for line in block]))]


def _line(line: Any, lines: CopiedLines) -> Any:
    """The line without its first cell, or what Python makes of the item that it holds."""
    if line[0] == COMMA:
        return line[1:]
    item = StoredItem._make(_decode(bytes.fromhex(bytes(line).partition(b",")[0].decode())))
    return lines.line(item).encode()


def item_records(
    rows: Any, using: str, *, fields: tuple[str, ...], file_names: Mapping[UUID, str]
) -> Iterator[list[ItemRecord]]:
    """The items of a queryset with these of their fields; the others are empty."""
    files = {"files": lambda ids: tuple([file_names[pk] for pk in ids]) if ids else ()}
    read = [
        (fields.index(name), value_of)
        for name, value_of in (_READ | files).items()
        if name in fields
    ]
    record = _maker(fields)
    for page in _pages(rows, using, fields, _TEXTS):
        yield [record(_read(list(row), read)) for row in page]


def _pages(
    rows: Any, using: str, fields: tuple[str, ...], texts: Mapping[str, Any]
) -> Iterator[list[tuple[Any, ...]]]:
    """One statement with a cursor: to plan one for each page takes as long as the page."""
    columns = [texts.get(name, name) for name in fields]
    found = rows.using(using).values_list(*columns).iterator(chunk_size=A_PAGE)
    while page := list(islice(found, A_PAGE)):
        yield page


def _maker(fields: tuple[str, ...]) -> Callable[[list[Any]], ItemRecord]:
    """Makes a record of the values of these fields: told once where they stand, it is quicker."""
    others = ItemRecord()._asdict()
    for name in fields:
        del others[name]
    held = (*fields, *others)
    in_order = itemgetter(*map(held.index, ItemRecord._fields))
    rest = [*others.values()]
    return lambda values: ItemRecord._make(in_order(values + rest))


def _read(values: list[Any], read: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    for place, value_of in read:
        values[place] = value_of(values[place])
    return values


def _object(json: str) -> Any:
    return {} if json == "{}" else _decode(json)


def _checks(json: str) -> tuple[CheckRecord, ...]:
    return () if json == "[]" else tuple([CheckRecord.from_json(each) for each in _decode(json)])


_READ: dict[str, Callable[[Any], Any]] = {
    "context": _object,
    "history": lambda json: () if json == "[]" else tuple(_decode(json)),
    "participant_data": _object,
    "session_state": _object,
    "tags": tuple,
    "created_at": lambda text: datetime.fromisoformat(text) if text else None,
    "checks": _checks,
}
