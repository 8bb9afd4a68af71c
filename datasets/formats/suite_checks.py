"""The rules for one check of a suite, whichever file it stands in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from datasets import operators
from datasets.formats.fields import Findings
from datasets.formats.items import CheckRecord, Example
from datasets.formats.values import decimal, kind

MAX_WEIGHT = 1000
EXAMPLE_TYPES = ("positive", "negative")
_WRITE_WEIGHT = f"Write a whole number from 0 to {MAX_WEIGHT}, such as 1."


class RawCheck(NamedTuple):
    """A check as the file has it; the weight is text or a number, None when not given."""

    operator: str = ""
    criteria: str = ""
    weight: Any = None
    category: str = ""
    extractor: str = ""
    conditional_operator: str = ""
    conditional_criteria: str = ""


COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "operator": "Operator",
        "criteria": "Criteria",
        "weight": "Weight",
        "category": "Category",
        "extractor": "Extraction Prompt",
        "conditional_operator": "Conditional Operator",
        "conditional_criteria": "Conditional Criteria",
    }
)


def read_check(
    found: Findings, raw: RawCheck, names: Mapping[str, str] = COLUMNS
) -> CheckRecord | None:
    """The check, or None and its errors; `names` tells where in the row each part stands."""
    n_errors = len(found.errors)
    operator, criteria = _condition(found, raw.operator, raw.criteria, names, "")
    weight = read_weight(found, names["weight"], raw.weight)
    if raw.conditional_operator.strip():
        conditional = _condition(
            found, raw.conditional_operator, raw.conditional_criteria, names, "conditional_"
        )
    else:
        conditional = "", ""
        if raw.conditional_criteria.strip():
            message = (
                "These conditional criteria have no Conditional Operator. "
                "Write one, or empty this one too."
            )
            found.error(names["conditional_criteria"], message, raw.conditional_criteria)
    if len(found.errors) > n_errors:
        return None
    return CheckRecord(operator, criteria, weight, raw.category, raw.extractor, *conditional)


def _condition(
    found: Findings, slug: str, criteria: str, names: Mapping[str, str], prefix: str
) -> tuple[str, str]:
    """An operator and its criteria as they are kept; those of a unary one are dropped."""
    name = names[f"{prefix}operator"]
    if fault := operators.operator_fault(slug):
        found.error(name, fault, slug)
        return "", ""
    if remark := operators.retired_remark(slug):
        found.warn(name, remark)
    operator = operators.find(slug)
    assert operator is not None  # it has no fault
    place = names[f"{prefix}criteria"]
    if fault := operator.fault(criteria):
        found.error(place, fault, criteria)
    if operator.is_unary and criteria.strip():
        found.warn(place, f'"{operator.slug}" needs no criteria: they are ignored.')
    return operator.slug, "" if operator.is_unary else criteria


def read_weight(found: Findings, name: str, value: Any) -> int:
    """A whole number of 0-1000, as text or as a number; 1 when there is none."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return 1
    amount = decimal(value)
    if amount is None or amount != amount.to_integral_value():
        found.error(name, f"This weight is no whole number. {_WRITE_WEIGHT}", value)
    elif not 0 <= amount <= MAX_WEIGHT:
        found.error(name, f"This weight is not between 0 and {MAX_WEIGHT}. {_WRITE_WEIGHT}", value)
    else:
        return int(amount)
    return 1


def read_example(
    found: Findings, kind_of: str, text: str, names: tuple[str, str]
) -> Example | None:
    """An example: its type is positive or negative in any case, its text is not empty."""
    type_name, text_name = names
    if not kind_of.strip():
        message = "This example has no type. Write positive or negative beside it."
        found.error(type_name if not text.strip() else text_name, message, text)
    elif kind_of.strip().lower() not in EXAMPLE_TYPES:
        found.error(type_name, "This is no type. Write positive or negative.", kind_of)
    elif not text.strip():
        message = "This type has no example. Write the example beside it, or remove the type."
        found.error(type_name, message, kind_of)
    else:
        return Example(kind_of.strip().lower(), text)
    return None


def must_be(found: Findings, path: str, value: Any, what: str, remedy: str) -> None:
    """Says that a value is of the wrong kind."""
    found.error(path, f"This must be {what}, not {kind(value)}. {remedy}", value)
