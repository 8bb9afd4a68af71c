"""What an adjudicator fills in beside the answers: the cause, the final labels, the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviews.final_labels import CHOICES, SWITCH
from reviews.models import Adjudication
from reviews.review_fields import DIGITS, Choice, Field
from reviews.rubrics.shape import Kind

LABELS = {
    "guestIntent": "Guest intent",
    "actionType": "Action",
    "emotionalRead": "Emotional read",
    "ownerStressLevel": "Owner’s stress",
    SWITCH: "Follow-through required",
}
CAUSE, LABEL = "@cause", "@label."  # names of fields that are no criterion: no key has an @


def cause_field(last: Adjudication | None) -> Field:
    """What the disagreement came from."""
    chosen = last.cause if last else ""
    return Field(
        name=CAUSE,
        label="What did it come from?",
        kind=Kind.CHOICE,
        choices=tuple(
            Choice(value, label, DIGITS[n], value == chosen)
            for n, (value, label) in enumerate(Adjudication.Cause.choices)
        ),
    )


def label_fields(last: Adjudication | None) -> list[Field]:
    """The final labels, all optional."""
    held = last.labels if last else {}
    found = []
    for name, values in CHOICES.items():
        choices = tuple(
            Choice(value, value.replace("_", " "), DIGITS[n : n + 1], held.get(name) == value)
            for n, value in enumerate(values)
        )
        found.append(
            Field(f"{LABEL}{name}", LABELS[name], Kind.CHOICE, required=False, choices=choices)
        )
    said = str(held.get(SWITCH, "")).lower()
    switch = tuple(
        Choice(value, word, DIGITS[n], said == value)
        for n, (value, word) in enumerate((("true", "Yes"), ("false", "No")))
    )
    found.append(
        Field(f"{LABEL}{SWITCH}", LABELS[SWITCH], Kind.BOOLEAN, required=False, choices=switch)
    )
    return found


def given_in(draft: Mapping[str, Any]) -> dict[str, Any]:
    """What the page sent, as `adjudicate` takes it."""
    answers = dict(draft["answers"])
    said = {name: answers.pop(name) for name in list(answers) if str(name).startswith("@")}
    values = {
        name: held.get("value") if isinstance(held, Mapping) else None
        for name, held in said.items()
    }
    return {
        "answers": answers,
        "checks": draft["checks"],
        "reason": draft["feedback"],
        "cause": values.get(CAUSE) or "",
        "labels": {
            name[len(LABEL) :]: value for name, value in values.items() if name.startswith(LABEL)
        },
    }


def named_faults(faults: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by the names that the page has for its fields."""
    names = {"cause": CAUSE, "reason": "feedback"}
    names |= {name: f"{LABEL}{name}" for name in LABELS}
    return {names.get(name, name): text for name, text in faults.items()}
