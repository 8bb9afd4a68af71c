"""What an import does, as its dry run tells it: counted, listed, and digested."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import msgspec

from datasets.formats.items import FIELDS, CheckRecord, ItemRecord
from datasets.word_changes import shown_change

LISTED_CHANGES, SHOWN_CHARACTERS = 100, 600


class Decisions:
    """What was decided of each item so far; `digest` is of all of it, in its order."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.changed_fields: Counter[str] = Counter()
        self.changes: list[dict[str, Any]] = []
        self._digest = hashlib.blake2b(digest_size=16)

    @property
    def digest(self) -> str:
        """The same for two walks that decided the same."""
        return self._digest.hexdigest()

    def note(self, status: str, public_id: str, told: bytes = b"") -> None:
        """Count an item as create, update or unchanged."""
        self.counts[status] += 1
        self._digest.update(f"{status} {public_id}\0".encode() + told)

    def note_update(
        self, row: int, before: ItemRecord, after: ItemRecord, differing: frozenset[str]
    ) -> None:
        """Count an update, and list the first ones with both values."""
        told = {
            name: [plain(getattr(before, name)), plain(getattr(after, name))]
            for name in FIELDS
            if name in differing
        }
        self.note("update", before.public_id, msgspec.json.encode(told))
        self.changed_fields.update(told.keys())
        if len(self.changes) < LISTED_CHANGES:
            fields = {name: shown_change(a, b, SHOWN_CHARACTERS) for name, (a, b) in told.items()}
            self.changes.append({"row": row, "id": before.public_id, "fields": fields})


def plain(value: Any) -> Any:
    """A field's value as JSON holds it, checks as the database keeps them."""
    if isinstance(value, tuple) and value and isinstance(value[0], CheckRecord):
        return [each.as_json() for each in value]
    return msgspec.to_builtins(value)


def shown(value: Any) -> Any:
    """A value short enough to be listed; long texts and data are cut."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if len(text) <= SHOWN_CHARACTERS:
        return value
    return f"{text[:SHOWN_CHARACTERS]}…"
