"""The DeepEval file, to the byte (formats 1.1, options 1.7)."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from exports.formats.deepeval import write
from exports.formats.options import ExportOptions, TurnMode
from exports.formats.records import ExportSession, Tally
from tests.exports.conversations import RICH, SESSIONS, naive_deepeval, session

GOLDEN = Path(__file__).parents[1] / "data" / "exports"
TWO_TURNS = session(
    ("user", "How do I list only hidden files?"),
    ("assistant", "Use ls with a pattern that starts with a dot."),
    ("user", "And sorted by size?"),
    ("assistant", "Add -S to that command."),
    expected_output="Add -S (largest first), or -Sr for smallest first.",
)


def written(*sessions: ExportSession, **options: Any) -> str:
    return "".join(write(sessions, ExportOptions(**options)))


def objects(*sessions: ExportSession, **options: Any) -> Any:
    return json.loads(written(*sessions, **options))


def test_the_example_of_the_contract_is_written_to_the_byte() -> None:
    assert written(TWO_TURNS) == (GOLDEN / "two_turns.deepeval.json").read_text("utf-8")


def test_a_rich_conversation_with_every_key_is_written_as_before() -> None:
    text = written(RICH, TWO_TURNS, include_metadata=True)
    assert text == (GOLDEN / "rich.deepeval.json").read_text("utf-8")


@given(SESSIONS)
def test_bytes_are_those_of_the_standard_library(sessions: list[ExportSession]) -> None:
    assert written(*sessions) == naive_deepeval(sessions, metadata=False)


@given(SESSIONS)
def test_bytes_with_metadata_are_those_of_the_standard_library(
    sessions: list[ExportSession],
) -> None:
    assert written(*sessions, include_metadata=True) == naive_deepeval(sessions, metadata=True)


def test_no_session_gives_an_empty_list() -> None:
    assert written() == "[]"


def test_five_exchanges_give_five_objects() -> None:
    five = session(*[("user", "Q"), ("assistant", "A")] * 5)
    assert len(objects(five)) == 5


def test_context_holds_every_earlier_message_also_unanswered_and_tool_ones() -> None:
    long = session(
        ("system", "S"), ("user", "U1"), ("tool", "T"), ("user", "U2"), ("assistant", "A1"),
        ("assistant", "A2"), ("unknown", "X"), ("user", "U3"), ("assistant", "A3"),
    )  # fmt: skip
    assert [case["context"] for case in objects(long)] == [
        ["S", "U1", "T"],
        ["S", "U1", "T", "U2", "A1", "A2", "X"],
    ]


def test_expected_output_stands_on_the_last_turn_only() -> None:
    assert [case["expected_output"] for case in objects(TWO_TURNS)] == [
        None,
        "Add -S (largest first), or -Sr for smallest first.",
    ]


def test_a_session_without_a_pair_is_skipped_and_counted() -> None:
    tally = Tally()
    silent = session(("user", "Anyone?"))
    text = "".join(write([silent, TWO_TURNS, silent], ExportOptions(), tally))
    assert text == written(TWO_TURNS)
    assert tally == Tally(n_sessions=1, n_skipped=2, n_test_cases=2)


def test_metadata_of_a_session_that_says_nothing_is_null_throughout() -> None:
    bare = session(("user", "Q"), ("assistant", "A"))
    assert objects(bare, include_metadata=True)[0]["metadata"] == {
        "session_id": "s-1", "model": None, "tool": None, "timestamp": None, "tokens_input": None,
        "tokens_output": None, "latency_ms": None, "project": None, "tags": [], "eval_status": None,
    }  # fmt: skip


def test_without_system_prompts_they_are_in_no_context() -> None:
    prompted = session(("system", "Be brief."), ("user", "Q"), ("assistant", "A"))
    assert objects(prompted, include_system=False)[0]["context"] == []


def test_context_can_be_left_empty() -> None:
    assert [case["context"] for case in objects(TWO_TURNS, context_from_turns=False)] == [[], []]


def test_final_only_gives_the_last_pair_as_per_turn_would() -> None:
    assert objects(TWO_TURNS, turn_mode=TurnMode.FINAL_ONLY) == objects(TWO_TURNS)[-1:]


def test_full_gives_the_conversation_as_one_input_with_role_labels() -> None:
    later = session(
        ("system", "S"), *TWO_TURNS.messages, ("user", "unanswered"), expected_output="E"
    )
    assert objects(later, turn_mode=TurnMode.FULL) == [
        {
            "input": "System: S\n\n"
            "User: How do I list only hidden files?\n\n"
            "Assistant: Use ls with a pattern that starts with a dot.\n\n"
            "User: And sorted by size?",
            "actual_output": "Add -S to that command.",
            "expected_output": "E",
            "context": [],
            "retrieval_context": [],
        }
    ]


def test_full_gives_a_single_question_without_a_label() -> None:
    short = session(("system", "S"), ("user", "Q"), ("assistant", "A"))
    assert objects(short, turn_mode=TurnMode.FULL, include_system=False)[0]["input"] == "Q"


def test_user_names_in_paths_are_gone_from_every_text() -> None:
    text = written(RICH, anonymise_paths=True, include_metadata=True)
    assert "olga" not in text.lower()
    assert text.count("/home/user") == 4


CODING = session(
    ("user", "Loop?"),
    ("assistant", "So:\n```js\nfor(;;){}\n```\nDone."),
    ("user", "Why?\n```\nwhile\n```"),
    ("assistant", "No code here."),
    ("user", "Then?"),
    ("assistant", "~~~\nend\n~~~"),
    expected_output="Say:\n```\nend.\n```",
)


def test_code_blocks_only_keeps_questions_whole_and_leaves_out_replies_without_code() -> None:
    assert objects(CODING, code_blocks_only=True) == [
        {
            "input": "Loop?",
            "actual_output": "```js\nfor(;;){}\n```",
            "expected_output": None,
            "context": [],
            "retrieval_context": [],
        },
        {
            "input": "Then?",
            "actual_output": "~~~\nend\n~~~",
            "expected_output": "```\nend.\n```",
            "context": ["Loop?", "```js\nfor(;;){}\n```", "Why?\n```\nwhile\n```"],
            "retrieval_context": [],
        },
    ]


@pytest.mark.parametrize("turn_mode", TurnMode)
def test_the_expected_output_of_a_turn_left_out_moves_to_no_other_turn(turn_mode: TurnMode) -> None:
    prose_last = session(*CODING.messages[:4], expected_output="For that reply")
    assert "For that reply" not in written(prose_last, code_blocks_only=True, turn_mode=turn_mode)


def test_a_long_conversation_is_given_out_turn_by_turn() -> None:
    long = session(*[("user", "Q" * 1000), ("assistant", "A" * 1000)] * 200)
    assert max(map(len, write([long], ExportOptions()))) < 200 * 2100
