"""Cuts a JSON list of any size into its elements."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from datasets.formats.encodings import CHUNK

MAX_ELEMENT = 100_000_000


class ListCutter:
    """Cuts a list into the bytes of its elements unparsed, so that one bad one hides no other."""

    _BETWEEN = re.compile(rb'[",\[\]{}]')
    _INSIDE = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
    _OPENINGS = re.compile(rb"[\[{]++")
    _IN_TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)

    def __init__(self, stream: BinaryIO, start: int) -> None:
        self.stream = stream
        self.buffer = bytearray()
        self.offset = start  # of the buffer in the file
        self.begin = 0  # of the element in the buffer
        self.at = 0  # how far the buffer is looked at
        self.depth = 0
        self.is_in_text = False
        self.is_dropped = False
        self.is_closed = False
        stream.seek(start)

    @property
    def end(self) -> int:
        """Where the byte after the closing bracket stands."""
        return self.offset + self.at

    @property
    def is_inside_element(self) -> bool:
        """Whether the file ended while an element was open."""
        return self.is_dropped or bool(self.buffer[self.begin :].strip())

    def pieces(self) -> Iterator[tuple[int, int, bytes | None]]:
        """Number, offset and bytes of each element; None for one that is over the cap."""
        number = 1
        while (mark := self._next_mark()) is not None:
            self.is_closed = mark == b"]"
            piece = None if self.is_dropped else bytes(self.buffer[self.begin : self.at - 1])
            if not (self.is_closed and number == 1 and piece is not None and not piece.strip()):
                yield number, self.offset + self.begin, piece
            if self.is_closed:
                return
            number, self.begin, self.is_dropped = number + 1, self.at, False

    def _next_mark(self) -> bytes | None:
        """Moves past the comma or bracket that ends the element, and gives it; None at the end."""
        while True:
            if self.at >= len(self.buffer) and not self._more():
                return None
            if self.is_in_text:
                self._through_text()
            elif self.depth:
                self._through_value()
            elif mark := self._through_gap():
                return mark

    def _through_gap(self) -> bytes | None:
        found = self._BETWEEN.search(self.buffer, self.at)
        self.at = found.end() if found else len(self.buffer)
        if found and found[0] in b",]":
            return bytes(found[0])
        if found and found[0] == b'"':
            self.is_in_text = True
        elif found and found[0] in b"[{":
            self.depth = 1
        return None

    def _through_value(self) -> None:
        found = self._INSIDE.match(self.buffer, self.at)
        self.at = found.end() if found else self.at
        if self.at == len(self.buffer):
            return
        if openings := self._OPENINGS.match(self.buffer, self.at):
            self.depth += openings.end() - self.at
            self.at = openings.end()
            return
        self.is_in_text = self.buffer[self.at] == 0x22
        self.depth -= not self.is_in_text
        self.at += 1

    def _through_text(self) -> None:
        found = self._IN_TEXT.match(self.buffer, self.at)
        self.at = found.end() if found else self.at
        if self.at < len(self.buffer) and self.buffer[self.at] == 0x22:
            self.at += 1
            self.is_in_text = False
        elif self.at < len(self.buffer) and not self._more():
            self.at = len(self.buffer)

    def _more(self) -> bool:
        """Reads on, letting go of what is no longer needed."""
        if self.at - self.begin > MAX_ELEMENT:
            self.is_dropped = True
        if cut := self.at if self.is_dropped else self.begin:
            del self.buffer[:cut]
            self.offset, self.at, self.begin = self.offset + cut, self.at - cut, 0
        chunk = self.stream.read(CHUNK)
        self.buffer += chunk
        return bool(chunk)
