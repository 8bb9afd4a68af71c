"""The SQL that reads a run's rows: a page of rows, a page of their checks.

Nothing in these statements comes from outside but the run and the range, which are values.
"""

from __future__ import annotations

from typing import NamedTuple

from exports.sql_cells import TIME, safe

RANGE = """i.run_id = %(run)s AND i.order_index BETWEEN %(first)s AND %(last)s
    AND i.status <> 'pending'"""


class RunStatements(NamedTuple):
    """The two statements of a page: values are %(run)s, %(first)s and %(last)s."""

    items: str
    checks: str


def items_of(columns: str) -> str:
    """The rows of a page, in order."""
    return f"SELECT {columns} FROM runs_runitem i WHERE {RANGE} ORDER BY i.order_index"  # noqa: S608


def checks_of(columns: str) -> str:
    """Their checks, in order."""
    return f"""SELECT {columns} FROM runs_runitem i
        JOIN runs_checkresult c ON c.run_item_id = i.id
        WHERE {RANGE} ORDER BY i.order_index, c.position"""  # noqa: S608


def real(value: str) -> str:
    """A real number as programs write it: 1.0, where PostgreSQL writes 1."""
    is_whole = f"{value} = trunc({value}) AND abs({value}) < 1e15"
    return f"CASE WHEN {is_whole} THEN {value}::text || '.0' ELSE {value}::text END"


# Name, expression, kind: `text` is what people and models wrote, a `word` is one of ours.
Column = tuple[str, str, str]
ITEM_COLUMNS: tuple[Column, ...] = (
    ("test_result_id", "i.id", "word"),
    ("order_index", "i.order_index", "int"),
    ("test_id", "i.public_id", "text"),
    ("title", "i.title", "text"),
    ("status", "i.status", "word"),
    ("error_message", "i.error", "text"),
    ("test_input", "i.prompt_text", "text"),
    ("llm_output", "i.response", "text"),
    ("files", "to_jsonb(i.files)", "json"),
    ("in_tokens", "i.in_tokens", "int"),
    ("out_tokens", "i.out_tokens", "int"),
    ("duration", "i.duration", "real"),
    ("input_context", "i.input_context", "json"),
    ("output_context", "i.output_context", "json"),
    ("category", "i.category", "text"),
    ("subcategory", "i.subcategory", "text"),
    ("template_key", "i.template_key", "text"),
    ("tags", "to_jsonb(i.tags)", "json"),
    ("is_passed", "i.is_passed", "bool"),
    ("checks_with_verdict", "i.n_checks", "int"),
    ("checks_passed", "i.n_passed", "int"),
    ("checks_of_low_confidence", "i.n_low", "int"),
    ("checks_skipped", "i.n_skipped", "int"),
    ("checks_in_error", "i.n_errors", "int"),
    ("weight", "i.weight", "int"),
    ("weight_passed", "i.weight_passed", "int"),
    ("attempts", "i.attempts", "int"),
    ("finished_at", TIME.format("i.finished_at"), "time"),
)
CHECK_COLUMNS: tuple[Column, ...] = (
    ("check_result_id", "c.id", "int"),
    ("test_result_id", "i.id", "word"),
    ("test_id", "i.public_id", "text"),
    ("position", "c.position", "int"),
    ("operator", "c.operator", "word"),
    ("criteria", "c.criteria", "text"),
    ("is_global", "c.is_global", "bool"),
    ("evaluator", "c.evaluator", "text"),
    ("state", "c.state", "word"),
    ("auto_eval", "c.auto_eval", "text"),
    ("is_passed", "c.is_passed", "bool"),
    ("edited_auto_eval", "c.edited_auto_eval", "word"),
    ("edited_auto_eval_feedback", "c.edited_feedback", "text"),
    ("is_passed_as_it_stands", "c.stands", "bool"),
    ("confidence_level", "c.confidence", "word"),
    ("feedback", "c.feedback", "text"),
    ("weight", "c.weight", "int"),
    ("extractor", "c.extracted", "text"),
    ("conditional_operator", "c.conditional_operator", "word"),
    ("conditional_criteria", "c.conditional_criteria", "text"),
    ("category", "c.category", "text"),
    ("examples", "c.examples", "json"),
)


KINDS = {
    "items": {name: kind for name, _, kind in ITEM_COLUMNS},
    "checks": {name: kind for name, _, kind in CHECK_COLUMNS},
}


def table_statements(*, is_safe: bool) -> RunStatements:
    """COPY of two plain tables; what is null is nothing, an empty text is two quotes."""
    columns = (_selected(each, is_safe=is_safe) for each in (ITEM_COLUMNS, CHECK_COLUMNS))
    selects = (select(each) for select, each in zip((items_of, checks_of), columns, strict=True))
    return RunStatements(*(f"COPY ({each}) TO STDOUT (FORMAT csv)" for each in selects))


def _selected(columns: tuple[Column, ...], *, is_safe: bool) -> str:
    return ", ".join(_written(value, kind, is_safe=is_safe) for _, value, kind in columns)


def _written(value: str, kind: str, *, is_safe: bool) -> str:
    if kind == "bool":
        return f"CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' END"
    if kind == "text" and is_safe:
        return safe(value)
    return value
