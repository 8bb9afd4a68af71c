"""Labelling of one session or many at once: one audit event per label changed, none for others."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from datasets.models import Session
from evalplatform.audit.recording import newest_event, own_changes
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from reviews.batches import BATCH, Rule, Tally, label_batch, labelable
from reviews.changes import FIELDS, LabelChange, LabelState, reverted
from reviews.models import EvalLabel

UNDO_SECONDS = 600
Moment = tuple[int, str]  # the newest event before an act, and the act's request: what it did


class StaleLabelError(Conflict):
    """409: somebody changed what this save was based on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the labels, and the token that takes it back."""

    tally: Tally
    undo: str = ""

    @property
    def updated(self) -> int:
        """How many labels are as asked now, also those that were so before."""
        return self.tally.n_changed + self.tally.n_unchanged

    @property
    def failed(self) -> list[dict[str, str]]:
        """Which ids are not as asked, and why."""
        return list(self.tally.failed)


def label_ids(ids: Iterable[uuid.UUID], change: LabelChange, *, by: Actor) -> Outcome:
    """Label the sessions with these ids; unknown, invisible and not editable ones have failed."""
    return _label(sorted(set(ids)), rule_of(change), by)


def ids_of(rows: Any, *, by: Actor) -> list[uuid.UUID]:
    """Return which sessions of a filtered view `by` may label, at this moment; the others, which
    may only be seen, are not counted in.
    """
    editable = labelable(by).filter(pk__in=rows.order_by().values("pk"))
    return sorted(editable.values_list("pk", flat=True))


def label_session(
    session: Session, change: LabelChange, *, by: Actor, version: str = ""
) -> Outcome:
    """Label one visible session. 403 when it may only be seen; raises StaleLabelError when a
    field this save names has changed since `version`; ValidationError for too many tags.
    """
    if not labelable(by).filter(pk=session.pk).exists():
        raise PermissionDenied("Your role may not label this session.")
    with transaction.atomic():
        outcome = _label([session.pk], rule_of(change, version), by)
        if outcome.failed:
            raise ValidationError({"tags": outcome.failed[0]["message"]})
    return outcome


def label_of(session: Session, actor: Actor) -> EvalLabel:
    """Return the session's label as it is now, unsaved and empty when there is none yet."""
    rows = EvalLabel.objects.visible_to(actor).select_related("reviewed_by", "marked_by")
    found: EvalLabel | None = rows.filter(session=session).first()
    return found or EvalLabel(session=session)


def rule_of(change: LabelChange, version: str = "") -> Rule:
    """Return the rule of a change; with a version, it refuses what has moved on since."""

    def decide(label: EvalLabel, state: LabelState) -> LabelState:
        if version:
            _refuse_stale(label, state, change, version)
        return change.apply_to(state)

    return Rule(decide, change.named, change.is_review)


def rule_of_return(moment: Moment, *, by: Actor) -> tuple[list[uuid.UUID], Rule]:
    """Return which labels an own act changed, and the rule by which each that still says what the
    act made of it says again what it said before.
    """
    since, request_id = moment
    changes = own_changes(by, "label", EvalLabel, since=since, request_id=request_id)
    before = {uuid.UUID(pk): change for pk, change in changes}

    def decide(label: EvalLabel, state: LabelState) -> LabelState:
        return reverted(state, before[label.pk])

    return sorted(before), Rule(decide, FIELDS, is_review=False)


def _refuse_stale(label: EvalLabel, state: LabelState, change: LabelChange, version: str) -> None:
    """Raise StaleLabelError when a named field of the locked label has changed since `version`."""
    stale = state.stale_fields(version, change.named)
    if not stale:
        return
    who = label.marked_by if stale == ["is_eval_ready"] else label.reviewed_by
    words = " and ".join(name.replace("is_", "").replace("_", " ") for name in stale)
    raise StaleLabelError(
        f"{who or 'Somebody'} changed the {words} meanwhile: look at what it says now, "
        "then save again."
    )


def take_back(token: str, *, by: Actor) -> Outcome:
    """Undo one own save. Raises ValidationError for a token that is not ours or too old."""
    pks, rule = rule_of_return(moment_of(token, by=by), by=by)
    return _label(pks, rule, by)


def moment_of(token: str, *, by: Actor) -> Moment:
    """Read an undo token. Raises ValidationError for one that is not ours or too old."""
    try:
        since, request_id = signing.loads(token, salt=str(by.user.pk), max_age=UNDO_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise ValidationError("It is too late to undo this.") from error
    return since, request_id


def undo_token(moment: Moment, *, by: Actor) -> str:
    """Return what takes an act back; only the same person, and not for long."""
    return signing.dumps(moment, salt=str(by.user.pk))


def _label(pks: Sequence[uuid.UUID], rule: Rule, by: Actor) -> Outcome:
    """Change the labels at once, all in one transaction."""
    tally = Tally()
    moment = (newest_event(by, "label"), by.request_id)
    with transaction.atomic():
        for start in range(0, len(pks), BATCH):
            tally += label_batch(pks[start : start + BATCH], rule, by=by)
    return Outcome(tally, undo_token(moment, by=by) if tally.n_changed else "")
