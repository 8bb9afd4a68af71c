"""Where in a prompt a fault is: line and column as people count, and the text around it."""

from __future__ import annotations

from typing import NamedTuple

from runs.prompting import TemplateFault

AROUND = 160  # characters shown on either side


class FaultPlace(NamedTuple):
    """A fault at its place; `start` and `end` count as a browser does, in UTF-16 units."""

    message: str
    line: int
    column: int
    start: int
    end: int
    before: str
    marked: str
    after: str

    @property
    def in_words(self) -> str:
        return f"Line {self.line}, column {self.column}: {self.message}"


def place_of(text: str, fault: TemplateFault) -> FaultPlace:
    """Say where the fault is; the text around it begins and ends at lines where they are near."""
    begin = text.rfind("\n", 0, fault.start) + 1
    shown_from = max(begin, fault.start - AROUND)
    line_end = text.find("\n", fault.end)
    shown_to = min(len(text) if line_end < 0 else line_end, fault.end + AROUND)
    return FaultPlace(
        message=fault.message,
        line=text.count("\n", 0, fault.start) + 1,
        column=fault.start - begin + 1,
        start=_units(text[: fault.start]),
        end=_units(text[: fault.end]),
        before=text[shown_from : fault.start],
        marked=text[fault.start : min(fault.end, fault.start + AROUND)],
        after=text[fault.end : shown_to],
    )


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
