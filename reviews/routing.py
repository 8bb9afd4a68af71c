"""Where an item goes when its reviews are saved: pure rules over answers (domain.md, Judgement)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from reviews.rubrics.answering import Answer

RISKY = ("slightly_off", "definitely_wrong")
UNSURE = "not_sure"
# Why an item needs somebody, as it is held and told.
ASKS_FOR_SENIOR = "A reviewer asks for a senior."
SEES_RISK = "A reviewer sees risk or confusion."
IS_UNSURE = "A reviewer is not sure whether there is risk or confusion."
RAISED_A_FLAG = "A reviewer raised a flag."
DISAGREE_ON = "Reviewers disagree on "
SENT = "Sent to adjudication"  # by an adjudicator, with the sign that was seen behind it


class ReviewState(StrEnum):
    """What an item waits for; adjudication goes before review."""

    UNREVIEWED = "unreviewed"
    IN_REVIEW = "in_review"
    NEEDS_ADJUDICATION = "needs_adjudication"
    NEEDS_REVIEW = "needs_review"
    REVIEWED = "reviewed"  # nobody disagrees: settled without anyone's work


@dataclass(frozen=True, slots=True)
class Route:
    """Where an item goes, whether it is a candidate for the canon, and the reasons."""

    state: ReviewState
    is_canon_candidate: bool
    reasons: tuple[str, ...] = ()


def route(reviews: Sequence[Mapping[str, Answer]], *, n_wanted: int) -> Route:
    """The route of an item with these saved, counted reviews, of the number that is wanted.

    Disagreement is looked at when all are there: before, another's answer would show through.
    """
    is_candidate = any(
        _said(each, "employeeReview.reusableLearning") is True
        or _said(each, "canonCandidate") is True
        for each in reviews
    )
    if not reviews:
        return Route(ReviewState.UNREVIEWED, is_candidate)
    reasons = []
    if any(_said(each, "employeeReview.seniorReview") is True for each in reviews):
        reasons.append(ASKS_FOR_SENIOR)
    is_full = len(reviews) >= n_wanted
    if is_full:
        reasons += [f"{DISAGREE_ON}{key}." for key in disputed(reviews)]
    doubts = _doubts(reviews)
    if reasons:
        return Route(ReviewState.NEEDS_ADJUDICATION, is_candidate, (*reasons, *doubts))
    if doubts:
        return Route(ReviewState.NEEDS_REVIEW, is_candidate, doubts)
    return Route(ReviewState.REVIEWED if is_full else ReviewState.IN_REVIEW, is_candidate)


def _doubts(reviews: Sequence[Mapping[str, Answer]]) -> tuple[str, ...]:
    """What asks for another look, though nobody disagrees."""
    risk = [_said(each, "employeeReview.riskOrConfusion") for each in reviews]
    found = {
        SEES_RISK: any(value in RISKY for value in risk),
        IS_UNSURE: UNSURE in risk,
        RAISED_A_FLAG: any(answer.flagged for each in reviews for answer in each.values()),
    }
    return tuple(reason for reason, is_so in found.items() if is_so)


def with_sent(put: Route, state: str, reasons: Iterable[str]) -> Route:
    """The route of an item that is in this state for these reasons already.

    What was sent to adjudication waits until it is settled, whatever is saved meanwhile.
    """
    sent = tuple(each for each in reasons if each.startswith(SENT))
    if state != ReviewState.NEEDS_ADJUDICATION or not sent:
        return put
    return replace(put, state=ReviewState.NEEDS_ADJUDICATION, reasons=(*put.reasons, *sent))


def sent_for(sign: str = "") -> str:
    """The reason of an item that was sent to adjudication for a sign, as it is held."""
    return f"{SENT}: {sign}." if sign else f"{SENT}."


def without_signs(reasons: Iterable[str]) -> list[str]:
    """Reasons as reviewers are told them: not what the product saw in what they had before them."""
    told = (sent_for() if each.startswith(SENT) else each for each in reasons)
    return list(dict.fromkeys(told))


def disputed_key(reason: str) -> str:
    """The key that a reason says reviewers disagree on: a criterion's, or `check 12`; else ""."""
    return reason[len(DISAGREE_ON) : -1] if reason.startswith(DISAGREE_ON) else ""


def disputed(reviews: Sequence[Mapping[str, Answer]]) -> list[str]:
    """Keys on which two reviewers gave different answers; free text and notes are no answers."""
    keys = sorted({key for each in reviews for key in each})
    return [key for key in keys if _differ([each[key] for each in reviews if key in each])]


def _differ(answers: Sequence[Answer]) -> bool:
    said = [_comparable(answer) for answer in answers if answer.is_given]
    return any(each != said[0] for each in said[1:])


def _comparable(answer: Answer) -> Any:
    """A flag is an answer of its own; free text is told by the caller leaving it out."""
    if answer.flagged:
        return "flagged"
    return tuple(answer.value) if isinstance(answer.value, list) else answer.value


def _said(review: Mapping[str, Answer], key: str) -> Any:
    return review[key].value if key in review else None
