"""Registry diagnostics (formats.md 3.6): which datasets a row seems to belong to, and its lane.

Pure rules over evidence there is already; nothing is stored. Confidence is high from saved human
fields and from what the row itself records (its category, its run status), medium from a draft or
a suggested field, low from words of the prompt alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reviews.behaviour_suggesting import suggest_affect
from reviews.suggesting import DISTRESS, suggest

HIGH, MEDIUM, LOW = "high", "medium", "low"
CONFIDENCES = (HIGH, MEDIUM, LOW)
LOW_TRUST, OVERWHELM, GAP, FAILURES = (
    "low_trust", "overwhelm", "human_suggestion_gap", "run_failures",
)  # fmt: skip
CATEGORY = "category: "  # before the name of a dataset that is of a category
MOST_TRUST = 4
UPSET = "Upset"
MANY_DATASETS = 3
OVERMATCHING = 0.6
DONE_STATES = ("reviewed", "adjudicated")
TRUST, STATUS, RISK, CANON = (
    "ratings.trust", "status", "employeeReview.riskOrConfusion", "canonCandidate",
)  # fmt: skip


class Lane(StrEnum):
    """Where a row's review would go; the first that fits."""

    SENIOR_ADJUDICATION = "senior_adjudication"
    RISK_REVIEW = "risk_review"
    CANON_CANDIDATE = "canon_candidate"
    RUN_FAILURE = "run_failure"
    STANDARD_REVIEW = "standard_review"
    DONE = "done"


LANES = {
    Lane.SENIOR_ADJUDICATION: ("Senior adjudication", "Reviewers disagree, or ask for a senior."),
    Lane.RISK_REVIEW: ("Risk review", "A reviewer sees risk or confusion, or a fail is suggested."),
    Lane.CANON_CANDIDATE: ("Canon candidate", "Others can learn from it."),
    Lane.RUN_FAILURE: ("Run failure", "The run has no answer for it."),
    Lane.STANDARD_REVIEW: ("Standard review", "Not all of its reviews are there."),
    Lane.DONE: ("Done", "Reviewed, and nothing is open."),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one row of a run.

    `saved` and `draft` are {criterion: value}: the review saved last, and what the asker has typed
    themselves. `state` is the item's in its queue, "" without one or before it is revealed.
    """

    pk: str
    public_id: str
    run: str
    run_title: str
    run_status: str = "success"
    category: str = ""
    run_category: str = ""
    prompt: str = ""
    response: str = ""
    state: str = ""
    is_canon: bool = False
    saved: Mapping[str, Any] = field(default_factory=dict)
    draft: Mapping[str, Any] = field(default_factory=dict)
    affect: str = ""
    affect_draft: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """One dataset that a row seems to belong to: from which field, why, and how surely."""

    dataset: str
    source: str
    reason: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Suggested:
    """A row with its datasets and its lane, and why it is there."""

    evidence: Evidence
    memberships: tuple[Membership, ...]
    lane: Lane
    lane_reason: str


def diagnose(row: Evidence, categories: Iterable[str] = ()) -> Suggested:
    """The datasets and the lane of one row; `categories` are those there are, to match by words."""
    suggested = {
        each.key: each.value
        for each in suggest(row.prompt, row.response, run_status=row.run_status)
    }
    found = [
        *_category(row, categories),
        *_low_trust(row, suggested),
        *_overwhelm(row),
        *_gap(row, suggested),
        *_failures(row),
    ]
    lane, reason = lane_of(row, suggested)
    return Suggested(row, tuple(found), lane, reason)


def lane_of(row: Evidence, suggested: Mapping[str, Any]) -> tuple[Lane, str]:
    """The first lane that fits, and why.

    A fail is suggested of an answer: of a row in error there is none to speak of, which is what
    its own lane is for.
    """
    risk = row.saved.get(RISK)
    if row.state == "needs_adjudication":
        return Lane.SENIOR_ADJUDICATION, "Its review state is needs_adjudication."
    if risk not in (None, "", "no"):
        return Lane.RISK_REVIEW, f"riskOrConfusion is {risk}."
    is_answered = row.run_status == "success"
    if is_answered and suggested.get(STATUS) == "fail":
        return Lane.RISK_REVIEW, "A fail is suggested."
    if row.is_canon or row.saved.get(CANON) is True:
        return Lane.CANON_CANDIDATE, "It is marked as a candidate for the canon."
    if row.run_status == "error":
        return Lane.RUN_FAILURE, "Its run status is error."
    if row.state not in DONE_STATES:
        return Lane.STANDARD_REVIEW, f"Its review state is {row.state or 'unreviewed'}."
    return Lane.DONE, f"Its review state is {row.state}."


def _category(row: Evidence, categories: Iterable[str]) -> list[Membership]:
    if row.category:
        return [_of_category(row.category, "category", f"Its category is {row.category}.", HIGH)]
    if row.run_category:
        reason = f"Its run is of the category {row.run_category}."
        return [_of_category(row.run_category, "run.category", reason, HIGH)]
    words = row.prompt.casefold()
    return [
        _of_category(name, "promptText", f"The prompt says “{name}”.", LOW)
        for name in categories
        if name and re.search(rf"\b{re.escape(name.casefold())}\b", words)
    ]


def _of_category(name: str, source: str, reason: str, confidence: str) -> Membership:
    return Membership(f"{CATEGORY}{name}", source, reason, confidence)


def _low_trust(row: Evidence, suggested: Mapping[str, Any]) -> list[Membership]:
    for held, source, confidence in _three(row, suggested, TRUST):
        value = held.get(TRUST)
        if not isinstance(value, int | float) or isinstance(value, bool):
            continue
        if value <= MOST_TRUST:
            reason = f"Trust is {value:g} of 10."
            return [Membership(LOW_TRUST, source, reason, confidence)]
        return []  # what is said more surely counts
    return []


def _three(
    row: Evidence, suggested: Mapping[str, Any], key: str
) -> tuple[tuple[Mapping[str, Any], str, str], ...]:
    """Where a field may stand, the surest first."""
    return (
        (row.saved, f"saved.{key}", HIGH),
        (row.draft, f"draft.{key}", MEDIUM),
        (suggested, f"suggested.{key}", MEDIUM),
    )


def _overwhelm(row: Evidence) -> list[Membership]:
    if row.affect:
        reason = f"The saved label says {row.affect}."
        is_upset = row.affect == UPSET
        return [Membership(OVERWHELM, "label.guestAffect", reason, HIGH)] if is_upset else []
    if row.affect_draft == UPSET:
        reason = "Your draft of a label says Upset."
        return [Membership(OVERWHELM, "labelDraft.guestAffect", reason, MEDIUM)]
    felt = suggest_affect(row.prompt)
    if felt is not None and felt.value == UPSET:
        return [Membership(OVERWHELM, "suggested.guestAffect", felt.reasons[0], MEDIUM)]
    if word := DISTRESS.search(row.prompt):
        reason = f"The prompt says “{word[0][:60]}”."
        return [Membership(OVERWHELM, "promptText", reason, LOW)]
    return []


def _gap(row: Evidence, suggested: Mapping[str, Any]) -> list[Membership]:
    proposed = suggested.get(STATUS)
    for held, source, confidence in _three(row, suggested, STATUS)[:2]:
        said = held.get(STATUS)
        if not said or not proposed:
            continue
        if said == proposed:
            return []
        reason = f"People say {said}, {proposed} is suggested."
        return [Membership(GAP, source, reason, confidence)]
    return []


def _failures(row: Evidence) -> list[Membership]:
    if row.run_status != "error":
        return []
    return [Membership(FAILURES, "runStatus", "Its run status is error.", HIGH)]


# --- the whole -----------------------------------------------------------------------------------


@dataclass(slots=True)
class SuggestedDataset:
    """A dataset with its rows and their confidence; `share` is of all rows that were looked at."""

    name: str
    n: int
    confidence: dict[str, int]
    share: float

    @property
    def is_overmatching(self) -> bool:
        return self.share > OVERMATCHING

    @property
    def is_weak(self) -> bool:
        """Whether most of it rests on words of prompts alone."""
        return self.confidence[LOW] * 2 > self.n


@dataclass(frozen=True, slots=True)
class Watch:
    """Something to look at with care: `overmatching`, `weak_matches` or `too_many_datasets`."""

    kind: str
    about: str
    message: str
    n: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What all rows together suggest."""

    n_items: int
    n_runs: int
    n_memberships: int
    confidence: dict[str, int]
    datasets: list[SuggestedDataset]
    lanes: dict[str, int]
    watch: list[Watch]


def summarise(rows: Sequence[Suggested]) -> Summary:
    """Datasets with most rows first, every lane, and what to watch."""
    told = [each for row in rows for each in row.memberships]
    by_dataset: dict[str, Counter[str]] = {}
    for each in told:
        by_dataset.setdefault(each.dataset, Counter())[each.confidence] += 1
    datasets = [
        SuggestedDataset(name, n.total(), {c: n[c] for c in CONFIDENCES}, n.total() / len(rows))
        for name, n in by_dataset.items()
    ]
    datasets.sort(key=lambda each: (-each.n, each.name))
    all_of = Counter(each.confidence for each in told)
    lanes = Counter(row.lane for row in rows)
    return Summary(
        n_items=len(rows),
        n_runs=len({row.evidence.run for row in rows}),
        n_memberships=len(told),
        confidence={each: all_of[each] for each in CONFIDENCES},
        datasets=datasets,
        lanes={lane.value: lanes[lane] for lane in Lane},
        watch=[*_watched(datasets), *_in_too_many(rows)],
    )


def _watched(datasets: Iterable[SuggestedDataset]) -> list[Watch]:
    found = []
    for each in datasets:
        if each.is_overmatching:
            said = f"It takes {each.share:.0%} of all rows: what it is made of may say too little."
            found.append(Watch("overmatching", each.name, said, each.n))
        if each.is_weak:
            said = f"{each.confidence[LOW]} of {each.n} rows are matched by words alone."
            found.append(Watch("weak_matches", each.name, said, each.confidence[LOW]))
    return found


def _in_too_many(rows: Iterable[Suggested]) -> list[Watch]:
    many = [row for row in rows if len(row.memberships) > MANY_DATASETS]
    return [
        Watch(
            "too_many_datasets",
            f"{row.evidence.public_id} of {row.evidence.run_title}",
            f"It seems to belong to {len(row.memberships)} datasets.",
            len(row.memberships),
        )
        for row in many
    ]
