"""Reads a file of JSON values one at a time: lines, the elements of a list, or one object."""

import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Any, BinaryIO, NamedTuple

from datasets.formats.encodings import CHUNK, as_utf8
from datasets.formats.list_cutter import MAX_ELEMENT, ListCutter
from datasets.formats.records import RowError, RowWarning, row_error, row_warning
from evalplatform import strict_json
from evalplatform.strict_json import StrictJsonError

SAMPLE = 1 << 20
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{}:]', re.DOTALL)


class Element(NamedTuple):
    """One value of the file: its row as people count, what it is, and where its bytes stand."""

    row: int
    value: Any
    offset: int = 0
    length: int = 0


Reading = Iterator[Element | RowError | RowWarning]
Around = Callable[[dict[str, Any]], Iterable[RowError | RowWarning]]


def _unknown(envelope: dict[str, Any]) -> Iterator[RowWarning]:
    for key in envelope:
        yield row_warning(None, key, f'"{key}" is not a field we know, it is ignored.')


class Words(NamedTuple):
    """What the values of a file are called in messages, and who reads what is around them."""

    one: str = "conversation"
    around: Around = _unknown


class Shape(Enum):
    """How the values stand in the file."""

    EMPTY = "empty"
    LINES = "lines"
    LIST = "list"
    OBJECT = "object"
    ENVELOPE = "envelope"


class Layout(NamedTuple):
    """The shape of a file, where its values begin, and the key of an envelope's list."""

    shape: Shape
    start: int
    key: str = ""


_CONVERSATIONS = Words()
TOO_DEEP = 1000  # no value that is deeper is taken, so its shape says nothing


def elements(
    stream: BinaryIO, envelope_keys: frozenset[str] = frozenset(), words: Words = _CONVERSATIONS
) -> Reading:
    """Every value of the file in order, or its errors; a list under an envelope key counts too."""
    try:
        stream = as_utf8(stream)
    except StrictJsonError as error:
        yield from file_errors(error)
        return
    layout = layout_of(stream, envelope_keys)
    if layout.shape is Shape.EMPTY:
        message = f"The file is empty. Choose a file that holds {words.one}s."
        yield row_error(None, "", message)
    elif layout.shape is Shape.LINES:
        yield from read_lines(stream, words)
    elif layout.shape is Shape.OBJECT:
        yield from _read_object(stream, layout, words)
    else:
        yield from _read_list(stream, layout, words)


def layout_of(stream: BinaryIO, envelope_keys: frozenset[str] = frozenset()) -> Layout:
    """Looks at the first megabyte to tell the shape; leaves the stream at the first value."""
    origin = _skip_blank(stream)
    sample = stream.read(SAMPLE)
    stream.seek(origin)
    if not sample:
        return Layout(Shape.EMPTY, origin)
    if sample.startswith(b"["):
        return Layout(Shape.LIST, origin + 1)
    if not sample.startswith(b"{"):
        return Layout(Shape.LINES, origin)
    if found := _envelope(sample, envelope_keys):
        return Layout(Shape.ENVELOPE, origin + found[1], found[0])
    return Layout(Shape.OBJECT if _spans_lines(sample) else Shape.LINES, origin)


def _skip_blank(stream: BinaryIO) -> int:
    """Moves to the first byte that is no white space, and says where it stands."""
    while True:
        start = stream.tell()
        chunk = stream.read(CHUNK)
        rest = chunk.lstrip(b" \t\r\n")
        if rest or not chunk:
            stream.seek(start + len(chunk) - len(rest))
            return stream.tell()


def _envelope(sample: bytes, keys: frozenset[str]) -> tuple[str, int] | None:
    """The first of the keys in the outermost object that has a list of objects, or [], under it."""
    depth, name = 0, b""
    for token in _TOKEN.finditer(sample):
        found = token[0]
        if found in b"{[":
            depth += 1
            if depth > TOO_DEEP:
                return None
        elif found in b"}]":
            depth -= 1
            if depth == 0:
                return None
        elif found == b":" and depth == 1:
            key = name[1:-1].decode("utf-8", "replace")
            opening = re.compile(rb"\s*+\[(?=\s*+[\]{]|\s*+\Z)").match(sample, token.end())
            if key in keys and opening:
                return key, opening.end()
        name = found
    return None


def _spans_lines(sample: bytes) -> bool:
    """Whether the first object goes on after its first line, and is not just a broken line before
    good ones.
    """
    first, *rest = re.split(rb"[\r\n]+", sample, maxsplit=2)
    if not rest or _is_whole(first):
        return False
    return not _is_whole(rest[0]) or (len(sample) < SAMPLE and _is_whole(sample))


def _is_whole(data: bytes) -> bool:
    """Whether the bytes are one object, brackets balanced, with nothing after it."""
    data = data.strip()
    if not (data.startswith(b"{") and data.endswith(b"}")):
        return False
    depth = 0
    for token in _TOKEN.finditer(data):
        depth += (token[0] in b"{[") - (token[0] in b"}]")
        if depth == 0:
            return token.end() == len(data)
        if depth > TOO_DEEP:
            return False
    return False


# One value a line


def read_lines(stream: BinaryIO, words: Words = _CONVERSATIONS) -> Reading:
    """JSON Lines: rows are line numbers, blank lines counted and passed over."""
    offset = stream.tell()
    stream.seek(0)
    number = 1 + _n_line_ends(stream, offset)
    for line_number, start, line in _lines(stream, number):
        if line is None:
            yield _too_large(line_number, "line", words)
        elif line.strip():
            yield from _parsed(line_number, line, start)


def _n_line_ends(stream: BinaryIO, until: int) -> int:
    """Line ends before the first value, where only blank lines stand; leaves the stream there."""
    count, before_was_cr = 0, False
    while stream.tell() < until:
        chunk = stream.read(min(CHUNK, until - stream.tell()))
        count += chunk.count(b"\n") + chunk.count(b"\r") - chunk.count(b"\r\n")
        count -= before_was_cr and chunk.startswith(b"\n")
        before_was_cr = chunk.endswith(b"\r")
    return count


def _lines(stream: BinaryIO, number: int) -> Iterator[tuple[int, int, bytes | None]]:
    """Number, offset and bytes of each line ended by LF, CR or both; None when over the cap."""
    offset, held, size, carried = stream.tell(), list[bytes](), 0, b""
    while chunk := stream.read(CHUNK):
        chunk = carried + chunk
        carried = b"\r" if chunk.endswith(b"\r") else b""
        for piece in chunk[: len(chunk) - len(carried)].splitlines(keepends=True):
            size += len(piece)
            if size <= MAX_ELEMENT:
                held.append(piece)
            if piece.endswith((b"\n", b"\r")):
                yield number, offset, b"".join(held) if size <= MAX_ELEMENT else None
                number, offset, held, size = number + 1, offset + size, [], 0
    if size:
        yield number, offset, b"".join(held) if size <= MAX_ELEMENT else None


def _parsed(row: int, data: bytes, offset: int) -> Iterator[Element | RowError]:
    try:
        yield Element(row, strict_json.loads(data), offset, len(data))
    except StrictJsonError as error:
        yield from _row_errors(row, error, data, offset)


def _row_errors(
    row: int | None, error: StrictJsonError, data: bytes, offset: int
) -> Iterator[RowError]:
    """The problems of one value; a position of bad bytes is given in the file, not in the value."""
    if isinstance(error.__cause__, UnicodeDecodeError):
        problem = strict_json.bad_bytes(error.__cause__, data, offset)
        yield row_error(row, "", problem.message)
        return
    for problem in error.problems:
        yield row_error(row, problem.path, problem.message, problem.value)


def file_errors(error: StrictJsonError) -> Iterator[RowError]:
    """The problems of a file that cannot be read at all."""
    for problem in error.problems:
        yield row_error(None, problem.path, problem.message, problem.value)


def _too_large(row: int | None, what: str, words: Words) -> RowError:
    size = MAX_ELEMENT // 1_000_000
    return row_error(row, "", f"This {what} is larger than {size} MB. Split the {words.one}.")


# One object, or one list


def _read_object(stream: BinaryIO, layout: Layout, words: Words) -> Reading:
    data = stream.read(MAX_ELEMENT + 1)
    if len(data) > MAX_ELEMENT:
        yield _too_large(1, "object", words)
    else:
        yield from _parsed(1, data, layout.start)


def _read_list(stream: BinaryIO, layout: Layout, words: Words) -> Reading:
    cutter = ListCutter(stream, layout.start)
    n_elements = 0
    for row, offset, data in cutter.pieces():
        n_elements = row
        if data is None:
            yield _too_large(row, "element", words)
        else:
            yield from _parsed(row, data, offset)
    if not cutter.is_closed:
        message = "The file ends inside its list. Write the missing rest and the closing ]."
        yield row_error(n_elements + 1 if cutter.is_inside_element else None, "", message)
        return
    if layout.key:
        yield from _around_list(stream, layout, cutter.end, words)
    else:
        yield from _after_list(stream, cutter.end)
    if not n_elements:
        message = f"The list is empty: there is no {words.one} to read."
        yield row_warning(None, layout.key, message)


def _after_list(stream: BinaryIO, end: int) -> Iterator[RowError]:
    stream.seek(end)
    offset = _skip_blank(stream)
    if rest := stream.read(40):
        message = f"Something stands after the closing ], at position {offset}. Remove it."
        yield row_error(None, "", message, rest.decode("utf-8", "replace"))


def _around_list(
    stream: BinaryIO, layout: Layout, end: int, words: Words
) -> Iterator[RowError | RowWarning]:
    """What stands around the list of an envelope must be good JSON too."""
    stream.seek(0)
    head = as_utf8(stream).read(layout.start - stream.tell())
    stream.seek(end)
    tail = stream.read(MAX_ELEMENT + 1)
    if len(tail) > MAX_ELEMENT:
        yield _too_large(None, "envelope", words)
        return
    data = head + b"]" + tail
    try:
        envelope = strict_json.loads(data)
    except StrictJsonError as error:
        yield from _row_errors(None, error, data, 0)
        return
    del envelope[layout.key]
    yield from words.around(envelope)
