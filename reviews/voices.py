"""Who said what of an item, question by question, for those who settle it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from string import ascii_uppercase
from typing import Any

from evalplatform.scoping.actor import Actor
from reviews.adjudicating import majority
from reviews.models import QueueItem, Review, ReviewRevision
from reviews.review_fields import WORDS, Field
from reviews.review_history import Words
from reviews.routing import disputed
from reviews.rubrics.answering import Answer
from reviews.rubrics.shape import Kind
from reviews.saving import Said, said_in

MOST_SHOWN = 2_000  # characters of an answer


@dataclass(frozen=True, slots=True)
class Voice:
    """One saved review as it is said here; `who` is a letter where names are hidden."""

    who: str
    review: Review
    revision: ReviewRevision
    said: Said


@dataclass(frozen=True, slots=True)
class Group:
    """The people who gave one answer to one question, and what they noted beside it."""

    text: str
    tone: str
    people: tuple[str, ...]
    notes: tuple[tuple[str, str], ...]
    is_majority: bool = False
    flagged: bool = False


def voices_of(item: QueueItem, actor: Actor) -> list[Voice]:
    """The saved reviews of an item, each as it is now; by name, or by letter."""
    rows = Review.objects.visible_to(actor).filter(queue_item=item, saved_at__isnull=False)
    reviews = {review.pk: review for review in rows.select_related("reviewer")}
    names = names_of(item, [each.reviewer for each in reviews.values()])
    revisions = ReviewRevision.objects.visible_to(actor).filter(review__in=reviews)
    found = [
        Voice(names[reviews[row.review_id].reviewer_id], reviews[row.review_id], row, said_in(row))
        for row in revisions
        if row.number == reviews[row.review_id].n_revisions
    ]
    return sorted(found, key=lambda voice: voice.who.casefold())


def names_of(item: QueueItem, people: Sequence[Any]) -> dict[Any, str]:
    """How reviewers are called: by name, or by letters drawn anew for each item."""
    if not item.queue.hides_reviewers:
        return {person.pk: person.name or person.email for person in people}

    def drawn(person: Any) -> str:
        return sha256(f"{item.queue.seed} {item.key} {person.pk}".encode()).hexdigest()

    return {person.pk: letter_of(n) for n, person in enumerate(sorted(people, key=drawn))}


def letter_of(n: int) -> str:
    """A, B, ... Z, A2, B2 ..."""
    turn, place = divmod(n, len(ascii_uppercase))
    return f"{ascii_uppercase[place]}{turn + 1 if turn else ''}"


def who_of(voices: Sequence[Voice], person: Any) -> str:
    """What a reviewer of the item is called here."""
    return next((each.who for each in voices if each.review.reviewer_id == person.pk), "A reviewer")


@dataclass(frozen=True, slots=True)
class Together:
    """All that was said of an item, by the name of the field: `key`, or `check-12`."""

    groups: Mapping[str, tuple[Group, ...]]
    most: Mapping[str, Answer]
    agreed: Mapping[str, Answer]

    def beside(self, field: Field) -> Field:
        """The field with what was said of it."""
        most = self.most.get(field.name)
        value = {"value": most.value, "flagged": most.flagged} if most else None
        return replace(
            field,
            said=self.groups.get(field.name, ()),
            majority=json.dumps(value) if value else "",
            is_agreed=field.name in self.agreed,
        )


def said_together(voices: Sequence[Voice], words: Words) -> Together:
    """What was said, question by question; the majority is of the reviews that count."""
    counted = [each for each in voices if each.review.is_counted] or list(voices)
    found = majority([each.revision for each in counted])
    most = named(found)
    answers = [named(each.said) for each in voices]
    apart = set(disputed(answers))
    keys = list(dict.fromkeys(key for each in answers for key in each))
    groups = {key: _groups(key, voices, most.get(key), words) for key in keys}
    agreed = {
        key: answer
        for key, answer in most.items()
        if key not in apart and not answer.flagged and not _is_text(key, words)
    }
    return Together(groups, most, agreed)


def named(said: Said) -> dict[str, Answer]:
    """Answers by the names of the fields."""
    return {f"check-{pk}": answer for pk, answer in said.checks.items()} | dict(said.answers)


def _groups(
    key: str, voices: Sequence[Voice], most: Answer | None, words: Words
) -> tuple[Group, ...]:
    """The answers to one question, those of most people first."""
    groups: dict[Any, list[tuple[str, Answer]]] = {}
    for voice in voices:
        answer = named(voice.said).get(key)
        if answer is not None and (answer.is_given or answer.note):
            groups.setdefault(_same(answer), []).append((voice.who, answer))
    found = []
    for same, told in sorted(groups.items(), key=lambda each: -len(each[1])):
        answer = told[0][1]
        found.append(
            Group(
                _text(key, answer, words),
                _tone(answer),
                tuple(who for who, _ in told),
                tuple((who, each.note) for who, each in told if each.note),
                is_majority=most is not None and same == _same(most),
                flagged=answer.flagged,
            )
        )
    return tuple(found)


def _same(answer: Answer) -> Any:
    value = tuple(answer.value) if isinstance(answer.value, list) else answer.value
    return ("flagged",) if answer.flagged else (type(value).__name__, value)


def _text(key: str, answer: Answer, words: Words) -> str:
    if answer.value is None:
        return "Flag" if answer.flagged else "no answer"
    said = words.value(key, answer.value)
    return WORDS.get(said, said)[:MOST_SHOWN] + (", flagged" if answer.flagged else "")


def _tone(answer: Answer) -> str:
    if answer.flagged:
        return "attention"
    return {"pass": "pass", "fail": "fail"}.get(str(answer.value), "")


def _is_text(key: str, words: Words) -> bool:
    criterion = words.shape.by_key.get(key)
    return criterion is not None and criterion.kind == Kind.TEXT
