"""The functions of the operators that need no judge: "" when the output passes, else the reason.

They raise nothing but OperatorError, which says that the criteria cannot be used or that time is
up.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from datasets.operators import criteria as criteria_rules
from datasets.operators import patterns, schemas, yaml_outputs
from datasets.operators.operator import OperatorError
from evalplatform import strict_json
from evalplatform.strict_json import StrictJsonError

is_yaml = yaml_outputs.is_yaml

_BULLET = r"[-*+•‣◦▪●○·–](?=\s|$)"
_NUMBER = r"(?:\d{1,9}[.)]|\(\d{1,9}\))(?=\s|$)"
_ITEM = re.compile(rf"\s*(?:{_BULLET}|{_NUMBER})")
_HEADING = re.compile(r"\s*#{1,6}(?=\s|$)")
_UNDERLINE = re.compile(r"\s*(?:=+|--+)\s*")


def _with_criteria(rule: Callable[[str, str], str]) -> Callable[[str, str], str]:
    """Blank criteria would be found in every output; nothing could be meant by them."""

    def checked(output: str, criteria: str) -> str:
        if not criteria or criteria.isspace():
            raise OperatorError("This check has no criteria. Write what to look for.")
        return rule(output, criteria)

    return checked


@_with_criteria
def includes_exactly(output: str, criteria: str) -> str:
    """The criteria are a part of the output, upper and lower case told apart."""
    return "" if criteria in output else "The output does not hold the criteria letter for letter."


@_with_criteria
def excludes_exactly(output: str, criteria: str) -> str:
    """The criteria are no part of the output, upper and lower case told apart."""
    return "The output holds the criteria letter for letter." if criteria in output else ""


@_with_criteria
def equals_exactly(output: str, criteria: str) -> str:
    """Both are the same text once the spaces at both ends are off."""
    return "" if output.strip() == criteria.strip() else "The output is not exactly the criteria."


found_by_pattern = _with_criteria(patterns.found)
matches_schema = _with_criteria(schemas.matches)


@_with_criteria
def less_than_length(output: str, criteria: str) -> str:
    """Fewer characters than `N`, or fewer words than `N words`."""
    length = criteria_rules.read_length(criteria)
    if length is None:
        raise OperatorError(criteria_rules.length_fault(criteria))
    size = len(output.split()) if length.is_words else len(output)
    if size < length.limit:
        return ""
    unit = "words" if length.is_words else "characters"
    return f"The output has {size:,} {unit}; fewer than {length.limit:,} were expected."


def is_json(output: str, criteria: str) -> str:
    """The stripped output is one strict JSON value."""
    try:
        strict_json.loads(output.strip())
    except StrictJsonError as error:
        return error.message
    return ""


def is_list(output: str, criteria: str) -> str:
    """At least two lines have a bullet or a number, and they are most of the lines not blank."""
    lines = [line for line in output.splitlines() if line.strip()]
    n_items = sum(1 for line in lines if _ITEM.match(line))
    if n_items >= 2 and n_items * 2 > len(lines):
        return ""
    return (
        f"{n_items:,} of {len(lines):,} lines begin with a bullet or a number; "
        "at least two, and most of them, were expected."
    )


def is_prose(output: str, criteria: str) -> str:
    """There is text, and no line of it has a bullet, a number or the mark of a heading."""
    above = ""
    for number, line in enumerate(output.splitlines(), start=1):
        if _ITEM.match(line):
            return f"Line {number:,} begins with a bullet or a number."
        if _HEADING.match(line) or (above and _UNDERLINE.fullmatch(line)):
            return f"Line {number:,} is a heading or underlines one."
        above = line.strip()
    return "" if output.strip() else "The output is empty."
