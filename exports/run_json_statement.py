"""The tests of a run as PostgreSQL writes them in JSON, laid out as `run_json` says.

Python would take three times as long to put the same 100,000 tests together.
"""

from __future__ import annotations

from exports.run_statements import items_of, real
from exports.sql_cells import may_be_huge


def _text(value: str) -> str:
    return f"to_json({value})::text"


def _or_null(value: str) -> str:
    """A text, or null when there is none."""
    return f"CASE WHEN {value} <> '' THEN to_json({value})::text ELSE 'null' END"


def _number(value: str) -> str:
    return f"coalesce({value}::text, 'null')"


# A score is written as a number, a verdict or a label as text.
_IS_SCORE = r"c.auto_eval ~ '^-?(0|[1-9][0-9]{0,14})([.][0-9]{1,15})?$'"
_AUTO_EVAL = f"""CASE WHEN c.auto_eval IN ('pass', 'fail') THEN '"' || c.auto_eval || '"'
    WHEN {_IS_SCORE} THEN c.auto_eval ELSE {_or_null("c.auto_eval")} END"""

# Lines of names with their values, the layout of the contract.
_CHECK = (
    (
        ("operator", _text("c.operator")),
        ("criteria", _or_null("c.criteria")),
        ("is_global", "CASE WHEN c.is_global THEN 'true' ELSE 'false' END"),
        ("auto_eval", _AUTO_EVAL),
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
_TEST = (
    (
        ("test_result_id", _text("i.id")),
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
        ("duration", f"coalesce({real('i.duration')}, 'null')"),
    ),
)
Lines = tuple[tuple[tuple[str, str], ...], ...]


def _written(lines: Lines, *, before: str, between: str, after: str) -> str:
    """One text: names and values, a comma between two, `between` before each further line."""
    parts, text = [], before
    for n, line in enumerate(lines):
        text += f",{between}" if n else ""
        for m, (name, value) in enumerate(line):
            text += f'{", " if m else ""}"{name}": '
            parts += [f"'{text}'", value]
            text = ""
    return f"concat({', '.join(parts)}, '{after}')"


_FURTHER = "\n" + " " * 6  # before the further lines of a test
_CHECKS = _written(_CHECK, before="\n        {", between="\n         ", after="}")

_CHECKS_OF_A_TEST = f"""(SELECT string_agg({_CHECKS}, ',' ORDER BY c.position)
    FROM runs_checkresult c WHERE c.run_item_id = i.id)"""  # noqa: S608 (names and constants)

_FIELDS = (
    _written(_TEST, before="", between=_FURTHER, after=","),
    "i.input_context::text",
    "i.output_context::text",
    _CHECKS_OF_A_TEST,
)

# Each test of a page in the parts that StoredTest has.
PARTS = items_of(", ".join(_FIELDS))

# A page as one text, the tests as `run_json.test_object` writes them; null when an integer in it
# may have to be rewritten. And how many tests there are.
PAGE = f"""SELECT CASE WHEN NOT bool_or({may_be_huge("inputs")} OR {may_be_huge("outputs")})
    THEN string_agg(concat(E'\\n    {{\\n      ', told, E'\\n      "input_context": ', inputs,
        ', "output_context": ', outputs, E',\\n      "checks": [', checks || E'\\n      ',
        E']\\n    }}'), ',' ORDER BY order_index) END, count(*)
    FROM ({items_of("i.order_index, " + ", ".join(_FIELDS))}
    ) page (order_index, told, inputs, outputs, checks)"""  # noqa: S608 (names and constants)
