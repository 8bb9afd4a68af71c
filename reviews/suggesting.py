"""What the product proposes for the layers of the Lab review: heuristics over one row.

Pure functions of prompt, response, run status and run error. Each finding names its reason; what
is proposed from findings is stored nowhere and never becomes an answer by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from reviews.expressions import Expressions


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a heuristic saw: its name, why, and whether it speaks for the response."""

    name: str
    reason: str
    is_good: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A proposed value for one criterion of the Lab review, and the reasons for it."""

    key: str
    value: Any
    reasons: tuple[str, ...]


NEXT_MOVE = re.compile(
    r"\b(?:first|next|then|please|you can|try|call|send|click|open|check|let me|i will|i'll)\b",
    re.IGNORECASE,
)
CALMING = re.compile(
    r"\b(?:no worries|don't worry|do not worry|take your time|you(?:'re| are) not alone|"
    r"we(?:'ll| will) sort|that(?:'s| is) understandable|happens to)\b",
    re.IGNORECASE,
)
ROBOTIC = re.compile(
    r"\b(?:as an ai|as a language model|your request has been|i am unable to|"
    r"thank you for contacting|please be advised|we apologi[sz]e for any inconvenience)\b",
    re.IGNORECASE,
)
FAKE_EMPATHY = re.compile(
    r"\b(?:i (?:completely |totally |fully )?understand (?:how|your) (?:you feel|frustrat\w+|"
    r"feelings?)|i know exactly how you feel|i feel your pain|"
    r"(?:so |deeply |truly )sorry to hear)\b",
    re.IGNORECASE,
)
OVERCLAIMING = re.compile(
    r"\b(?:guarantee[ds]?|100 ?%|definitely|certainly|always works|never fails|"
    r"i (?:have|'ve) (?:already )?(?:booked|sent|refunded|called|cancelled|notified))\b",
    re.IGNORECASE,
)
MARKED_LINE = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s")
DISTRESS = re.compile(
    r"\b(?:angry|furious|desperate|scared|afraid|stressed|panic\w*|upset|worried|crying|"
    r"unacceptable|terrible|awful)\b",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]{4,}")
# Plain letters as small ones, all else as spaces.
_APART = bytes(ord(chr(n).lower()) if n < 128 and chr(n).isalpha() else 32 for n in range(256))
MOST_READ = 20_000  # characters of each text that words are compared in
FIRST_WORDS = 32  # of a response, that are looked at alone first
# How texts are looked at for expressions: their names, and where, if anybody wants to know.
Look = Callable[[Expressions, str], Mapping[str, re.Match[str] | None]]


class Sight(NamedTuple):
    """A finding before anybody asks for its reason: what it says, and of which words."""

    name: str
    is_good: bool
    says: str
    found: re.Match[str] | None = None

    @property
    def finding(self) -> Finding:
        words = f": “{self.found[0][:60]}”" if self.found else ""
        return Finding(self.name, f"{self.says}{words}.", self.is_good)


def findings(prompt: str, response: str, *, run_status: str = "success") -> list[Finding]:
    """What the heuristics see, in a fixed order; an empty response is one finding."""
    return [each.finding for each in _sights(prompt, response, run_status, Expressions.matches)]


def _sights(prompt: str, response: str, run_status: str, look: Look) -> list[Sight]:
    if run_status == "error" or not response.strip():
        return [Sight("no_answer", False, "There is no response to judge")]
    return list(_seen(prompt, response, look))


def _seen(prompt: str, response: str, look: Look) -> Iterator[Sight]:
    heard = look(_HEARD, response)
    if "clear_next_move" in heard:
        found = heard["clear_next_move"]
        yield Sight("clear_next_move", True, "It says what to do next", found)
    elif response.rstrip().endswith("?"):
        yield Sight("clear_next_move", True, "It ends with a question that leads on")
    else:
        yield Sight("no_next_move", False, "It does not say what happens next")
    if "calming_language" in heard:
        yield Sight("calming_language", True, "It calms", heard["calming_language"])
    elif "distress" in (asked := look(_ASKED, prompt)):
        yield Sight("nothing_calming", False, "The prompt shows distress", asked["distress"])
    lines = [line for line in response.splitlines() if line.strip()]
    n_marked = sum(1 for line in lines if MARKED_LINE.match(line)) if len(lines) >= 4 else 0
    if n_marked >= 4 and n_marked * 2 > len(lines):
        yield Sight("list_heavy", False, f"{n_marked} of {len(lines)} lines are list items")
    for name, says in (
        ("robotic_language", "It sounds like a machine"),
        ("fake_empathy", "Its empathy is a phrase"),
        ("overclaiming", "It claims more than it can know"),
    ):
        if name in heard:
            yield Sight(name, False, says, heard[name])


_HEARD = Expressions({
    "clear_next_move": NEXT_MOVE,
    "calming_language": CALMING,
    "robotic_language": ROBOTIC,
    "fake_empathy": FAKE_EMPATHY,
    "overclaiming": OVERCLAIMING,
})  # fmt: skip
_ASKED = Expressions({"distress": DISTRESS})


# --- from findings to values -----------------------------------------------------------------

# Each finding moves these ratings, which begin at 7 of 10.
MOVES: dict[str, dict[str, int]] = {
    "no_answer": dict.fromkeys(("tone", "usefulness", "calming", "naturalness", "trust"), -6),
    "clear_next_move": {"usefulness": 1},
    "no_next_move": {"usefulness": -2},
    "calming_language": {"calming": 2, "tone": 1},
    "nothing_calming": {"calming": -2, "tone": -1},
    "list_heavy": {"naturalness": -2, "tone": -1},
    "robotic_language": {"naturalness": -3, "tone": -2},
    "fake_empathy": {"naturalness": -1, "trust": -1, "calming": -1},
    "overclaiming": {"trust": -3},
}
BEGIN = 7


def suggest(prompt: str, response: str, *, run_status: str = "success") -> list[Suggestion]:
    """The proposed values for the Lab review, each with the reasons that led to it."""
    seen = findings(prompt, response, run_status=run_status)
    understood = _understood(prompt, response, {each.name: each.reason for each in seen})
    return _proposed(seen, understood)


class Signs(NamedTuple):
    """All that the proposed values depend on: few texts differ in it."""

    seen: tuple[tuple[str, bool], ...]
    understood: str


def signs_of(prompt: str, response: str, *, run_status: str = "success") -> Signs:
    """What the heuristics see, without reasons."""
    sights = _sights(prompt, response, run_status, Expressions.named)
    seen = tuple([(each.name, each.is_good) for each in sights])
    if seen[0][0] == "no_answer":
        return Signs(seen, "no")
    return Signs(seen, _taken_up(prompt, response))


def values_of(signs: Signs) -> Mapping[str, Any]:
    """The proposed values by key, as `suggest` gives them."""
    seen = [Finding(name, "", is_good) for name, is_good in signs.seen]
    understood = Suggestion("employeeReview.understoodNeed", signs.understood, ())
    return {each.key: each.value for each in _proposed(seen, understood)}


def _proposed(seen: list[Finding], understood: Suggestion) -> list[Suggestion]:
    by_name = {finding.name: finding.reason for finding in seen}
    bad = tuple(finding.reason for finding in seen if not finding.is_good)
    proposed = [_rating(dimension, seen) for dimension in MOVES["no_answer"]]
    has_failed = "no_answer" in by_name
    status = "fail" if has_failed else "refine" if len(bad) >= 2 else "pass"
    proposed.append(Suggestion("status", status, bad))
    keep = "no" if has_failed else "maybe" if bad else "yes"
    proposed.append(Suggestion("keepTalking", keep, bad))
    urgent = tuple(by_name[n] for n in ("no_answer", "overclaiming") if n in by_name)
    priority = "high" if urgent else "medium" if bad else "low"
    proposed.append(Suggestion("priority", priority, urgent or bad))
    proposed.append(understood)
    proposed += _employee_review(by_name, has_failed=has_failed)
    proposed += _learning(by_name, bad)
    proposed += _guidance(seen, understood)
    return proposed


def _rating(dimension: str, seen: list[Finding]) -> Suggestion:
    moved = [finding for finding in seen if dimension in MOVES[finding.name]]
    value = BEGIN + sum(MOVES[finding.name][dimension] for finding in moved)
    reasons = tuple(finding.reason for finding in moved)
    return Suggestion(f"ratings.{dimension}", min(10, max(1, value)), reasons)


def _employee_review(by_name: dict[str, str], *, has_failed: bool) -> Iterator[Suggestion]:
    def because(*names: str) -> tuple[str, ...]:
        return tuple(by_name[name] for name in names if name in by_name)

    move = "no" if has_failed else "yes" if "clear_next_move" in by_name else "mostly"
    yield Suggestion(
        "employeeReview.rightNextMove",
        move,
        because("no_answer", "clear_next_move", "no_next_move"),
    )
    calm = "yes" if "calming_language" in by_name else "somewhat"
    calm = "no" if has_failed or "nothing_calming" in by_name else calm
    yield Suggestion(
        "employeeReview.calmingEffect",
        calm,
        because("no_answer", "calming_language", "nothing_calming"),
    )
    risk = "slightly_off" if "overclaiming" in by_name else "no"
    yield Suggestion(
        "employeeReview.riskOrConfusion",
        "not_sure" if has_failed else risk,
        because("no_answer", "overclaiming"),
    )
    yield Suggestion(
        "employeeReview.seniorReview", "overclaiming" in by_name, because("overclaiming")
    )


def _understood(prompt: str, response: str, by_name: dict[str, str]) -> Suggestion:
    """Whether the response takes up what the prompt is about, by the words they share."""
    key = "employeeReview.understoodNeed"
    if "no_answer" in by_name:
        return Suggestion(key, "no", (by_name["no_answer"],))
    asked, n = _shared_words(prompt, response)
    if not asked:
        return Suggestion(key, _takes_up(0, 0), ("The prompt has no words to compare.",))
    reason = f"It takes up {n} of {asked} words of the prompt."
    return Suggestion(key, _takes_up(asked, n), (reason,))


def _takes_up(asked: int, n: int) -> str:
    """What it comes to that a response has so many of the words that were asked about."""
    if not asked:
        return "not_sure"
    return "yes" if n * 3 >= asked else "mostly"


def _shared_words(prompt: str, response: str) -> tuple[int, int]:
    """How many different words of four letters and more the prompt has, and how many it shares."""
    asked = _asked_words(prompt)
    return len(asked), len(asked.intersection(_words(response).split()))


def _taken_up(prompt: str, response: str) -> str:
    """What `_takes_up` makes of the words they share; the first of a response often settle it."""
    asked = _asked_words(prompt)
    said = _words(response).split(None, FIRST_WORDS)
    shared = asked.intersection(said)
    if len(said) > FIRST_WORDS and _takes_up(len(asked), len(shared)) != "yes":
        shared.update(asked.intersection(said[-1].split()))
    return _takes_up(len(asked), len(shared))


def _asked_words(prompt: str) -> set[bytes]:
    return {word for word in _words(prompt).split() if len(word) >= 4}


def _words(text: str) -> bytes:
    """What is in a text, in small letters with spaces between, at least all words of four."""
    text = text[:MOST_READ]
    if text.isascii():
        return text.encode().translate(_APART)
    return " ".join(WORD.findall(text.lower())).encode("utf-8", "surrogatepass")


def _learning(by_name: dict[str, str], bad: tuple[str, ...]) -> Iterator[Suggestion]:
    """Others can learn from what is clear, calms, and has nothing against it."""
    good = ("clear_next_move", "calming_language")
    is_model = not bad and all(name in by_name for name in good)
    reasons = tuple(by_name[name] for name in good) if is_model else bad
    yield Suggestion("employeeReview.reusableLearning", is_model, reasons)
    yield Suggestion("canonCandidate", is_model, reasons)


# Each finding moves these dimensions of the guidance, which begin at 3 of 5.
GUIDES: dict[str, dict[str, int]] = {
    "no_answer": dict.fromkeys(
        ("emotionalValidation", "actionability", "toneAppropriateness", "authenticity"), -2
    ),
    "clear_next_move": {"actionability": 1},
    "no_next_move": {"actionability": -1},
    "calming_language": {"emotionalValidation": 1, "toneAppropriateness": 1},
    "nothing_calming": {"emotionalValidation": -1, "toneAppropriateness": -1},
    "list_heavy": {"toneAppropriateness": -1},
    "robotic_language": {"toneAppropriateness": -1, "authenticity": -1},
    "fake_empathy": {"emotionalValidation": -1, "authenticity": -1},
    "overclaiming": {"authenticity": -1},
}
UNDERSTOOD = {"yes": 4, "mostly": 3, "not_sure": 3, "no": 1}


def _guidance(seen: list[Finding], understood: Suggestion) -> Iterator[Suggestion]:
    for dimension in GUIDES["no_answer"]:
        moved = [finding for finding in seen if dimension in GUIDES[finding.name]]
        value = 3 + sum(GUIDES[finding.name][dimension] for finding in moved)
        reasons = tuple(finding.reason for finding in moved)
        yield Suggestion(f"humanGuidanceEval.{dimension}", min(5, max(1, value)), reasons)
    yield Suggestion(
        "humanGuidanceEval.cognitiveUnderstanding",
        UNDERSTOOD[understood.value],
        understood.reasons,
    )
