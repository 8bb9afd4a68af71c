"""The rows of the Evals view: those of every list, and where their labels are saved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from datasets.listing import ListedSession, rows_of
from evalplatform.row_urls import row_urls


class ListedEval(ListedSession):
    """A row that can be judged in place."""

    label_url: str
    expected_url: str


def eval_rows(found: Iterable[dict[str, Any]], slug: str) -> list[ListedEval]:
    """Return what the Evals view of a team shows of rows that `listed` read."""
    label_url, expected_url = (
        row_urls(name, slug) for name in ("session-label", "session-expected-output")
    )
    return [
        {**row, "label_url": label_url(row["id"]), "expected_url": expected_url(row["id"])}
        for row in rows_of(found, slug)
    ]
