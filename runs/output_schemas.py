"""Output schemas as people read and choose them; runs.judging.output_schema obeys them."""

from __future__ import annotations

from typing import Any

from runs.judging.output_schema import OutputSchema, OutputSchemaFault

TYPES = {
    "binary": "Pass or fail",
    "choice": "One of several labels",
    "int": "A whole number",
    "float": "A number",
    "string": "A text",
}
NUMBERS = ("int", "float")
BOUNDS = {"at_least": "at least", "at_most": "at most"}


def schema_fault(schema: Any) -> str:
    """What is wrong with an output schema, then the remedy; "" when it can be used."""
    try:
        OutputSchema.read(schema)
    except OutputSchemaFault as fault:
        return fault.message
    return ""


def in_words(schema: dict[str, Any]) -> str:
    """What an output schema asks for, in a few words."""
    kind = str(schema.get("type", ""))
    if kind == "choice":
        return " · ".join(str(each) for each in schema.get("choices", []))
    bounds = schema.get("passes")
    if kind in NUMBERS and isinstance(bounds, dict):
        said = [f"{BOUNDS[name]} {bound:g}" for name, bound in bounds.items()]
        return f"{TYPES[kind]}, {' and '.join(said)} passes"
    return TYPES.get(kind, "")
