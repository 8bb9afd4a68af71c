"""Context values in the cells of a suite: which text stands for which value, and back.

A cell that reads as a JSON object or list is that; every other cell is text. Text that would be
taken for one is written as a JSON string, which is taken off again. Numbers, true, false and null
come back as text, which is the only thing that a suite CSV loses.
"""

from __future__ import annotations

import json
from typing import Any

from datasets.formats.fields import Findings, check_keys
from evalplatform import strict_json
from evalplatform.strict_json import StrictJsonError


class ContextCellError(ValueError):
    """A cell that is JSON which cannot be kept; the message says why, then what to write."""


def read_value(cell: str) -> Any:
    """The value that a cell stands for, or ContextCellError."""
    start = cell.lstrip(" \t\r\n")[:1]
    if start == '"':
        return _unquoted(cell)
    if not start or start not in "[{":
        return cell
    try:
        value = strict_json.loads(cell)
    except StrictJsonError as error:
        if error.position is not None:
            return cell  # text that begins like JSON, and is none
        raise ContextCellError(error.message) from None
    inner = Findings(None)
    check_keys(inner, "value", value)
    if inner.errors:
        raise ContextCellError(inner.errors[0].message)
    return value


def _unquoted(cell: str) -> str:
    """The text of a JSON string when that text alone would be read as something else."""
    try:
        text = strict_json.loads(cell)
    except StrictJsonError:
        return cell
    assert isinstance(text, str)
    return cell if is_plain(text) else text


def is_plain(text: str) -> bool:
    """Whether the text in a cell is read as itself."""
    try:
        return read_value(text) is text
    except ContextCellError:
        return False


def write_value(value: Any) -> str:
    """The cell that stands for a value."""
    if isinstance(value, str):
        return value if is_plain(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def loses_type(value: Any) -> bool:
    """Whether the value comes back from a cell as text."""
    return not isinstance(value, str | list | dict)


def key_fault(key: str) -> str:
    """What is wrong with a key of the context, then the remedy; empty when nothing."""
    inner = Findings(None)
    check_keys(inner, "", {key: None})
    return inner.errors[0].message if inner.errors else ""
