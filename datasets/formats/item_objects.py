"""An item as a JSON object of the API: camelCase keys, and the rules that files are held to."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from datasets.formats.fields import Findings
from datasets.formats.history import read_list
from datasets.formats.item_rules import public_id
from datasets.formats.items import CheckRecord, ItemRecord
from datasets.formats.suite_objects import ObjectFields, read_json_check
from datasets.formats.values import kind

MAX_CHECKS = 500
MAX_FILES = 100
# What the API calls our fields. A snapshot of a session holds none of OF_MESSAGES.
NAMES = {
    "publicId": "public_id",
    "input": "input",
    "output": "output",
    "expectedOutput": "expected_output",
    "context": "context",
    "history": "history",
    "participantData": "participant_data",
    "sessionState": "session_state",
    "summary": "summary",
    "tags": "tags",
    "createdAt": "created_at",
    "checks": "checks",
    "files": "files",
}
OURS = {ours: theirs for theirs, ours in NAMES.items()}
OF_MESSAGES = ("input", "output", "history", "createdAt")
Read = Callable[[ObjectFields, str], Any]


def read_values(
    found: Findings, value: Any, files: Collection[uuid.UUID], *, also: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Our fields that the object gives, as records hold them; null empties one.

    `files` are the attachments that may be named, `also` are keys that somebody else reads.
    """
    if not isinstance(value, dict):
        message = f"An item must be an object, not {kind(value)}."
        found.error("", f'{message} Write {{"input": "..."}}.', value)
        return {}
    for key in sorted(value.keys() - NAMES.keys() - set(also)):
        message = f"There is no such key. Write one of {', '.join(NAMES)}."
        found.error(key, message)
    fields = ObjectFields(found, value)
    return {
        ours: READERS[ours](fields, key) if ours != "files" else _files(fields, key, files)
        for key, ours in NAMES.items()
        if key in value
    }


def read_new(found: Findings, value: Any, files: Collection[uuid.UUID]) -> ItemRecord:
    """A new item, which asks something; its `files` are ids as text."""
    values = read_values(found, value, files)
    if not found.errors and not values.get("input", "").strip():
        found.error("input", "The input is missing. Write what is to be answered.")
    named = [str(each) for each in values.pop("files", ())]
    return ItemRecord(**values, files=tuple(named), said=frozenset(values))


def row_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as rows of the database hold them."""
    return {
        name: [each.as_json() for each in value]
        if name == "checks"
        else list(value)
        if isinstance(value, tuple)
        else value
        for name, value in values.items()
    }


def read_checks(found: Findings, key: str, value: Any) -> tuple[CheckRecord, ...]:
    """A list of checks, in the shape that they have in a suite JSON."""
    fields = ObjectFields(found, {key: value})
    entries = fields.list_of(key, "checks")
    if len(entries) > MAX_CHECKS:
        fields.wrong(key, f"These are {len(entries)} checks. Keep at most {MAX_CHECKS}.")
        return ()
    checks = [read_json_check(found, f"{key}[{n}]", each) for n, each in enumerate(entries)]
    return tuple(check for check in checks if check)


def file_ids(values: Iterable[Any]) -> set[uuid.UUID]:
    """Every id that these objects name as a file, whether there is one or not."""
    lists = [value.get("files") for value in values if isinstance(value, dict)]
    entries = [entry for each in lists if isinstance(each, list) for entry in each[:MAX_FILES]]
    return {known for entry in entries if (known := as_id(entry)) is not None}


def as_id(value: Any) -> uuid.UUID | None:
    """The id that a text is, if it is one."""
    try:
        return uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def check_object(check: CheckRecord) -> dict[str, Any]:
    """A check as `read_checks` reads it; modifiers at their default are left out."""
    modifiers: dict[str, Any] = {
        key: value
        for key, value, default in (
            ("severity", check.weight, 1),
            ("category", check.category, ""),
            ("extractor", check.extractor, ""),
        )
        if value != default
    }
    if check.conditional_operator:
        modifiers["conditional"] = {
            "operator": check.conditional_operator,
            "criteria": check.conditional_criteria,
        }
    if check.examples:
        modifiers["examples"] = [each._asdict() for each in check.examples]
    return {"operator": check.operator, "criteria": check.criteria, "modifiers": modifiers}


def _id(fields: ObjectFields, key: str) -> str:
    return public_id(fields.found, key, fields.identifier(key))


def _history(fields: ObjectFields, key: str) -> tuple[dict[str, Any], ...]:
    value = fields.values[key]
    return () if value is None else read_list(fields.found, key, value)


def _checks(fields: ObjectFields, key: str) -> tuple[CheckRecord, ...]:
    return read_checks(fields.found, key, fields.values[key])


def _files(fields: ObjectFields, key: str, files: Collection[uuid.UUID]) -> tuple[uuid.UUID, ...]:
    """Ids of attachments of the dataset, once each."""
    entries = fields.list_of(key, "ids of attachments")
    if len(entries) > MAX_FILES:
        fields.wrong(key, f"These are {len(entries)} files. Keep at most {MAX_FILES}.")
        return ()
    named: dict[uuid.UUID, None] = {}
    for n, entry in enumerate(entries):
        known = as_id(entry)
        if known is None or known not in files:
            message = "The dataset has no such attachment. Write the id of one of its attachments."
            fields.wrong(f"{key}[{n}]", message, entry)
        else:
            named[known] = None
    return tuple(named)


READERS: dict[str, Read] = {
    "public_id": _id,
    "input": ObjectFields.text,
    "output": ObjectFields.text,
    "expected_output": ObjectFields.text,
    "context": ObjectFields.data,
    "history": _history,
    "participant_data": ObjectFields.data,
    "session_state": ObjectFields.data,
    "summary": ObjectFields.text,
    "tags": ObjectFields.tags,
    "created_at": ObjectFields.moment,
    "checks": _checks,
}
