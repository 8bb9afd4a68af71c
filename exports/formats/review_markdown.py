"""The Lab session as Markdown, for reading: each case with its texts and what was said of it.

Texts of people and models stand in fences longer than any of their own, so that they end nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from exports.formats.records import ItemTally
from exports.formats.review_records import LabHead

WORDS = {
    "keepTalking": "Keep talking",
    "status": "Status",
    "priority": "Priority",
    "feltOff": "What felt off",
    "owner": "Owner",
    "reviewState": "Review state",
    "canonCandidate": "Canon candidate",
}
LAYERS = {
    "ratings": "Ratings",
    "employeeReview": "Employee review",
    "humanGuidanceEval": "Human guidance evaluation",
}
_FENCES = re.compile(r"`{3,}")
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")
Case = Mapping[str, Any]


def write(head: LabHead, pairs: Iterable[tuple[Case, Case]], tally: ItemTally) -> Iterator[str]:
    """One case at a time."""
    yield from _beginning(head)
    for case, result in pairs:
        yield "".join(_case(case, result))
        tally.n_rows += 1


def _beginning(head: LabHead) -> Iterator[str]:
    told = head.metadata
    life = told["reviewLifecycle"]
    by = life["finalizedBy"]
    yield f"# {_plain(told['title'])}\n\n"
    yield f"- Session: {told['id']}, {told['status']}, {told['promptCount']} prompts\n"
    yield f"- Review: {life['status'].replace('_', ' ')}"
    yield f", {life['finalizedAt']}, by {_who(by)}\n" if by else "\n"
    yield f"- Exported {head.exported_at} by {_who(head.exported_by)}\n"
    if head.n_suspicious:
        yield f"- Look at: {head.n_suspicious} values are missing that should be there\n"
        for each in head.suspicious:
            yield f"  - {_plain(each['where'])}: {_plain(each['what'])}\n"


def _case(case: Case, result: Case) -> Iterator[str]:
    title = f", {_plain(case['title'])}" if case["title"] else ""
    yield f"\n## {case['orderIndex'] + 1}. {_plain(case['id'])}{title}\n\n"
    yield f"**Prompt**\n\n{_fenced(case['promptText'])}\n"
    if case["luciaResponse"]:
        yield f"**Response** ({case['runStatus']})\n\n{_fenced(case['luciaResponse'])}\n"
    else:
        yield f"**No response** ({case['runStatus']})\n\n"
    if case["runError"]:
        yield f"**Error**\n\n{_fenced(case['runError'])}\n"
    entries = result["allReviews"]
    if not entries:
        yield "Not reviewed.\n"
    for entry in entries:
        is_primary = result["savedAt"] == entry["savedAt"] and result["savedBy"] == entry["savedBy"]
        yield from _review(entry, is_primary=is_primary and len(entries) > 1)
    yield from _final(result["saved"])


def _review(entry: Case, *, is_primary: bool) -> Iterator[str]:
    mark = ", the primary review" if is_primary else ""
    kind = ", a machine" if entry["reviewerKind"] == "ai" else ""
    yield f"### {_who(entry['reviewer'])}{kind}, {entry['savedAt']}{mark}\n\n"
    saved = entry["saved"]
    yield "".join(_line(word, saved[key], saved, key) for key, word in WORDS.items())
    for name, word in LAYERS.items():
        for key, value in (saved[name] or {}).items():
            suggested = (saved[_suggested(name)] or {}).get(key)
            yield _value(f"{word}, {_spaced(key)}", value, suggested)
    for key, answer in entry["answers"].items():
        yield _value(key, "flagged" if answer["flagged"] else answer["value"], None)
    if entry["feedback"]:
        yield f"\n{_fenced(entry['feedback'])}"
    yield "\n"


def _line(word: str, value: Any, saved: Case, key: str) -> str:
    return _value(word, value, saved.get(_suggested(key)))


def _value(word: str, value: Any, suggested: Any) -> str:
    if value in (None, ""):
        return ""
    apart = f" (suggested: {_text(suggested)})" if suggested not in (None, "") else ""
    return f"- {_plain(word)}: {_text(value)}{apart}\n"


def _final(saved: Case | None) -> Iterator[str]:
    told = saved and saved["adjudication"]
    if not told:
        return
    yield f"### Final, by {_who(told['adjudicator'])}, {told['adjudicatedAt']}\n\n"
    for key, value in told["finalLabels"].items():
        yield _value(_spaced(key), value, None)
    if told["reason"]:
        yield f"\n{_fenced(told['reason'])}"


def _suggested(key: str) -> str:
    return f"suggested{key[0].upper()}{key[1:]}"


def _spaced(key: str) -> str:
    return re.sub("([A-Z])", lambda found: f" {found[1].lower()}", key)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(_plain, value)) if isinstance(value, list) else _plain(str(value))


def _who(person: Case) -> str:
    name = f"{_plain(person['name'])}, " if person["name"] else ""
    return f"{name}{_plain(person['email'])}"


def _plain(text: str) -> str:
    """The text on one line, with nothing in it that Markdown reads as a mark."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _fenced(text: str) -> str:
    longest = max((len(each) for each in _FENCES.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{text}\n{fence}\n"
