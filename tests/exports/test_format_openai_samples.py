"""The OpenAI Evals sample file: what is asked, and an ideal answer that is never empty."""

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings

from datasets.formats.items import ItemRecord
from exports.formats.chat import NO_INPUT
from exports.formats.openai_samples import NO_IDEAL, write
from exports.formats.records import ItemTally
from tests.exports.items import BARE, DATASETS, RIVER, SNAPSHOT, hostile_items


def samples(items: Iterable[ItemRecord]) -> Any:
    text = "".join(write(items, ItemTally(), title="Not in the file"))
    return [json.loads(line) for line in text.split("\n")] if text else []


def test_history_and_input_are_messages_and_the_expected_output_is_the_ideal() -> None:
    [sample] = samples([RIVER])
    assert sample["ideal"] == "The Danube"
    assert sample["input"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi there!"},
        {"role": "system", "content": "map opened"},
        {"role": "user", "content": "Which river crosses Vienna?"},
    ]


def test_all_else_of_the_item_is_in_the_metadata() -> None:
    [sample] = samples([RIVER])
    assert sample["metadata"] == {
        "id": "geo-001",
        "output": "It is the Danube.",
        "expected_output": "The Danube",
        "context": {"audience": "pupils", "year": 2026},
        "participant_data": {"name": "Jane"},
        "session_state": {"count": 1},
        "summary": "About rivers.",
        "tags": ["rivers", "easy"],
        "checks": [
            {"operator": "includes", "criteria": "Danube", "weight": 2, "category": "Correctness"}
        ],
        "files": ["documents/map.pdf"],
        "created_at": "2026-01-15T10:35:00+00:00",
    }


def test_the_reply_is_the_ideal_where_no_output_is_expected() -> None:
    replied = RIVER._replace(expected_output=" \n")
    assert samples([replied])[0]["ideal"] == "It is the Danube."


def test_an_item_without_input_or_ideal_is_skipped_and_counted_by_its_reason() -> None:
    tally = ItemTally()
    blank = BARE._replace(output=" ", expected_output="\n")
    text = "".join(write([SNAPSHOT, RIVER, BARE, blank], tally))
    assert "\n" not in text
    assert (tally.n_rows, tally.n_skipped) == (1, 3)
    assert tally.skipped == {NO_INPUT: 1, NO_IDEAL: 2}


@settings(deadline=None)
@given(DATASETS)
def test_every_line_is_one_sample_with_texts_alone(items: list[ItemRecord]) -> None:
    tally = ItemTally()
    text = "".join(write(items, tally))
    lines = [json.loads(line) for line in text.split("\n")] if text else []
    assert len(lines) == tally.n_rows == len(items) - tally.n_skipped
    for sample in lines:
        assert sample["ideal"].strip()
        assert all(isinstance(message["content"], str) for message in sample["input"])


def test_hostile_texts_and_a_megabyte_are_in_the_file_as_they_were() -> None:
    items = [item for item in hostile_items() if item.input.strip()]
    read = samples(items)
    assert [sample["ideal"] for sample in read] == [item.expected_output for item in items]
    assert [sample["input"][-1]["content"] for sample in read] == [item.input for item in items]
