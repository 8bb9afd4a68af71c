"""Datasets as JSON and JSON Lines: the fields of the CSV by name (formats.md 4, rule 6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from datasets.formats.fields import Fields, Findings
from datasets.formats.history import Message, read_lines, read_list
from datasets.formats.ids import OnceEach
from datasets.formats.item_rules import Transcript, check_required, public_id
from datasets.formats.items import Item, ItemReading, ItemRecord
from datasets.formats.options import ReadOptions
from datasets.formats.reading import Element, Words, elements
from datasets.formats.seen_ids import SeenIds
from datasets.formats.values import kind

DEFAULTS = ReadOptions()
KEYS = (
    *("id", "input", "output", "context", "history", "participant_data", "session_state"),
    *("tags", "created_at"),
)
# Fields that the contract does not name: written only where they hold something.
MORE_KEYS = ("expected_output", "summary")
_KNOWN = frozenset({*KEYS, *MORE_KEYS})
_REQUIRED = {"input": "input", "output": "output"}
_WORDS = Words(one="item")
ReadObject = Callable[[Findings, Any], ItemRecord | None]


def read(stream: BinaryIO, *, options: ReadOptions = DEFAULTS) -> ItemReading:
    """The items of a list, of lines or of one object; a key that is absent leaves its field."""
    yield from read_items(stream, read_item, options=options)


def read_items(
    stream: BinaryIO,
    read_object: ReadObject,
    *,
    options: ReadOptions,
    envelope_keys: frozenset[str] = frozenset(),
    columns: dict[str, str] = _REQUIRED,
) -> ItemReading:
    """Every item that `read_object` makes of a value, ids once each; `columns` hold the texts."""
    seen, warnings = SeenIds(), OnceEach()
    transcript = Transcript() if options.automatic_history else None
    for element in elements(stream, envelope_keys, _WORDS):
        if not isinstance(element, Element):
            yield element
            continue
        found = Findings(element.row)
        record = read_object(found, element.value)
        if record is not None:
            record = _settled(found, record, transcript)
            check_required(found, record, columns)
            if error := seen.repetition(element.row, record.public_id, "id"):
                found.errors.append(error)
        yield from found.errors
        yield from warnings.fresh(found.warnings)
        if record is not None and not found.errors:
            yield Item(element.row, record)


def _settled(found: Findings, record: ItemRecord, transcript: Transcript | None) -> ItemRecord:
    """The record with its automatic history, when it has none of its own."""
    if transcript is None:
        return record
    if not record.history:
        history = transcript.history(found, "history")
        record = record._replace(history=history, said=record.said | {"history"})
    transcript.add(record)
    return record


def read_item(found: Findings, value: Any) -> ItemRecord | None:
    """The item of one object under the keys of the contract."""
    if not isinstance(value, dict):
        message = f"An item must be an object, not {kind(value)}."
        found.error("", f'{message} Write {{"input": "...", "output": "..."}}.', value)
        return None
    fields = Fields(found, value)
    fields.warn_unknown(_KNOWN)
    return ItemRecord(
        public_id=public_id(found, "id", fields.identifier("id")),
        input=fields.text("input"),
        output=fields.text("output"),
        expected_output=fields.text("expected_output"),
        context=fields.data("context"),
        history=_history(found, value.get("history")),
        participant_data=fields.data("participant_data"),
        session_state=fields.data("session_state"),
        summary=fields.text("summary"),
        tags=fields.tags("tags"),
        created_at=fields.moment("created_at"),
        said=_KNOWN.intersection(value) - {"id"},
    )


def _history(found: Findings, value: Any) -> tuple[Message, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return read_lines(found, "history", value)
    return read_list(found, "history", value)
