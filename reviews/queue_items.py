"""The items of a queue as its owner reads them: how far each is, never what was said before reveal.

`state` is given only of items that are revealed, or in a queue that is not blind: where routing has
put an item tells what somebody said of it.
"""

from __future__ import annotations

from typing import Any

from evalplatform.row_urls import row_urls
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.keyset import Page, fetch_page
from reviews.models import Queue, QueueItem
from reviews.sample_preview import percent_of

PAGE = 50
PAGE_KEYS = ("position", "id")
PROGRESS = {"none": "Not begun", "some": "In review", "all": "All reviews there"}
COLUMNS = (
    *("id", "position", "stratum", "inclusion_probability", "n_counted", "state", "revealed_at"),
    *("session_id", "session__title", "session__external_id"),
    *("run_item_id", "run_item__public_id", "run_item__title", "run_item__order_index"),
)


def page_of(queue: Queue, progress: str, token: str, actor: Actor) -> Page:
    """The page of items that a token names; ValidationError for one that is not ours."""
    rows = narrowed(QueueItem.objects.visible_to(actor).filter(queue=queue), queue, progress)
    return fetch_page(rows, PAGE_KEYS, token, PAGE, read, ascending=True)


def narrowed(rows: Any, queue: Queue, progress: str) -> Any:
    """The items with none, some or all of their reviews."""
    if progress == "none":
        return rows.filter(n_counted=0)
    if progress == "some":
        return rows.filter(n_counted__gt=0, n_counted__lt=queue.reviews_per_item)
    if progress == "all":
        return rows.filter(n_counted__gte=queue.reviews_per_item)
    return rows


def read(rows: Any) -> Any:
    return rows.values(*COLUMNS)


def rows_of(found: list[dict[str, Any]], queue: Queue, slug: str) -> list[dict[str, Any]]:
    """What the table shows of rows that `read` gave."""
    session_url = row_urls("session", slug)
    run_url = f"{row_urls('run', slug)(queue.run_id)}items/" if queue.run_id else ""
    return [
        {
            "label": label_of(each),
            "url": session_url(each["session_id"])
            if each["session_id"]
            else f"{run_url}{each['run_item_id']}/",
            "stratum": each["stratum"],
            "percent": percent_of(each["inclusion_probability"]),
            "n_counted": each["n_counted"],
            "state": each["state"] if each["revealed_at"] or not queue.is_blind else "",
        }
        for each in found
    ]


def label_of(each: dict[str, Any]) -> str:
    """What people call it: the session's title, or the row's id and title."""
    if each["session_id"]:
        return str(each["session__title"] or each["session__external_id"])
    title = each["run_item__title"]
    return f"{each['run_item__public_id']}{f', {title}' if title else ''}"
