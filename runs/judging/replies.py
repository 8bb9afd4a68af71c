"""Reads the reply of a judge: one JSON object with exactly the keys that were asked for."""

from __future__ import annotations

import re
from typing import Any

from evalplatform import strict_json
from evalplatform.strict_json import StrictJsonError
from runs.verdicts import Confidence

LONGEST_REPLY = 200_000
LONGEST_FEEDBACK = 10_000
_FENCED = re.compile(r"```(?:json)?[ \t]*\r?\n(.*?)\s*```", re.DOTALL | re.IGNORECASE)


class ReplyFault(ValueError):  # noqa: N818 - told to the judge, who may correct it
    """What is wrong with a reply, as the end of "it cannot be read: ..."."""


def read_object(reply: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """The object of a reply, fenced or not, or ReplyFault."""
    text = reply.strip()
    if len(text) > LONGEST_REPLY:
        raise ReplyFault(f"it is longer than {LONGEST_REPLY:,} characters")
    if fenced := _FENCED.fullmatch(text):
        text = fenced[1]
    try:
        value = strict_json.loads(text)
    except StrictJsonError as error:
        raise ReplyFault(error.message.rstrip(".")) from None
    if not isinstance(value, dict) or value.keys() != set(keys):
        named = ", ".join(f'"{key}"' for key in keys)
        raise ReplyFault(f"it must be one JSON object with the keys {named} and no others")
    return value


def read_confidence(value: Any) -> Confidence:
    word = value.strip().casefold() if isinstance(value, str) else ""
    if word not in ("high", "low"):
        raise ReplyFault('"confidence" must be "high" or "low"')
    return Confidence(word)


def read_feedback(value: Any) -> str:
    if not isinstance(value, str):
        raise ReplyFault('"feedback" must be a text')
    return value.strip()[:LONGEST_FEEDBACK]


def read_pass(value: Any) -> bool:
    word = value.strip().casefold() if isinstance(value, str) else ""
    if word not in ("pass", "fail"):
        raise ReplyFault('"verdict" must be "pass" or "fail"')
    return word == "pass"
