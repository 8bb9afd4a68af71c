"""The rules for one field of a conversation: text, names, numbers, times, tags and data."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from datasets.formats.records import RowError, RowWarning, row_error, row_warning
from datasets.formats.values import decimal, holds_hidden, is_too_long, kind, n_places

MAX_NAME = 256
MAX_TAGS, MAX_TAG = 100, 200
MAX_COUNT = 2**63 - 1
MAX_COST, COST_PLACES = Decimal(10) ** 10, 10
NO_NAMES: Mapping[str, str] = MappingProxyType({})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_PLAUSIBLE_MS = 100_000_000_000  # 1973 in milliseconds; in seconds, far in the future
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"(?:[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)? ?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)


class Findings:
    """The errors and warnings of one row."""

    def __init__(self, row: int | None, prefix: str = "") -> None:
        self.row = row
        self.prefix = prefix
        self.errors: list[RowError] = []
        self.warnings: list[RowWarning] = []

    def error(self, path: str, message: str, value: Any = "") -> None:
        """Something that refuses the row: what is wrong, then what to write."""
        self.errors.append(row_error(self.row, self.prefix + path, message, value))

    def warn(self, path: str, message: str) -> None:
        """Something to know about a row that is taken."""
        self.warnings.append(row_warning(self.row, self.prefix + path, message))


class Fields:
    """The fields of one JSON object; `names` tells what ours are called in the file."""

    def __init__(
        self,
        found: Findings,
        values: dict[str, Any],
        at: str = "",
        names: Mapping[str, str] = NO_NAMES,
    ) -> None:
        self.found = found
        self.values = values
        self.at = at
        self.names = names

    def path(self, key: str) -> str:
        """Where the field stands in the row."""
        return f"{self.at}{self.names.get(key, key)}"

    def wrong(self, key: str, message: str, value: Any = "") -> None:
        """Blames the field."""
        self.found.error(self.path(key), message, value)

    def text(self, key: str) -> str:
        """Text of at most 10 MB as it stands; missing and null are empty."""
        value = self.values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.wrong(
                key, f"This must be text, not {kind(value)}. Put it into double quotes.", value
            )
            return ""
        if is_too_long(value):
            self.wrong(key, "This text is longer than 10 MB. Shorten it.", value)
            return ""
        return value

    def name(self, key: str, longest: int = MAX_NAME) -> str:
        """A short text: outer spaces removed, at most 256 characters."""
        return self._short(key, self.text(key).strip(), longest)

    def identifier(self, key: str) -> str:
        """A name for which a number may stand; NFC, case kept."""
        value = self.values.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._short(key, str(value))
        return self._short(key, unicodedata.normalize("NFC", self.text(key).strip()))

    def _short(self, key: str, text: str, longest: int = MAX_NAME) -> str:
        if len(text) > longest:
            message = f"This is longer than {longest} characters ({len(text)}). Shorten it."
            self.wrong(key, message, text)
            return ""
        return text

    def count(self, key: str) -> int | None:
        """A whole number that is not negative; missing and null are not known."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(
                key, f"This must be a whole number, not {kind(value)}. Write it as 12.", value
            )
        elif value < 0:
            self.wrong(key, "This must not be negative. Write 0 or more, or leave it out.", value)
        elif value > MAX_COUNT:
            self.wrong(key, "This number is too large. Write the real one, or leave it out.", value)
        else:
            return value
        return None

    def duration(self, key: str) -> int | None:
        """Milliseconds, rounded to whole ones."""
        value = self.values.get(key)
        if isinstance(value, float) and 0 <= value <= MAX_COUNT:
            return round(value)
        return self.count(key)

    def cost(self, key: str) -> Decimal | None:
        """A decimal number that is not negative, as a number or as text; rounded to ten places."""
        value = self.values.get(key)
        if value is None:
            return None
        amount = decimal(value)
        if amount is None:
            self.wrong(key, f"This must be a number, not {kind(value)}. Write it as 0.02.", value)
            return None
        if 0 <= amount < MAX_COST and n_places(amount) > COST_PLACES:
            amount = round(amount, COST_PLACES)
        if amount < 0:
            self.wrong(key, "This must not be negative. Write 0 or more, or leave it out.", value)
        elif amount >= MAX_COST:
            self.wrong(key, "This number is too large. Write the real one, or leave it out.", value)
        else:
            return amount
        return None

    def moment(self, key: str) -> datetime | None:
        """A time in ISO 8601 or epoch milliseconds; without a zone it is UTC, with a warning."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            return self._iso(key, value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._epoch(key, value)
        self.wrong(key, f"This must be a time, not {kind(value)}. {_WRITE_TIME}", value)
        return None

    def _iso(self, key: str, value: str) -> datetime | None:
        text = value.strip()
        form = _ISO.fullmatch(text)
        if not form:
            self.wrong(key, f"This is not a time in ISO 8601. {_WRITE_TIME}", value)
            return None
        try:
            moment = datetime.fromisoformat(text.upper().replace(" Z", "Z").replace(",", "."))
            has_zone = moment.tzinfo is not None
            moment = moment.astimezone(UTC) if has_zone else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.wrong(key, f"There is no such time. {_WRITE_TIME}", value)
            return None
        if not has_zone:
            self.found.warn(self.path(key), "This time has no zone: it is taken as UTC.")
        return moment

    def _epoch(self, key: str, value: float) -> datetime | None:
        try:
            moment = _EPOCH + timedelta(milliseconds=value)
        except OverflowError:
            self.wrong(key, f"There is no such time. {_WRITE_TIME}", value)
            return None
        if 0 < value < _EARLIEST_PLAUSIBLE_MS:
            message = f"Read as milliseconds this is {moment:%Y-%m-%d}."
            self.found.warn(self.path(key), f"{message} Seconds are to be multiplied by 1000.")
        return moment

    def tags(self, key: str) -> tuple[str, ...]:
        """At most 100 tags of 200 characters; stripped, NFC, once each whatever their case."""
        value = self.values.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong(
                key, f'This must be a list of text, not {kind(value)}. Write ["a", "b"].', value
            )
            return ()
        kept: dict[str, str] = {}
        for n, tag in enumerate(value):
            if cleaned := self._tag(key, n, tag):
                kept.setdefault(cleaned.casefold(), cleaned)
        if len(kept) > MAX_TAGS:
            self.wrong(key, f"These are {len(kept)} tags. Keep at most {MAX_TAGS}.")
        return tuple(kept.values())

    def _tag(self, key: str, n: int, value: Any) -> str:
        if not isinstance(value, str):
            message = f"A tag must be text, not {kind(value)}. Put it into double quotes."
            self.wrong(f"{key}[{n}]", message, value)
            return ""
        tag = unicodedata.normalize("NFC", value.strip())
        if fault := _fault_of_tag(tag):
            self.wrong(f"{key}[{n}]", fault, tag or value)
        return tag

    def comments(self, key: str) -> tuple[str, ...]:
        """Text, or a list of text."""
        value = self.values.get(key)
        if isinstance(value, list):
            entries = {f"{key}[{n}]": entry for n, entry in enumerate(value)}
            inner = Fields(self.found, entries, self.at)
            for path in (path for path, entry in entries.items() if entry is None):
                inner.wrong(path, "A comment must be text, not null. Remove it.")
            return tuple(inner.text(path) for path in entries)
        text = self.text(key)
        return (text,) if text else ()

    def data(self, key: str) -> dict[str, Any]:
        """An object whose keys may be used as names at any depth; missing and null are empty."""
        value = self.values.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(
                key, f'This must be an object, not {kind(value)}. Write {{"name": "..."}}.', value
            )
            return {}
        check_keys(self.found, self.path(key), value)
        return value

    def warn_unknown(self, known: frozenset[str]) -> None:
        """Says which keys nobody reads."""
        for key in self.values.keys() - known:
            self.found.warn(
                self.path(key), f'"{key[:MAX_NAME]}" is not a field we know, it is ignored.'
            )


_WRITE_TIME = "Write it as 2026-01-15T09:30:00Z."


def _fault_of_tag(tag: str) -> str:
    if not tag:
        return "This tag is empty. Remove it, or write its name."
    if len(tag) > MAX_TAG:
        return f"This tag is longer than {MAX_TAG} characters. Shorten it."
    return "This tag holds invisible characters. Remove them." if holds_hidden(tag) else ""


def check_keys(found: Findings, path: str, value: Any) -> None:
    """Refuses keys that cannot be names: empty, `__x__`, `constructor`, `prototype`; any depth."""
    if not _has_faulty_key(value):
        return  # their places are made up only where one is to be named
    stack = [(path, value)]
    while stack:
        here, inner = stack.pop()
        if isinstance(inner, list):
            stack.extend((f"{here}[{n}]", each) for n, each in enumerate(inner))
        elif isinstance(inner, dict):
            for key, each in inner.items():
                if fault := key_fault(key):
                    found.error(f"{here}.{key}", fault, key)
                if isinstance(each, dict | list):
                    stack.append((f"{here}.{key}", each))


def _has_faulty_key(value: Any) -> bool:
    if isinstance(value, dict):
        if any(map(key_fault, value)):
            return True
        value = value.values()
    elif not isinstance(value, list):
        return False
    return any(_has_faulty_key(each) for each in value if isinstance(each, dict | list))


def key_fault(key: str) -> str:
    """Why a text cannot be a key; empty when it can."""
    if not key.strip():
        return "There is an empty key here. Give it a name."
    if (key[:2] == "__" and key.endswith("__")) or key in {"constructor", "prototype"}:
        return f'"{key[:MAX_NAME]}" cannot be used as a key. Rename it.'
    return ""
