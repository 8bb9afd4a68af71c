r"""The lines of a run CSV as PostgreSQL quotes them, byte for byte as `run_csv` writes them.

Most tests have no list to go down beside their checks: a page of such leaves as it is. Of another
page the cells of tests and of checks come apart, and Python lays them beside each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from exports.run_statements import RANGE, checks_of, items_of, real
from exports.sql_cells import filled, safe

Cell = Callable[[str], str]
_CONTEXTS = ("input_context", "output_context")


class LineStatements(NamedTuple):
    """Those of a page of a run CSV.

    `whole` gives lines behind one cell more: nothing before the first line of a test, "" before its
    further ones, t where SQL cannot write the test. The others are for a page that has such a line:
    they give a mark, then an id, then cells; the last two are asked when a line is marked with t.
    """

    whole: str
    tests: str
    checks: str
    lists: str
    examples: str


def line_statements(*, is_safe: bool) -> LineStatements:
    """All cells of text guarded against spreadsheet programs, or none."""

    def cell(value: str) -> str:
        return filled(safe(value) if is_safe else value)

    tests = ", ".join((_HAS_LISTS, *_test_cells(cell)))
    checks = ", ".join(("c.examples <> '[]'", "i.id", *_check_cells(cell)))
    return LineStatements(
        _whole(cell),
        f"COPY ({items_of(tests)}) TO STDOUT (FORMAT csv)",
        f"COPY ({checks_of(checks)}) TO STDOUT (FORMAT csv)",
        f"""SELECT i.id::text, to_jsonb(i.files)::text, i.input_context::text,
            i.output_context::text FROM runs_runitem i WHERE {RANGE} AND {_HAS_LISTS}""",  # noqa: S608
        f"""SELECT * FROM (SELECT i.id::text, c.examples::text AS examples,
                row_number() OVER (PARTITION BY i.id ORDER BY c.position) - 1
            FROM runs_runitem i JOIN runs_checkresult c ON c.run_item_id = i.id WHERE {RANGE}
            ) found WHERE examples <> '[]'""",  # noqa: S608
    )


_HAS_LISTS = "(cardinality(i.files) > 1 OR i.input_context <> '{}' OR i.output_context <> '{}')"


def _test_cells(cell: Cell) -> tuple[str, ...]:
    """From the id to the duration."""
    return (
        "i.id", cell("i.public_id"), "initcap(i.status)", cell("i.error"), cell("i.prompt_text"),
        cell("i.response"), cell("i.files[1]"), "i.in_tokens", "i.out_tokens", real("i.duration"),
    )  # fmt: skip


def _check_cells(cell: Cell) -> tuple[str, ...]:
    """All but the example."""
    return (
        cell("c.operator"), cell("c.criteria"), _word("c.auto_eval", cell("c.auto_eval")),
        _word("c.edited_auto_eval"), cell("c.edited_feedback"), _word("c.confidence"),
        cell("c.feedback"), "c.weight", cell("c.extracted"), cell("c.conditional_operator"),
        cell("c.conditional_criteria"), cell("c.category"),
    )  # fmt: skip


def _word(value: str, other: str = "NULL") -> str:
    """A word of ours with a capital."""
    return (
        f"CASE {value} WHEN 'pass' THEN 'Pass' WHEN 'fail' THEN 'Fail' "
        f"WHEN 'high' THEN 'High' WHEN 'low' THEN 'Low' ELSE {other} END"
    )


# --- whole lines ----------------------------------------------------------------------------------


def _whole(cell: Cell) -> str:
    """COPY of the lines of a page: each test beside its first check, the others below it.

    A pair of a context is written here when it is alone and its value a text.
    """
    cells = _test_cells(cell)
    keys = [f"(SELECT jsonb_object_keys(i.{name}) LIMIT 1)" for name in _CONTEXTS]
    told = [f"{value} AS t{n}" for n, value in enumerate(cells)]
    told += [f"{key} AS {name}_key" for key, name in zip(keys, _CONTEXTS, strict=True)]
    tests = items_of(", ".join(["i.order_index", "i.files", *_CONTEXTS, *told])) + " OFFSET 0"
    pairs = [
        part
        for name in _CONTEXTS
        for part in (cell(f"i.{name}_key"), cell(f"(i.{name} ->> i.{name}_key)"))
    ]
    beside = [_first(value) for value in (*(f"i.t{n}" for n in range(len(cells))), *pairs)]
    has_more = " OR ".join(["cardinality(i.files) > 1", *map(_has_more, _CONTEXTS)])
    mark = f"""CASE WHEN c.examples <> '[]' THEN 't' WHEN NOT is_first THEN ''
        WHEN {has_more} THEN 't' END"""
    columns = ", ".join([mark, *beside, *_check_cells(cell), "NULL", "NULL"])
    joined = f"""SELECT {columns} FROM ({tests}) i
        LEFT JOIN LATERAL (SELECT *, row_number() OVER (ORDER BY position) = 1 AS is_first
            FROM runs_checkresult WHERE run_item_id = i.t0) c ON true
        ORDER BY i.order_index, c.position"""  # noqa: S608 (names and constants)
    return f"COPY ({joined}) TO STDOUT (FORMAT csv)"


def _first(value: str) -> str:
    """Only beside the first check of a test, or where it has none."""
    return f"CASE WHEN is_first IS NOT FALSE THEN {value} END"


def _has_more(name: str) -> str:
    """Whether a context has a second pair, or a value that is no text."""
    key = f"i.{name}_key"
    return f"""{key} IS NOT NULL AND (i.{name} - {key} <> '{{}}'
        OR jsonb_typeof(i.{name} -> {key}) <> 'string')"""
