"""Which of our checks promptfoo decides the same way, without a judge, and how it calls them."""

import json
from collections.abc import Callable
from typing import Any

from datasets.formats.items import CheckRecord
from evalplatform.strict_json import StrictJsonError, loads
from exports.formats.javascript_patterns import as_javascript


def assertion(check: CheckRecord) -> dict[str, Any] | None:
    """The assertion that passes when the check does, or None when promptfoo has no equal.

    A check with a condition or an extraction has none, and at weight 0 promptfoo lets all pass.
    """
    make = _MAKERS.get(check.operator)
    if make is None or check.extractor or check.conditional_operator or not check.weight:
        return None
    made = make(check.criteria)
    if made is None:
        return None
    if check.weight != 1:
        made["weight"] = check.weight
    if check.category:
        made["metric"] = check.category
    return made


def _equals(criteria: str) -> dict[str, Any] | None:
    """Ours compares what is left when both ends are stripped."""
    if not (value := criteria.strip()):
        return None
    return {"type": "equals", "value": value, "transform": "output.trim()"}


def _contains(criteria: str) -> dict[str, Any] | None:
    return {"type": "contains", "value": criteria} if criteria else None


def _not_contains(criteria: str) -> dict[str, Any] | None:
    return {"type": "not-contains", "value": criteria} if criteria else None


def _regex(criteria: str) -> dict[str, Any] | None:
    pattern = as_javascript(criteria)
    return {"type": "regex", "value": pattern} if pattern else None


def _valid_json(criteria: str) -> dict[str, Any] | None:
    return {"type": "is-json"}


def _schema(criteria: str) -> dict[str, Any] | None:
    """As text: promptfoo looks for files in the objects of a tests file."""
    try:
        schema = loads(criteria)
    except StrictJsonError:
        return None
    if not _means_the_same(schema):
        return None
    return {"type": "is-json", "value": json.dumps(schema)}


_MAKERS: dict[str, Callable[[str], dict[str, Any] | None]] = {
    "equals_exactly": _equals,
    "includes_exactly": _contains,
    "excludes_exactly": _not_contains,
    "regex": _regex,
    "valid_json": _valid_json,
    "matches_json_schema": _schema,
}

# promptfoo validates by draft 7 and refuses what it does not know, ours is draft 2020-12. These
# keywords mean the same in both; not so `items` as a list, `format`, and patterns of another regex.
_PLAIN = {
    "title", "description", "type", "const", "required", "uniqueItems",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
}  # fmt: skip
_ONE_BELOW = {"items", "additionalProperties", "not"}
_SOME_BELOW = {"anyOf", "allOf", "oneOf"}


def _means_the_same(schema: Any) -> bool:
    if isinstance(schema, bool):
        return True
    return isinstance(schema, dict) and all(_key_does(*pair) for pair in schema.items())


def _key_does(key: str, value: Any) -> bool:
    if key in _ONE_BELOW:
        return _means_the_same(value)
    if key in _SOME_BELOW:
        return isinstance(value, list) and all(map(_means_the_same, value))
    if key == "enum":
        return isinstance(value, list) and bool(value)
    if key == "properties":
        return isinstance(value, dict) and all(map(_means_the_same, value.values()))
    return key in _PLAIN
