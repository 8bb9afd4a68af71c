"""The Lab session as JSON and CSV (formats.md 3.3, 3.4): a head, and lines that SQL made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from exports.formats.csv_lines import csv_line
from exports.formats.records import ItemTally
from exports.formats.review_records import LabHead
from exports.formats.run_records import RunBlock

FORMAT = "lucia-eval-lab-session/v0.3"
TITLES = (
    "item_index", "case_id", "template_key", "category", "subcategory", "prompt_text",
    "lucia_response", "run_status", "run_error", "status", "priority", "keep_talking", "tone",
    "usefulness", "calming", "naturalness", "trust", "understood_need", "right_next_move",
    "calming_effect", "risk_or_confusion", "senior_review", "reusable_learning",
    "emotional_validation", "cognitive_understanding", "actionability", "tone_appropriateness",
    "authenticity", "review_state", "canon_candidate", "saved_at", "saved_by_email",
)  # fmt: skip
TWINS = tuple(f"suggested_{name}" for name in TITLES[9:28])
_PARTS = {
    "order": ('    "caseOrder": [\n', "    ],\n"),
    "cases": ('    "cases": {\n', "    },\n"),
    "results": ('    "promptResults": {\n', "    }\n"),
}


def write_json(head: LabHead, blocks: Iterable[RunBlock], tally: ItemTally) -> Iterator[bytes]:
    """A page at a time; each line ends with a comma, which the last one of a part loses."""
    yield (
        f'{{\n  "format": "{FORMAT}",\n  "exportedAt": "{head.exported_at}",\n'
        f'  "exportedBy": {_json(head.exported_by)},\n'
        f'  "session": {{\n    "metadata": {_json(head.metadata)},\n'
    ).encode()
    for part, of_part in groupby(blocks, attrgetter("table")):
        begin, end = _PARTS[part]
        yield begin.encode()
        held = b""
        for block in of_part:
            if block.data:
                yield held
                held = block.data
            tally.n_rows += block.n_rows if part == "cases" else 0
        yield held.removesuffix(b",\n") + b"\n" if held else b""
        yield end.encode()
    nulls = {"count": head.n_suspicious, "found": head.suspicious}
    yield f'  }},\n  "suspiciousNulls": {_json(nulls)}\n}}\n'.encode()


def write_csv(
    blocks: Iterable[RunBlock], tally: ItemTally, *, has_twins: bool = False
) -> Iterator[bytes]:
    """One row for each case, in their order."""
    yield csv_line((*TITLES, *TWINS) if has_twins else TITLES).encode()
    for block in blocks:
        yield block.data
        tally.n_rows += block.n_rows


def write_labels(blocks: Iterable[RunBlock], tally: ItemTally) -> Iterator[bytes]:
    """A list of objects, one a line (formats.md 3.5)."""
    yield b"[\n"
    held = b""
    for block in blocks:
        if block.data:
            yield held
            held = block.data
        tally.n_rows += block.n_rows
    yield held.removesuffix(b",\n") + b"\n]\n" if held else b"]\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
