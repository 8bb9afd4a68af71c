"""What the parts of a bundle are made of: how its check counts, and says where one differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

BINARY = frozenset({".parquet", ".zip"})


@dataclass(frozen=True)
class Layout:
    """Units that each end with `end`; `before_rows` of them stand before those that are rows.

    None when its units are not its rows.
    """

    name: str = "line"
    end: str = "\n"
    before_rows: int | None = None
    is_csv: bool = False

    def told(self, *, count: int, marks: str) -> dict[str, Any]:
        """Return what the manifest says of it."""
        found: dict[str, Any] = {"name": self.name, "end": self.end, "count": count, "marks": marks}
        if self.before_rows is not None:
            found["beforeRows"] = self.before_rows
        return found


LINES = Layout()
ROWS = Layout(before_rows=0)
CSV = Layout(is_csv=True)
# Lists laid out by indenting: their lines would be many, and an object is what people look for.
LISTS = {
    "deepeval": Layout("test case", "\n  {\n", before_rows=1),
    "run-json": Layout("test result", "\n    {\n", before_rows=1),
}


def layout_of(slug: str, suffix: str) -> Layout | None:
    """Return the layout of a part of that format; None for what has no lines."""
    if suffix in BINARY:
        return None
    by_suffix = {".jsonl": ROWS, ".csv": CSV}
    return LISTS.get(slug) or by_suffix.get(suffix, LINES)


def layout_of_member(name: str) -> Layout | None:
    """Return the layout of a part that its format has put into an archive of its own.

    Documents lie in a folder and are not looked into.
    """
    if "/" in name:
        return None
    return CSV if name.endswith(".csv") else LINES if name.endswith((".json", ".jsonl")) else None
