"""The SQL that writes a run's rows: PostgreSQL quotes the cells and makes the JSON, in C.

A page of rows is two statements, of the rows and of their checks. What a column holds is said here
once; nothing in these statements comes from outside but the run and the range, which are values.
"""

from __future__ import annotations

from typing import NamedTuple

NEW_LINE = "\x03"  # stands for a line break in JSON, which holds none itself
PLAIN = "FORMAT csv"
JSON_LINES = r"FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'"  # JSON holds neither: nothing quoted
# What spreadsheets.DANGEROUS says, with what \s is to Python whatever the database's locale.
_SPACE = r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_DANGEROUS = rf"^''*(?:[\t\r]|[{_SPACE}]*[=+\-@\uff1d\uff0b\uff0d\uff20])"

_RANGE = """i.run_id = %(run)s AND i.order_index BETWEEN %(first)s AND %(last)s
    AND i.status <> 'pending'"""
_SPREAD = """LEFT JOIN LATERAL ROWS FROM (
    unnest(i.files), jsonb_each(i.input_context), jsonb_each(i.output_context)
) WITH ORDINALITY AS s (file, in_key, in_value, out_key, out_value, n) ON true"""
_EXAMPLES = """LEFT JOIN LATERAL jsonb_array_elements(c.examples)
    WITH ORDINALITY AS e (example, n) ON true"""


class RunStatements(NamedTuple):
    """The two statements of a page: values are %(run)s, %(first)s and %(last)s."""

    items: str
    checks: str
    separator: bytes = b","


def _items(columns: str, more: str = "", order: str = "i.order_index", form: str = PLAIN) -> str:
    return f"""COPY (SELECT {columns} FROM runs_runitem i {more}
        WHERE {_RANGE} ORDER BY {order}) TO STDOUT ({form})"""  # noqa: S608


def _checks(columns: str, more: str = "", order: str = "", form: str = PLAIN) -> str:
    return f"""COPY (SELECT {columns} FROM runs_runitem i
        JOIN runs_checkresult c ON c.run_item_id = i.id {more}
        WHERE {_RANGE} ORDER BY i.order_index, c.position{order}) TO STDOUT ({form})"""  # noqa: S608


# --- CSV of two sections --------------------------------------------------------------------------


def csv_statements(*, is_safe: bool) -> RunStatements:
    """Lines of the second section: the 14 cells of a test, and the 14 of a check.

    The first line of a test has its own cells, the first of a check its own; lists go down.
    """

    def text(value: str) -> str:
        return _cell(value, is_safe=is_safe)

    def top(value: str, n: str) -> str:
        return f"CASE WHEN coalesce({n}, 1) = 1 THEN {value} END"

    item = [
        *(top(value, "s.n") for value in (
            "i.id", text("i.public_id"), "initcap(i.status)", text("i.error"),
            text("i.prompt_text"), text("i.response"),
        )),
        text("s.file"),
        *(top(value, "s.n") for value in ("i.in_tokens", "i.out_tokens", _real("i.duration"))),
        *(text("s.in_key"), text(_plain("s.in_value"))),
        *(text("s.out_key"), text(_plain("s.out_value"))),
    ]  # fmt: skip
    check = [
        *(top(value, "e.n") for value in (
            text("c.operator"), text("c.criteria"), text(_word("c.auto_eval")),
            _word("nullif(c.edited_auto_eval, '')"), text("c.edited_feedback"),
            _word("nullif(c.confidence, '')"), text("c.feedback"), "c.weight", text("c.extracted"),
            text("c.conditional_operator"), text("c.conditional_criteria"), text("c.category"),
        )),
        *(text("e.example ->> 'type'"), text("e.example ->> 'text'")),
    ]  # fmt: skip
    return RunStatements(
        _items(", ".join(["i.order_index", *item]), _SPREAD, "i.order_index, s.n"),
        _checks(", ".join(["i.order_index", *check]), _EXAMPLES, ", e.n"),
    )


def _cell(value: str, *, is_safe: bool) -> str:
    """A text as COPY writes it: nothing where it is empty, a ' where a spreadsheet would run it."""
    if not is_safe:
        return f"nullif({value}, '')"
    return f"CASE WHEN {value} ~ '{_DANGEROUS}' THEN '''' || ({value}) ELSE nullif({value}, '') END"


def _plain(value: str) -> str:
    """A text of JSON as it is, other values as JSON."""
    return (
        f"CASE jsonb_typeof({value}) WHEN 'string' THEN {value} #>> '{{}}' ELSE {value}::text END"
    )


def _real(value: str) -> str:
    """A real number as programs write it: 1.0, where PostgreSQL writes 1."""
    return (
        f"CASE WHEN {value}::text ~ '^-?[0-9]+$' THEN {value}::text || '.0' ELSE {value}::text END"
    )


def _time(value: str) -> str:
    """A time in UTC as ISO 8601, to the microsecond."""
    return f"""to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def _word(value: str) -> str:
    """A word of ours with a capital; scores and labels are as they are."""
    return (
        f"CASE WHEN {value} IN ('pass', 'fail', 'high', 'low') "
        f"THEN initcap({value}) ELSE {value} END"
    )


# --- JSON -----------------------------------------------------------------------------------------


def json_statements() -> RunStatements:
    """An object per line, as the file has it, with NEW_LINE for line breaks.

    That of a test is open: its checks follow.
    """
    return RunStatements(
        _items(f"i.order_index, {_joined(_TEST, indent=6)}", form=JSON_LINES),
        _checks(f"i.order_index, {_joined(_CHECK, indent=9)}", form=JSON_LINES),
        b"\x02",
    )


def _text(value: str) -> str:
    return f"to_json({value})"


def _or_null(value: str) -> str:
    return f"coalesce(to_json(nullif({value}, ''))::text, 'null')"


def _number(value: str) -> str:
    return f"coalesce({value}::text, 'null')"


_SCORE = "'^-?(0|[1-9][0-9]{0,14})([.][0-9]{1,15})?$'"
_TEST = (
    (
        ("test_result_id", "'\"' || i.id || '\"'"),
        ("test_id", _text("i.public_id")),
        ("status", _text("i.status")),
        ("error_message", _text("i.error")),
    ),
    (
        ("test_input", _text("i.prompt_text")),
        ("llm_output", _text("i.response")),
        ("files", "to_jsonb(i.files)"),
    ),
    (
        ("in_tokens", _number("i.in_tokens")),
        ("out_tokens", _number("i.out_tokens")),
        ("duration", f"coalesce({_real('i.duration')}, 'null')"),
    ),
    (("input_context", "i.input_context"), ("output_context", "i.output_context")),
)
_CHECK = (
    (
        ("operator", _text("c.operator")),
        ("criteria", _or_null("c.criteria")),
        ("is_global", "CASE WHEN c.is_global THEN 'true' ELSE 'false' END"),
        (
            "auto_eval",
            f"CASE WHEN c.auto_eval ~ {_SCORE} THEN c.auto_eval ELSE {_or_null('c.auto_eval')} END",
        ),
    ),
    (
        ("edited_auto_eval", _or_null("c.edited_auto_eval")),
        ("edited_auto_eval_feedback", _or_null("c.edited_feedback")),
        ("confidence_level", _or_null("c.confidence")),
    ),
    (
        ("feedback", _or_null("c.feedback")),
        ("weight", "c.weight"),
        ("extractor", _or_null("c.extracted")),
    ),
    (
        ("conditional_operator", _or_null("c.conditional_operator")),
        ("conditional_criteria", _or_null("c.conditional_criteria")),
        ("category", _or_null("c.category")),
        ("examples", "c.examples"),
    ),
)


def _joined(groups: tuple[tuple[tuple[str, str], ...], ...], *, indent: int) -> str:
    """The expression that writes these keys, a group a line."""
    parts: list[str] = []
    between = ""
    for group in groups:
        for key, value in group:
            parts += [f"'{between}\"{key}\": '", f"({value})"]
            between = ", "
        between = f",{NEW_LINE}{' ' * indent}"
    return f"concat({', '.join(parts)})"


# --- tables ---------------------------------------------------------------------------------------

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
    ("duration", _real("i.duration"), "real"),
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
    ("finished_at", _time("i.finished_at"), "time"),
)
CHECK_COLUMNS: tuple[Column, ...] = (
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
    """Lines of two plain tables; what is null is nothing, an empty text is two quotes."""
    return RunStatements(
        _items(_selected(ITEM_COLUMNS, is_safe=is_safe)),
        _checks(_selected(CHECK_COLUMNS, is_safe=is_safe)),
    )


def _selected(columns: tuple[Column, ...], *, is_safe: bool) -> str:
    return ", ".join(_written(value, kind, is_safe=is_safe) for _, value, kind in columns)


def _written(value: str, kind: str, *, is_safe: bool) -> str:
    if kind == "bool":
        return f"CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' END"
    if kind == "text" and is_safe:
        return f"CASE WHEN {value} ~ '{_DANGEROUS}' THEN '''' || ({value}) ELSE {value} END"
    return value
