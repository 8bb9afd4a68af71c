"""The one table of operators: what a check may ask of an output, and what its criteria must be.

The table stands here and not in runs, where operators are carried out, because files and forms of
datasets must refuse a check that no run could carry out, and imports flow left only. Runs adds the
judges. Adding an operator is one entry in one of the tables, its function included.
"""

from __future__ import annotations

import difflib

from datasets.operators import exact, judged, semantic
from datasets.operators.operator import Group, Operator, OperatorError

__all__ = [
    "OPERATORS",
    "Group",
    "Operator",
    "OperatorError",
    "choices",
    "find",
    "operator_fault",
    "retired_remark",
]

OPERATORS: dict[str, Operator] = {
    each.slug: each for each in (*semantic.OPERATORS, *exact.OPERATORS, *judged.OPERATORS)
}


def find(slug: str) -> Operator | None:
    """The operator of that name, whatever its case; retired ones give what took their place."""
    operator = OPERATORS.get(slug.strip().lower())
    return OPERATORS[operator.instead] if operator and operator.is_renamed else operator


def operator_fault(slug: str) -> str:
    """What is wrong with a name of an operator, then the remedy; empty when it can be used."""
    name = slug.strip()
    operator = OPERATORS.get(name.lower())
    if operator is None:
        near = difflib.get_close_matches(name.lower()[:60], choices_by_slug(), n=1)
        hint = f'Did you mean "{near[0]}"?' if near else 'Write one of ours, such as "includes".'
        return f'There is no operator "{name[:60]}". {hint}'
    if not operator.is_importable:
        return f'The operator "{operator.slug}" cannot be named in a file. {operator.remedy}'
    return ""


def retired_remark(slug: str) -> str:
    """What a person should know who names a retired operator; empty for the others."""
    operator = OPERATORS.get(slug.strip().lower())
    if operator is None or not operator.is_retired:
        return ""
    if operator.is_renamed:
        return f'"{operator.slug}" is retired: it is read as "{operator.instead}".'
    return f'"{operator.slug}" is retired: it still works. {operator.remedy}'.rstrip()


def choices() -> list[Operator]:
    """The operators that are offered for new checks, in the order of the table."""
    return [each for each in OPERATORS.values() if each.is_importable and not each.is_retired]


def choices_by_slug() -> list[str]:
    return [each.slug for each in choices()]
