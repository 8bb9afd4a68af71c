"""Behavioral labels: who may label a row of a run, drafts and saves, and how they are spread.

A label is one reviewer's of one row and lives apart from reviews. A draft of a label that was never
saved is the label itself with status `draft`; over a saved one it waits beside it. Distributions
count saved labels alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from reviews.models import BehavioralLabel, Queue, Slot
from reviews.models.behavioral_label import AFFECTS, INTENTS, SAID, STRATEGIES
from runs.models import RunItem

VALUES: dict[str, tuple[Any, ...]] = {
    "intent": INTENTS,
    "guest_affect": AFFECTS,
    "response_strategy": STRATEGIES,
    "humanness": (1, 2, 3, 4, 5, 6, 7),
}
LABELS = {
    "intent": "Intent",
    "guest_affect": "Guest affect",
    "response_strategy": "Response strategy",
    "humanness": "Humanness",
    "notes": "Notes",
}
NOTHING: dict[str, Any] = {
    "intent": "", "guest_affect": "", "response_strategy": "", "humanness": None, "notes": "",
}  # fmt: skip
MOST_NOTES = 10_000


class StaleLabelError(Conflict):
    """409: another device of the same person has typed meanwhile; `label` is what it left."""

    def __init__(self, label: BehavioralLabel) -> None:
        self.label = label
        super().__init__("You typed on another device meanwhile. Choose which one stays.")


# --- who may -------------------------------------------------------------------------------------


def labelable(by: Actor) -> Any:
    """Rows of runs that the actor may label: all for who sees all, else where they have a place.

    A place is a slot on the row in the run's queue, unless they have declined it.
    """
    if not by.may(Verb.REVIEW):
        return RunItem.objects.visible_to(by).none()
    if by.may(Verb.SEE_ALL):
        return RunItem.objects.visible_to(by)
    places = Slot.objects.visible_to(by).filter(
        reviewer=by.user,
        queue__in=Queue.objects.visible_to(by),
        queue_item__run_item=OuterRef("pk"),
    )
    open_to_me = places.exclude(state=Slot.State.DECLINED)
    rows = RunItem.all_rows.filter(run__team=by.team, run__deleted_at=None)
    return rows.filter(Exists(open_to_me))


def may_label(item: RunItem, by: Actor) -> bool:
    """Whether the actor may label this row."""
    return bool(labelable(by).filter(pk=item.pk).exists())


def own_label(item: RunItem, by: Actor) -> BehavioralLabel | None:
    """The actor's label of the row, draft or saved; None before the first word."""
    found: BehavioralLabel | None = own_labels(by).filter(run_item=item.pk).first()
    return found


def own_labels(by: Actor) -> Any:
    """The actor's labels."""
    return BehavioralLabel.objects.visible_to(by).filter(reviewer=by.user)


# --- saving --------------------------------------------------------------------------------------


def save_label(
    item: RunItem,
    values: Mapping[str, Any],
    *,
    status: str,
    by: Actor,
    number: int | None = None,
    shown: Collection[str] = (),
) -> BehavioralLabel:
    """Keep what the actor says of the row, as a draft or saved; what is not named stays as it was.

    `number` is of the label that the caller has seen (0: none): StaleLabelError when it changed
    since. `shown` is what the author had been shown ("suggestions"). RunItem.DoesNotExist for a row
    that the actor does not see, PermissionDenied for one they see and may not label,
    ValidationError by field for what is wrong or, in a save, missing; nothing is kept then.
    """
    said = read_values(values)
    if status not in BehavioralLabel.Status.values:
        raise ValidationError({"status": "Write draft or saved."})
    _require_place(item, by)
    with transaction.atomic():
        label = _locked(item, by)
        if number is not None and number != label.number:
            raise StaleLabelError(label)
        label.number += 1
        if status == BehavioralLabel.Status.DRAFT:
            _keep_draft(label, said)
        else:
            _save(label, {**label.newest_values, **said}, item, shown, by)
    return label


def drop_draft(item: RunItem, *, by: Actor) -> BehavioralLabel | None:
    """Forget what was typed over a saved label; an unsaved one is emptied."""
    with transaction.atomic():
        label: BehavioralLabel | None = (
            own_labels(by).select_for_update(of=("self",)).filter(run_item=item.pk).first()
        )
        if label is None:
            return None
        label.number += 1
        if not label.is_saved:
            _set(label, NOTHING)
        label.draft = None
        label.save()
    return label


def read_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is said, checked; ValidationError at each field that is not of the contract."""
    faults: dict[str, str] = {}
    said: dict[str, Any] = {}
    for name, value in values.items():
        if name not in SAID:
            faults[str(name)[:60]] = f"There is no such field. Write {', '.join(SAID)}."
        elif fault := _fault(name, value):
            faults[name] = fault
        else:
            said[name] = NOTHING[name] if value is None else value
    if faults:
        raise ValidationError(dict(faults))
    return said


def _fault(name: str, value: Any) -> str:
    if value is None or value == NOTHING[name]:
        return ""
    if name == "notes":
        is_text = isinstance(value, str) and len(value) <= MOST_NOTES and "\x00" not in value
        return "" if is_text else f"Notes are text of at most {MOST_NOTES:,} characters."
    if name == "humanness":
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if is_whole and 1 <= value <= 7 else "Write a whole number from 1 to 7."
    if not isinstance(value, str) or value not in VALUES[name]:
        return f"Write one of {', '.join(VALUES[name])}."
    return ""


def missing(said: Mapping[str, Any], *, has_response: bool) -> dict[str, str]:
    """What a saved label still lacks: the guest's side always, how human the response is if any.

    The strategy may stay open: a response may follow none of the four.
    """
    faults = {}
    if not said["intent"]:
        faults["intent"] = "Choose what the guest wants; Other when none fits."
    if not said["guest_affect"]:
        faults["guest_affect"] = "Choose how the guest feels; Neutral when nothing shows."
    if said["humanness"] is None and has_response:
        faults["humanness"] = "Choose from 1, like a machine, to 7, like a person."
    return faults


def _require_place(item: RunItem, by: Actor) -> None:
    if may_label(item, by):
        return
    if RunItem.objects.visible_to(by).filter(pk=item.pk).exists():
        raise PermissionDenied(
            "Only who has a place on this row in the run's queue, or sees all, may label it."
        )
    raise RunItem.DoesNotExist


def _locked(item: RunItem, by: Actor) -> BehavioralLabel:
    """The actor's label of the row, locked; begun when it is not there yet."""
    mine = own_labels(by)
    mine.get_or_create(run_item=item, reviewer=by.user, defaults={"run_id": item.run_id})
    row: BehavioralLabel = mine.select_for_update(of=("self",)).get(run_item=item)
    return row


def _keep_draft(label: BehavioralLabel, said: Mapping[str, Any]) -> None:
    if label.is_saved:
        newest = {**label.newest_values, **said}
        label.draft = newest if newest != label.saved_values else None
    else:
        _set(label, said)
    label.save()


def _save(
    label: BehavioralLabel,
    said: Mapping[str, Any],
    item: RunItem,
    shown: Collection[str],
    by: Actor,
) -> None:
    if faults := missing(said, has_response=bool(item.response.strip())):
        raise ValidationError(dict(faults))
    before = label.saved_values if label.is_saved else NOTHING
    changes = {name: [before[name], said[name]] for name in SAID if before[name] != said[name]}
    was = label.status
    _set(label, said)
    label.status, label.draft, label.saved_at = label.Status.SAVED, None, timezone.now()
    label.payload = {**label.payload, "shown": sorted(shown)}
    label.save()
    if was != label.status:
        changes["status"] = ["", label.status]
    if changes:
        record(by, "behavior.save", label, changes=changes)


def _set(label: BehavioralLabel, said: Mapping[str, Any]) -> None:
    for name, value in said.items():
        setattr(label, name, value)
