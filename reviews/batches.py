"""Changing of some labels at once: lock, decide, save in one statement, record each change."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from datasets.models import Session
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record_many
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import EVERYBODY, NOBODY
from reviews.changes import FIELDS, LabelState, differences
from reviews.models import EvalLabel

BATCH = 1000
NOT_FOUND = "Not found."
LARGE = frozenset({"notes", "expected_output"})  # not read, and not written, unless it must be
BY_WHOM = ("marked_at", "marked_by_id", "reviewed_at", "reviewed_by_id")
SAVE = """
INSERT INTO reviews_evallabel (session_id, {columns})
SELECT session_id, {columns} FROM json_to_recordset(%s) AS saved(
    session_id uuid, is_eval_ready boolean, status text, notes text, tags text[],
    expected_output text, marked_at timestamptz, marked_by_id uuid,
    reviewed_at timestamptz, reviewed_by_id uuid)
ON CONFLICT (session_id) DO UPDATE SET {changed}
"""
# What the label is now, and its state without the large fields -> the state it gets.
Decide = Callable[[EvalLabel, LabelState], LabelState]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many labels were changed and how many were as asked before; which failed, and why."""

    n_changed: int = 0
    n_unchanged: int = 0
    failed: tuple[dict[str, str], ...] = ()

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.n_changed + other.n_changed,
            self.n_unchanged + other.n_unchanged,
            self.failed + other.failed,
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """What a save does to each label: `named` are the fields that `decide` may set.

    A judgement (`is_review`) sets who reviewed and when. Repeating what the label says since its
    first judgement changes nothing, and nothing is written of it.
    """

    decide: Decide
    named: tuple[str, ...]
    is_review: bool

    @property
    def unread(self) -> frozenset[str]:
        return LARGE - set(self.named)


def labelable(actor: Actor) -> Any:
    """Return the sessions whose label this actor may change (the rule of EvalLabel.editability)."""
    rule = EVERYBODY if actor.may(Verb.EDIT_ALL_EVIDENCE) else Q(owner=actor.user)
    return Session.objects.visible_to(actor).filter(rule if actor.may(Verb.LABEL) else NOBODY)


def label_batch(pks: Sequence[uuid.UUID], rule: Rule, *, by: Actor) -> Tally:
    """Change the labels of these sessions in the caller's transaction; what `by` may not label,
    or does not see, was not found.
    """
    labels = _locked_labels(pks, rule.unread, by)
    found = {label.pk for label in labels}
    failed = [_failure(pk, NOT_FOUND) for pk in pks if pk not in found]
    changed, now = [], timezone.now()
    for label in labels:
        before = _state(label)
        try:
            after = rule.decide(label, before)
        except ValidationError as error:
            failed.append(_failure(label.pk, error.messages[0]))
            continue
        is_first_review = rule.is_review and label.reviewed_at is None
        if before != after or is_first_review:
            _set(label, before, after, rule, by, now)
            changed.append((label, after, differences(before, after)))
    _save([(label, after) for label, after, _ in changed], rule.unread)
    record_many(by, "label", [(label, told) for label, _, told in changed])
    n_asked = len(labels) - sum(one["message"] != NOT_FOUND for one in failed)
    return Tally(len(changed), n_asked - len(changed), tuple(failed))


def _failure(pk: uuid.UUID, message: str) -> dict[str, str]:
    return {"id": str(pk), "message": message}


def _locked_labels(pks: Sequence[uuid.UUID], unread: frozenset[str], by: Actor) -> list[EvalLabel]:
    """Return the labels, locked until the end of the transaction; unsaved ones where none exist.

    A session without a label is locked itself, so that two people cannot make its label at once.
    Rows are locked by rising id, so that two bulk acts cannot wait for each other.
    """
    sessions = labelable(by).filter(pk__in=pks).order_by("pk").only("title")
    list(sessions.filter(label=None).select_for_update(of=("self",), no_key=True).values("pk"))
    locked = EvalLabel.all_rows.filter(pk__in=pks).order_by("pk").select_for_update()
    labels = {label.pk: label for label in locked.defer(*sorted(unread))}
    found = []
    for session in sessions:
        label = labels.get(session.pk) or EvalLabel(session=session)
        label.session = session
        found.append(label)
    return found


def _state(label: EvalLabel) -> LabelState:
    """Return the label's state; what was not read counts as empty, before and after alike."""
    read = label.__dict__
    return LabelState(
        label.is_eval_ready,
        label.status,
        read.get("notes", ""),
        tuple(label.tags),
        read.get("expected_output"),
    )


def _set(
    label: EvalLabel,
    before: LabelState,
    after: LabelState,
    rule: Rule,
    by: Actor,
    now: datetime,
) -> None:
    """Say on the label what its event and its page name it by: the status, who and when."""
    label.status = after.status
    marks = after.is_eval_ready != before.is_eval_ready
    if marks:
        label.marked_at, label.marked_by_id = now, by.user.pk
    if rule.is_review or not marks:
        label.reviewed_at, label.reviewed_by_id = now, by.user.pk


def _save(labels: Sequence[tuple[EvalLabel, LabelState]], unread: frozenset[str]) -> None:
    """Write locked labels, new ones and old ones in one statement; unread fields stay."""
    if not labels:
        return
    rows = [
        {"session_id": label.pk}
        | {name: getattr(after, name) for name in FIELDS}
        | {name: getattr(label, name) for name in BY_WHOM}
        for label, after in labels
    ]
    columns = (*FIELDS, *BY_WHOM)
    changed = (f"{name} = excluded.{name}" for name in columns if name not in unread)
    statement = SAVE.format(columns=", ".join(columns), changed=", ".join(changed))
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(rows, cls=DjangoJSONEncoder)])
