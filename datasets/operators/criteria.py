"""What the criteria of an operator must be: what is wrong, then the remedy; empty when nothing."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

from evalplatform import strict_json
from evalplatform.strict_json import StrictJsonError

MAX_PATTERN = 10_000  # one of 100,000 characters can take 15 seconds to compile
MAX_SCHEMA = 1_000_000
MAX_LENGTH = 10**9
_PATTERN_MEMORY = 2 << 20  # the library keeps 128 patterns
_REMEMBERED_LENGTH = 10_000
_LENGTH = re.compile(r"\s*([0-9]{1,12})(\s+words?)?\s*", re.IGNORECASE)


class Length(NamedTuple):
    """The limit of `less_than_length`: in characters, or in words."""

    limit: int
    is_words: bool


def read_length(criteria: str) -> Length | None:
    """`N` or `N words`; None when it is neither."""
    found = _LENGTH.fullmatch(criteria)
    if not found or not 0 < int(found[1]) <= MAX_LENGTH:
        return None
    return Length(int(found[1]), bool(found[2]))


def length_fault(criteria: str) -> str:
    """A whole number above zero, alone for characters, or followed by `words`."""
    if read_length(criteria):
        return ""
    return "This is no length. Write 200 for characters, or 40 words for words."


def pattern(criteria: str) -> Any:
    """The compiled pattern, without flags; ValueError when it is none."""
    import re2  # 2 MB that a process without patterns has no use for

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True  # only whether it is found is asked, which is many times faster
    options.max_mem = _PATTERN_MEMORY
    try:
        return re2.compile(criteria, options=options)
    except re2.error as error:
        raise ValueError(*error.args) from error


def pattern_fault(criteria: str) -> str:
    """A regular expression as RE2 has them, so that no output can keep a check busy for long."""
    if len(criteria) > MAX_PATTERN:
        return f"This pattern is longer than {MAX_PATTERN:,} characters. Shorten it."
    try:
        pattern(criteria)
    except ValueError as error:
        return (
            f"This is not a regular expression that can be used ({_reason(error)}). Correct it; "
            "the syntax is RE2's, which has no look-around and no back-references."
        )
    return ""


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else "it cannot be read"
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def schema_fault(criteria: str) -> str:
    """A JSON Schema, draft 2020-12."""
    if len(criteria) > MAX_SCHEMA:
        return f"This schema is longer than {MAX_SCHEMA:,} characters. Shorten it."
    is_small = len(criteria) <= _REMEMBERED_LENGTH
    return _remembered_schema_fault(criteria) if is_small else _schema_fault(criteria)


def _schema_fault(criteria: str) -> str:
    import jsonschema  # 3 MB in every process, for this operator alone

    try:
        schema = strict_json.loads(criteria)
    except StrictJsonError as error:
        return f"The schema cannot be read. {error.message}"
    checker = jsonschema.Draft202012Validator
    try:
        checker.check_schema(schema)
    except jsonschema.SchemaError as error:
        place = "" if error.json_path == "$" else f" at {error.json_path[2:200]}"
        return (
            f"This is not a JSON Schema (draft 2020-12){place}: {error.message[:300]}. "
            'Correct it, or begin with {"type": "object"}.'
        )
    except RecursionError:
        return "This schema is nested too deep. Write it flatter."
    return ""


# The same schema stands on many tests of a suite, and checking one takes a millisecond or more.
_remembered_schema_fault = functools.lru_cache(maxsize=100)(_schema_fault)
