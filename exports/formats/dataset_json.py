"""Writes a dataset as JSON or JSON Lines, the fields by the names of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Raw, Struct
from msgspec.json import Encoder

from exports.formats.records import ItemTally
from exports.formats.stored_items import StoredItem, portable, short_time

_encode = Encoder().encode


class ItemObject(Struct, omit_defaults=True):
    """An item under the keys of the contract, all of them on every item.

    An expected output and a summary, which the contract does not name, are there where they say
    something.
    """

    id: str
    input: str
    output: str
    context: Raw
    history: Raw
    participant_data: Raw
    session_state: Raw
    tags: Raw
    created_at: str | None
    expected_output: str = ""
    summary: str = ""


def write(items: Iterable[StoredItem], tally: ItemTally) -> Iterator[bytes]:
    """One list, an item a line."""
    between = b"[\n"
    for item in items:
        yield between + _encode(item_object(item))
        between = b",\n"
        tally.count_row()
    yield b"\n]\n" if between == b",\n" else b"[]\n"


def write_lines(items: Iterable[StoredItem], tally: ItemTally) -> Iterator[bytes]:
    r"""An item a line, "\n" behind each."""
    for item in items:
        yield _encode(item_object(item)) + b"\n"
        tally.count_row()


def item_object(item: StoredItem) -> ItemObject:
    """The object of an item; what is JSON already stays as it is."""
    return ItemObject(
        item.public_id,
        item.input,
        item.output,
        Raw(portable(item.context)),
        Raw(item.history),
        Raw(portable(item.participant_data)),
        Raw(portable(item.session_state)),
        Raw(item.tags),
        short_time(item.created_at),
        item.expected_output,
        item.summary,
    )
