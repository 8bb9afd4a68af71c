"""Labelling of one session or fifty thousand: set by set, one audit event per label changed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from datasets.models import Session
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import newest_event, own_changes, record_many
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import EVERYBODY, NOBODY
from reviews.changes import FIELDS, LabelChange, LabelState, differences, reverted
from reviews.models import EvalLabel

BATCH = 1000
UNDO_SECONDS = 600
Decide = Callable[[EvalLabel], LabelState]


class StaleLabelError(Conflict):
    """409: somebody changed what this save was based on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many labels are as asked now, which ids are not and why, and the token that undoes it."""

    updated: int
    failed: list[dict[str, str]]
    undo: str = ""


def labelable(actor: Actor) -> Any:
    """Return the sessions whose label this actor may change (the rule of EvalLabel.editability)."""
    rule = EVERYBODY if actor.may(Verb.EDIT_ALL_EVIDENCE) else Q(owner=actor.user)
    return Session.objects.visible_to(actor).filter(rule if actor.may(Verb.LABEL) else NOBODY)


def label_ids(ids: Iterable[uuid.UUID], change: LabelChange, *, by: Actor) -> Outcome:
    """Label the sessions with these ids; unknown, invisible and not editable ones have failed."""
    wanted = sorted(set(ids))
    allowed = set(labelable(by).filter(pk__in=wanted).values_list("pk", flat=True))
    missing = [pk for pk in wanted if pk not in allowed]
    outcome = _apply([pk for pk in wanted if pk in allowed], change, by)
    failed = [{"id": str(pk), "message": "Not found."} for pk in missing]
    return Outcome(outcome.updated, failed + outcome.failed, outcome.undo)


def label_rows(rows: Any, change: LabelChange, *, by: Actor) -> Outcome:
    """Label every session of a filtered view; those that may only be seen are not counted in."""
    editable = labelable(by).filter(pk__in=rows.order_by().values("pk"))
    return _apply(sorted(editable.values_list("pk", flat=True)), change, by)


def label_session(
    session: Session, change: LabelChange, *, by: Actor, version: str = ""
) -> Outcome:
    """Label one visible session. 403 when it may only be seen; raises StaleLabelError when a
    field this save names has changed since `version`; ValidationError for too many tags.
    """
    if not labelable(by).filter(pk=session.pk).exists():
        raise PermissionDenied("Your role may not label this session.")
    with transaction.atomic():
        outcome = _apply([session.pk], change, by, version=version)
        if outcome.failed:
            raise ValidationError({"tags": outcome.failed[0]["message"]})
    return outcome


def label_of(session: Session, actor: Actor) -> EvalLabel:
    """Return the session's label as it is now, unsaved and empty when there is none yet."""
    rows = EvalLabel.objects.visible_to(actor).select_related("reviewed_by", "marked_by")
    found: EvalLabel | None = rows.filter(session=session).first()
    return found or EvalLabel(session=session)


def _apply(
    pks: Sequence[uuid.UUID], change: LabelChange, by: Actor, *, version: str = ""
) -> Outcome:
    def decide(label: EvalLabel) -> LabelState:
        if version:
            _refuse_stale(label, change, version)
        return change.apply_to(LabelState.of(label))

    return _label_in_batches(pks, decide, by, is_review=change.is_review)


def _refuse_stale(label: EvalLabel, change: LabelChange, version: str) -> None:
    """Raise StaleLabelError when a named field of the locked label has changed since `version`."""
    stale = LabelState.of(label).stale_fields(version, change.named)
    if not stale:
        return
    who = label.marked_by if stale == ["is_eval_ready"] else label.reviewed_by
    words = " and ".join(name.replace("is_", "").replace("_", " ") for name in stale)
    raise StaleLabelError(
        f"{who or 'Somebody'} changed the {words} meanwhile: look at what it says now, "
        "then save again."
    )


def take_back(token: str, *, by: Actor) -> Outcome:
    """Undo one own save: each label that still says what the save made of it says again what it
    said before. Raises ValidationError for a token that is not ours or too old.
    """
    try:
        since, request_id = signing.loads(token, salt=str(by.user.pk), max_age=UNDO_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise ValidationError("It is too late to undo this.") from error
    changes = own_changes(by, "label", EvalLabel, since=since, request_id=request_id)
    before = {uuid.UUID(pk): change for pk, change in changes}

    def decide(label: EvalLabel) -> LabelState:
        return reverted(LabelState.of(label), before[label.pk])

    pks = labelable(by).filter(pk__in=list(before)).values_list("pk", flat=True)
    return _label_in_batches(sorted(pks), decide, by, is_review=False)


def _label_in_batches(
    pks: Sequence[uuid.UUID], decide: Decide, by: Actor, *, is_review: bool
) -> Outcome:
    """Change the labels of sessions that the actor may label, all in one transaction."""
    updated, failed = 0, list[dict[str, str]]()
    since = newest_event(by, "label")
    with transaction.atomic():
        now = timezone.now()
        for start in range(0, len(pks), BATCH):
            batch = _Batch(by, now, is_review)
            done, problems = batch.label(pks[start : start + BATCH], decide)
            updated += done
            failed += problems
    undo = signing.dumps([since, by.request_id], salt=str(by.user.pk))
    return Outcome(updated, failed, undo if updated else "")


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some labels changed in one statement, by one person at one moment."""

    by: Actor
    now: datetime
    is_review: bool

    def label(self, pks: Sequence[uuid.UUID], decide: Decide) -> tuple[int, list[dict[str, str]]]:
        """Return how many are as asked and which failed; unchanged ones are as asked."""
        labels, failed = _locked_labels(pks, self.by), list[dict[str, str]]()
        events = []
        for label in labels:
            before = LabelState.of(label)
            try:
                after = decide(label)
            except ValidationError as error:
                failed.append({"id": str(label.pk), "message": error.messages[0]})
                continue
            if before != after or self.is_review:
                self._set(label, before, after)
                events.append((label, differences(before, after)))
        _save([label for label, _ in events])
        record_many(self.by, "label", events)
        return len(labels) - len(failed), failed

    def _set(self, label: EvalLabel, before: LabelState, after: LabelState) -> None:
        for name in FIELDS:
            value = getattr(after, name)
            setattr(label, name, list(value) if name == "tags" else value)
        marks = after.is_eval_ready != before.is_eval_ready
        if marks:
            label.marked_at, label.marked_by = self.now, self.by.user
        if self.is_review or (not marks and before != after):
            label.reviewed_at, label.reviewed_by = self.now, self.by.user


def _locked_labels(pks: Sequence[uuid.UUID], by: Actor) -> list[EvalLabel]:
    """Return the labels, locked until the end of the transaction; unsaved ones where none exist.

    A session without a label is locked itself, so that two people cannot make its label at once.
    Rows are locked by rising id, so that two bulk acts cannot wait for each other.
    """
    sessions = labelable(by).filter(pk__in=pks).order_by("pk").only("title")
    list(sessions.filter(label=None).select_for_update(of=("self",), no_key=True).values("pk"))
    locked = EvalLabel.all_rows.filter(pk__in=pks).order_by("pk").select_for_update()
    labels = {label.pk: label for label in locked}
    found = []
    for session in sessions:
        label = labels.get(session.pk) or EvalLabel(session=session)
        label.session = session
        found.append(label)
    return found


def _save(labels: list[EvalLabel]) -> None:
    """Write labels that are locked, new ones and old ones in one statement."""
    EvalLabel.all_rows.bulk_create(
        labels,
        update_conflicts=True,
        unique_fields=["session"],
        update_fields=[*FIELDS, "marked_at", "marked_by", "reviewed_at", "reviewed_by"],
    )
