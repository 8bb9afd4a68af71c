"""The revisions of an item's reviews as a timeline, and what was said of it at any moment.

One's own revisions always; a colleague's as `Review.visibility` has it, and never to somebody who
has a place on the item and has not said theirs yet. Who is shown a colleague's words has that noted
with their own review, so that what they say afterwards is known to be exposed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from evalplatform.accounts.models import User
from evalplatform.scoping.actor import Actor
from reviews.material import checks_of_all, checks_to_review
from reviews.models import Queue, QueueItem, Review, ReviewAnswer, ReviewRevision, Slot
from reviews.rubrics.shape import Shape
from reviews.saving import EXPOSURES, note_shown

MOST = 200  # revisions on a page
LATEST = 8  # saves that a queue's page tells of
SHOWN = 300  # characters of a value
EXPOSED_TO = {
    "auto_verdict": "the machine’s verdicts",
    "suggestions": "suggestions",
    "colleagues": "what colleagues said",
    "final": "the final answer",
}
VIA = {
    "page": "on the page",
    "key": "through the API",
    "job": "by a job",
    "command": "by a command",
}
FEEDBACK = "Anything else"


@dataclass(frozen=True, slots=True)
class Change:
    """One answer of a save that is not what it was before; `is_first` = first and unexposed."""

    label: str
    before: str
    after: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One save: `number` counts along the whole timeline, `revision` along its author's review."""

    number: int
    reviewer: User
    revision: ReviewRevision
    is_counted: bool
    changes: list[Change]
    answers: list[tuple[str, str]]
    n_first: int
    is_own: bool

    @property
    def at(self) -> datetime:
        return self.revision.saved_at

    @property
    def shown(self) -> list[str]:
        """What its author had been shown before."""
        held = self.revision.exposure
        return [EXPOSED_TO[kind] for kind in EXPOSURES if held.get(kind)]

    @property
    def via(self) -> str:
        return VIA.get(self.revision.via, self.revision.via)


def timeline_of(item: QueueItem, actor: Actor) -> list[Step]:
    """The saves that the actor may read, oldest first; the newest 200."""
    reviews = {review.pk: review for review in reviews_to_read(item, actor)}
    _note_colleagues(item, list(reviews.values()), actor)
    rows = ReviewRevision.objects.visible_to(actor).filter(review__in=reviews)
    newest = rows.select_related("saved_by").order_by("-saved_at", "-pk")[: MOST + 1]
    revisions = list(reversed(newest))
    firsts = _first_ones(list(reviews), actor)
    words = Words.of(item)
    steps: list[Step] = []
    before: dict[Any, dict[str, str]] = {}
    for number, revision in enumerate(revisions, start=1):
        review = reviews[revision.review_id]
        said = words.all_of(revision)
        marked = firsts.get(revision.pk, set())
        changes = _changes(before.get(review.pk, {}), said, {words.label(key) for key in marked})
        before[review.pk] = said
        steps.append(
            Step(
                number,
                review.reviewer,
                revision,
                review.is_counted,
                changes,
                list(said.items()),
                len(marked),
                review.reviewer_id == actor.user.pk,
            )
        )
    return steps[-MOST:]


def reviews_to_read(item: QueueItem, actor: Actor) -> list[Review]:
    """The saved reviews of an item whose revisions the actor may read, their own among them."""
    rows = Review.objects.visible_to(actor).filter(queue_item=item, saved_at__isnull=False)
    found = list(rows.select_related("reviewer"))
    mine = [review for review in found if review.reviewer_id == actor.user.pk]
    return mine if not mine and _has_place(item, actor) else found


def still_to_say(item: QueueItem, actor: Actor) -> bool:
    """Whether the actor has a place on the item and has not saved anything of it yet."""
    saved = Review.objects.visible_to(actor).filter(
        queue_item=item, reviewer=actor.user, saved_at__isnull=False
    )
    return _has_place(item, actor) and not saved.exists()


def state_at(steps: Sequence[Step], moment: datetime) -> list[Step]:
    """The newest save of each reviewer at that moment: what was said of the item by then."""
    newest: dict[Any, Step] = {}
    for step in steps:
        if step.at <= moment:
            newest[step.reviewer.pk] = step
    return list(newest.values())


def _has_place(item: QueueItem, actor: Actor) -> bool:
    """Whether the actor still is to say something of the item."""
    places = Slot.objects.visible_to(actor).filter(queue_item=item, reviewer=actor.user)
    return bool(places.exclude(state__in=(Slot.State.SUBMITTED, Slot.State.DECLINED)).exists())


def _note_colleagues(item: QueueItem, reviews: Sequence[Review], actor: Actor) -> None:
    if any(review.reviewer_id != actor.user.pk for review in reviews):
        own, _ = Review.all_rows.get_or_create(
            queue_item=item, reviewer=actor.user, defaults={"queue": item.queue}
        )
        note_shown(own, "colleagues")


def _first_ones(reviews: Sequence[Any], actor: Actor) -> dict[int, set[str]]:
    """By revision, the answers (`key`, `check-12`) that were first and unexposed."""
    rows = ReviewAnswer.objects.visible_to(actor).filter(
        review__in=reviews, is_first_unexposed=True
    )
    found: dict[int, set[str]] = {}
    for revision, criterion, check in rows.values_list("revision", "criterion", "check_result"):
        found.setdefault(revision, set()).add(criterion or f"check-{check}")
    return found


def _changes(before: Mapping[str, str], said: Mapping[str, str], firsts: set[str]) -> list[Change]:
    names = [*said, *(name for name in before if name not in said)]
    return [
        Change(name, before.get(name, ""), said.get(name, ""), name in firsts)
        for name in names
        if before.get(name, "") != said.get(name, "")
    ]


def latest_saves(queue: Queue, actor: Actor) -> list[Review]:
    """The newest reviews of a queue whose timeline the actor may read without seeing too early.

    Their own, and others' on items that are open to all.
    """
    rows = Review.objects.visible_to(actor).filter(queue=queue, saved_at__isnull=False)
    if queue.is_blind:
        rows = rows.filter(Q(reviewer=actor.user) | Q(queue_item__revealed_at__isnull=False))
    joined = rows.select_related("reviewer", "queue_item__session", "queue_item__run_item")
    return list(joined.order_by("-saved_at")[:LATEST])


# --- words ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """How the answers of an item are read: the labels of criteria and checks, and of values."""

    shape: Shape
    checks: Mapping[str, str]

    @classmethod
    def of(cls, item: QueueItem) -> Words:
        return cls.named(item.queue.rubric_version.read(), checks_to_review(item))

    @classmethod
    def of_all(cls, items: Sequence[QueueItem], shape: Shape) -> dict[int, Words]:
        """Of many items of one rubric, by their ids."""
        checks = checks_of_all(items)
        return {item.pk: cls.named(shape, checks.get(item.run_item_id, [])) for item in items}

    @classmethod
    def named(cls, shape: Shape, checks: Sequence[Mapping[str, Any]]) -> Words:
        """With checks as `checks_to_review` gives them; two of a name are told apart."""
        names = {f"check-{each['result'].pk}": each["name"] for each in checks}
        seen: dict[str, str] = {}
        for key, name in names.items():
            seen[key] = name if name not in seen.values() else f"{name} ({key[6:]})"
        return cls(shape, seen)

    def label(self, key: str) -> str:
        if key.startswith("check-"):
            return self.checks.get(key, key.replace("check-", "Check "))
        criterion = self.shape.by_key.get(key)
        return criterion.label if criterion else key

    def all_of(self, revision: ReviewRevision) -> dict[str, str]:
        """Everything that a revision says, by label, in the order of the form."""
        said = self.said(revision.answers, revision.checks)
        return said | ({FEEDBACK: _cut(revision.feedback)} if revision.feedback else {})

    def said(self, answers: Mapping[str, Any], checks: Mapping[str, Any]) -> dict[str, str]:
        """Answers as they are held, by label, in the order of the form."""
        held = {**{f"check-{pk}": said for pk, said in checks.items()}, **answers}
        return {self.label(key): self._value(key, held[key]) for key in self._ordered(held)}

    def said_in(self, said: Any) -> dict[str, str]:
        """The answers of a revision or an adjudication in words, by key and `check-12`."""
        held = {f"check-{pk}": each for pk, each in said.checks.items()} | said.answers
        return {key: self._value(key, each) for key, each in held.items()}

    def _ordered(self, held: Mapping[str, Any]) -> list[str]:
        order = [*self.checks, *self.shape.by_key]
        return sorted(held, key=lambda key: order.index(key) if key in order else len(order))

    def value(self, key: str, value: Any) -> str:
        """A value in words; "" for none."""
        criterion = self.shape.by_key.get(key)
        titles = {each.value: each.title for each in criterion.options} if criterion else {}
        values = value if isinstance(value, list) else [value]
        return ", ".join(_written(each, titles) for each in values if each is not None)

    def _value(self, key: str, said: Mapping[str, Any]) -> str:
        shown = self.value(key, said.get("value"))
        parts = [shown, "flagged" if said.get("flagged") else "", _quoted(said.get("note", ""))]
        return _cut(" · ".join(part for part in parts if part))


def _written(value: Any, titles: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return titles.get(str(value), str(value))


def _quoted(note: str) -> str:
    return f"“{note}”" if note else ""


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
