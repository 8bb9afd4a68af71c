"""Lines of CSV as RFC 4180 has them, ended by LF, with quotes only where they are needed."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NEEDS_QUOTES = re.compile(r'[",\r\n]')


def csv_line(cells: Sequence[str]) -> str:
    """One record. Python's writer leaves a lone CR bare, which ends a line for every reader."""
    return ",".join([_cell(cell) if cell else "" for cell in cells]) + "\n"


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text
