"""What was said of the cases of a Lab session, as the contract's objects (formats.md 3.3).

The database gives rows; each answer goes from its JSON into the object as it stands there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import astuple

from exports.formats.review_records import (
    EMPLOYEE,
    GUIDANCE,
    RATINGS,
    LabItem,
    LabPage,
    LabReview,
    Said,
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


_CUT = "\0"  # which JSON never holds
SAID_NOTHING = Said()
NOTHING = SAID_NOTHING.value
Value = bytes | msgspec.Raw
Proposed = tuple[bytes, ...]
SILENT: Proposed = (NULL,) * len(SUGGESTED)
MOST_FORMS = 1_000
_encode = msgspec.json.Encoder().encode


class LabResults:
    """Writes results for a reader. `keys` are the rubric's that mean what the Lab's mean.

    Suggestions are for who sees the run, else for reviews that were shown them.
    """

    def __init__(self, keys: frozenset[str], *, suggests: bool, sees_run: bool) -> None:
        self.suggests = suggests
        self.sees_run = sees_run
        self.form_of = lru_cache(MOST_FORMS)(lambda proposed: _form(keys, proposed)[0])
        _, places = _form(keys, SILENT)
        self.answers_of = _decoder_of(places)
        self.at = {name: n for n, name in enumerate(places)}
        self.asked = {key: n for key, n in self.at.items() if key in keys}
        self.proposed: deque[Proposed] = deque()

    def propose(self, cases: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Suggest for cases by their prompt, response and status, ahead of their lines; of each
        only which of a few forms it takes is kept."""
        self.proposed.extend(snippets(*map(bytes.decode, texts)) for texts in cases)

    def lines(self, page: LabPage) -> list[bytes]:
        """The cases of a page, one a line; what is suggested for them was proposed, in order."""
        reviews: dict[int | None, list[LabReview]] = {}
        for review in page.reviews:
            reviews.setdefault(review.item_id, []).append(review)
        people = {id_: told.encode() for id_, told in page.people.items()}
        return [
            self._line(
                item,
                reviews.get(item.item_id, ()),
                page.settled.get(item.item_id or 0, "null").encode(),
                people,
            )
            for item in page.items
        ]

    def _line(
        self,
        item: LabItem,
        reviews: Sequence[LabReview],
        settled: bytes,
        people: Mapping[str, bytes],
    ) -> bytes:
        """Draft, primary review, and all reviews. Primary is a person's that was saved last."""
        draft, primary = b"{}", (NULL, NULL, NULL)
        proposed = self.proposed.popleft() if self.suggests else SILENT
        if item.has_draft:
            values = self._values(item.draft or "{}")
            draft = self._written(values, proposed, was_shown=item.draft_was_shown)
        entries = []
        for review in reviews:
            values = self._values(review.answers)
            values[self.at["reviewState"]] = b'"%b"' % self._state(values, item)
            values[self.at["adjudication"]] = settled
            saved = self._written(values, proposed, was_shown=review.was_shown)
            at, by = b'"%b"' % review.saved_at.encode(), people[review.saved_by_id]
            entries.append(_entry(review, people[review.reviewer_id], at, by, saved))
            if review.kind == "human":
                primary = (saved, at, by)
        return (
            b'      %b: {"draft": %b, "saved": %b, "savedAt": %b, "savedBy": %b, '
            b'"allReviews": [%b]},\n'
        ) % (_encode(item.case_id), draft, *primary, b", ".join(entries))

    def _values(self, answers: str) -> list[Value]:
        """What stands at each place of a review, but for its state and what was settled."""
        values = [said.value for said in astuple(self.answers_of(answers))]
        notes = self.at.get(NOTES)
        if notes is not None and values[notes] is NOTHING:
            values[notes] = NO_TEXT
        values[self.at["canonCandidate"]] = self._canon(values)
        values[self.at["reviewState"]] = values[self.at["adjudication"]] = NULL
        return values

    def _written(self, values: list[Value], proposed: Proposed, *, was_shown: bool) -> bytes:
        form = self.form_of(proposed if self.sees_run or was_shown else SILENT).copy()
        form[1::2] = values
        return b"".join(form)

    def _said(self, values: list[Value], key: str) -> bytes:
        place = self.asked.get(key)
        return NULL if place is None else bytes(values[place])

    def _state(self, values: list[Value], item: LabItem) -> bytes:
        """Where the review sends its item, or where the item is once that is told to all."""
        if item.is_open and item.state in TOLD_STATES:
            return item.state.encode()
        if self._said(values, "employeeReview.seniorReview") == TRUE:
            return b"needs_adjudication"
        is_risky = self._said(values, "employeeReview.riskOrConfusion") in RISKY
        return b"needs_review" if is_risky else b"reviewed"

    def _canon(self, values: list[Value]) -> bytes:
        """Set by the reviewer, or by itself when others can learn from it."""
        is_canon = self._said(values, "canonCandidate")
        teaches = self._said(values, "employeeReview.reusableLearning")
        if is_canon == TRUE or teaches == TRUE:
            return TRUE
        return NULL if is_canon == teaches == NULL else b"false"


def _form(keys: frozenset[str], proposed: Proposed) -> tuple[list[Value], list[str]]:
    """A review with these suggestions, cut where values go, and whose those are, in their order."""
    places: list[str] = []
    known = dict.fromkeys(NEVER, "null") | dict(
        zip(SUGGESTED, map(bytes.decode, proposed), strict=True)
    )

    def place(name: str) -> str:
        places.append(name)
        return _CUT

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
        if name in LAYERS:
            return layer(name)
        return answer(name) if name in ANSWERED else known.get(name) or place(name)

    first, *rest = _object({name: member(name) for name in MEMBERS}).encode().split(_CUT.encode())
    form: list[Value] = [first]
    for part in rest:
        form += NULL, part
    return form, places


def _decoder_of(places: Iterable[str]) -> Callable[[str], Any]:
    """Reads answers into a value that has one field for each place, in their order."""
    names = {f"place_{n}": place for n, place in enumerate(places)}
    fields = [(name, Said, SAID_NOTHING) for name in names]
    answers = msgspec.defstruct("Answers", fields, rename=names, gc=False)
    return msgspec.json.Decoder(answers).decode


def _object(members: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in members.items()) + "}"


def _entry(review: LabReview, reviewer: bytes, at: bytes, by: bytes, saved: bytes) -> bytes:
    """A review among all of its case."""
    return (
        b'{"reviewer": %b, "reviewerKind": %b, "isCounted": %b, "revisions": %d, "savedAt": %b, '
        b'"savedBy": %b, "saved": %b, "answers": %b, "checks": %b, "feedback": %b}'
    ) % (
        reviewer,
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
