"""What the product proposes for a behavioral label: heuristics over the words of one row.

Pure functions of prompt, response and run status. Each proposal names what was seen. Nothing of it
is stored, and none of it becomes a label by itself.
"""

from __future__ import annotations

import re

from reviews.suggesting import Suggestion, findings

# The first intent with the most words found is proposed; a tie goes to the one that stands first.
INTENT_WORDS: dict[str, str] = {
    "Noise": r"nois[ey]\w*|loud(?:er|ly)?|party|parties|neighbou?rs?|bark\w*|music",
    "Room Issue": r"broken|leak\w*|dirty|heating|heater|air[- ]?con\w*|wi-?fi|shower|toilet|"
    r"(?:does|is|do)(?:n't| not) work\w*|no hot water|light bulb|smell\w*|mou?ld",
    "Billing": r"invoice\w*|refund\w*|charge[ds]?|pay(?:ment|ing)?|paid|deposit|price|receipt|bill",
    "Check-In": r"check(?:ing)?[- ]?in|arriv\w+|door code|key ?box|access code|get in|early",
    "Checkout": r"check(?:ing)?[- ]?out|leav(?:e|ing)|depart\w*|late check",
    "Booking Help": r"book(?:ing|ed)?|reserv\w+|cancel\w*|extend|availab\w+|extra night|dates?",
    "Concierge": r"restaurants?|recommend\w*|taxi|airport|tour|museum|beach|supermarket|parking|"
    r"things to do|nearby|directions",
}
GRATEFUL = re.compile(r"\b(?:thanks?|thank you|grateful|appreciate\w*|wonderful|perfect)\b", re.I)
UPSET = re.compile(
    r"\b(?:angry|furious|unacceptable|terrible|awful|disgust\w+|worst|ridiculous|outrag\w+|"
    r"refund me|never again|fed up)\b|!{2,}",
    re.I,
)
MILDLY = re.compile(
    r"\b(?:disappoint\w*|annoy\w*|frustrat\w*|unhappy|still (?:no|not|waiting)|again|worried|upset|"
    r"stressed|not happy)\b",
    re.I,
)
ESCALATES = re.compile(
    r"\b(?:manager|owner|host|supervisor|team|emergency|police|technician|plumber|locksmith)\b"
    r".{0,40}\b(?:will|has|have)\b|"
    r"\b(?:escalat\w+|forward(?:ed|ing)?|pass(?:ed)? (?:this|it) on|put you through)\b",
    re.I,
)
OFFERS = re.compile(
    r"\b(?:refund|discount|voucher|upgrade|compensat\w+|free of charge|we can (?:offer|send|move)|"
    r"i can (?:offer|send|arrange|book)|would you like)\b",
    re.I,
)
APOLOGISES = re.compile(r"\b(?:sorry|apolog\w+|regret)\b", re.I)
ACKNOWLEDGES = re.compile(
    r"\b(?:i see|i understand|we understand|thank you for|thanks for|noted|of course|sure|"
    r"got it)\b",
    re.I,
)
# What is found first is proposed: what does most for the guest stands before mere words.
STRATEGY_WORDS = (
    ("Escalation", ESCALATES, "It hands over to somebody"),
    ("Offer", OFFERS, "It offers something"),
    ("Apology", APOLOGISES, "It apologises"),
    ("Acknowledge", ACKNOWLEDGES, "It acknowledges"),
)
HUMAN = {
    "clear_next_move": 0,
    "no_next_move": 0,
    "calming_language": 1,
    "nothing_calming": -1,
    "list_heavy": -1,
    "robotic_language": -2,
    "fake_empathy": -1,
    "overclaiming": 0,
}
BEGIN = 5


def suggest_label(prompt: str, response: str, *, run_status: str = "success") -> list[Suggestion]:
    """The proposed values by field, each with its reasons; what nothing speaks for is left out."""
    found = [_intent(prompt), suggest_affect(prompt)]
    if run_status != "error" and response.strip():
        found += [_strategy(response), _humanness(prompt, response)]
    return [each for each in found if each is not None]


def _intent(prompt: str) -> Suggestion | None:
    if not prompt.strip():
        return None
    words = {
        intent: [m[0] for m in re.finditer(rf"\b(?:{pattern})\b", prompt, re.I)]
        for intent, pattern in INTENT_WORDS.items()
    }
    best = max(words, key=lambda intent: len({word.lower() for word in words[intent]}))
    if not words[best]:
        return Suggestion("intent", "Other", ("No word of another intent is in the prompt.",))
    seen = list(dict.fromkeys(word.lower() for word in words[best]))[:3]
    return Suggestion("intent", best, (f"The prompt says {_listed(seen)}.",))


def suggest_affect(prompt: str) -> Suggestion | None:
    """How the guest seems to feel; None of an empty prompt."""
    for affect, pattern in (("Upset", UPSET), ("Mildly Upset", MILDLY), ("Grateful", GRATEFUL)):
        if found := pattern.search(prompt):
            return Suggestion("guest_affect", affect, (f"The prompt says {_listed([found[0]])}.",))
    if not prompt.strip():
        return None
    return Suggestion("guest_affect", "Neutral", ("No word in the prompt shows a feeling.",))


def _strategy(response: str) -> Suggestion | None:
    for strategy, pattern, says in STRATEGY_WORDS:
        if found := pattern.search(response):
            return Suggestion("response_strategy", strategy, (f"{says}: {_listed([found[0]])}.",))
    return None


def _humanness(prompt: str, response: str) -> Suggestion:
    seen = [each for each in findings(prompt, response) if HUMAN.get(each.name)]
    value = BEGIN + sum(HUMAN[each.name] for each in seen)
    reasons = tuple(each.reason for each in seen) or ("Nothing sounds like a machine.",)
    return Suggestion("humanness", min(7, max(1, value)), reasons)


def _listed(words: list[str]) -> str:
    return ", ".join(f"“{word[:60]}”" for word in words)
