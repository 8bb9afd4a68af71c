"""The items of a queue as its owner reads them: how far each is, never what was said before reveal.

`state` is given only of items that are revealed, or in a queue that is not blind: where routing has
put an item tells what somebody said of it. Who reviews in the queue themselves is told that, and
the stratum, which may tell the machine's verdict, only of revealed items that they have done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalplatform.row_urls import row_urls
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.keyset import Page, fetch_page
from reviews.models import Queue, QueueItem, Slot
from reviews.sample_preview import percent_of

PAGE = 50
PAGE_KEYS = ("position", "id")
PROGRESS = {"none": "Not begun", "some": "In review", "all": "All reviews there"}
LABELS = ("session__title", "session__external_id", "run_item__public_id", "run_item__title")
COLUMNS = (
    *("id", "position", "stratum", "inclusion_probability", "n_counted", "state", "revealed_at"),
    *("session_id", "run_item_id", "run_item__order_index", *LABELS),
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


def rows_of(found: list[dict[str, Any]], queue: Queue, actor: Actor) -> list[dict[str, Any]]:
    """What the table shows of rows that `read` gave."""
    slug = actor.team.slug
    mine = Slot.objects.visible_to(actor).filter(queue=queue, reviewer=actor.user).order_by()
    own = dict(
        mine.filter(queue_item__in=[each["id"] for each in found]).values_list(
            "queue_item", "state"
        )
    )
    reviews = bool(own) or mine.exists()
    session_url = row_urls("session", slug)
    run_url = f"{row_urls('run', slug)(queue.run_id)}items/" if queue.run_id else ""

    def is_told(each: dict[str, Any]) -> bool:
        if not reviews:
            return True
        is_done = own.get(each["id"]) == Slot.State.SUBMITTED
        return is_done and each["revealed_at"] is not None

    return [
        {
            "label": label_of(each),
            "url": session_url(each["session_id"])
            if each["session_id"]
            else f"{run_url}{each['run_item_id']}/",
            "is_told": is_told(each),
            "stratum": each["stratum"] if is_told(each) else "",
            "percent": percent_of(each["inclusion_probability"]) if is_told(each) else "",
            "n_counted": each["n_counted"],
            "state": _state(each, queue) if is_told(each) else "",
        }
        for each in found
    ]


def _state(each: dict[str, Any], queue: Queue) -> str:
    return each["state"] if each["revealed_at"] or not queue.is_blind else ""


def label_of(each: Mapping[str, Any]) -> str:
    """What people call an item, by LABELS: the session's title, or the row's id and title."""
    if each["run_item__public_id"] is None:
        return str(each["session__title"] or each["session__external_id"])
    title = each["run_item__title"]
    return f"{each['run_item__public_id']}{f', {title}' if title else ''}"
