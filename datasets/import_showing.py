"""What the report of an import says, made into what its page shows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, NamedTuple

from datasets.formats.items import FIELDS
from datasets.operators import OPERATORS
from datasets.word_changes import WordChange, as_text, word_change
from evalplatform.spreadsheets import safe_cell

LABELS = {
    "input": "Input",
    "output": "Output",
    "expected_output": "Expected output",
    "context": "Context",
    "history": "History",
    "participant_data": "Participant data",
    "session_state": "Session state",
    "summary": "Summary",
    "tags": "Tags",
    "created_at": "Took place",
    "checks": "Checks",
    "files": "Attachments",
}
TEXTS = ("input", "output", "expected_output", "summary")
OBJECTS = ("context", "participant_data", "session_state")
N_CHANGES = 20


class Change(NamedTuple):
    """An item that the file changes, field by field."""

    row: int
    public_id: str
    fields: list[tuple[str, WordChange]]


class Preview(NamedTuple):
    """An item as it will become; `long` are values too long to be listed one by one."""

    row: int
    public_id: str
    tags: list[str]
    created_at: str
    texts: list[tuple[str, str]]
    history: list[dict[str, Any]]
    objects: list[tuple[str, str]]
    checks: list[tuple[str, str]]


def changes_of(report: dict[str, Any], limit: int = N_CHANGES) -> list[Change]:
    """The first items that would be changed, with the words that differ."""
    return [
        Change(
            each["row"],
            each["id"],
            [
                (LABELS[name], word_change(*(readable(name, v) for v in each["fields"][name])))
                for name in FIELDS
                if name in each["fields"]
            ],
        )
        for each in report.get("changes", ())[:limit]
    ]


def readable(name: str, value: Any) -> Any:
    """A value as people compare it: messages and checks as lines, the rest as it is."""
    if name == "history" and isinstance(value, list):
        return "\n".join(f"{said['role']}: {said['content']}" for said in value)
    if name == "checks" and isinstance(value, list):
        return "\n".join(map(_check_line, value))
    return value


def _check_line(check: dict[str, Any]) -> str:
    label, criteria = _check(check)
    rest = [
        f"{name.replace('_', ' ')} {as_text(value)}"
        for name, value in check.items()
        if name not in ("operator", "criteria")
    ]
    return "; ".join([f"{label}: {criteria}" if criteria else label, *rest])


def changed_fields_of(report: dict[str, Any]) -> list[tuple[str, int]]:
    """In how many items each field would be changed."""
    counts = report.get("changed_fields", {})
    return [(LABELS[name], counts[name]) for name in FIELDS if counts.get(name)]


def previews_of(items: Iterable[dict[str, Any]]) -> list[Preview]:
    """Items as the report keeps them, cut values among them, as cards show them."""
    return [_preview(each) for each in items]


def _preview(item: dict[str, Any]) -> Preview:
    history, checks = item.get("history", []), item.get("checks", [])
    texts = [(LABELS[name], item[name]) for name in TEXTS if item.get(name)]
    objects = [(LABELS[name], as_text(item[name])) for name in OBJECTS if item.get(name)]
    cut = {"history": history, "checks": checks, "tags": item.get("tags", [])}
    objects += [(LABELS[name], value) for name, value in cut.items() if isinstance(value, str)]
    return Preview(
        row=item["row"],
        public_id=item.get("public_id", ""),
        tags=_listed(cut["tags"]),
        created_at=item.get("created_at", ""),
        texts=texts,
        history=_listed(history),
        objects=objects,
        checks=[_check(each) for each in _listed(checks)],
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _check(check: dict[str, Any]) -> tuple[str, str]:
    operator = OPERATORS.get(check["operator"])
    return operator.label if operator else check["operator"], check.get("criteria", "")


def errors_csv(report: dict[str, Any]) -> str:
    """The listed problems as a table that spreadsheet programs open safely."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(["Row", "Column", "Value", "What is wrong, and what to write"])
    for each in report.get("errors", ()):
        cells = ("" if each["row"] is None else each["row"], each["column"], each["value"])
        lines.writerow([safe_cell(str(cell)) for cell in (*cells, each["message"])])
    return text.getvalue()
