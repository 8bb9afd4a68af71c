"""What was settled of an item beside its reviews: decisions, contests, seals and reopenings.

Decisions are told as `Adjudication.visibility` has it, and never to somebody who has a place on the
item and has not said theirs yet. Who is shown a final answer has that noted with their own review.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evalplatform.accounts.models import User
from evalplatform.scoping.actor import Actor
from reviews.models import Adjudication, Contest, QueueItem, Review, Seal, SealedItem
from reviews.review_history import Words, still_to_say
from reviews.saving import note_shown

ADJUDICATED, REOPENED, CONTESTED, ANSWERED = "adjudicated", "reopened", "contested", "answered"
SEALED, UNSEALED = "sealed", "unsealed"
SAYS = {
    ADJUDICATED: "decided",
    REOPENED: "A review was saved after it: the decision does not hold any more",
    CONTESTED: "contested the decision",
    ANSWERED: "answered the contest",
    SEALED: "finalised the review",
    UNSEALED: "opened the review again",
}
LABELS = {
    "guestIntent": "Guest intent",
    "followThroughRequired": "Follow-through required",
    "actionType": "Action",
    "emotionalRead": "Emotional read",
    "ownerStressLevel": "Owner stress",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an item; `number` is that of the decision or the seal."""

    kind: str
    at: datetime
    by: User | None
    number: int
    is_own: bool
    text: str = ""
    cause: str = ""
    answers: tuple[tuple[str, str], ...] = ()

    @property
    def says(self) -> str:
        """What was done, in words."""
        return SAYS[self.kind]


def events_of(item: QueueItem, actor: Actor) -> list[Event]:
    """Everything that the actor may read of it, oldest first."""
    events = [*_decisions(item, actor), *_seals(item, actor)]
    return sorted(events, key=lambda event: event.at)


def final_at(events: Sequence[Event], moment: datetime) -> Event | None:
    """The decision that held at a moment: the newest by then, unless it was reopened by then."""
    told = [each for each in events if each.kind in (ADJUDICATED, REOPENED) and each.at <= moment]
    return told[-1] if told and told[-1].kind == ADJUDICATED else None


def seal_at(events: Sequence[Event], moment: datetime) -> Event | None:
    """The seal that held at a moment."""
    told = [each for each in events if each.kind in (SEALED, UNSEALED) and each.at <= moment]
    return told[-1] if told and told[-1].kind == SEALED else None


def _decisions(item: QueueItem, actor: Actor) -> list[Event]:
    if still_to_say(item, actor):
        return []
    rows = Adjudication.objects.visible_to(actor).filter(queue_item=item)
    made = list(rows.select_related("adjudicator").order_by("number"))
    if not made:
        return []
    own, _ = Review.all_rows.get_or_create(
        queue_item=item, reviewer=actor.user, defaults={"queue": item.queue}
    )
    note_shown(own, "final")
    words = Words.of(item)
    events = [_decision(row, words, actor) for row in made]
    events += [
        Event(REOPENED, row.reopened_at, None, row.number, is_own=False)
        for row in made
        if row.reopened_at
    ]
    return events + _contests(item, actor)


def _decision(row: Adjudication, words: Words, actor: Actor) -> Event:
    labels = [(LABELS.get(key, key), _written(value)) for key, value in row.labels.items()]
    return Event(
        ADJUDICATED,
        row.adjudicated_at,
        row.adjudicator,
        row.number,
        is_own=row.adjudicator_id == actor.user.pk,
        text=row.reason,
        cause=row.get_cause_display(),
        answers=(*words.said(row.answers, row.checks).items(), *labels),
    )


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value).replace("_", " ")


def _contests(item: QueueItem, actor: Actor) -> list[Event]:
    rows = Contest.objects.visible_to(actor).filter(adjudication__queue_item=item)
    me, events = actor.user.pk, []
    for row in rows.select_related("adjudication", "reviewer", "answered_by"):
        number = row.adjudication.number
        is_own = row.reviewer_id == me
        events.append(Event(CONTESTED, row.contested_at, row.reviewer, number, is_own, row.note))
        if row.answered_at:
            is_own = row.answered_by_id == me
            who = row.answered_by
            events.append(Event(ANSWERED, row.answered_at, who, number, is_own, row.answer))
    return events


def _seals(item: QueueItem, actor: Actor) -> list[Event]:
    held = SealedItem.objects.visible_to(actor).filter(queue_item=item)
    rows = Seal.objects.visible_to(actor).filter(pk__in=held.values("seal"))
    me, events = actor.user.pk, []
    for row in rows.select_related("finalized_by", "reopened_by"):
        is_own = row.finalized_by_id == me
        events.append(Event(SEALED, row.finalized_at, row.finalized_by, row.number, is_own))
        if row.reopened_at:
            is_own, why = row.reopened_by_id == me, row.reopen_reason
            who = row.reopened_by
            events.append(Event(UNSEALED, row.reopened_at, who, row.number, is_own, why))
    return events
