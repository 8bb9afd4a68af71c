"""The three areas of the labelling page of a run: one's rows and their state, the row, the form.

It speaks as the review page does, so that one script serves both: a draft is {"answers": {field:
{"value"}}, "feedback": the notes}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Q

from evalplatform.scoping.actor import Actor
from reviews.behaviour import LABELS, VALUES, labelable, own_label, own_labels
from reviews.behaviour_suggesting import suggest_label
from reviews.material import files_of_row, material_of_row
from reviews.models import BehavioralLabel, QueueItem
from reviews.review_fields import Choice, Field
from reviews.rubrics.shape import Kind
from reviews.suggesting import Suggestion
from runs.models import Run, RunItem
from runs.run_item_showing import texts_of

BESIDE = 40  # rows of the rail on each side of the one that is open
HELP = {
    "intent": "What the guest wants.",
    "guest_affect": "How the guest feels, by what they wrote.",
    "response_strategy": "What the response does about it. Leave it open when it is none of these.",
    "humanness": "1 is like a machine, 7 like a person.",
}
OPTIONAL = ("response_strategy",)


@dataclass(frozen=True, slots=True)
class RailRow:
    """A row that the actor may label, and how far their label of it is."""

    key: UUID
    label: str
    state: str  # saved | draft | open
    is_current: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """Of `n_all` rows that the actor may label, how many they have saved."""

    n_all: int
    n_saved: int

    @property
    def n_left(self) -> int:
        return self.n_all - self.n_saved


def rows_of(run: Run, actor: Actor) -> Any:
    """The rows of the run that the actor may label, with the state of their own label."""
    mine = own_labels(actor).filter(run_item=OuterRef("pk"))
    rows = labelable(actor).filter(run=run)
    typed = Q(status=BehavioralLabel.Status.DRAFT) | Q(draft__isnull=False)
    return rows.annotate(
        is_labelled=Exists(mine.filter(status=BehavioralLabel.Status.SAVED)),
        is_typed=Exists(mine.filter(typed)),
    )


def progress_of(run: Run, actor: Actor) -> Progress:
    """How far the actor is in the run."""
    found = rows_of(run, actor).aggregate(
        n_all=Count("pk"), n_saved=Count("pk", filter=Q(is_labelled=True))
    )
    return Progress(**found)


def next_row(run: Run, actor: Actor, after: RunItem | None = None) -> RunItem | None:
    """The next row without a saved label behind `after`, else the first one; None at the end."""
    rows = rows_of(run, actor).filter(is_labelled=False).order_by("order_index")
    behind = rows.filter(order_index__gt=after.order_index) if after else rows
    found = behind.select_related("item").first() or rows.select_related("item").first()
    row: RunItem | None = found
    return row


def about(run: Run, actor: Actor, row: RunItem | None) -> dict[str, Any]:
    """What the page shows with or without a row."""
    return {"run": run, "progress": progress_of(run, actor), "rail": rail_of(run, row, actor)}


def desk_of(run: Run, row: RunItem, actor: Actor, *, is_raw: bool = False) -> dict[str, Any]:
    """Everything the page shows of a row that the actor may label."""
    label = own_label(row, actor)
    held = label.newest_values if label else {}
    return {
        **about(run, actor, row),
        **material_of_row(row, is_raw=is_raw),
        "label": label,
        "number": label.number if label else 0,
        "is_raw": is_raw,
        "files": files_of_row(row),
        "fields": fields_of(held, has_response=bool(row.response.strip())),
        "notes": held.get("notes", ""),
        "suggestions": suggestions_for(row),
    }


def rail_of(run: Run, row: RunItem | None, actor: Actor) -> list[RailRow]:
    """The actor's rows around the open one, else the first of them, in the run's order."""
    rows = rows_of(run, actor).only("public_id", "order_index")
    if row is None:
        return [_rail_row(each, None) for each in rows.order_by("order_index")[: 2 * BESIDE]]
    here = row.order_index
    before = list(rows.filter(order_index__lte=here).order_by("-order_index")[: BESIDE + 1])
    after = list(rows.filter(order_index__gt=here).order_by("order_index")[:BESIDE])
    return [_rail_row(each, row) for each in (*reversed(before), *after)]


def _rail_row(each: Any, open_row: RunItem | None) -> RailRow:
    state = "draft" if each.is_typed else "saved" if each.is_labelled else "open"
    return RailRow(each.pk, each.public_id, state, bool(open_row and each.pk == open_row.pk))


# --- the form ------------------------------------------------------------------------------------


def fields_of(held: Mapping[str, Any], *, has_response: bool) -> list[Field]:
    """The four questions of a label, filled with what was held and with nothing else."""
    return [
        Field(
            name=name,
            label=LABELS[name],
            kind=Kind.RATING if name == "humanness" else Kind.CHOICE,
            instructions=HELP[name],
            required=name not in OPTIONAL and (name != "humanness" or has_response),
            choices=tuple(
                Choice(str(value), str(value), str(n), held.get(name) == value)
                for n, value in enumerate(values, start=1)
            ),
        )
        for name, values in VALUES.items()
    ]


def values_in(draft: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says, by field of the label; what it does not name is open."""
    answers, notes = draft.get("answers", {}), draft.get("feedback", "")
    if unknown := set(answers) - set(VALUES):
        raise ValidationError({name[:60]: "There is no such field." for name in unknown})
    if not all(isinstance(said, Mapping) for said in answers.values()):
        raise ValidationError('An answer is {"value": …}.')
    said = {name: answers.get(name, {}).get("value") for name in VALUES}
    return {**said, "notes": notes}


def draft_of(label: BehavioralLabel | None) -> dict[str, Any]:
    """A label as the form says it."""
    held = label.newest_values if label else {}
    said = {name: {"value": held[name]} for name in VALUES if held.get(name)}
    return {"answers": said, "checks": {}, "feedback": held.get("notes", "")}


# --- suggestions ---------------------------------------------------------------------------------


def suggestions_for(row: RunItem) -> list[tuple[str, Suggestion]]:
    """What heuristics propose, by the name of its field; nothing where the run's queue hides it."""
    hiding = QueueItem.all_rows.filter(run_item=row, queue__shows_suggestions=False)
    if hiding.exists():
        return []
    prompt = texts_of(row).get("prompt", ("", ""))[1]
    found = suggest_label(prompt, row.response, run_status=row.status)
    return [(LABELS[each.key], each) for each in found]
