"""Inspect loads our file with `json_dataset` and evaluates it to the end."""

from pathlib import Path
from typing import Any

import pytest

from datasets.formats.items import ItemRecord
from exports.formats.chat import asked, metadata
from exports.formats.inspect_ai import write
from exports.formats.records import ItemTally
from tests.exports.items import BARE, RIVER, SNAPSHOT, hostile_items
from tests.interop.programs import answered

pytestmark = pytest.mark.slow

_LOAD = """
from inspect_ai.dataset import json_dataset

samples = [
    {"id": s.id, "input": [{"role": m.role, "content": m.content} for m in s.input],
     "target": s.target, "metadata": s.metadata}
    for s in json_dataset(sys.argv[1])
]
json.dump(samples, open(sys.argv[2], "w"))
"""

_EVALUATE = """
from inspect_ai import Task, eval
from inspect_ai.dataset import json_dataset
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import exact, includes, match
from inspect_ai.solver import generate

def output():
    said = ModelOutput.from_content("mockllm/model", "The Danube")
    said.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return said

dataset = json_dataset(sys.argv[1])
model = get_model("mockllm/model", custom_outputs=[output() for _ in dataset])
task = Task(dataset=dataset, solver=generate(), scorer=[includes(), match(), exact()])
log = eval(task, model=model, display="none", log_dir="logs")[0]
scores = {s.id: [score.value for score in s.scores.values()] for s in log.samples}
json.dump({"status": log.status, "scores": scores}, open(sys.argv[2], "w"))
"""
ODD_IDS = ["7", "07", "²", "a/b", "../x", "x*", "{{ id }}", "file:x"]
ITEMS = [RIVER, BARE, SNAPSHOT, *(BARE._replace(public_id=name) for name in ODD_IDS)]


def saved(directory: Path, items: list[ItemRecord]) -> Path:
    path = directory / "dataset.jsonl"
    path.write_bytes("".join(write(items, ItemTally())).encode())
    return path


def test_every_sample_is_loaded_as_it_was_stored(tmp_path: Path) -> None:
    items = [*ITEMS, *hostile_items()]
    expected: list[dict[str, Any]] = [
        {"id": item.public_id, "input": asked(item), "metadata": metadata(item),
         "target": [item.expected_output] if item.expected_output.strip() else []}
        for item in items if item.input.strip()
    ]  # fmt: skip
    assert answered(_LOAD, tmp_path, saved(tmp_path, items)) == expected


def test_an_evaluation_ends_well_and_what_has_no_target_is_not_passed(tmp_path: Path) -> None:
    log = answered(_EVALUATE, tmp_path, saved(tmp_path, ITEMS))
    assert log["status"] == "success"
    assert log["scores"].pop("geo-001") == ["C", "C", "C"]
    assert set(log["scores"]) == {"geo-002", *ODD_IDS}
    assert all(scores == ["I", "I", "I"] for scores in log["scores"].values())
