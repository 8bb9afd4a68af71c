"""The items of a queue that reviewers agree on and that are worth an adjudicator's second look.

They are reviewed: nothing waits, and no gate asks for them. Who may settle an item is told of its
signs, and nobody else: they are seen in what reviewers said and in what the product suggests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Left, NullIf

from datasets.models import Message
from evalplatform.scoping.actor import Actor
from reviews.adjudicable import adjudicable
from reviews.models import Adjudication, Queue, QueueItem
from reviews.queue_items import LABELS, label_of
from reviews.routing import ReviewState
from reviews.second_look_signs import SIGNS, Content, Sign, signs_in

MOST_LOOKED = 1_000  # items whose texts are read for one page: under 0.2 s of processor time
MOST_TOLD = 100  # items of one page
MOST_POSITION = 2**63 - 1
MOST_READ = 20_000  # characters of each text
FILED = (
    *("run_item__category", "run_item__subcategory"),
    *("run_item__run__category", "run_item__run__subcategory"),
)
COLUMNS = (
    *("pk", "key", "position", "n_counted", "is_canon_candidate", "run_item__status"),
    *("prompt", "response", *LABELS, *FILED),
)


@dataclass(frozen=True, slots=True)
class Look:
    """An item that is worth a second look, and why."""

    key: Any
    label: str
    signs: tuple[Sign, ...]
    n_reviews: int
    position: int


@dataclass(frozen=True, slots=True)
class Looks:
    """One page: the items, how many of those looked at have each sign ("" for any), and the rest.

    `after` is the position to go on from; None when there is nothing behind it.
    """

    items: Sequence[Look]
    counts: Mapping[str, int]
    n_looked: int
    after: int | None


def position_of(asked: str) -> int | None:
    """The position that an address asks for; None where it is none."""
    is_number = asked.isascii() and asked.isdigit() and len(asked) <= len(str(MOST_POSITION))
    return int(asked) if is_number and int(asked) <= MOST_POSITION else None


def worth_a_look(queue: Queue, *, by: Actor, sign: str = "", after: int | None = None) -> Looks:
    """What is worth a second look behind a position, in the queue's order: one statement.

    So many items are looked at for one page, however few of them have a sign.
    """
    rows = _texts(_agreed(queue, by), queue)
    if after is not None:
        rows = rows.filter(position__gt=after)
    read = list(rows.order_by("position").values(*COLUMNS)[: MOST_LOOKED + 1])
    looked = read[:MOST_LOOKED]
    found = [each for each in map(_look, looked) if each.signs]
    counts = Counter(sign.name for each in found for sign in each.signs)
    wanted = [each for each in found if not sign or any(sign == its.name for its in each.signs)]
    told = wanted[:MOST_TOLD]
    behind = None
    if len(wanted) > MOST_TOLD:
        behind = told[-1].position
    elif len(read) > MOST_LOOKED:
        behind = looked[-1]["position"]
    n_of = {"": len(found)} | {name: counts[name] for name in SIGNS}
    return Looks(told, n_of, len(looked), behind)


def signs_of(item: QueueItem, *, by: Actor) -> tuple[Sign, ...]:
    """The signs of one item; none when it waits already, is settled, or is not the actor's."""
    rows = _texts(_agreed(item.queue, by).filter(pk=item.pk), item.queue)
    row = rows.order_by().values(*COLUMNS).first()
    return _look(row).signs if row else ()


def _agreed(queue: Queue, by: Actor) -> Any:
    """The items that settled themselves, as far as the actor may settle them."""
    held = Adjudication.objects.visible_to(by).filter(
        queue_item=OuterRef("pk"), is_current=True, reopened_at=None
    )
    rows = adjudicable(queue, by=by).filter(state=ReviewState.REVIEWED.value)
    return rows.exclude(Exists(held))


def _texts(rows: Any, queue: Queue) -> Any:
    """With what was asked and answered: of a session its first question and its last answer."""
    if queue.target == Queue.Target.RUN_ITEM:
        asked = NullIf("run_item__prompt_text", Value(""))
        prompt = Coalesce(asked, "run_item__item__input", Value(""))
        response = Coalesce("run_item__response", Value(""))
    else:
        said = Message.all_rows.filter(session=OuterRef("session"))
        first = said.filter(role="user").order_by("position").values("content")[:1]
        last = said.filter(role="assistant").order_by("-position").values("content")[:1]
        prompt, response = (Coalesce(Subquery(each), Value("")) for each in (first, last))
    return rows.annotate(prompt=Left(prompt, MOST_READ), response=Left(response, MOST_READ))


def _look(row: Mapping[str, Any]) -> Look:
    of_row, of_run = ([row[name] or "" for name in names] for names in (FILED[:2], FILED[2:]))
    content = Content(
        is_canon=row["is_canon_candidate"],
        prompt=row["prompt"],
        response=row["response"],
        categories=tuple(own or run for own, run in zip(of_row, of_run, strict=True)),
        has_failed=row["run_item__status"] == "error",
    )
    return Look(row["key"], label_of(row), signs_in(content), row["n_counted"], row["position"])
