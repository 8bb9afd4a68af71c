"""How the reply of a judge is read: a type, its labels, and which of them pass."""

from __future__ import annotations

import math
from typing import Any

TYPES = {
    "binary": "Pass or fail",
    "choice": "One of several labels",
    "int": "A whole number",
    "float": "A number",
    "string": "A text",
}
NUMBERS = ("int", "float")
BOUNDS = {"at_least": "at least", "at_most": "at most"}
MOST_CHOICES = 50
LONGEST_CHOICE = 200


def schema_fault(schema: Any) -> str:
    """What is wrong with an output schema, then the remedy; "" when it can be used."""
    if not isinstance(schema, dict) or schema.get("type") not in TYPES:
        return f"Choose what the judge answers: {', '.join(TYPES)}."
    kind = schema["type"]
    known = {"type", *(("choices", "passes") if kind == "choice" else ())}
    known |= {"passes"} if kind in NUMBERS else set()
    if unknown := sorted(map(str, schema.keys() - known)):
        return f"Not known for {kind}: {', '.join(unknown)[:200]}."
    if kind == "choice":
        return _choice_fault(schema.get("choices"), schema.get("passes", []))
    return _bound_fault(kind, schema["passes"]) if "passes" in schema else ""


def _choice_fault(choices: Any, passes: Any) -> str:
    if not _are_texts(choices) or not 2 <= len(choices) <= MOST_CHOICES:
        return f"Write 2 to {MOST_CHOICES} labels."
    if any(not each.strip() or len(each) > LONGEST_CHOICE for each in choices):
        return f"Each label has 1 to {LONGEST_CHOICE} characters."
    folded = [each.strip().casefold() for each in choices]
    if len(set(folded)) < len(folded):
        return "Two labels are the same. Each must differ, also without regard to case."
    if not _are_texts(passes) or not set(passes) <= set(choices):
        return "Only labels that are there can pass."
    return ""


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _bound_fault(kind: str, passes: Any) -> str:
    if not isinstance(passes, dict) or len(passes) != 1 or not passes.keys() <= BOUNDS.keys():
        return "Say at least which number passes, or at most which."
    (bound,) = passes.values()
    is_number = isinstance(bound, int | float) and not isinstance(bound, bool)
    if not is_number or not math.isfinite(bound):
        return "The bound is no number."
    if kind == "int" and bound != int(bound):
        return "The bound of a whole number is a whole number."
    return ""


def in_words(schema: dict[str, Any]) -> str:
    """What an output schema asks for, in a few words."""
    kind = str(schema.get("type", ""))
    if kind == "choice":
        return " · ".join(str(each) for each in schema.get("choices", []))
    bounds = schema.get("passes")
    if kind in NUMBERS and isinstance(bounds, dict):
        said = [f"{BOUNDS[name]} {bound:g} passes" for name, bound in bounds.items()]
        return ", ".join([TYPES[kind], *said])
    return TYPES.get(kind, "")
