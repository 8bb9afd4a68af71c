"""The OpenAI chat file, to the byte (formats 1.2, options 1.7)."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given

from exports.formats.openai_chat import write
from exports.formats.options import ExportOptions, TurnMode
from exports.formats.records import ExportSession, Tally
from tests.exports.conversations import RICH, SESSIONS, naive_openai, session

GOLDEN = Path(__file__).parents[1] / "data" / "exports"
PRIME = session(("system", "Be brief."), ("user", "Name a prime."), ("assistant", "7"))
PERU = session(("user", "Capital of Peru?"), ("assistant", "Lima"), expected_output="Lima, Peru")


def written(*sessions: ExportSession, **options: Any) -> str:
    return "".join(write(sessions, ExportOptions(**options)))


def test_the_example_of_the_contract_is_written_to_the_byte() -> None:
    assert written(PRIME, PERU) == (GOLDEN / "two_sessions.openai.jsonl").read_text("utf-8")


def test_a_rich_conversation_is_written_as_before() -> None:
    assert written(RICH, PERU) == (GOLDEN / "rich.openai.jsonl").read_text("utf-8")


@given(SESSIONS)
def test_bytes_are_those_of_the_standard_library(sessions: list[ExportSession]) -> None:
    assert written(*sessions) == naive_openai(sessions, system=True)


@given(SESSIONS)
def test_bytes_without_system_prompts_are_those_of_the_standard_library(
    sessions: list[ExportSession],
) -> None:
    assert written(*sessions, include_system=False) == naive_openai(sessions, system=False)


def test_no_session_gives_an_empty_file() -> None:
    assert written() == ""


def test_a_session_left_without_messages_is_skipped_and_leaves_no_blank_line() -> None:
    tally = Tally()
    empty, unknown = session(), session(("unknown", "?"))
    text = "".join(write([empty, PRIME, unknown, PERU], ExportOptions(), tally))
    assert text == written(PRIME, PERU)
    assert tally == Tally(n_sessions=2, n_skipped=2, n_test_cases=2)


def test_the_turn_mode_does_not_cut_a_conversation() -> None:
    assert written(RICH, turn_mode=TurnMode.FINAL_ONLY) == written(RICH)


def test_code_blocks_only_leaves_out_replies_and_sessions_without_code() -> None:
    assert json.loads(written(PERU, RICH, code_blocks_only=True)) == {
        "messages": [
            {"role": "system", "content": "Be brief. You are in /home/olga/shop."},
            {"role": "user", "content": 'Say "hello" in Arabic.\nOne word.'},
            {"role": "tool", "content": '{"path": "C:\\Users\\Olga\\dictionary"}'},
            {"role": "user", "content": "Are you there?"},
            {"role": "user", "content": "And in code?"},
            {"role": "assistant", "content": "```python\nprint('مرحبا')  # /Users/olga/x.py\n```"},
        ]
    }


def test_user_names_in_paths_are_gone() -> None:
    assert "olga" not in written(RICH, anonymise_paths=True).lower()
