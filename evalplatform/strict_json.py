"""Strict JSON: what is not plain, finite, storable JSON is refused with its place, never guessed
at.

The parser is the standard library's scanner (C) with hooks. msgspec is faster but does not see
duplicate keys, and neither does any other parser tried; `json` alone accepts NaN, lone surrogates
and NUL. Cheap searches over the bytes tell whether a document can hold such a thing at all, so that
clean documents are parsed once and not walked.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, NoReturn

MAX_DEPTH = 100
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**64 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_EXCERPT = 200


class JsonProblem(NamedTuple):
    """One thing that is wrong: the message says what, then what to write instead."""

    message: str
    position: int | None = None
    path: str = ""
    value: str = ""


class StrictJsonError(ValueError):
    """No strict JSON; `problems` holds all that is wrong, the attributes the first."""

    def __init__(self, *problems: JsonProblem) -> None:
        self.problems = problems
        self.message, self.position, self.path, self.value = problems[0]
        super().__init__(self.message)


def loads(data: bytes | str) -> Any:
    """The value of one document, or StrictJsonError. Bytes are UTF-8, or UTF-16 with a mark."""
    text = data if isinstance(data, str) else decode(data)
    text = text.removeprefix("\ufeff")
    try:
        value = _clean.decode(text)
    except _Suspect:
        value = _parsed(_marking, text)
    except (json.JSONDecodeError, RecursionError):
        value = _parsed(_marking, text)
    else:
        if not _may_hold_unstorable(data, text):
            _refuse_deep(text, value)
            return value
    _refuse_deep(text, value)
    if found := tuple(_problems(value)):
        raise StrictJsonError(*found)
    return value


def decode(data: bytes) -> str:
    """The text of the bytes: a byte order mark decides, else strict UTF-8."""
    encoding = "utf-16" if data.startswith(_WIDE_MARKS) else "utf-8"
    if encoding == "utf-8" and looks_like_unmarked_utf16(data):
        raise StrictJsonError(JsonProblem(UNMARKED_UTF16, position=0))
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise StrictJsonError(bad_bytes(error, data)) from error


def looks_like_unmarked_utf16(data: bytes) -> bool:
    """Plain JSON never has a NUL byte beside its first character; UTF-16 always has."""
    return data[:1] == b"\0" or data[1:2] == b"\0"


UNMARKED_UTF16 = "This looks like UTF-16 without a byte order mark. Save the file as UTF-8."


def bad_bytes(error: UnicodeDecodeError, data: bytes, offset: int = 0) -> JsonProblem:
    """What to say about bytes that are no text; `offset` is where `data` begins in the file."""
    name = "UTF-16" if error.encoding.startswith("utf-16") else "UTF-8"
    byte = f"Byte 0x{data[error.start]:02X}" if error.start < len(data) else "The end"
    position = offset + error.start
    message = f"{byte} at position {position} is not valid {name}. Save the file as UTF-8."
    return JsonProblem(message, position=position)


def printable(text: str) -> str:
    """The text with NUL and surrogates as escapes, so that it can be stored and shown."""
    return _UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def excerpt(value: Any) -> str:
    """A value as text of at most 200 characters, safe to store."""
    text = value if isinstance(value, str) else _shown(value)
    return printable(text[:_EXCERPT])[:_EXCERPT]


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        pieces = json.JSONEncoder(ensure_ascii=False, default=str).iterencode(value)
        return _first_characters(pieces)
    return json.dumps(value, ensure_ascii=False, default=str)


def _first_characters(pieces: Iterator[str]) -> str:
    text = ""
    for piece in pieces:
        text += piece
        if len(text) > _EXCERPT:
            break
    return text


class _Suspect(Exception):  # noqa: N818 - a signal to look closer, not yet an error
    """Something that strict JSON refuses was seen; a second parse finds where."""


class _Bad(NamedTuple):
    """Stands in the parsed value where a number cannot be taken."""

    message: str
    value: str


class _Repeated(dict[str, Any]):
    """An object in which `repeated` stood twice."""

    repeated: str = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Suspect
    return value


def _marked_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    marked, seen = _Repeated(value), set[str]()
    for key, _ in pairs:
        if key in seen:
            marked.repeated = key
            break
        seen.add(key)
    return marked


def _integer(digits: str) -> int | _Bad:
    if len(digits) < 19:
        return int(digits)
    if len(digits) <= 20 and MIN_INTEGER <= (value := int(digits)) <= MAX_INTEGER:
        return value
    shown = digits if len(digits) <= 40 else f"{digits[:37]}..."
    return _Bad(
        f"The integer {shown} does not fit into 64 bits. Write it as text, in double quotes.",
        digits,
    )


def _real(digits: str) -> float | _Bad:
    value = float(digits)
    if value - value == 0:
        return value
    return _Bad(
        f"The number {digits[:40]} is too large. Write it as text, in double quotes.", digits
    )


def _constant(name: str) -> _Bad:
    return _Bad(f"{name} is not a JSON number. Write null or leave the key out.", name)


def _suspecting(rule: Callable[[str], Any]) -> Callable[[str], Any]:
    def checked(digits: str) -> Any:
        value = rule(digits)
        if type(value) is _Bad:
            raise _Suspect
        return value

    return checked


_clean = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_suspecting(_constant),
    parse_int=_suspecting(_integer),
    parse_float=_suspecting(_real),
)
_marking = json.JSONDecoder(
    object_pairs_hook=_marked_object,
    parse_constant=_constant,
    parse_int=_integer,
    parse_float=_real,
)


def _parsed(decoder: json.JSONDecoder, text: str) -> Any:
    try:
        return decoder.decode(text)
    except RecursionError:
        _refuse_depth()
    except json.JSONDecodeError as error:
        raise StrictJsonError(_syntax_problem(error)) from None


_HINTS = {
    "Expecting property name": "Write names in double quotes, and no comma after the last value.",
    "Expecting ',' delimiter": "Write a comma between two values and close what was opened.",
    "Expecting ':' delimiter": "Write a colon between a name and its value.",
    "Expecting value": "Write text in double quotes, a number, true, false, null, [] or {}.",
    "Extra data": "Write one value here; several values go into a list or onto lines of their own.",
    "Unterminated string": "Close the text with a double quote.",
    "Invalid control character": "Write line breaks inside text as \\n, tabs as \\t.",
    "Invalid \\escape": "Write a backslash inside text as two backslashes.",
    "Invalid \\uXXXX escape": "Write four hexadecimal digits after \\u.",
    "Illegal trailing comma": "Remove the comma after the last value.",
}


def _syntax_problem(error: json.JSONDecodeError) -> JsonProblem:
    place = (
        f"character {error.colno}"
        if error.lineno == 1
        else f"line {error.lineno}, character {error.colno}"
    )
    hint = next((hint for start, hint in _HINTS.items() if error.msg.startswith(start)), "")
    what = error.msg.removesuffix(" at").removesuffix(" starting")
    what = what[:1].lower() + what[1:]
    return JsonProblem(
        f"This is not valid JSON at {place}: {what}. {hint}".rstrip(),
        position=error.pos,
        value=excerpt(error.doc[error.pos : error.pos + 40]),
    )


def _may_hold_unstorable(data: bytes | str, text: str) -> bool:
    """Decoded bytes hold NUL and surrogates as escapes only; a str may hold surrogates bare."""
    if "\\u" in text and ("\\u0000" in text or "\\ud" in text or "\\uD" in text):
        return True
    return isinstance(data, str) and not data.isascii() and _UNSTORABLE.search(data) is not None


def _refuse_depth() -> NoReturn:
    message = (
        f"Values are nested more than {MAX_DEPTH} levels deep. Write the data flatter, or as text."
    )
    raise StrictJsonError(JsonProblem(message))


def _refuse_deep(text: str, value: Any) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    _refuse_depth()


def _problems(value: Any) -> Iterator[JsonProblem]:
    """All that strict JSON refuses in a value parsed with marks, in reading order."""
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        path, here = stack.pop()
        if type(here) is _Bad:
            yield JsonProblem(here.message, path=path, value=excerpt(here.value))
        elif isinstance(here, str):
            yield from _text_problem(here, path, "text")
        elif isinstance(here, dict):
            yield from _object_problems(here, path)
            children = [(_below(path, key), child) for key, child in here.items()]
            stack.extend(reversed(children))
        elif isinstance(here, list):
            stack.extend((f"{path}[{n}]", here[n]) for n in range(len(here) - 1, -1, -1))


def _object_problems(value: dict[str, Any], path: str) -> Iterator[JsonProblem]:
    if isinstance(value, _Repeated):
        name = excerpt(value.repeated)
        message = f'The key "{name}" stands twice in one object. Keep one of the two.'
        yield JsonProblem(message, path=_below(path, value.repeated), value=name)
    for key in value:
        yield from _text_problem(key, _below(path, key), "name")


def _text_problem(text: str, path: str, what: str) -> Iterator[JsonProblem]:
    if found := _UNSTORABLE.search(text):
        name = "a NUL character" if found[0] == "\0" else "half of a surrogate pair"
        message = (
            f"This {what} holds {name} (\\u{ord(found[0]):04x}), which cannot be stored. Remove it."
        )
        yield JsonProblem(message, path=path, value=excerpt(text))


def _below(path: str, key: str) -> str:
    name = excerpt(key)
    return f"{path}.{name}" if path else name
