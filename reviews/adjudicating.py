"""Settling what reviewers disagree on: the final answers, beside the reviews and never over them.

An adjudication is one transaction under the lock of the item, over the reviews and the adjudication
that its author has seen: what came between is a conflict. A review that is saved again after it
reopens it: the item waits for an adjudicator once more, and what was said before stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Func, IntegerField, Max
from django.utils import timezone

from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import get_visible
from reviews import adjudicable
from reviews.adjudication_notices import tell_answered, tell_contested, tell_waiting
from reviews.adjudication_versions import StaleAdjudicationError, Version
from reviews.final_labels import read_labels
from reviews.models import Adjudication, Contest, Queue, QueueItem, Review, ReviewRevision, Slot
from reviews.routing import ReviewState, sent_for
from reviews.rubrics.answering import Answer
from reviews.saving import Said, read_said, refuse_if_finalized, said_in
from reviews.second_look import signs_of
from reviews.webhooks.telling import state_told, tell_routed

MOST_REASON = 10_000
TAKEN = (Queue.Status.ACTIVE, Queue.Status.PAUSED, Queue.Status.CLOSED)
Cause = Adjudication.Cause


def adjudicate(
    item: QueueItem, given: Mapping[str, Any], *, by: Actor, number: int | None = None
) -> Adjudication:
    """Settle an item: `given` is a whole review plus `labels`, `reason` and `cause`.

    `number` is the `Version` that the caller has seen: StaleAdjudicationError when a review was
    saved or the item was settled since. Raises ValidationError at each fault, Conflict for an item
    that nobody has reviewed, that an unfinished blind review would be told by, or whose review is
    finalised.
    """
    if not by.may(Verb.ADJUDICATE):
        raise PermissionDenied("Your role does not adjudicate.")
    with transaction.atomic():
        row = _locked(item, by)
        if number is not None and number != Version.of(row, by).number:
            raise StaleAdjudicationError(row, Version.from_number(number), by)
        said, told = _read(row, given)
        mine = Adjudication.all_rows.filter(queue_item=row)
        number = (mine.aggregate(n=Max("number"))["n"] or 0) + 1
        mine.filter(is_current=True).update(is_current=False)
        made: Adjudication = Adjudication.all_rows.create(
            queue=row.queue,
            queue_item=row,
            number=number,
            adjudicator=by.user,
            answers={key: answer.as_json() for key, answer in said.answers.items()},
            checks={str(pk): answer.as_json() for pk, answer in said.checks.items()},
            via=by.via,
            request_id=by.request_id,
            **told,
        )
        row.state = ReviewState.REVIEWED.value
        row.save(update_fields=["state"])
        record(by, "adjudication.save", made, changes={"number": [None, number]})
    return made


def send_to_adjudication(item: QueueItem, *, by: Actor) -> QueueItem:
    """Make an item that reviewers agree on wait for a decision, for the signs that it has.

    Raises Conflict for what waits already, is settled, has no sign, or cannot be settled by them.
    """
    if not by.may(Verb.ADJUDICATE):
        raise PermissionDenied("Your role does not adjudicate.")
    with transaction.atomic():
        row = _locked(item, by)
        if row.state != ReviewState.REVIEWED:
            raise Conflict("This item waits already, or not all of its reviews are there.")
        signs = signs_of(row, by=by)
        if not signs:
            raise Conflict("It was settled, or nothing about it asks for a second look.")
        told = state_told(row)
        row.state = ReviewState.NEEDS_ADJUDICATION.value
        row.reasons = [sent_for(sign.name) for sign in signs]
        row.save(update_fields=["state", "reasons"])
        tell_routed(row, told=told)
        tell_waiting(row, told=told, by=by)
        changes = {
            "state": [ReviewState.REVIEWED.value, row.state],
            "reasons": [[], [sign.label for sign in signs]],
        }
        record(by, "adjudication.send", row, changes=changes)
    return row


def _locked(item: QueueItem, by: Actor) -> QueueItem:
    rows = QueueItem.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    row: QueueItem = rows.select_related("queue__rubric_version").get(pk=item.pk)
    refuse_if_finalized(row.queue_id, "what was settled stays")
    if row.queue.status not in TAKEN:
        raise Conflict(f"This queue is {row.queue.status}: nothing is settled in it.")
    if not row.n_counted:
        raise Conflict("Nobody has reviewed this item yet: there is nothing to settle.")
    mine = Slot.objects.visible_to(by).filter(queue_item=row, reviewer=by.user)
    if mine.filter(state__in=adjudicable.UNSAID).exists():
        raise Conflict("You have a place on this item: save your own review of it first.")
    if not adjudicable.adjudicable(row.queue, by=by).filter(pk=row.pk).exists():
        raise Conflict("Some reviews of this item are still to come. Wait until all are there.")
    return row


def _read(item: QueueItem, given: Mapping[str, Any]) -> tuple[Said, dict[str, Any]]:
    faults: dict[str, Any] = {}
    reason, cause = given.get("reason", ""), given.get("cause", "")
    labels, label_faults = read_labels(given.get("labels", {}))
    faults |= label_faults
    if not isinstance(reason, str) or len(reason) > MOST_REASON or "\x00" in reason:
        faults["reason"] = f"The reason is text of at most {MOST_REASON:,} characters."
    if cause not in Cause.values:
        faults["cause"] = f"Say what the disagreement came from: {', '.join(Cause.values)}."
    try:
        said = read_said(item, item.queue.rubric_version.read(), given)
    except ValidationError as error:
        faults = {name: texts[0] for name, texts in error.message_dict.items()} | faults
    if faults:
        raise ValidationError(faults)
    return said, {"labels": labels, "reason": reason.strip(), "cause": cause}


# --- what there is to settle, and by what ---------------------------------------------------------


def waiting(queue: Queue, *, by: Actor) -> Any:
    """The items that need an adjudicator, those with most reasons first, then in their order.

    `disputes.ranked` puts them in order by how far their reviewers lie apart.
    """
    rows = adjudicable.waiting(queue, by=by)
    n_reasons = Func(F("reasons"), function="jsonb_array_length", output_field=IntegerField())
    return rows.order_by(n_reasons.desc(), "position")


def current(item: QueueItem) -> Adjudication | None:
    """The adjudication that holds: the newest one, unless a review was saved again since."""
    rows = Adjudication.all_rows.filter(queue_item=item, is_current=True, reopened_at=None)
    found: Adjudication | None = rows.first()
    return found


def majority(revisions: Sequence[ReviewRevision]) -> Said:
    """What most of the reviews say, by criterion and check; what is tied is left unanswered."""
    said = [said_in(revision) for revision in revisions]
    answers = {key: _most([each.answers.get(key) for each in said]) for key in _keys(said)}
    checks = {pk: _most([each.checks.get(pk) for each in said]) for pk in _check_keys(said)}
    return Said(
        {key: answer for key, answer in answers.items() if answer.is_given},
        {pk: answer for pk, answer in checks.items() if answer.is_given},
    )


def _keys(said: Sequence[Said]) -> list[str]:
    return list(dict.fromkeys(key for each in said for key in each.answers))


def _check_keys(said: Sequence[Said]) -> list[int]:
    return list(dict.fromkeys(pk for each in said for pk in each.checks))


def _most(answers: Sequence[Answer | None]) -> Answer:
    """The answer that more gave than any other; a flag is an answer of its own."""
    given = [answer for answer in answers if answer and answer.is_given]
    told = Counter(_key(answer) for answer in given)
    ranked = told.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return Answer()
    found = next(answer for answer in given if _key(answer) == ranked[0][0])
    return Answer(found.value, found.flagged)


def _key(answer: Answer) -> Any:
    value = tuple(answer.value) if isinstance(answer.value, list) else answer.value
    return ("flagged",) if answer.flagged else (type(value).__name__, value)


# --- afterwards -----------------------------------------------------------------------------------


def contest(adjudication: Adjudication, note: str, *, by: Actor) -> Contest:
    """A reviewer's word against what was settled of an item of theirs, once for each time."""
    note = note.strip()
    if not note or len(note) > MOST_REASON or "\x00" in note:
        raise ValidationError({"note": f"Say why, in at most {MOST_REASON:,} characters."})
    found = get_visible(Adjudication, by, pk=adjudication.pk)
    own = Review.objects.visible_to(by).filter(reviewer=by.user, saved_at__isnull=False)
    if not own.filter(queue_item=found.queue_item_id).exists():
        raise PermissionDenied("Only who has reviewed the item contests what was settled of it.")
    if not found.is_current or found.reopened_at is not None:
        raise Conflict("This was settled anew, or waits to be. Look at what holds now.")
    with transaction.atomic():
        refuse_if_finalized(found.queue_id, "nothing is contested any more")
        row, is_new = Contest.all_rows.get_or_create(
            adjudication=found, reviewer=by.user, defaults={"note": note}
        )
        if not is_new:
            raise Conflict("You have contested this already. The adjudicator will answer it.")
        record(by, "adjudication.contest", row, changes={"note": ["", note]})
        tell_contested(row, by=by)
    contested: Contest = row
    return contested


def answer_contest(contested: Contest, text: str, *, by: Actor) -> None:
    """The adjudicator's answer; settling the item anew is a step of its own."""
    if not by.may(Verb.ADJUDICATE):
        raise PermissionDenied("Your role does not adjudicate.")
    text = text.strip()
    if not text or len(text) > MOST_REASON or "\x00" in text:
        raise ValidationError({"answer": f"Answer in at most {MOST_REASON:,} characters."})
    with transaction.atomic():
        row = Contest.objects.visible_to(by).select_for_update(of=("self",)).get(pk=contested.pk)
        if row.answered_at is not None:
            raise Conflict("Somebody has answered this already: load it again.")
        row.answer, row.answered_by, row.answered_at = text, by.user, timezone.now()
        row.save(update_fields=["answer", "answered_by", "answered_at"])
        record(by, "adjudication.answer", row, changes={"answer": ["", text]})
        tell_answered(row, by=by)
