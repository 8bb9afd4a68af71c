"""One JSON document with a list of results in it: read strictly, its parts asked for by name."""

from __future__ import annotations

import json
import math
from typing import Any, BinaryIO

from datasets.formats.fields import MAX_COUNT
from datasets.formats.list_cutter import MAX_ELEMENT
from datasets.formats.reading import file_errors
from datasets.formats.records import RowError, row_error
from evalplatform import strict_json
from evalplatform.strict_json import StrictJsonError

MAX_BYTES = MAX_ELEMENT


def document(stream: BinaryIO) -> tuple[dict[str, Any], list[RowError]]:
    """The object of a file, or what is wrong with it."""
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        size = MAX_BYTES // 1_000_000
        return {}, [row_error(None, "", f"The file is larger than {size} MB. Split the results.")]
    if not data.strip():
        return {}, [row_error(None, "", "The file is empty. Choose a file that holds results.")]
    try:
        value = strict_json.loads(data)
    except StrictJsonError as error:
        return {}, list(file_errors(error))
    if not isinstance(value, dict):
        return {}, [row_error(None, "", "This is no JSON object. Choose a file of results.")]
    return value, []


def inner(value: Any, *path: str) -> Any:
    """What stands under these keys, None where one is missing or no object."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def as_text(value: Any) -> str:
    """A text as it is, other values as JSON, nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def count(value: Any) -> int | None:
    """A number of tokens; None for what is none, since other programs leave much unsaid."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and 0 <= value <= MAX_COUNT else None


def seconds(value: Any, *, per: float = 1.0) -> float | None:
    """A duration; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    found = float(value) / per
    return found if math.isfinite(found) and found >= 0 else None
