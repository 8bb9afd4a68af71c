"""Drafts and saves: what a reviewer types is never lost, what is saved is kept for ever.

A draft is kept for whoever was given the item, whatever became of the lease. A save is one
transaction under the lock of the item: the revision, its answers, the slot, the item's counts, and
where routing puts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from reviews.adjudication_notices import tell_waiting
from reviews.answer_rows import write_answers
from reviews.claiming import hold_place
from reviews.models import Adjudication, Queue, QueueItem, Review, ReviewRevision, Slot
from reviews.routing import ReviewState, Route, route, with_sent
from reviews.rubrics.answering import MOST_NOTE, Answer, read_answers
from reviews.rubrics.shape import Kind, Shape
from reviews.webhooks.telling import state_told, tell_saved
from runs.models import CheckResult

VERDICTS = ("pass", "fail")
EXPOSURES = ("auto_verdict", "suggestions", "colleagues", "final")


class StaleDraftError(Conflict):
    """409: another device of the same person has typed meanwhile; `draft` is what it left."""

    def __init__(self, review: Review) -> None:
        self.review = review
        super().__init__("You typed on another device meanwhile. Choose which one stays.")


@dataclass(frozen=True, slots=True)
class Said:
    """What a reviewer says of an item, read: by criterion, by check result, and in words."""

    answers: Mapping[str, Answer]
    checks: Mapping[int, Answer] = field(default_factory=dict)
    feedback: str = ""


# --- drafts --------------------------------------------------------------------------------------


def open_review(item: QueueItem, *, by: Actor, slot: Slot | None = None) -> Review:
    """The reviewer's review of an item that they were given, begun when it is not there yet.

    `slot` is their place on it, when the caller has found it already.
    """
    mine = Review.all_rows.filter(queue_item=item, reviewer=by.user).order_by()
    review: Review | None = mine.first()
    if review is None:
        given = slot or Slot.all_rows.filter(queue_item=item, reviewer=by.user).first()
        if given is None or (given.queue_item_id, given.reviewer_id) != (item.pk, by.user.pk):
            raise QueueItem.DoesNotExist
        new = Review(queue_item=item, reviewer=by.user, queue_id=item.queue_id)
        Review.all_rows.bulk_create([new], ignore_conflicts=True)
        review = mine.get()
    return review


def note_shown(review: Review, *kinds: str) -> None:
    """Record that the reviewer has been shown something, the first time it happens."""
    assert set(kinds) <= set(EXPOSURES)
    new = {kind: timezone.now().isoformat() for kind in kinds if kind not in review.shown}
    if not new:
        return
    with transaction.atomic():
        row = Review.all_rows.select_for_update(no_key=True).get(pk=review.pk)
        row.shown = new | row.shown
        row.save(update_fields=["shown"])
    review.shown = row.shown


def note_shown_on(reviews: Sequence[Review], kind: str, *, by: Actor) -> None:
    """The same for one thing and many reviews of the actor's own: two queries, none when noted."""
    assert kind in EXPOSURES
    new = [review.pk for review in reviews if kind not in review.shown]
    if not new:
        return
    with transaction.atomic():
        mine = Review.all_rows.filter(pk__in=new, reviewer=by.user).order_by("pk")
        rows = list(mine.select_for_update(no_key=True))
        for row in rows:
            row.shown = {kind: timezone.now().isoformat()} | row.shown
        Review.all_rows.bulk_update(rows, ["shown"])


def save_draft(review: Review, draft: dict[str, Any], *, number: int, by: Actor) -> Review:
    """Keep what was typed over the draft `number`; StaleDraftError when that is not the newest.

    Nothing is typed over a saved review whose queue is finalised: it would be unsaved under a seal.
    """
    with transaction.atomic():
        row = _locked_review(review, by)
        if row.saved_at is not None:
            refuse_if_finalized(row.queue_id, "what is typed over a saved review is not kept")
        if row.draft_number != number:
            raise StaleDraftError(row)
        row.draft, row.draft_number, row.draft_at = draft, number + 1, timezone.now()
        row.save(update_fields=["draft", "draft_number", "draft_at"])
    return row


def drop_draft(review: Review, *, by: Actor) -> Review:
    """Forget what was typed since the last save."""
    with transaction.atomic():
        row = _locked_review(review, by)
        row.draft, row.draft_number, row.draft_at = None, row.draft_number + 1, None
        row.save(update_fields=["draft", "draft_number", "draft_at"])
    return row


def _locked_review(review: Review, by: Actor) -> Review:
    rows = Review.all_rows.select_for_update(no_key=True)
    row: Review = rows.get(pk=review.pk, reviewer=by.user)
    return row


# --- reading -------------------------------------------------------------------------------------


def read_said(item: QueueItem, shape: Shape, given: Mapping[str, Any]) -> Said:
    """What is said, whole; ValidationError at each faulty criterion and check (`check-12`)."""
    answers, faults = read_answers(shape, given.get("answers", {}), is_draft=False)
    checks, check_faults = read_checks(item, given.get("checks", {}))
    feedback = given.get("feedback", "")
    if not isinstance(feedback, str) or len(feedback) > MOST_NOTE or "\x00" in feedback:
        faults["feedback"] = f"Feedback is text of at most {MOST_NOTE:,} characters."
    faults |= check_faults
    if faults:
        raise ValidationError({name or "__all__": text for name, text in faults.items()})
    return Said(answers, checks, feedback)


def read_checks(item: QueueItem, given: Any) -> tuple[dict[int, Answer], dict[str, str]]:
    """The answers to the machine's verdicts: pass, fail or flagged for each that has a verdict."""
    if not item.queue.reviews_auto_evals or item.run_item_id is None:
        return {}, ({"checks": "This queue does not review verdicts."} if given else {})
    if not isinstance(given, Mapping):
        return {}, {"checks": "Answers to checks are an object: id of the result -> answer."}
    wanted = CheckResult.all_rows.filter(run_item=item.run_item_id, state="done")
    ids = list(wanted.order_by("position").values_list("pk", flat=True))
    answers, faults = {}, {}
    for pk in ids:
        held = given.get(str(pk), given.get(pk))
        answer = Answer(**held) if _is_check_answer(held) else None
        if answer is None or not answer.is_given:
            faults[f"check-{pk}"] = "Say pass or fail, or flag it."
        else:
            answers[pk] = answer
    unknown = {str(key) for key in given} - {str(pk) for pk in ids}
    return answers, faults | {f"check-{key[:20]}": "There is no such check." for key in unknown}


def _is_check_answer(held: Any) -> bool:
    return (
        isinstance(held, Mapping)
        and held.keys() <= {"value", "flagged", "note"}
        and held.get("value") in (*VERDICTS, None)
        and isinstance(held.get("flagged", False), bool)
        and isinstance(held.get("note", ""), str)
        and len(held.get("note", "")) <= MOST_NOTE
    )


# --- saving --------------------------------------------------------------------------------------


def save(
    item: QueueItem, given: Mapping[str, Any], *, by: Actor, number: int | None = None
) -> Review:
    """Save the review whole. Late saves take a free place, or are kept as extra and not counted.

    `number` is of the draft that the caller has seen: StaleDraftError when there is a newer one.
    Raises QueueItem.DoesNotExist for an item that was not given to them, Conflict for a queue that
    takes no saves, ValidationError for what is missing or wrong; nothing is saved then.
    """
    with transaction.atomic():
        hold_place(item.queue_id, by).order_by().first()
        slot = _locked_slot(item, by)
        row = slot.queue_item
        refuse_if_finalized(row.queue_id, "nothing is saved. Your draft stays")
        if row.queue.status not in (Queue.Status.ACTIVE, Queue.Status.PAUSED):
            raise Conflict(f"This queue is {row.queue.status}: nothing is saved. Your draft stays.")
        version = row.queue.rubric_version.held_still()
        shape = version.read()
        said = read_said(row, shape, given)
        review: Review
        review, _ = Review.all_rows.select_for_update(no_key=True).get_or_create(
            queue_item=row, reviewer=by.user, defaults={"queue": row.queue}
        )
        review.queue_item, review.reviewer = row, by.user
        told, was_full = state_told(row), row.n_counted >= row.queue.reviews_per_item
        if number is not None and number != review.draft_number:
            raise StaleDraftError(review)
        review.is_counted = _submit(slot, row)
        revision = _write(review, said, row, by)
        write_answers(revision, said.answers, said.checks)
        version.freeze()
        _route(row, review, said, shape)
        tell_saved(review, row, told=told, was_full=was_full)
        tell_waiting(row, told=told, by=by)
        record(by, "review.save", review, changes={"revision": [None, revision.number]})
    return review


def refuse_if_finalized(queue_id: Any, so: str) -> None:
    """Hold the queue as it is until the transaction ends; Conflict while a seal is on its review.

    Saves share this lock; finalising waits for them, and they for it. It is taken after that of
    the item or the review, none of which finalising asks for.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_finalized FROM reviews_queue WHERE id = %s FOR SHARE", [queue_id])
        if cursor.fetchone()[0]:
            raise Conflict(f"The review is finalised: {so}. An owner or admin can open it again.")


def _locked_slot(item: QueueItem, by: Actor) -> Slot:
    """The actor's slot and its item, locked in this order as everywhere, with the queue as is."""
    rows = Slot.all_rows.select_for_update(of=("self", "queue_item"), no_key=True).order_by()
    rows = rows.select_related("queue_item__queue__rubric_version")
    slot: Slot | None = rows.filter(queue_item=item, reviewer=by.user).first()
    if slot is None or slot.state == Slot.State.DECLINED:
        raise QueueItem.DoesNotExist
    return slot


def _submit(slot: Slot, item: QueueItem) -> bool:
    """Make the slot a saved one and count it if there is room; whether it is counted."""
    if slot.state == Slot.State.SUBMITTED:
        return slot.is_counted
    had_place = slot.state == Slot.State.LEASED
    slot.is_counted = had_place or item.open_slots > 0
    if not had_place and slot.is_counted:
        item.open_slots -= 1
    slot.state, slot.token, slot.changed_at = Slot.State.SUBMITTED, None, timezone.now()
    slot.save(update_fields=["state", "token", "is_counted", "changed_at"])
    item.n_counted += slot.is_counted
    return slot.is_counted


WRITTEN = ("n_revisions", "saved_at", "draft", "draft_at", "draft_number", "is_counted")


def _write(review: Review, said: Said, item: QueueItem, by: Actor) -> ReviewRevision:
    exposure = exposure_of(review, item)
    review.n_revisions += 1
    review.saved_at = timezone.now()
    review.draft, review.draft_at = None, None
    review.draft_number += 1
    review.save(update_fields=WRITTEN)
    revision: ReviewRevision = ReviewRevision.all_rows.create(
        review=review,
        number=review.n_revisions,
        saved_by=by.user,
        answers={key: answer.as_json() for key, answer in said.answers.items()},
        checks={str(pk): answer.as_json() for pk, answer in said.checks.items()},
        feedback=said.feedback,
        exposure=exposure,
        is_exposed=any(exposure.values()),
        via=by.via,
        request_id=by.request_id,
    )
    return revision


def exposure_of(review: Review, item: QueueItem) -> dict[str, bool]:
    """What the author had been able to see before this save."""
    exposure = {kind: kind in review.shown for kind in EXPOSURES}
    open_to_all = item.revealed_at is not None or not item.queue.is_blind
    others = Review.all_rows.filter(queue_item=item, saved_at__isnull=False)
    if open_to_all and others.exclude(pk=review.pk).exists():
        exposure["colleagues"] = True
    return exposure


def _route(item: QueueItem, mine: Review, said: Said, shape: Shape) -> None:
    """Put the item where the saved, counted reviews send it, and reveal it when all are there."""
    reviews = [_compared(said, shape)] if mine.is_counted else []
    if item.n_counted > len(reviews):
        others = ReviewRevision.all_rows.filter(
            review__queue_item=item, review__is_counted=True, number=F("review__n_revisions")
        )
        others = others.exclude(review=mine.pk).order_by()
        reviews += [_compared(said_in(revision), shape) for revision in others]
    put = route(reviews, n_wanted=item.queue.reviews_per_item)
    put = with_sent(put, item.state, item.reasons)
    item.state, item.is_canon_candidate = _state_after(item, mine, put), put.is_canon_candidate
    item.reasons = list(put.reasons)
    if item.n_counted >= item.queue.reviews_per_item and item.revealed_at is None:
        item.revealed_at = timezone.now()
    item.save(
        update_fields=[
            "open_slots", "n_counted", "state", "is_canon_candidate", "reasons", "revealed_at",
        ]
    )  # fmt: skip


def _state_after(item: QueueItem, mine: Review, put: Route) -> str:
    """Where the save leaves the item: what was settled stays so, unless an edit reopens it."""
    if item.state != ReviewState.REVIEWED:  # nothing that is settled is in another state
        return put.state.value
    settled = Adjudication.all_rows.filter(queue_item=item, is_current=True, reopened_at=None)
    if mine.n_revisions > 1:
        is_reopened = settled.update(reopened_at=timezone.now()) > 0
        return ReviewState.NEEDS_ADJUDICATION.value if is_reopened else put.state.value
    return ReviewState.REVIEWED.value if settled.exists() else put.state.value


def said_in(revision: ReviewRevision) -> Said:
    """What a revision holds."""
    answers = {key: Answer(**held) for key, held in revision.answers.items()}
    checks = {int(pk): Answer(**held) for pk, held in revision.checks.items()}
    return Said(answers, checks, revision.feedback)


def _compared(said: Said, shape: Shape) -> dict[str, Answer]:
    """The answers that reviewers can disagree on: all but free text."""
    asked = shape.by_key
    answers = {
        key: answer
        for key, answer in said.answers.items()
        if key in asked and asked[key].kind != Kind.TEXT
    }
    return answers | {f"check {pk}": answer for pk, answer in said.checks.items()}
