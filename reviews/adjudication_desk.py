"""The page of one item to be settled: the material, who said what, and the final answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evalplatform.scoping.actor import Actor
from reviews.adjudicable import kinds_of
from reviews.adjudication_versions import Edit, StaleAdjudicationError, Version
from reviews.desk import suggestions_for
from reviews.material import attachments_of, checks_to_review, material_of
from reviews.models import Adjudication, Contest, QueueItem, Review
from reviews.review_fields import check_fields, sections_of
from reviews.review_history import Words
from reviews.rubrics.answering import Answer
from reviews.saving import note_shown
from reviews.settling_form import cause_field, label_fields
from reviews.voices import Together, said_together, voices_of, who_of


def desk_of(item: QueueItem, actor: Actor, *, is_raw: bool = False) -> dict[str, Any]:
    """Everything that the page shows of an item that the actor may settle."""
    queue, shape = item.queue, item.queue.rubric_version.read()
    number = Version.of(item, actor).number  # first: what comes after it is a conflict, not lost
    note_read(item, actor)
    voices = voices_of(item, actor)
    checks = checks_to_review(item)
    last = newest(item, actor)
    told = said_together(voices, Words.of(item))
    held = held_of(last, told)
    sections = sections_of(shape, held, suggestions_for(item, shape))
    reviewed = queue.reviews_auto_evals
    contests = Contest.objects.visible_to(actor).filter(adjudication=last) if last else []
    return {
        **material_of(item, is_raw=is_raw),
        "queue": queue,
        "item": item,
        "is_raw": is_raw,
        "files": attachments_of(item),
        "checks": [] if reviewed else checks,
        "check_fields": [told.beside(each) for each in check_fields(checks, held)]
        if reviewed
        else [],
        "sections": [
            replace(section, fields=[told.beside(each) for each in section.fields])
            for section in sections
        ],
        "feedbacks": [(each.who, each.revision.feedback) for each in voices if each.said.feedback],
        "n_agreed": len(told.agreed),
        "kinds": kinds_of(item.reasons, is_reopened=bool(last and last.reopened_at)),
        "voices": voices,
        "last": last,
        "contests": [(each, who_of(voices, each.reviewer)) for each in contests],
        "cause": cause_field(last),
        "labels": label_fields(last),
        "has_labels": bool(last and last.labels),
        "reason": last.reason if last else "",
        "number": number,
    }


def note_read(item: QueueItem, actor: Actor) -> None:
    """Before reveal: whoever reads it here has been shown it, should they review it after all."""
    if item.revealed_at is None:
        own, _ = Review.all_rows.get_or_create(
            queue_item=item, reviewer=actor.user, defaults={"queue": item.queue}
        )
        note_shown(own, "colleagues")


def newest(item: QueueItem, actor: Actor) -> Adjudication | None:
    """The last adjudication of the item, whether it holds or an edit has reopened it."""
    rows = Adjudication.objects.visible_to(actor).filter(queue_item=item, is_current=True)
    found: Adjudication | None = rows.select_related("adjudicator").first()
    return found


def held_of(last: Adjudication | None, told: Together) -> dict[str, Any]:
    """What the form begins with: what was settled last, else what all said alike."""
    if last:
        return {"answers": last.answers, "checks": last.checks}
    alike = {key: Answer(answer.value).as_json() for key, answer in told.agreed.items()}
    checks = {key[6:]: held for key, held in alike.items() if key.startswith("check-")}
    return {"answers": alike, "checks": checks}


def differences(error: StaleAdjudicationError, item: QueueItem, actor: Actor) -> list[list[str]]:
    """What came between, question by question: [label, before, now]."""
    words, voices = Words.of(item), voices_of(item, actor)
    found = []
    for edit in error.edits:
        found += _edited(edit, who_of(voices, edit.reviewer), words)
    if error.settled:
        settled = error.settled
        who = settled.adjudicator.name or settled.adjudicator.email
        held = {f"check-{pk}": each for pk, each in settled.checks.items()} | settled.answers
        found += [
            [f"{words.label(key)} (final)", "", f"{words.value(key, each.get('value'))} ({who})"]
            for key, each in held.items()
        ]
    return found


def _edited(edit: Edit, who: str, words: Words) -> list[list[str]]:
    before = words.all_of(edit.before) if edit.before else {}
    after = words.all_of(edit.after)
    return [
        [f"{label} ({who})", before.get(label, ""), after.get(label, "")]
        for label in dict.fromkeys([*before, *after])
        if before.get(label, "") != after.get(label, "")
    ]
