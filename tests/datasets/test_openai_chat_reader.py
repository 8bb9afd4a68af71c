"""Chat files under all the names that people bring them with."""

import json

import pytest

from datasets.formats.conversations import session_from_object
from tests.datasets.conversation_files import (
    CHAT,
    DATA,
    errors,
    findings,
    lines,
    rows,
    sessions,
    texts,
    warnings,
)


@pytest.fixture(scope="module")
def aliases():
    return findings((DATA / "aliases.jsonl").read_bytes())


def session(found, row):
    return next(each[1] for each in found if isinstance(each, tuple) and each[0] == row)


def test_every_alias_is_read_and_rows_are_lines(aliases):
    assert errors(aliases) == []
    assert rows(aliases) == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]


def test_openai_messages_keep_roles_parts_and_tool_calls(aliases):
    read = session(aliases, 1)
    assert texts(read) == [
        ("system", "Be brief."),
        ("user", "Name\na prime."),
        ("assistant", ""),
        ("tool", "7"),
        ("assistant", "7"),
    ]
    assert read.messages[2].session_state == {
        "tool_calls": [{"name": "primes", "arguments": '{"n": 1}'}]
    }
    assert read.source == "openai-chat"


def test_sharegpt_turns_are_mapped_and_may_start_with_the_assistant(aliases):
    read = session(aliases, 2)
    assert read.external_id == "12"
    assert [role for role, _ in texts(read)] == ["assistant", "user", "tool", "tool", "assistant"]


def test_lmsys_and_wildchat_conversations_keep_their_ids(aliases):
    assert (session(aliases, 3).external_id, session(aliases, 3).model) == ("lmsys-1", "m-1")
    assert session(aliases, 4).external_id == "wild-1"
    assert session(aliases, 4).started_at.year == 2023
    assert session(aliases, 4).messages[1].created_at.year == 2023


def test_an_evals_sample_becomes_a_conversation_with_the_first_ideal_answer(aliases):
    assert texts(session(aliases, 6))[-1] == ("assistant", "The Danube")
    assert texts(session(aliases, 7)) == [("user", "2 + 2?"), ("assistant", "4")]
    assert [warning.message for warning in warnings(aliases) if warning.row == 6] == [
        "Of 2 ideal answers the first is kept."
    ]


def test_langsmith_inputs_and_outputs_become_turns(aliases):
    expected = [("user", "What opens the door?"), ("assistant", "The backup code.")]
    assert texts(session(aliases, 8)) == expected
    assert texts(session(aliases, 9)) == [("user", "Hi"), ("assistant", "Hello")]


def test_langfuse_items_keep_what_is_no_text_as_json(aliases):
    assert texts(session(aliases, 10)) == [
        ("user", '{"question":"Why?","lang":"en"}'),
        ("assistant", "Because."),
    ]


def test_an_expected_output_beside_an_answer_is_not_a_second_answer(aliases):
    assert texts(session(aliases, 11)) == [("user", "Hi"), ("assistant", "Hello")]
    assert [(warning.row, warning.column) for warning in warnings(aliases)][-1] == (
        11,
        "expectedOutput",
    )


def test_a_list_response_under_data_is_read():
    data = json.dumps({"data": [{"input": "a", "expectedOutput": "b"}], "meta": {}}).encode()
    found = findings(data)
    assert texts(sessions(found)[0]) == [("user", "a"), ("assistant", "b")]
    assert [warning.column for warning in warnings(found)] == ["meta"]


def test_an_error_names_the_key_that_is_in_the_file():
    turns = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": 5}, {"value": "x"}]
    found = errors(findings(lines({"id": True, "conversations": turns})))
    assert [error.column for error in found] == [
        "conversations[1].value",
        "conversations[2].role",
        "id",
    ]
    found = errors(findings(lines({"input": [{"role": "user"}]})))
    assert [error.column for error in found] == ["input[0].content"]


def test_a_name_with_null_under_it_gives_way_to_another():
    turns = [{"role": "user", "content": None, "value": "Hi"}]
    found = findings(lines({"id": None, "messages": None, "session_id": 7, "conversation": turns}))
    assert errors(found) == []
    assert sessions(found)[0].external_id == "7"
    found = findings(lines({"messages": None, "input": "Hi"}))
    assert texts(sessions(found)[0]) == [("user", "Hi")]


def test_null_content_without_a_tool_call_is_an_error():
    (error,) = errors(findings(lines({"messages": [{"role": "assistant", "content": None}]})))
    assert error.column == "messages[0].content"
    assert error.message == "The message has no content. Write its text; an empty text is allowed."


def test_the_same_conversation_twice_gets_a_numbered_id_and_the_file_stays_idempotent():
    other = {"messages": [{"role": "user", "content": "Other"}]}
    ids = [s.external_id for s in sessions(findings(lines(CHAT, other, CHAT, CHAT)))]
    assert ids[2:] == [f"{ids[0]}-2", f"{ids[0]}-3"]
    again = [s.external_id for s in sessions(findings(lines(CHAT, CHAT, other, CHAT)))]
    assert sorted(again) == sorted(ids)


def test_an_id_does_not_depend_on_the_names_in_the_file():
    sharegpt = {
        "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
    }
    both = sessions(findings(lines(CHAT))) + sessions(findings(lines(sharegpt), "sharegpt"))
    assert both[0].external_id == both[1].external_id
    assert [session.source for session in both] == ["openai-chat", "sharegpt"]


def test_the_id_tells_where_one_message_ends():
    pair = [{"role": "user", "content": "ab"}, {"role": "user", "content": "c"}]
    other = [{"role": "user", "content": "a"}, {"role": "user", "content": "bc"}]
    ids = {
        s.external_id for s in sessions(findings(lines({"messages": pair}, {"messages": other})))
    }
    assert len(ids) == 2


def test_the_source_argument_names_the_source():
    assert sessions(findings(lines(CHAT), source="bot"))[0].source == "bot"


def test_a_given_id_twice_is_an_error_of_the_second_row():
    (error,) = errors(findings(lines({"id": 1, **CHAT}, {"id": "1", **CHAT})))
    assert (error.row, error.column) == (2, "id")


def test_a_part_that_is_no_text_is_said_and_kept():
    parts = [{"type": "image_url", "image_url": {"url": "data:,x"}}, {"type": "text", "text": "Hm"}]
    found = findings(lines({"messages": [{"role": "user", "content": parts}]}))
    assert warnings(found)[0].message == 'This part is a "image_url", not text: it is kept as JSON.'
    assert texts(sessions(found)[0])[0][1].endswith("\nHm")


def test_what_one_reads_the_api_reads_too():
    read = sessions(findings(lines({"externalId": "a", "source": "s", **CHAT})))[0]
    assert session_from_object({"externalId": "a", "source": "s", **CHAT}, 1)[0] == read
