"""The final labels an adjudicator may give: vocabularies of formats.md 3.1, all optional."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviews.models.behavioral_label import AFFECTS, INTENTS

ACTIONS = ("none", "inform", "create_task", "contact_guest", "contact_vendor", "escalate")
STRESS = ("low", "medium", "high")
CHOICES: dict[str, tuple[str, ...]] = {
    "guestIntent": INTENTS,
    "actionType": ACTIONS,
    "emotionalRead": AFFECTS,
    "ownerStressLevel": STRESS,
}
SWITCH = "followThroughRequired"


def read_labels(given: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The labels that were given, and what is wrong by name; null and "" are no label."""
    if not isinstance(given, Mapping):
        return {}, {"labels": "Labels are an object: name -> value."}
    labels, faults = {}, {}
    for name, value in given.items():
        if value is None or value == "":
            continue
        fault = _fault(str(name), value)
        if fault:
            faults[str(name)[:60]] = fault
        else:
            labels[str(name)] = value
    return labels, faults


def _fault(name: str, value: Any) -> str:
    if name == SWITCH:
        return "" if isinstance(value, bool) else "Give true or false."
    if name not in CHOICES:
        return f"There is no such label; there are {', '.join((*CHOICES, SWITCH))}."
    if isinstance(value, str) and value in CHOICES[name]:
        return ""
    return f"Choose one of: {', '.join(CHOICES[name])}."
