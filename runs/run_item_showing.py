"""One row of a run as its page shows it: texts safe and bounded, checks with their verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from datasets.conversation import NAMES as SPEAKERS
from datasets.conversation import as_json
from datasets.operators import OPERATORS
from datasets.rendering import MAX_SHOWN, raw, render
from runs.models import CheckResult, RunItem
from runs.run_item_listing import chip_of, name_of

MOST_TURNS = 200
MOST_TURN_CHARACTERS = 20_000
MOST_TRACE = 20_000  # characters of each
CHIP = (
    *("operator", "evaluator", "state", "auto_eval", "stands", "edited_auto_eval", "confidence"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text on the page; `name` is what the address of the whole of it says."""

    name: str
    label: str
    html: SafeString
    n_characters: int
    is_cut: bool


def texts_of(item: RunItem) -> dict[str, tuple[str, str]]:
    """Label and whole text of what a row was asked and answered, by name; empty ones left out."""
    source = item.item
    found = {
        "prompt": ("Input", item.prompt_text or (source.input if source else "")),
        "summary": ("Conversation", source.summary if source else ""),
        "response": ("Output", item.response),
        "expected": ("Expected output", source.expected_output if source else ""),
    }
    if source and source.level == "message":
        found["summary"] = ("Summary", source.summary)
    return {name: said for name, said in found.items() if said[1] or name == "response"}


def shown(name: str, label: str, text: str, *, is_raw: bool) -> Text:
    """The text as the page shows it."""
    html = (raw if is_raw else render)(text[:MAX_SHOWN])
    return Text(name, label, html, len(text), len(text) > MAX_SHOWN)


def history_of(item: RunItem, *, is_raw: bool) -> list[dict[str, Any]]:
    """What was said before, oldest first."""
    turns = item.item.history if item.item else []
    return [
        {
            "role": turn.get("role", "unknown"),
            "speaker": SPEAKERS.get(turn.get("role", ""), "Unknown"),
            **shown_turn(str(turn.get("content") or ""), is_raw=is_raw),
        }
        for turn in turns[-MOST_TURNS:]
        if isinstance(turn, dict)
    ]


def shown_turn(text: str, *, is_raw: bool) -> dict[str, Any]:
    """One turn, cut where a page bears no more."""
    html = (raw if is_raw else render)(text[:MOST_TURN_CHARACTERS])
    return {"html": html, "is_cut": len(text) > MOST_TURN_CHARACTERS, "n_characters": len(text)}


def traces_of(item: RunItem) -> list[tuple[str, str]]:
    """Contexts and data of the row that say something, as JSON to be read."""
    source = item.item
    found = [("Context", item.input_context or (source.context if source else {}))]
    if source:
        found += [
            ("Participant data", source.participant_data),
            ("Session state", source.session_state),
        ]
    found.append(("Output context", item.output_context))
    return [(name, as_json(value)[:MOST_TRACE]) for name, value in found if value]


def checks_of(results: Iterable[CheckResult]) -> list[dict[str, Any]]:
    """Each result with its name, its chip, and what the machine said under an override."""
    found = [_check(result) for result in results]
    open_ones = [each for each in found if each["may_be_overridden"]]
    failing = [each for each in open_ones if each["result"].stands is False]
    for each in (failing or open_ones)[:1]:
        each["is_next"] = True  # the one that a key opens
    return found


def _check(result: CheckResult) -> dict[str, Any]:
    said = {name: getattr(result, name) for name in CHIP}
    original = {**said, "edited_auto_eval": "", "stands": result.is_passed}
    operator = OPERATORS.get(result.operator)
    condition = OPERATORS.get(result.conditional_operator)
    return {
        "result": result,
        "name": name_of(result.operator, result.evaluator),
        "operator_label": operator.label if operator else result.operator,
        "condition_label": condition.label if condition else result.conditional_operator,
        "chip": chip_of(said),
        "original": chip_of(original) if result.edited_auto_eval else None,
        "may_be_overridden": result.state == CheckResult.State.DONE,
    }
