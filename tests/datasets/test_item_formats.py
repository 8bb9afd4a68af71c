"""The formats of items but for the rules of the dataset CSV: JSON, samples, outputs, guessing."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.formats import dataset_json, qa_csv, sample_items
from datasets.formats.catalog import (
    ITEM_FORMATS,
    FormatNotKnown,
    guess_any,
    guess_items,
    named_items,
)
from datasets.formats.options import ReadOptions
from datasets.formats.report import check
from tests.datasets.item_files import errors, findings, records, warnings

ITEM = {"input": "q", "output": "a"}


def lines(*values):
    return "\n".join(json.dumps(value) for value in values)


def test_rule_4_6_json_carries_the_same_fields_by_name():
    value = {
        "id": "i-1", "input": "q", "output": "a", "context": {"a": 1}, "tags": ["t"],
        "history": [{"role": "user", "content": "h"}], "participant_data": {"n": None},
        "session_state": {"s": [1]}, "created_at": "2024-01-01T00:00:00Z",
    }  # fmt: skip
    for data in (json.dumps([value]), lines(value), json.dumps(value, indent=1)):
        (record,) = records(data, dataset_json.read)
        assert (record.public_id, record.context, record.tags) == ("i-1", {"a": 1}, ("t",))
        assert record.history == ({"role": "user", "content": "h"},)
        assert record.said == value.keys() - {"id"}


def test_rule_4_4_a_json_update_says_only_what_its_keys_give():
    (record,) = records(lines({"id": "i", "tags": ["x"]}), dataset_json.read)
    assert (record.said, record.input) == ({"tags"}, "")


def test_rule_4_5_a_json_item_without_id_needs_both_texts():
    found = errors(lines(ITEM, {"input": "q"}, {**ITEM, "output": None}, 5), dataset_json.read)
    assert [(row, column) for row, column, _ in found] == [(2, "output"), (3, "output"), (4, "")]


def test_rule_4_4_an_id_twice_in_json_is_an_error():
    twice = [{**ITEM, "id": "a"}, {**ITEM, "id": "A"}, {**ITEM, "id": ""}, {**ITEM, "id": ""}]
    ((row, column, message),) = errors(json.dumps(twice), dataset_json.read)
    assert (row, column) == (2, "id")
    assert "row 1 in case only" in message


def test_unknown_keys_of_a_json_item_are_warned_about_once():
    found = warnings(lines({**ITEM, "mood": 1}, {**ITEM, "mood": 2}), dataset_json.read)
    assert [(row, column) for row, column, _ in found] == [(1, "mood")]


def test_an_automatic_history_works_for_json_too():
    first, second = records(lines(ITEM, ITEM), dataset_json.read, automatic_history=True)
    assert (len(first.history), len(second.history)) == (0, 2)


TALK = [
    {"role": "system", "content": "s"},
    {"role": "user", "content": "u1"},
    {"role": "assistant", "content": "a1"},
    {"role": "user", "content": "u2"},
]
REPLY = {"role": "assistant", "content": "a2"}


def sample(value):
    (record,) = records(json.dumps([value]), sample_items.read)
    return record.input, record.output, record.expected_output, len(record.history)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"messages": [*TALK, REPLY]}, ("u2", "a2", "", 3)),
        ({"messages": TALK}, ("u2", "", "", 3)),
        ({"input": [*TALK, REPLY], "ideal": "i"}, ("u2", "a2", "i", 3)),
        ({"input": TALK, "ideal": ["i", "j"]}, ("u2", "", "i", 3)),
        ({"input": "q", "output": "a"}, ("q", "a", "", 0)),
        ({"inputs": {"question": "q"}, "outputs": {"answer": "e"}}, ("q", "", "e", 0)),
        ({"inputs": {"messages": TALK}, "outputs": {"messages": [REPLY]}}, ("u2", "", "a2", 3)),
        ({"input": {"text": "q"}, "expectedOutput": {"text": "e"}}, ("q", "", "e", 0)),
        (
            {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
            ("q", "a", "", 0),
        ),
        ({"conversation": [*TALK, REPLY], "model": "m"}, ("u2", "a2", "", 3)),
    ],
)
def test_the_last_question_and_its_answer_become_an_item(value, expected):
    assert sample(value) == expected


def test_langfuse_answers_hold_their_items_under_data():
    data = json.dumps({"data": [{"input": "q", "expectedOutput": "e"}], "meta": {}})
    assert records(data, sample_items.read)[0].expected_output == "e"


def test_a_sample_without_a_user_is_an_error():
    ((row, column, message),) = errors(lines({"messages": [REPLY]}), sample_items.read)
    assert (row, column) == (1, "messages")
    assert message.startswith("No message is by the user.")


def test_outputs_csv_has_questions_once_each_and_numbers():
    data = "Question,Answer,In Tokens,Out Tokens,Duration,region\nq,a,12,9,0.8,EU\n"
    (record,) = records(data, qa_csv.read)
    assert record[:4] == ("", "q", "a", "")
    assert record.context == {"region": "EU"}
    found = errors(data + "q,b,x,,-1,\n,,,,,x\n", qa_csv.read)
    assert [(row, column) for row, column, _ in found] == [
        (3, "Question"), (3, "In Tokens"), (3, "Duration"), (4, "Question"), (4, "Answer"),
    ]  # fmt: skip
    assert errors("Question,x\n", qa_csv.read) == [
        (1, "Answer", 'There is no column "Answer". Add it.')
    ]


@pytest.mark.parametrize(
    ("data", "name", "slug"),
    [
        ("id,Human Message,AI Response\n", "x", "dataset-csv"),
        ("Human Message;AI Response\n", "x", "dataset-csv"),
        ("Test Input,Operator\n", "x.csv", "suite-csv"),
        ("Suite Id,Title\n1,x\n\nTest Input\n", "x.csv", "suite-csv"),
        ("Question,Answer\n", "x.csv", "qa-csv"),
        ("a,b\n", "x.csv", "dataset-csv"),
        ('{"tests": []}', "x.json", "suite-json"),
        ('[{"input_under_test": "x"}]', "x", "suite-json"),
        (lines(ITEM), "x.jsonl", "dataset-jsonl"),
        (json.dumps([ITEM]), "x.json", "dataset-json"),
        (lines({"messages": TALK}), "x.jsonl", "chat-items"),
        (lines({"inputs": {}, "outputs": {}}), "x.jsonl", "langsmith"),
        (json.dumps({"data": [{"input": 1, "expectedOutput": 2}]}), "x.json", "langfuse"),
        ("PK\x03\x04", "x.bin", "suite-zip"),
    ],
)
def test_the_format_of_items_is_guessed_from_content_then_suffix(data, name, slug):
    stream = io.BytesIO(data.encode())
    assert guess_items(stream, name) == slug
    assert stream.tell() == 0


def test_what_may_be_a_conversation_is_guessed_as_one():
    for data, slug in [
        (lines({"messages": TALK}), "openai-chat"),
        (lines({"input": "q", "ideal": "i"}), "openai-chat"),
        (lines({**ITEM, "history": []}), "dataset-jsonl"),
        ("Test Input\nx\n", "suite-csv"),
    ]:
        assert guess_any(io.BytesIO(data.encode()), "x.jsonl") == slug


def test_formats_that_are_not_known_are_refused_by_name():
    with pytest.raises(FormatNotKnown, match="Name one of: dataset-csv, "):
        guess_items(io.BytesIO(b"\x00\x01"), "x.bin")
    with pytest.raises(FormatNotKnown, match='There is no format "docx"'):
        named_items("docx")


def test_a_check_counts_items():
    report = check(io.BytesIO(b"Human Message,AI Response\nq,a\nq,\n"), "x.csv")
    assert report.as_json()["counts"] == {
        "items": 1, "checks": 0, "global_checks": 0, "attachments": 0,
    }  # fmt: skip
    assert (report.format, [each.row for each in report.errors]) == ("dataset-csv", [3])


STARTS = [b"", b"{", b"[", b'{"data":[', b"PK\x03\x04", b"Human Message,AI Response,context.a\n",
          b"Question,Answer\n", b"id;Human Message;AI Response;History\n", b"\xff\xfe"]  # fmt: skip
WORDS = st.sampled_from(
    [b'"', b",", b"\n", b"\r", b"'=", b"user:", b"[", b"{", b"}", b"]", b":", b"a", b"\xff", b"\0"]
)


@pytest.mark.parametrize("slug", ITEM_FORMATS)
@settings(max_examples=60, deadline=None)
@given(start=st.sampled_from(STARTS), data=st.binary(max_size=99) | st.lists(WORDS).map(b"".join))
def test_i19_random_bytes_never_raise(slug, start, data):
    stream = io.BytesIO(start + data)
    for options in (ReadOptions(), ReadOptions(automatic_history=True, read_values_as_json=True)):
        for found in ITEM_FORMATS[slug].read(stream, options=options):
            assert isinstance(found, tuple) or found.message


KEYS = st.sampled_from(
    ["id", "input", "output", "history", "context", "tags", "role", "content", "messages", "ideal",
     "inputs", "outputs", "data", "created_at", "tests", "checks"]
)  # fmt: skip
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("user"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize("slug", ["dataset-json", "chat-items", "suite-json"])
@settings(max_examples=80, deadline=None)
@given(values=st.lists(st.dictionaries(KEYS, VALUE, max_size=5), max_size=3))
def test_i19_any_json_never_raises(slug, values):
    assert isinstance(findings(json.dumps(values), ITEM_FORMATS[slug].read), list)
