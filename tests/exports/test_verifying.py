"""`manage.py verify_export`: a file is proven whole without a database."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from exports.catalog import FORMATS
from exports.formats.options import ExportOptions
from exports.formats.records import Tally
from tests.exports.conversations import RICH, session

TRICKY = session(
    ("user", 'An object:\n  {\n  },\n{"messages": []}'),
    ("assistant", "---\nTokens: 1 | Cost: $0.00 | Model: x\nStatus: unset"),
    title="Tokens: 1 | Cost: $0.00 | Model: x",
)


def write(folder: Path, slug: str, *, empty: bool = False) -> Path:
    """Write a file with its manifest beside it, as an export does."""
    tally = Tally()
    chosen = [] if empty else [RICH, TRICKY, RICH]
    text = "".join(FORMATS[slug].write(chosen, ExportOptions(), tally)).encode()
    file = folder / f"export{FORMATS[slug].suffix}"
    file.write_bytes(text)
    manifest = {
        "format": slug, "bytes": len(text), "sha256": hashlib.sha256(text).hexdigest(),
        "rows": FORMATS[slug].count_rows(tally), "rowsAre": FORMATS[slug].row_name,
    }  # fmt: skip
    manifest_of(file).write_text(json.dumps(manifest))
    return file


def manifest_of(file: Path) -> Path:
    return file.with_name(file.name + ".manifest.json")


def change(file: Path, **values: object) -> None:
    manifest = json.loads(manifest_of(file).read_text())
    manifest_of(file).write_text(json.dumps(manifest | values))


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("slug", FORMATS)
def test_a_whole_file_is_whole(
    tmp_path: Path, slug: str, empty: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_export", str(write(tmp_path, slug, empty=empty)))

    assert "is whole: " in capsys.readouterr().out


@pytest.mark.parametrize("slug", FORMATS)
def test_a_truncated_file_is_not(tmp_path: Path, slug: str) -> None:
    file = write(tmp_path, slug)
    file.write_bytes(file.read_bytes()[:-3])

    with pytest.raises(CommandError, match=r"is not whole\. bytes: the file has"):
        call_command("verify_export", str(file))


def test_a_changed_character_is_found(tmp_path: Path) -> None:
    file = write(tmp_path, "openai")
    file.write_bytes(file.read_bytes().replace(b"user", b"usee", 1))

    with pytest.raises(CommandError, match=r"is not whole\. sha256: the file has"):
        call_command("verify_export", str(file))


@pytest.mark.parametrize("slug", FORMATS)
def test_rows_are_counted_again(tmp_path: Path, slug: str) -> None:
    file = write(tmp_path, slug)
    change(file, rows=99)

    with pytest.raises(CommandError, match=r"is not whole\. rows: the file has"):
        call_command("verify_export", str(file))


def test_what_is_no_manifest_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "text")
    manifest_of(file).write_text("{}")
    with pytest.raises(CommandError, match="The manifest does not say 'bytes'"):
        call_command("verify_export", str(file))
    manifest_of(file).unlink()
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("verify_export", str(file))


def test_it_needs_no_database_and_says_so_by_its_exit_code(tmp_path: Path) -> None:
    file, other = write(tmp_path, "deepeval"), tmp_path / "other.json"
    manifest_of(file).rename(other)
    bare = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    bare |= {"EVALPLATFORM_HOME": str(tmp_path / "no-home")}
    command = [sys.executable, "manage.py", "verify_export", str(file), str(other)]

    whole = subprocess.run(command, env=bare, capture_output=True, text=True, check=False)
    file.write_text("[]")
    broken = subprocess.run(command, env=bare, capture_output=True, text=True, check=False)

    assert (whole.returncode, broken.returncode) == (0, 1)
    assert "Traceback" not in broken.stderr
