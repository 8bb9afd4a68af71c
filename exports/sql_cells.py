"""Cells of a CSV as SQL expressions; null, and never an empty text, is an empty cell.

COPY quotes cells exactly as `csv_line` does, and leaves null bare.
"""

from __future__ import annotations

from collections.abc import Iterable

# What str.isspace() says, whatever the database's locale takes for a space.
SPACE = r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# What spreadsheets.DANGEROUS says.
DANGEROUS = rf"^''*(?:[\t\r]|[{SPACE}]*[=+\-@\uff1d\uff0b\uff0d\uff20])"
TAGS = "to_json(tags)::text"
TIME = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def literal(text: str) -> str:
    """The text as a constant, in a statement that is given parameters."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def filled(value: str) -> str:
    """A text as a cell."""
    return f"NULLIF({value}, '')"


def short_time(value: str) -> str:
    """A time in UTC, its fraction of a second only where it has one."""
    return f"replace({TIME.format(value)}, '.000000Z', 'Z')"


def object_cell(value: str, without: Iterable[str] = ()) -> str:
    """A jsonb object without these keys as a cell."""
    keys = ", ".join(map(literal, without))
    rest = f"({value} - ARRAY[{keys}])" if keys else value
    return f"NULLIF({rest}::text, '{{}}')"


def may_be_huge(json: str) -> str:
    """Whether the text of a jsonb may hold an integer that `portable` rewrites, by its length."""
    return f"(octet_length({json}) > 19 AND {json} ~ '(?:[:,] |\\[)-?[0-9]{{19}}')"


def safe(value: str) -> str:
    """The cell behind a ' where a spreadsheet program would run it; most begin with a letter."""
    is_plain = f"""{value} COLLATE "C" BETWEEN 'A' AND '~'"""
    is_dangerous = f"NOT ({is_plain}) AND {value} ~ '{DANGEROUS}'"
    return f"CASE WHEN {is_dangerous} THEN '''' || {value} ELSE {value} END"


def select(values: str, source: str) -> str:
    """A SELECT from another; with OFFSET 0 each value of that is worked out only once."""
    return f"SELECT {values} FROM ({source} OFFSET 0) source"  # noqa: S608 (constants and names)
