"""The programs our files are for load them, offline, and read what was stored."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exports.catalog import FORMATS
from exports.formats.options import ExportOptions, TurnMode
from exports.formats.records import ExportSession
from tests.exports.conversations import RICH, session

pytestmark = pytest.mark.slow

HOSTILE = session(
    ("user", 'null "quoted" \\ {"a": 1} | bar'),
    ("assistant", "\u2028\u2029\x85\x1c\x01\x7f\r\n👩‍👩‍👧 שלום"),
    ("user", ""),
    ("assistant", "NA"),
    title="null",
    expected_output="",
)
SESSIONS = [RICH, HOSTILE, session(("user", "unanswered")), session()]

# Loads the file as test cases and as goldens, where any attempt to reach the network is an error.
_DEEPEVAL = """
import json, sys

def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise RuntimeError(f"deepeval reached for the network: {event} {args}")

sys.addaudithook(refuse)
from deepeval.dataset import EvaluationDataset

KEYS = ("input", "actual_output", "expected_output", "context", "retrieval_context")
cases, goldens = EvaluationDataset(), EvaluationDataset()
cases.add_test_cases_from_json_file(sys.argv[1], *KEYS)
goldens.add_goldens_from_json_file(sys.argv[1])
rows = [[{key: getattr(row, key) for key in KEYS} for row in loaded]
        for loaded in (cases.test_cases, goldens.goldens)]
json.dump(rows, open(sys.argv[2], "w"))
"""


def save(directory: Path, slug: str, sessions: list[ExportSession], **options: Any) -> Path:
    path = directory / f"export{FORMATS[slug].suffix}"
    text = "".join(FORMATS[slug].write(sessions, ExportOptions(**options)))
    path.write_bytes(text.encode())
    return path


def loaded_by_deepeval(path: Path) -> Any:
    answer = path.with_suffix(".loaded")
    offline = {**os.environ, "DEEPEVAL_TELEMETRY_OPT_OUT": "YES"}
    subprocess.run(
        [sys.executable, "-c", _DEEPEVAL, path, answer], check=True, cwd=path.parent, env=offline
    )
    return json.loads(answer.read_text())


@pytest.mark.parametrize(
    "options",
    [{}, {"include_metadata": True}, {"turn_mode": TurnMode.FULL, "anonymise_paths": True}],
    ids=["plain", "metadata", "full"],
)
def test_deepeval_loads_test_cases_and_goldens(tmp_path: Path, options: dict[str, Any]) -> None:
    path = save(tmp_path, "deepeval", SESSIONS, **options)
    written = json.loads(path.read_text("utf-8"))
    for row in written:
        row.pop("metadata", None)
    assert loaded_by_deepeval(path) == [written, written]
    assert len(written) == (2 if "turn_mode" in options else 4)


def test_deepeval_loads_an_empty_file(tmp_path: Path) -> None:
    assert loaded_by_deepeval(save(tmp_path, "deepeval", [])) == [[], []]


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")]


def test_openai_types_accept_each_message(tmp_path: Path) -> None:
    from openai.types.chat import ChatCompletionMessageParam
    from pydantic import TypeAdapter

    reader = TypeAdapter[Any](list[ChatCompletionMessageParam])
    for line in lines_of(save(tmp_path, "openai", SESSIONS)):
        spoken = [message for message in line["messages"] if message["role"] != "tool"]
        assert reader.validate_python(spoken, extra="forbid") == spoken


def test_openai_types_miss_only_the_call_id_on_tool_messages(tmp_path: Path) -> None:
    """The contract gives role and content alone; these types ask whose answer it is."""
    from openai.types.chat import ChatCompletionToolMessageParam
    from pydantic import TypeAdapter, ValidationError

    reader = TypeAdapter[Any](ChatCompletionToolMessageParam)
    first, *_ = lines_of(save(tmp_path, "openai", SESSIONS))
    [tool] = [message for message in first["messages"] if message["role"] == "tool"]
    with pytest.raises(ValidationError) as refused:
        reader.validate_python(tool, extra="forbid")
    assert [error["loc"] for error in refused.value.errors()] == [("tool_call_id",)]


def test_pandas_reads_a_conversation_per_row(tmp_path: Path) -> None:
    import pandas as pd

    path = save(tmp_path, "openai", SESSIONS)
    frame = pd.read_json(path, lines=True)
    assert frame["messages"].tolist() == [line["messages"] for line in lines_of(path)]
    assert frame["messages"][1] == [
        {"role": message.role, "content": message.content} for message in HOSTILE.messages
    ]


def test_pandas_reads_a_test_case_per_row(tmp_path: Path) -> None:
    import pandas as pd

    path = save(tmp_path, "deepeval", SESSIONS)
    frame = pd.read_json(path, dtype=False)
    assert frame["input"].tolist() == [row["input"] for row in json.loads(path.read_text("utf-8"))]
