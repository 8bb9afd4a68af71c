"""What was said of the cases of a Lab session, as the contract's objects (formats.md 3.3).

The database gives rows; each answer goes from its JSON into the object as it stands there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter

import msgspec

from exports.formats.review_records import (
    EMPLOYEE,
    GUIDANCE,
    RATINGS,
    LabItem,
    LabPage,
    LabReview,
)
from exports.review_suggestions import snippets

LAYERS = {"ratings": RATINGS, "employeeReview": EMPLOYEE, "humanGuidanceEval": GUIDANCE}
# The members of a review in their order; what is no layer and no answer has its place by its name.
MEMBERS = (
    *("ratings", "suggestedRatings", "keepTalking", "suggestedKeepTalking", "status"),
    *("suggestedStatus", "priority", "suggestedPriority", "feltOff", "owner", "reviewState"),
    *("luciaPredictedLabels", "humanLabels", "adjudication", "employeeReview"),
    *("suggestedEmployeeReview", "humanGuidanceEval", "suggestedHumanGuidanceEval"),
    "canonCandidate",
)
SUGGESTED = tuple(name for name in MEMBERS if name.startswith("suggested"))
ANSWERED = ("keepTalking", "status", "priority", "feltOff", "owner")
NEVER = ("luciaPredictedLabels", "humanLabels")  # kept by the contract for what nobody fills
NOTES = "humanGuidanceEval.notes"
RISKY = (b'"slightly_off"', b'"definitely_wrong"', b'"not_sure"')
TOLD_STATES = ("needs_adjudication", "needs_review", "reviewed")
NULL, TRUE, NO_TEXT = b"null", b"true", b'""'


class Said(msgspec.Struct):
    """One answer; `value` is its JSON."""

    value: msgspec.Raw = msgspec.Raw(NULL)


NOTHING = Said().value
Values = dict[str, bytes | msgspec.Raw]
# What no answer says, whatever a rubric calls its own: null until it is known.
OURS: Values = dict.fromkeys((*SUGGESTED, "reviewState", "adjudication"), NULL)
_encode = msgspec.json.Encoder().encode
_answers_of = msgspec.json.Decoder(dict[str, Said]).decode


class LabResults:
    """Writes results for a reader. `keys` are the rubric's that mean what the Lab's mean.

    Suggestions are for who sees the run, else for reviews that were shown them.
    """

    def __init__(self, keys: frozenset[str], *, suggests: bool, sees_run: bool) -> None:
        self.keys = keys
        self.suggests = suggests
        self.sees_run = sees_run
        self.form, places = _form(keys)
        self.blank: Values = dict.fromkeys(places, NULL) | {NOTES: NO_TEXT}
        self.of_places = itemgetter(*places)

    def lines(self, page: LabPage) -> list[bytes]:
        """The cases of a page, one a line."""
        reviews: dict[int | None, list[LabReview]] = {}
        for review in page.reviews:
            reviews.setdefault(review.item_id, []).append(review)
        return [
            self._line(item, reviews.get(item.item_id, ()), page.settled.get(item.item_id or 0))
            for item in page.items
        ]

    def _line(self, item: LabItem, reviews: Sequence[LabReview], settled: str | None) -> bytes:
        """Draft, primary review, and all reviews. Primary is a person's that was saved last."""
        draft, primary = b"{}", (NULL, NULL, NULL)
        proposed = self._proposed(item) if reviews or item.has_draft else OURS
        if item.has_draft:
            values = self._values(item.draft or "{}", proposed, was_shown=item.draft_was_shown)
            draft = self._written(values)
        entries = []
        for review in reviews:
            values = self._values(review.answers, proposed, was_shown=review.was_shown)
            values["reviewState"] = b'"%b"' % self._state(values, item)
            values["adjudication"] = settled.encode() if settled else NULL
            saved = self._written(values)
            at = b'"%b"' % review.saved_at.encode()
            by = person(review.saved_by_id, review.saved_by_email, review.saved_by_name)
            entries.append(_entry(review, at, by, saved))
            if review.kind == "human":
                primary = (saved, at, by)
        return (
            b'      %b: {"draft": %b, "saved": %b, "savedAt": %b, "savedBy": %b, '
            b'"allReviews": [%b]},\n'
        ) % (_encode(item.case_id), draft, *primary, b", ".join(entries))

    def _proposed(self, item: LabItem) -> Values:
        """What no answer says, with what the product suggests for the case."""
        if not self.suggests:
            return OURS
        found = snippets(item.prompt, item.response, item.status)
        return OURS | dict(zip(SUGGESTED, found, strict=True))

    def _values(self, answers: str, proposed: Values, *, was_shown: bool) -> Values:
        """What stands at each place of a review, but for its state and what was settled."""
        said = {key: each.value for key, each in _answers_of(answers).items()}
        ours = proposed if self.sees_run or was_shown else OURS
        values = self.blank | said | ours
        if values[NOTES] is NOTHING:
            values[NOTES] = NO_TEXT
        values["canonCandidate"] = self._canon(values)
        return values

    def _written(self, values: Values) -> bytes:
        written: bytes = self.form % self.of_places(values)
        return written

    def _said(self, values: Values, key: str) -> bytes:
        return bytes(values.get(key, NULL)) if key in self.keys else NULL

    def _state(self, values: Values, item: LabItem) -> bytes:
        """Where the review sends its item, or where the item is once that is told to all."""
        if item.is_open and item.state in TOLD_STATES:
            return item.state.encode()
        if self._said(values, "employeeReview.seniorReview") == TRUE:
            return b"needs_adjudication"
        is_risky = self._said(values, "employeeReview.riskOrConfusion") in RISKY
        return b"needs_review" if is_risky else b"reviewed"

    def _canon(self, values: Values) -> bytes:
        """Set by the reviewer, or by itself when others can learn from it."""
        names = ("canonCandidate", "employeeReview.reusableLearning")
        said = [self._said(values, name) for name in names]
        if TRUE in said:
            return TRUE
        return b"false" if any(each != NULL for each in said) else NULL


def _form(keys: frozenset[str]) -> tuple[bytes, list[str]]:
    """A review with %b where a value goes, and whose value that is, in their order."""
    places: list[str] = []

    def place(name: str) -> str:
        places.append(name)
        return "%b"

    def answer(key: str) -> str:
        return place(key) if key in keys else "null"

    def layer(name: str) -> str:
        if not any(f"{name}.{key}" in keys for key in LAYERS[name]):
            return "null"
        told = {key: answer(f"{name}.{key}") for key in LAYERS[name]}
        if name == "humanGuidanceEval":
            told["notes"] = place(NOTES)
        return _object(told)

    def member(name: str) -> str:
        if name in NEVER:
            return "null"
        if name in LAYERS:
            return layer(name)
        return answer(name) if name in ANSWERED else place(name)

    return _object({name: member(name) for name in MEMBERS}).encode(), places


def _object(members: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in members.items()) + "}"


def _entry(review: LabReview, at: bytes, by: bytes, saved: bytes) -> bytes:
    """A review among all of its case."""
    return (
        b'{"reviewer": %b, "reviewerKind": %b, "isCounted": %b, "revisions": %d, "savedAt": %b, '
        b'"savedBy": %b, "saved": %b, "answers": %b, "checks": %b, "feedback": %b}'
    ) % (
        person(review.reviewer_id, review.reviewer_email, review.reviewer_name),
        _encode(review.kind),
        TRUE if review.is_counted else b"false",
        review.n_revisions,
        at,
        by,
        saved,
        review.others.encode(),
        review.checks.encode(),
        _encode(review.feedback),
    )


@lru_cache(1_000)
def person(id_: str, email: str, name: str) -> bytes:
    """The three fields of an identity."""
    told = b'{"clerkUserId": "%b", "email": %b, "name": %b}'
    return told % (id_.encode(), _encode(email), _encode(name or None))
