"""Outputs made elsewhere, as files say them: promptfoo, Inspect, a CSV of Question and Answer."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest

from datasets.formats.records import RowError, RowWarning
from runs.formats.catalog import OUTPUT_FORMATS, guess
from runs.formats.outputs import ModelNamed, OutputRecord

QA = (
    "Question,Answer,In Tokens,Out Tokens,Duration,region\n"
    "Which river crosses Vienna?,The Danube.,12,9,0.8,EU\n"
)


def promptfoo_result(**said: Any) -> dict[str, Any]:
    return {
        "promptIdx": 0,
        "testIdx": 0,
        "provider": {"id": "openai:small", "label": ""},
        "vars": {"input": "Which river crosses Vienna?"},
        "prompt": {"raw": "Which river crosses Vienna?", "label": "{{input}}"},
        "response": {"output": "The Danube.", "tokenUsage": {"prompt": 12, "completion": 9}},
        "latencyMs": 800,
        "success": True,
        "testCase": {"description": "Geography geo-001", "metadata": {"case_id": "geo-001"}},
    } | said


def promptfoo_file(*results: dict[str, Any]) -> dict[str, Any]:
    return {"evalId": "eval-1", "results": {"version": 3, "results": list(results)}, "config": {}}


def inspect_sample(**said: Any) -> dict[str, Any]:
    return {
        "id": "geo-001",
        "epoch": 1,
        "input": "Which river crosses Vienna?",
        "target": "The Danube",
        "output": {
            "model": "mock/model",
            "completion": "The Danube.",
            "usage": {"input_tokens": 12, "output_tokens": 9},
            "time": 0.8,
        },
        "scores": {"match": {"value": "C"}},
    } | said


def inspect_file(*samples: dict[str, Any], **said: Any) -> dict[str, Any]:
    log = {"version": 2, "status": "success", "eval": {"model": "mock/model"}, "results": {}}
    return log | {"samples": list(samples)} | said


def read(data: Any, slug: str = "", model: str = "") -> list[Any]:
    """What the reader of a format yields, the guessed one when none is named."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    stream = BytesIO(raw)
    known = OUTPUT_FORMATS[slug] if slug else guess(stream)
    return list(known.read(stream, model=model))


def outputs(found: list[Any]) -> list[OutputRecord]:
    return [each for each in found if isinstance(each, OutputRecord)]


def errors(found: list[Any]) -> list[tuple[int | None, str, str]]:
    return [(e.row, e.column, e.message) for e in found if isinstance(e, RowError)]


def test_a_csv_says_tokens_duration_and_context() -> None:
    (found,) = read(QA.encode())
    assert found == OutputRecord(
        row=2, column="Question", question="Which river crosses Vienna?", response="The Danube.",
        in_tokens=12, out_tokens=9, duration=0.8, input_context={"region": "EU"},
    )  # fmt: skip


def test_a_repeated_question_is_an_error() -> None:
    found = read(QA.encode() + b"Which river crosses Vienna?,The Rhine.,,,,\n")
    message = "This question stands on row 2 already. Keep one of the two."
    assert errors(found) == [(3, "Question", message)]


def test_results_of_promptfoo_are_outputs() -> None:
    named, found = read(promptfoo_file(promptfoo_result()))
    assert named == ModelNamed("openai:small")
    assert found == OutputRecord(
        row=1, column="vars.input", question="Which river crosses Vienna?", identifier="geo-001",
        response="The Danube.", title="Geography geo-001", in_tokens=12, out_tokens=9,
        duration=0.8,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ({"vars": {"question": "Q?", "other": "x"}}, "Q?"),
        ({"vars": {"anything": "Q?"}}, "Q?"),
        ({"vars": {"a": "1", "b": "2"}, "prompt": {"raw": "Q?"}}, "Q?"),
    ],
)
def test_the_question_is_a_variable_or_the_prompt(said: dict[str, Any], question: str) -> None:
    (found,) = outputs(read(promptfoo_file(promptfoo_result(**said))))
    assert found.question == question


def test_of_several_models_one_is_to_be_named() -> None:
    other = promptfoo_result(provider={"id": "openai:large"})
    file = promptfoo_file(promptfoo_result(), other)
    message = (
        "The file holds outputs of 2 models: “openai:small”, “openai:large”. Name one as the model."
    )
    assert errors(read(file)) == [(None, "provider", message)]
    found = read(file, model="openai:large")
    assert [each.row for each in outputs(found)] == [2]


def test_of_several_prompts_one_is_to_be_named() -> None:
    file = promptfoo_file(promptfoo_result(), promptfoo_result(promptIdx=1))
    assert "“openai:small · prompt 2”" in errors(read(file))[0][2]
    assert [each.row for each in outputs(read(file, model="openai:small · prompt 2"))] == [2]


def test_a_result_without_an_answer_is_left_out_and_said() -> None:
    broken = promptfoo_result(response={"error": "API error: 500"}, testIdx=1)
    found = read(promptfoo_file(promptfoo_result(), broken))
    assert len(outputs(found)) == 1
    (warning,) = [each for each in found if isinstance(each, RowWarning)]
    assert (warning.row, warning.message) == (2, "Left out, it has no answer: API error: 500")


def test_an_answer_that_is_an_object_is_json() -> None:
    result = promptfoo_result(response={"output": {"river": "Danube"}})
    assert outputs(read(promptfoo_file(result)))[0].response == '{"river": "Danube"}'


def test_samples_of_inspect_are_outputs() -> None:
    named, found = read(inspect_file(inspect_sample()))
    assert named == ModelNamed("mock/model")
    assert found == OutputRecord(
        row=1, column="id", question="Which river crosses Vienna?", identifier="geo-001",
        response="The Danube.", in_tokens=12, out_tokens=9, duration=0.8,
    )  # fmt: skip


def test_messages_of_inspect_are_asked_by_the_last_of_the_user() -> None:
    parts = [{"type": "text", "text": "Which river?"}]
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}]
    answer = [*messages, {"role": "assistant", "content": "The Danube."}]
    sample = inspect_sample(input=messages, output={}, messages=answer)
    (found,) = outputs(read(inspect_file(sample)))
    assert (found.question, found.response) == ("Which river?", "The Danube.")


def test_later_epochs_and_a_failed_log_are_said() -> None:
    found = read(inspect_file(inspect_sample(), inspect_sample(epoch=2), status="error"))
    told = [each.message for each in found if isinstance(each, RowWarning)]
    assert told == [
        "Inspect says of its run: error.",
        "1 sample of a later epoch is left out: a test has one output.",
    ]
    assert len(outputs(found)) == 1


def test_a_binary_log_says_how_to_convert_it() -> None:
    ((_, _, message),) = errors(read(b"PK\x03\x04rest"))
    assert "inspect log convert --to json" in message


@pytest.mark.parametrize("slug", ["promptfoo", "inspect"])
@pytest.mark.parametrize(
    "data",
    [
        b"", b"   ", b"[]", b"{}", b"{", b'{"a": 1, "a": 2}', b"\xff\xfe", b'{"results": []}',
        b'{"results": {"results": {}}}', b'{"samples": 3}', b"nonsense", b'{"a": NaN}',
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_an_error(slug: str, data: bytes) -> None:
    found = read(data, slug)
    assert errors(found)
    assert not outputs(found)


@pytest.mark.parametrize("value", [None, 3, "text", [], [1], {"id": 3}, True])
@pytest.mark.parametrize(
    "key", ["vars", "response", "provider", "testCase", "prompt", "latencyMs", "promptIdx"]
)
def test_odd_values_in_results_never_raise(key: str, value: Any) -> None:
    for each in read(promptfoo_file(promptfoo_result(**{key: value})), "promptfoo"):
        assert isinstance(each, OutputRecord | ModelNamed | RowError | RowWarning)
    read({"results": {"results": [value]}}, "promptfoo")


@pytest.mark.parametrize("value", [None, 3, "text", [], [1], {"id": 3}, True])
@pytest.mark.parametrize("key", ["id", "input", "output", "messages", "epoch", "error"])
def test_odd_values_in_samples_never_raise(key: str, value: Any) -> None:
    for each in read(inspect_file(inspect_sample(**{key: value})), "inspect"):
        assert isinstance(each, OutputRecord | ModelNamed | RowError | RowWarning)
    read({"samples": [value], "eval": value}, "inspect")


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (QA.encode(), "qa-csv"),
        (QA.encode("utf-16"), "qa-csv"),
        (b"\xef\xbb\xbf" + QA.encode(), "qa-csv"),
        (json.dumps(promptfoo_file(promptfoo_result())).encode(), "promptfoo"),
        (json.dumps(inspect_file(inspect_sample())).encode(), "inspect"),
        (json.dumps(inspect_file(inspect_sample())).encode("utf-16"), "inspect"),
        (b"PK\x03\x04", "inspect"),
    ],
)
def test_the_format_is_told_by_the_file(data: bytes, slug: str) -> None:
    assert guess(BytesIO(data)).slug == slug
