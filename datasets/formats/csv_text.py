"""Finds the encoding of a CSV file and gives its lines, a chunk at a time, whatever ends them."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from datasets.formats.encodings import CHUNK
from evalplatform.strict_json import bad_bytes, looks_like_unmarked_utf16

_ARCHIVE = b"PK\x03\x04"
_NO_CP1252 = re.compile(b"[\x81\x8d\x8f\x90\x9d]")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
SAVE_AS = 'Save the file as "CSV UTF-8".'


class Encoding(NamedTuple):
    """How the bytes are text, and where the text begins."""

    name: str
    start: int = 0
    is_fallback: bool = False


class NoTextError(ValueError):
    """The bytes are no text we can read; the message says where, then what to do."""


def encoding_of(stream: BinaryIO) -> Encoding:
    """A byte order mark decides, else strict UTF-8, else Windows-1252; or NoTextError.

    The whole file is looked at, so that reading it afterwards meets no bad byte.
    """
    stream.seek(0)
    start = stream.read(4)
    if start in _UTF32_MARKS:
        raise NoTextError(f"This is UTF-32. {SAVE_AS}")
    if start == _ARCHIVE:
        raise NoTextError(f"This is a ZIP archive or a workbook, not a CSV file. {SAVE_AS}")
    if start.startswith(_WIDE_MARKS):
        return _checked(stream, Encoding("utf-16"))
    if start.startswith(codecs.BOM_UTF8):
        return _checked(stream, Encoding("utf-8", len(codecs.BOM_UTF8)))
    if looks_like_unmarked_utf16(start):
        message = "This looks like UTF-16 without a byte order mark."
        raise NoTextError(f"{message} {SAVE_AS}")
    try:
        return _checked(stream, Encoding("utf-8"))
    except NoTextError:
        return _windows_1252(stream)


def _checked(stream: BinaryIO, encoding: Encoding) -> Encoding:
    for _ in chunks(stream, encoding):
        pass
    return encoding


def _windows_1252(stream: BinaryIO) -> Encoding:
    offset = 0
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        if bad := _NO_CP1252.search(chunk):
            place = f"byte 0x{bad[0][0]:02X} at position {offset + bad.start()}"
            raise NoTextError(f"The file is not UTF-8, and {place} is no Windows-1252. {SAVE_AS}")
        offset += len(chunk)
    return Encoding("cp1252", is_fallback=True)


def chunks(stream: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """The text in pieces; NoTextError where bytes are no text."""
    stream.seek(encoding.start)
    decoder = codecs.getincrementaldecoder(encoding.name)()
    offset, held = encoding.start, 0
    while True:
        data = stream.read(CHUNK)
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise NoTextError(bad_bytes(error, error.object, offset - held).message) from None
        if text:
            yield text
        if not data:
            return
        offset += len(data)
        held = len(decoder.getstate()[0])


def lines(pieces: Iterable[str]) -> Iterator[str]:
    """The text cut behind each LF, CR or CRLF, and at the end of each piece.

    A part without a line end goes on in the next one, so that whoever takes them can stop before a
    line fills the memory.
    """
    carried = ""
    for piece in pieces:
        text = carried + piece
        carried = "\r" if text.endswith("\r") else ""  # an LF may come next
        yield from io.StringIO(text[:-1] if carried else text, newline="")
    if carried:
        yield carried
