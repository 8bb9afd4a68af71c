r"""The lines of a dataset CSV as PostgreSQL makes them, byte for byte as `dataset_csv` writes them.

Each begins with one cell more. It is empty, or it holds an item that SQL cannot write exactly, for
`dataset_csv` to write in this place: a JSON array of the fields of StoredItem, in hexadecimal.
"""

from __future__ import annotations

from exports.formats.dataset_columns import ColumnPlan
from exports.formats.dataset_csv import OBJECTS
from exports.formats.stored_items import StoredItem
from exports.sql_cells import (
    SPACE,
    TAGS,
    TIME,
    filled,
    literal,
    may_be_huge,
    object_cell,
    safe,
    select,
    short_time,
)

# What each column holds that is there for every dataset, in the order of `dataset_csv`.
_ALWAYS = {
    "id": "public_id",
    "input": filled("input"),
    "output": filled("output"),
    "created_at": short_time("created_at"),
    "history": "lines",
    "tags": f"CASE WHEN cardinality(tags) > 0 THEN {TAGS} END",
}

# --- the history as lines -------------------------------------------------------------------------
# `told` is the text of the jsonb. It has one form: keys in order, one space behind : and , and no
# line break. So what stands between two texts of a plain history is always the same, and is
# replaced. A quote inside of a text has a backslash before it; if one without is left, there was
# something else between two texts.
_BEGINNINGS = {role: f'{{"role": "{role}", "content": "' for role in ("user", "assistant")}
# Lines that would be read as another message, blank lines at the end of one: as JSON has them.
_BREAKING = (
    r"\\n(?: |\\t)*(?:[uU][sSſ][eE][rR]|[aA][sSſ][sSſ][iIıİ][sSſ][tT][aA][nN][tT]"
    r"|[sSſ][yY][sSſ][tT][eE][mM]):"
    rf'|\\n(?:[{SPACE}]|\\[tnf]|\\u00(?:0b|1[c-f]))*"\}}'
)


def _between() -> str:
    """The history with all that stands around its texts replaced, the texts as JSON has them."""
    replaced = "told"
    for before, mark in (('"}, ', "\n"), ("[", "")):
        for role, begins in _BEGINNINGS.items():
            replaced = f"replace({replaced}, '{before}{begins}', '{mark}{role}: ')"
    return f"""replace({replaced}, '"}}]', '')"""


_IS_PLAIN = r"""strpos(told, '\') = 0 AND strpos(texts, '"') = 0"""
_IS_CARRIED = rf"""strpos(told, '\r') = 0 AND strpos(told, '\"}}]') = 0
    AND strpos(replace(replace(texts, '\\', ''), '\"', ''), '"') = 0
    AND (strpos(told, '\n') = 0 OR told !~ {literal(_BREAKING)})"""
_UNESCAPED = rf"""('"' || replace(texts, '{chr(10)}', '\n') || '"')::jsonb #>> '{{}}'"""
_LINES = rf"""CASE WHEN told = '[]' OR NOT starts_with(told, '[{{"') THEN NULL
    WHEN {_IS_PLAIN} THEN texts
    WHEN {_IS_CARRIED} THEN {_UNESCAPED} END"""

_AS_TEXT = {name: f"{name}::text" for name in OBJECTS} | {
    "history": "told",
    "tags": TAGS,
    "created_at": TIME.format("created_at"),
}


# --- the statement --------------------------------------------------------------------------------


def statement(rows: str, plan: ColumnPlan, *, is_safe: bool) -> str:
    """COPY of the lines of these rows, a SELECT of the fields of StoredItem and `told`."""
    cells = _cells(plan)
    names = [f"c{n}" for n in range(len(cells))]
    told = select(f"*, {_between()} AS texts", rows)
    lines = select(f"*, {_LINES} AS lines", told)
    written = select(f"{_left_to_python(plan)} AS whole, {_named(cells, names)}", lines)
    if is_safe:
        written = select(f"whole, {', '.join(map(safe, names))}", written)
    return f"COPY ({written}) TO STDOUT (FORMAT csv)"


def _cells(plan: ColumnPlan) -> list[str]:
    cells = [*_ALWAYS.values(), *map(filled, plan.more)]
    for name in OBJECTS:
        keys = plan.keys_of(name)
        cells += [object_cell(name, keys)] if name in plan.objects else []
        cells += [filled(f"({name} ->> {literal(key)})") for key in keys]
    return cells


def _named(cells: list[str], names: list[str]) -> str:
    return ", ".join(f"{cell} AS {name}" for cell, name in zip(cells, names, strict=True))


def _left_to_python(plan: ColumnPlan) -> str:
    """The item where it is one of those few, in all others null."""
    reasons = ["(lines IS NULL AND told <> '[]')"]
    reasons += [may_be_huge(f"{name}::text") for name in plan.objects]
    for name, key in plan.dotted:
        cell = f"({name} ->> {literal(key)})"  # a text that begins so would have no column
        reasons.append(f"(left({cell}, 1) IN ('[', '{{') AND {may_be_huge(cell)})")
    fields = ", ".join(_AS_TEXT.get(name, name) for name in StoredItem._fields)
    item = f"encode(convert_to(json_build_array({fields})::text, 'UTF8'), 'hex')"
    return f"CASE WHEN {' OR '.join(reasons)} THEN {item} END"
