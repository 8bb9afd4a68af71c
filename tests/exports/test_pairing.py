"""Which user message goes with which reply (formats 1.1, Pairing)."""

import pytest
from hypothesis import given

from exports.formats.pairing import pairs
from exports.formats.records import ExportMessage
from tests.exports.conversations import MESSAGES, messages, naive_pairs

_ROLES = {"u": "user", "a": "assistant", "s": "system", "t": "tool", "?": "unknown"}


@pytest.mark.parametrize(
    ("conversation", "expected"),
    [
        ("", []),
        ("u", []),
        ("a", []),
        ("ua", [(0, 1)]),
        ("uauauauaua", [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]),
        ("sua", [(1, 2)]),
        ("aua", [(1, 2)]),
        ("uua", [(1, 2)]),
        ("uau", [(0, 1)]),
        ("uaa", [(0, 1)]),
        ("utta", [(0, 3)]),
        ("us?a", [(0, 3)]),
        ("utuata", [(2, 3)]),
        ("ut", []),
    ],
)
def test_a_user_message_goes_with_the_first_reply_before_the_next_one(
    conversation: str, expected: list[tuple[int, int]]
) -> None:
    assert pairs(messages(*((_ROLES[letter], "text") for letter in conversation))) == expected


@pytest.mark.parametrize("silence", ["", " \n"])
def test_a_message_that_only_calls_a_tool_is_not_the_reply_when_one_with_text_follows(
    silence: str,
) -> None:
    turn = messages(("user", "Time?"), ("assistant", silence), ("tool", "9"), ("assistant", "Nine"))
    assert pairs(turn) == [(0, 3)]


def test_a_reply_without_text_is_a_reply_when_the_turn_has_no_other() -> None:
    turns = messages(("user", "Time?"), ("assistant", ""), ("user", "?"), ("assistant", "Nine"))
    assert pairs(turns) == [(0, 1), (2, 3)]


@given(MESSAGES)
def test_pairs_are_those_of_the_rule_said_naively(items: tuple[ExportMessage, ...]) -> None:
    assert pairs(items) == naive_pairs(items)
