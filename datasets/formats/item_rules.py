"""Rules for an item whatever file it comes in: its id, what it must hold, a whole transcript."""

from __future__ import annotations

import unicodedata

from datasets.formats.fields import Findings
from datasets.formats.history import Message
from datasets.formats.items import ItemRecord
from datasets.formats.values import MAX_TEXT, holds_hidden

MAX_ID = 64
MAX_TRANSCRIPT = 1000
_NAMES = {"input": "human message", "output": "AI response"}


def public_id(found: Findings, column: str, text: str) -> str:
    """An id as it is stored: NFC, outer spaces removed, case kept; at most 64 characters."""
    identifier = text.strip()
    if not identifier.isascii():
        identifier = unicodedata.normalize("NFC", identifier)
    if len(identifier) > MAX_ID:
        message = f"This id is longer than {MAX_ID} characters. Write the id of an item, or none."
        found.error(column, message, identifier)
    elif holds_hidden(identifier):
        found.error(column, "This id holds invisible characters. Remove them.", identifier)
    return identifier


def check_required(found: Findings, record: ItemRecord, columns: dict[str, str]) -> None:
    """A new item needs both texts; an update may leave them out, the dataset decides then."""
    if record.public_id:
        return
    for name, column in columns.items():
        if not getattr(record, name).strip():
            message = f"The {_NAMES[name]} is empty. Write its text, or the id of an item."
            found.error(column, message)


class Transcript:
    """A file read as one conversation: the history of each row is all rows above it."""

    def __init__(self) -> None:
        self._messages: tuple[Message, ...] = ()
        self._n_rows = 0
        self._n_characters = 0

    def history(self, found: Findings, column: str) -> tuple[Message, ...]:
        """What was said above this row; an error when that is more than one item can hold."""
        if self._n_rows >= MAX_TRANSCRIPT:
            message = f"A file read as one conversation has at most {MAX_TRANSCRIPT:,} rows."
            found.error(column, f"{message} Split it, or turn the automatic history off.")
        elif self._n_characters > MAX_TEXT:
            message = "The conversation above this row is larger than 10 MB."
            found.error(column, f"{message} Split it, or turn the automatic history off.")
        return () if found.errors else self._messages

    def add(self, record: ItemRecord) -> None:
        """Goes on with what was said in the row."""
        self._n_rows += 1
        if self._n_rows >= MAX_TRANSCRIPT or self._n_characters > MAX_TEXT:
            return
        for role, text in (("user", record.input), ("assistant", record.output)):
            if text.strip():
                self._messages = (*self._messages, {"role": role, "content": text})
                self._n_characters += len(text)
