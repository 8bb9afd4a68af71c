"""Turns a file of JSON in any accepted encoding into seekable UTF-8, a chunk at a time."""

import codecs
import tempfile
from typing import BinaryIO, cast

from evalplatform.strict_json import (
    UNMARKED_UTF16,
    JsonProblem,
    StrictJsonError,
    bad_bytes,
    looks_like_unmarked_utf16,
)

CHUNK = 1 << 18
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def as_utf8(stream: BinaryIO) -> BinaryIO:
    """The stream past its byte order mark, or a temporary copy of UTF-16; or StrictJsonError."""
    stream.seek(0)
    start = stream.read(4)
    if start in _UTF32_MARKS:
        raise StrictJsonError(JsonProblem("This is UTF-32. Save the file as UTF-8.", position=0))
    if start.startswith(_UTF16_MARKS):
        return _copied_from_utf16(stream)
    if looks_like_unmarked_utf16(start):
        raise StrictJsonError(JsonProblem(UNMARKED_UTF16, position=0))
    stream.seek(len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0)
    return stream


def _copied_from_utf16(stream: BinaryIO) -> BinaryIO:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-16")()
    copy = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - lives as long as its reader
    offset, held = 0, 0
    while True:
        chunk = stream.read(CHUNK)
        try:
            copy.write(decoder.decode(chunk, final=not chunk).encode())
        except UnicodeDecodeError as error:
            copy.close()
            raise StrictJsonError(bad_bytes(error, error.object, offset - held)) from None
        if not chunk:
            copy.seek(0)
            return copy
        offset += len(chunk)
        held = len(decoder.getstate()[0])
