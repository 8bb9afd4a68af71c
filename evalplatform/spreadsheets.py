"""Cells that a spreadsheet program shows as text and never runs as a formula."""

from __future__ import annotations

import re

# Programs look past spaces and take the full-width forms for the plain ones.
DANGEROUS = re.compile(r"'*(?:[\t\r\x00]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")

# What such a text begins with; most texts begin otherwise and need no closer look.
_MAY_BEGIN = frozenset("'\0=+-@\uff1d\uff0b\uff0d\uff20").union(
    filter(str.isspace, map(chr, range(0x3001)))
)


def safe_cell(text: str) -> str:
    """Put a ' before text that begins like a formula, and before text that looks so protected.

    The second keeps it reversible: taking one ' off gives what was there.
    """
    return f"'{text}" if text[:1] in _MAY_BEGIN and DANGEROUS.match(text) else text
