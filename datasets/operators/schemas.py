"""Outputs against JSON Schemas of people's own: no network, and no schema takes for ever."""

from __future__ import annotations

import functools
import re
from typing import Any

from datasets.operators import apart, criteria
from datasets.operators.operator import OperatorError
from evalplatform import strict_json
from evalplatform.strict_json import StrictJsonError

# Without these a schema costs no more than its size times that of the output; with them, anything.
_COSTLY = re.compile(r"\$ref|\$dynamicRef|[pP]attern|unevaluated|uniqueItems|\\u")
_QUICK_STEPS = 500_000
_REMEMBERED_LENGTH = 10_000


def matches(output: str, schema: str) -> str:
    """`matches_json_schema`: the output is JSON that the schema (draft 2020-12) allows."""
    if len(output) * len(schema) <= _QUICK_STEPS and not _COSTLY.search(schema):
        return validate(output, schema)
    return apart.decide("matches_json_schema", output, schema)


def validate(output: str, schema: str) -> str:
    """The same without a look at the time."""
    validator = _remembered(schema) if len(schema) <= _REMEMBERED_LENGTH else _validator(schema)
    try:
        value = strict_json.loads(output.strip())
    except StrictJsonError as error:
        return error.message
    try:
        fault = next(validator.iter_errors(value), None)
    except RecursionError:
        raise OperatorError(
            "The schema leads round in a circle, or too deep. Write it flatter."
        ) from None
    except Exception as error:  # what references and numbers of a person's can raise has no end
        raise OperatorError(_refusal(error)) from error
    if fault is None:
        return ""
    place = "" if fault.json_path == "$" else f" at {fault.json_path[1:200].lstrip('.')}"
    return f"The schema does not allow the output{place}: {fault.message[:300]}."


def _refusal(error: Exception) -> str:
    import referencing.exceptions

    if isinstance(error, referencing.exceptions.Unresolvable):
        return (
            f"The schema refers to {str(error.ref)[:200]}, which is not in it. "
            "Copy that part into $defs; nothing is fetched from elsewhere."
        )
    return f"The schema cannot be applied to this output: {str(error)[:200]}. Simplify it."


def _validator(schema: str) -> Any:
    import jsonschema  # 3 MB in every process, for this operator alone
    from jsonschema_specifications import REGISTRY

    if fault := criteria.schema_fault(schema):
        raise OperatorError(fault)
    # A registry that cannot retrieve: the default one would open the address of a $ref.
    return jsonschema.Draft202012Validator(strict_json.loads(schema), registry=REGISTRY)


_remembered = functools.lru_cache(maxsize=100)(_validator)
