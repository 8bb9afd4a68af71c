"""promptfoo runs our tests, and what reaches the model is what was stored."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from datasets.formats.items import CheckRecord, ItemRecord
from exports.formats.promptfoo import write
from exports.formats.records import ItemTally
from tests.exports.items import BARE, RIVER, SNAPSHOT, hostile_items
from tests.interop.programs import HOME

pytestmark = pytest.mark.slow

_OFFLINE = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "true",
}
_A_TEST_FAILED = 100


def results(
    directory: Path, items: list[ItemRecord], prompt: str, *, listed: bool = False, title: str = ""
) -> list[dict[str, Any]]:
    """The results of a model that repeats its prompt, in the order of the items."""
    text = "".join(write(items, ItemTally(), title=title))
    (directory / "tests.jsonl").write_bytes(text.encode())
    tests = "file://tests.jsonl"
    config = {"prompts": [prompt], "providers": ["echo"], "tests": [tests] if listed else tests}
    (directory / "promptfooconfig.json").write_text(json.dumps(config))
    ended = subprocess.run(
        [HOME / "node/node_modules/.bin/promptfoo", "eval", "--no-cache", "--no-table",
         "--no-progress-bar", "-c", "promptfooconfig.json", "-o", "results.json"],
        cwd=directory, capture_output=True, text=True, check=False,
        env=os.environ | _OFFLINE | {"PROMPTFOO_CONFIG_DIR": str(directory / "config")},
    )  # fmt: skip
    assert ended.returncode in (0, _A_TEST_FAILED), ended.stderr
    rows = json.loads((directory / "results.json").read_text("utf-8"))["results"]["results"]
    return sorted(rows, key=lambda row: int(row["testIdx"]))


def is_json(text: str) -> bool:
    """A prompt that is JSON altogether is sent as the same JSON with other spaces."""
    return text.startswith(("[", '{"'))


@pytest.mark.parametrize("listed", [False, True], ids=["named", "in a list"])
def test_hostile_texts_reach_the_model_and_equal_themselves(tmp_path: Path, listed: bool) -> None:
    items = [item for item in hostile_items() if item.input.strip() and not is_json(item.input)]
    items.append(RIVER._replace(public_id="file:///etc/hostname", expected_output=RIVER.input))
    rows = results(tmp_path, items, "{{input}}", listed=listed, title="file://{{ title }}")
    assert [row["prompt"]["raw"] for row in rows] == [item.input for item in items]
    assert [row["success"] for row in rows] == [True] * len(items)
    ids = [row["testCase"]["metadata"]["case_id"] for row in rows]
    assert ids == [*(item.public_id for item in items[:-1]), '"file:///etc/hostname"']


def test_the_conversation_is_one_variable(tmp_path: Path) -> None:
    rows = results(tmp_path, [RIVER, SNAPSHOT], "{{messages}}")
    [sent] = [json.loads(row["prompt"]["raw"]) for row in rows]
    assert [message["role"] for message in sent] == [
        "system", "user", "assistant", "system", "user",
    ]  # fmt: skip
    assert sent[-1]["content"] == RIVER.input


SCHEMA = '{"type": "object", "required": ["{{a}}"]}'
# What the model says (its input), a check, and whether it passes.
DECISIONS = [
    ("It is the Danube.", CheckRecord("includes_exactly", "Danube"), True),
    ("It is the danube.", CheckRecord("includes_exactly", "Danube"), False),
    ("It is the Danube.", CheckRecord("excludes_exactly", "Elbe", weight=5), True),
    ("Elbe", CheckRecord("excludes_exactly", "Elbe"), False),
    ("  The Danube ", CheckRecord("equals_exactly", "The Danube\n"), True),
    ("The Danube.", CheckRecord("equals_exactly", "The Danube"), False),
    ('{"{{a}}": 1}', CheckRecord("matches_json_schema", SCHEMA, category="{{b}}"), True),
    ('{"a": 1}', CheckRecord("matches_json_schema", SCHEMA), False),
    (' {"a": 1} ', CheckRecord("valid_json"), True),
    ("Danube", CheckRecord("valid_json"), False),
    ("👋", CheckRecord("regex", "^.$"), True),
    ("👋👋", CheckRecord("regex", "^[^x]{3}$"), False),
    ("a\u2028b", CheckRecord("regex", "^a.b$"), True),
    ("a\xa0b", CheckRecord("regex", r"a\sb"), False),
    ("x{{2", CheckRecord("regex", r"\{{2}2$"), True),
    ("12-2026", CheckRecord("regex", r"^\d{2}-\d{4}$"), True),
]


def test_assertions_decide_as_the_checks_do(tmp_path: Path) -> None:
    items = [BARE._replace(public_id=f"c-{n}", input=said, checks=(check,))
             for n, (said, check, _) in enumerate(DECISIONS)]  # fmt: skip
    rows = results(tmp_path, items, "{{input}}")
    assert all(row["testCase"]["assert"] for row in rows)
    assert [row["success"] for row in rows] == [passes for _, _, passes in DECISIONS]
