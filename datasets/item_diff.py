"""What differs between two versions of a dataset, item by item and field by field."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Func, OuterRef, TextField, Value
from django.db.models.functions import MD5, Cast, Left

from evalplatform.scoping.keyset import Page, fetch_page

PAGE = 20
PAGE_KEYS = ("position", "id")
LONGEST = 4_000  # characters of a field that are compared word by word; of the rest we say that
MOST_STEPS = 400_000  # words of one side times words of the other, for a whole page times ten
LABELS = {
    "public_id": "Id",
    "input": "Input",
    "output": "Output",
    "expected_output": "Expected output",
    "history": "History",
    "context": "Context",
    "participant_data": "Participant data",
    "session_state": "Session state",
    "summary": "Summary",
    "tags": "Tags",
    "created_at": "Took place at",
    "checks": "Checks",
    "files": "Attachments",
}
WORDS = re.compile(r"\s+|\w+|[^\w\s]")
Part = tuple[str, str]  # "same", "gone" or "came", and the text


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field that differs; `parts` are the words, or empty when the texts stand whole."""

    label: str
    before: str
    after: str
    parts: list[Part]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class ItemDiff:
    """One item that differs: `added`, `changed` or `removed`."""

    key: UUID
    public_id: str
    kind: str
    is_moved: bool
    fields: list[FieldDiff]


def came(revisions: Any, a: int, b: int) -> Any:
    """Rows of version b that version a does not hold: added or changed items."""
    return revisions.at(b).filter(from_version__gt=a)


def ended(revisions: Any, a: int, b: int) -> Any:
    """Rows of version a that version b does not hold: items that were changed or removed."""
    return revisions.at(a).filter(until_version__lte=b)


def gone(revisions: Any, a: int, b: int) -> Any:
    """Rows of version a whose items version b does not hold."""
    return ended(revisions, a, b).exclude(
        Exists(revisions.at(b).filter(from_version__gt=a, key=OuterRef("key")))
    )


def page_of_came(revisions: Any, a: int, b: int, token: str) -> tuple[Page, list[ItemDiff]]:
    """Added and changed items, with what each was before."""
    page = fetch_page(came(revisions, a, b), PAGE_KEYS, token, PAGE, read, ascending=True)
    keys = [row["key"] for row in page.rows]
    earlier = ended(revisions, a, b).filter(key__in=keys)
    before = {row["key"]: row for row in read(earlier)}
    budget = [MOST_STEPS * 10]
    return page, [_compared(before.get(row["key"]), row, budget) for row in page.rows]


def page_of_gone(revisions: Any, a: int, b: int, token: str) -> tuple[Page, list[ItemDiff]]:
    """Removed items, with what they said."""
    page = fetch_page(gone(revisions, a, b), PAGE_KEYS, token, PAGE, read, ascending=True)
    return page, [_whole(row, "removed") for row in page.rows]


def read(rows: Any) -> Any:
    """Each field as text up to LONGEST, and a print of all of it, to tell what differs."""
    said = {name: _as_text(name) for name in LABELS}
    texts = {f"{name}_text": Left(text, LONGEST + 1) for name, text in said.items()}
    prints = {f"{name}_print": MD5(text) for name, text in said.items()}
    return rows.annotate(**texts, **prints).values("id", "key", "position", *texts, *prints)


def _as_text(name: str) -> Any:
    """The field as one text; a list with commas."""
    if name in {"tags", "files"}:
        return Func(F(name), Value(", "), function="array_to_string", output_field=TextField())
    return Cast(F(name), TextField())


def _compared(before: dict[str, Any] | None, after: dict[str, Any], budget: list[int]) -> ItemDiff:
    if before is None:
        return _whole(after, "added")
    fields = [
        _field(name, _text(before, name), _text(after, name), budget)
        for name in LABELS
        if before[f"{name}_print"] != after[f"{name}_print"]
    ]
    is_moved = before["position"] != after["position"]
    return ItemDiff(after["key"], after["public_id_text"], "changed", is_moved, fields)


def _whole(row: dict[str, Any], kind: str) -> ItemDiff:
    """An item that is on one side only: what it says."""
    said = [(name, _text(row, name)) for name in LABELS if name != "public_id"]
    fields = [
        FieldDiff(LABELS[name], *(("", text) if kind == "added" else (text, "")), [], False)
        for name, text in said
        if text not in {"", "[]", "{}"}
    ]
    return ItemDiff(row["key"], row["public_id_text"], kind, False, fields)


def _text(row: dict[str, Any], name: str) -> str:
    text = row[f"{name}_text"] or ""
    return f"{text[:LONGEST]}…" if len(text) > LONGEST else text


def _field(name: str, before: str, after: str, budget: list[int]) -> FieldDiff:
    is_cut = max(len(before), len(after)) > LONGEST
    return FieldDiff(LABELS[name], before, after, words(before, after, budget), is_cut)


def words(before: str, after: str, budget: list[int]) -> list[Part]:
    """The two texts as one, word by word; empty when comparing them would take too long."""
    a, b = WORDS.findall(before), WORDS.findall(after)
    n_same = _n_same(a, b)
    n_tail = _n_same(a[n_same:][::-1], b[n_same:][::-1])
    middle_a, middle_b = a[n_same : len(a) - n_tail], b[n_same : len(b) - n_tail]
    cost = len(middle_a) * len(middle_b)
    if cost > min(MOST_STEPS, budget[0]):
        return []
    budget[0] -= cost
    parts = [("same", "".join(a[:n_same]))]
    for tag, i, j, k, m in difflib.SequenceMatcher(None, middle_a, middle_b).get_opcodes():
        if tag == "equal":
            parts.append(("same", "".join(middle_a[i:j])))
        else:
            parts += [("gone", "".join(middle_a[i:j])), ("came", "".join(middle_b[k:m]))]
    parts.append(("same", "".join(a[len(a) - n_tail :])))
    return [part for part in parts if part[1]]


def _n_same(a: Sequence[str], b: Iterable[str]) -> int:
    n = 0
    for one, other in zip(a, b, strict=False):
        if one != other:
            break
        n += 1
    return n
