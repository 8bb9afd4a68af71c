"""Which items are worth a second look though their reviewers agree: pure rules (formats.md 3.1).

A sign asks for nothing by itself: the item stays reviewed and stands in no gate's way, until an
adjudicator sends it to adjudication. The words that a topic is known by are here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reviews.expressions import Expressions
from reviews.suggesting import DISTRESS, OVERCLAIMING

CANON, OVERCLAIM = "canon", "overclaim"
TOPICS: dict[str, re.Pattern[str]] = {
    "trust": re.compile(
        r"\b(?:trust\w*|scam(?:s|med|mers?)?|fraud\w*|dishonest\w*|lied|lying|misled|misleading|deceiv\w*|"
        r"cheat\w*|privacy|personal data|hacked|complaints?)\b",
        re.IGNORECASE,
    ),
    "safety": re.compile(
        r"\b(?:safety|unsafe|not safe|danger\w*|emergenc\w*|fire|smoke|gas leak|carbon monoxide|"
        r"injur\w*|bleeding|ambulance|police|break-in|broke in|burglar\w*|stolen|theft|weapons?|"
        r"knife|threat\w*|violen\w*|assault\w*|harass\w*|suicid\w*|self-harm|allerg\w*|poison\w*)\b",
        re.IGNORECASE,
    ),
    "money": re.compile(
        r"(?:\b(?:money|refund\w*|charge[sd]?|overcharg\w*|chargebacks?|invoice[sd]?|bill(?:s|ed)?|"
        r"billing|pay|paid|payments?|payouts?|deposits?|prices?|pricing|fees?|compensat\w*|"
        r"discounts?|credit card)\b|[$€£] ?[0-9])",
        re.IGNORECASE,
    ),
    "maintenance": re.compile(
        r"\b(?:maintenance|repair\w*|broken|leak\w*|plumb\w*|clogged|mou?ld|heating|heater|boiler|"
        r"air condition\w*|hot water|power (?:cut|outage)|electrician|locksmith|technician|"
        r"not working|does(?:n['’]t| not) work|stopped working|out of order)\b",
        re.IGNORECASE,
    ),
    "distress": DISTRESS,
}
SIGNS: dict[str, str] = {
    CANON: "Canon candidate",
    OVERCLAIM: "Possible overclaim",
    **{name: f"Topic: {name}" for name in TOPICS},
}


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that makes an item worth a second look, and where it was seen."""

    name: str
    because: str

    @property
    def label(self) -> str:
        """The sign as it is read."""
        return SIGNS[self.name]


@dataclass(frozen=True, slots=True)
class Content:
    """What the signs of an item are seen in."""

    is_canon: bool = False
    prompt: str = ""
    response: str = ""
    categories: tuple[str, ...] = ()
    has_failed: bool = False


def signs_in(content: Content) -> tuple[Sign, ...]:
    """The signs of an item, in the order of SIGNS."""
    return tuple(_seen(content))


def _seen(content: Content) -> Iterator[Sign]:
    if content.is_canon:
        yield Sign(CANON, "A reviewer says that others can learn from it.")
    if not content.has_failed and (claimed := _CLAIMED.matches(content.response)):
        yield Sign(OVERCLAIM, f"The response says {_quoted(claimed[OVERCLAIM])}.")
    filed = _filed(content.categories)
    asked = _ABOUT.matches(content.prompt)
    for name in TOPICS:
        if name in filed:
            yield Sign(name, f"Its category is {filed[name]}.")
        elif name in asked:
            yield Sign(name, f"The prompt says {_quoted(asked[name])}.")


_CLAIMED = Expressions({OVERCLAIM: OVERCLAIMING})
_ABOUT = Expressions(TOPICS)


def _filed(categories: Iterable[str]) -> Mapping[str, str]:
    """The topics that a category names, each with the first category that does."""
    found: dict[str, str] = {}
    for each in categories:
        for name in _ABOUT.matches(re.sub(r"[_/-]+", " ", each)) if each else ():
            found.setdefault(name, each)
    return found


def _quoted(found: re.Match[str]) -> str:
    return f"“{found[0][:60]}”"
