"""The Inspect dataset file: ours in the metadata, and no target that every answer would hold."""

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings

from datasets.formats.items import ItemRecord
from exports.formats.chat import NO_INPUT
from exports.formats.inspect_ai import write
from exports.formats.records import ItemTally
from tests.exports.items import BARE, DATASETS, RIVER, SNAPSHOT, hostile_items


def samples(items: Iterable[ItemRecord]) -> Any:
    text = "".join(write(items, ItemTally(), title="Not in the file"))
    return [json.loads(line) for line in text.split("\n")] if text else []


def test_the_id_is_the_public_one_and_ours_is_inside_the_metadata() -> None:
    [sample] = samples([RIVER])
    assert list(sample) == ["id", "input", "target", "metadata"]
    assert sample["id"] == "geo-001"
    assert sample["metadata"]["files"] == ["documents/map.pdf"]
    assert sample["metadata"]["output"] == "It is the Danube."


def test_the_target_is_the_expected_output() -> None:
    assert samples([RIVER])[0]["target"] == ["The Danube"]


def test_without_an_expected_output_no_answer_is_on_target() -> None:
    assert samples([BARE])[0]["target"] == []


def test_an_item_without_input_is_skipped_and_counted() -> None:
    tally = ItemTally()
    text = "".join(write([SNAPSHOT, RIVER], tally))
    assert json.loads(text)["id"] == "geo-001"
    assert (tally.n_rows, tally.skipped) == (1, {NO_INPUT: 1})


@settings(deadline=None)
@given(DATASETS)
def test_every_line_has_known_roles_and_no_null_content(items: list[ItemRecord]) -> None:
    for sample in samples(items):
        assert {message["role"] for message in sample["input"]} <= {"system", "user", "assistant"}
        assert all(isinstance(message["content"], str) for message in sample["input"])
        assert isinstance(sample["metadata"], dict)


def test_hostile_texts_and_a_megabyte_are_in_the_file_as_they_were() -> None:
    items = [item for item in hostile_items() if item.input.strip()]
    read = samples(items)
    assert [sample["target"] for sample in read] == [[item.expected_output] for item in items]
    assert [sample["metadata"]["context"] for sample in read] == [item.context for item in items]
