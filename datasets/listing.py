"""Sessions as lists show them: read narrowly, one plain row each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from datasets.filters import STATUS_LABELS
from datasets.models.session import title_of
from evalplatform.row_urls import row_urls

COLUMNS = (
    "id",
    "started_at",
    "title",
    "opening",
    "model",
    "n_messages",
    "tags",
    "source__name",
    "label__status",
    "label__is_eval_ready",
    "label__tags",
)


class ListedSession(TypedDict):
    """What a row says; words that are on both session and label are among the label's only."""

    id: UUID
    url: str
    title: str
    source: str
    model: str
    n_messages: int
    status: str
    status_label: str
    is_eval_ready: bool
    label_tags: list[str]
    own_tags: list[str]
    started_at: datetime


def listed(rows: Any) -> Any:
    """Return the rows with the columns that lists show, and no other: some are large."""
    return rows.with_opening().values(*COLUMNS)


def rows_of(found: Iterable[dict[str, Any]], slug: str) -> list[ListedSession]:
    """Return what the lists of a team show of rows that `listed` read."""
    url = row_urls("session", slug)
    return [_row(values, url(values["id"])) for values in found]


def _row(values: dict[str, Any], url: str) -> ListedSession:
    label_tags = values["label__tags"] or []
    status = values["label__status"] or ""
    return {
        "id": values["id"],
        "url": url,
        "title": title_of(values["title"], values["opening"]),
        "source": values["source__name"],
        "model": values["model"],
        "n_messages": values["n_messages"],
        "status": status,
        "status_label": STATUS_LABELS[status or "unset"],
        "is_eval_ready": bool(values["label__is_eval_ready"]),
        "label_tags": label_tags,
        "own_tags": [tag for tag in values["tags"] if tag not in label_tags],
        "started_at": values["started_at"],
    }
