"""What a cell of a dataset CSV stands for: JSON or text, and the mark that keeps formulas still."""

from __future__ import annotations

import json
import re
from typing import Any

from datasets.formats.fields import Findings, check_keys
from datasets.formats.values import kind
from evalplatform import strict_json
from evalplatform.spreadsheets import DANGEROUS
from evalplatform.strict_json import StrictJsonError

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_SPACE = " \t\r\n"
_MAY_BEGIN = frozenset(_SPACE + "{[")


def value_of(found: Findings, column: str, cell: str, *, all_json: bool = False) -> Any:
    """An object or a list when the cell, not an empty one, holds one, else its text as it stands.

    With `all_json` numbers, true, false, null and quoted text are read as JSON too.
    """
    if not all_json and (cell[0] not in _MAY_BEGIN or cell.lstrip(_SPACE)[:1] not in ("{", "[")):
        return cell
    try:
        value = strict_json.loads(cell)
    except StrictJsonError as error:
        if _is_no_json(cell):
            return cell
        blame(found, column, error)
        return cell
    if isinstance(value, dict | list):
        check_keys(found, column, value)
        return value
    return value if all_json else cell


def object_of(found: Findings, column: str, cell: str) -> dict[str, Any]:
    """The JSON object of a cell; null is empty, anything else is an error."""
    try:
        value = strict_json.loads(cell)
    except StrictJsonError as error:
        blame(found, column, error)
        return {}
    if value is not None and not isinstance(value, dict):
        message = f"This column holds JSON objects, this is {kind(value)}."
        found.error(column, f'{message} Write {{"name": "..."}}, or name the column with a dot.')
        return {}
    check_keys(found, column, value)
    return value or {}


def blame(found: Findings, column: str, error: StrictJsonError) -> None:
    """Every problem of the JSON in a cell."""
    for problem in error.problems:
        dot = "." if problem.path and not problem.path.startswith("[") else ""
        found.error(f"{column}{dot}{problem.path}", problem.message, problem.value)


def _is_no_json(cell: str) -> bool:
    """Whether the cell is text that only looks like JSON, which is no fault."""
    try:
        json.loads(cell)
    except json.JSONDecodeError:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def moment_value(cell: str) -> str | int | float:
    """A number of milliseconds as a number, else the text of the time."""
    text = cell.strip()
    if not _NUMBER.fullmatch(text) or len(text) > 20:
        return text
    return float(text) if "." in text else int(text)


def is_marked(cell: str) -> bool:
    """Whether a ' stands before what would run as a formula."""
    return cell.startswith("'") and DANGEROUS.match(cell) is not None


def is_bare(cell: str) -> bool:
    """Whether a spreadsheet might run the cell as a formula.

    A Windows line end at its start is none of that: programs turn line ends into such ones.
    """
    return not cell.startswith(("'", "\r\n")) and DANGEROUS.match(cell) is not None


def unmarked(cell: str) -> str:
    """The cell without the mark that an export for spreadsheets put before it."""
    return cell[1:] if is_marked(cell) else cell
