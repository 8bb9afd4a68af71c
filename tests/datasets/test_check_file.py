"""`manage.py check_file`: the dry run without a database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from datasets.formats.report import check
from tests.datasets.conversation_files import CHAT, lines

ROOT = Path(__file__).parent.parent.parent


def check_file(*arguments):
    """Runs the command in a process that knows of no database."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check_file", *map(str, arguments)],
        cwd=ROOT,
        env=kept | {"EVALPLATFORM_HOME": "/nonexistent/home"},
        capture_output=True,
        text=True,
        check=False,
    )


def report_of(path, *arguments):
    done = check_file(path, "--json", *arguments)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.jsonl"
    path.write_bytes(lines(CHAT, CHAT))
    return path


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(lines(CHAT, {"messages": [{"role": "user", "content": 5, "mood": 1}]}))
    return path


def test_a_good_file_is_reported_as_json_and_leaves_with_0(good):
    assert report_of(good) == (
        0,
        {
            "format": "openai-chat",
            "ok": True,
            "counts": {"sessions": 2, "messages": 4},
            "errors": [],
            "n_more_errors": 0,
            "warnings": [],
        },
    )


def test_a_bad_file_is_reported_with_places_and_leaves_with_1(bad):
    status, report = report_of(bad)
    assert status == 1
    assert report["ok"] is False
    assert report["counts"] == {"sessions": 1, "messages": 2}
    assert report["errors"] == [
        {
            "row": 2,
            "column": "messages[0].content",
            "message": "This must be text, not a number. Put it into double quotes.",
            "value": "5",
        }
    ]
    assert [(each["row"], each["column"]) for each in report["warnings"]] == [
        (2, "messages[0].mood")
    ]


def test_the_report_for_people_names_format_errors_and_warnings(bad):
    done = check_file(bad)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "The file is refused. It holds 1 good session, 2 messages.",
        "Format: Chat JSONL, openai-chat (guessed from the file)",
        "",
        "1 error:",
        "  row 2, messages[0].content: This must be text, not a number. "
        "Put it into double quotes. Found: 5",
        "",
        "1 warning:",
        '  row 2, messages[0].mood: "mood" is not a field we know, it is ignored. '
        "(Said once a file.)",
    ]


def test_a_named_format_is_not_guessed(good):
    status, report = report_of(good, "--format", "session-json", "--source", "bot")
    assert status == 1
    assert report["format"] == "session-json"
    assert {error["column"] for error in report["errors"]} == {"externalId"}


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (None, (), "The file cannot be read: No such file or directory."),
        (b"", (), "The file is empty."),
        (b"a,b\n1,2\n", (), "The file does not look like any format we read."),
        (b"\x89PNG\r\n\x00", (), "The file does not look like any format we read."),
        (b"{}", ("--format", "docx"), 'There is no format "docx".'),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_of_the_file(tmp_path, content, arguments, message):
    path = tmp_path / "file.bin"
    if content is not None:
        path.write_bytes(content)
    status, report = report_of(path, *arguments)
    assert status == 1
    assert report["ok"] is False
    (error,) = report["errors"]
    assert error["row"] is None
    assert error["message"].startswith(message)


def test_a_folder_is_an_error_of_the_file(tmp_path):
    status, report = report_of(tmp_path)
    assert (status, report["errors"][0]["row"]) == (1, None)


def test_at_most_100_errors_and_warnings_are_listed_and_the_others_counted(tmp_path):
    path = tmp_path / "many.jsonl"
    odd = [{"messages": [{"role": f"r{n}", "content": "x"}]} for n in range(150)]
    path.write_bytes(lines(*[{"messages": 1}] * 250, *odd))
    with path.open("rb") as stream:
        report = check(stream, path.name)
    assert (len(report.errors), report.n_more_errors) == (100, 150)
    assert (len(report.warnings), report.n_more_warnings) == (100, 50)
