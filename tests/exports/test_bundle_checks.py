"""What is done to a bundle is found, and the part is named, and where it can be the row."""

from __future__ import annotations

import ast
import json
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from exports.bundles import verify
from exports.bundles.building import HERE
from exports.formats.suite_zip import paths
from tests.exports.bundles_made import (
    DOCUMENT,
    LINES,
    make_bundle,
    members,
    pack,
    problems,
    signed,
    unpack,
)
from tests.exports.items import HOSTILE_TEXTS

PARTS = [
    "README.txt", "verify.py", "data/chats.jsonl", "marks/chats.jsonl.crc32", "data/cases.json",
    "marks/cases.json.crc32", "data/table.csv", "marks/table.csv.crc32",
    DOCUMENT, "manifest.json",
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bundle") / "bundle.zip")


def changed(made: Path, tmp_path: Path, **by_part: Any) -> Path:
    """The bundle with these parts other than they were, in an archive that is right."""
    held = members(made)
    names = {"chats": "data/chats.jsonl", "cases": "data/cases.json", "table": "data/table.csv"}
    for name, data in by_part.items():
        held[names[name]] = data
    return pack(tmp_path / "changed.zip", held)


def lines(*numbers: int) -> bytes:
    return "".join(LINES[n - 1] for n in numbers).encode()


def test_a_bundle_is_whole_packed_and_unpacked(made: Path, tmp_path: Path) -> None:
    assert list(members(made)) == PARTS
    assert problems(made) == []
    assert problems(unpack(made, tmp_path / "folder")) == []


def test_other_programs_read_the_archive(made: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None
    if shutil.which("unzip"):
        done = subprocess.run(["unzip", "-tq", made], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("is_packed", [True, False])
def test_a_byte_flipped_names_the_part(
    made: Path, tmp_path: Path, name: str, is_packed: bool
) -> None:
    held = members(made)
    at = len(held[name]) // 2
    damaged = held[name][:at] + bytes([held[name][at] ^ 1]) + held[name][at + 1 :]
    if is_packed:
        found = problems(pack(tmp_path / "one.zip", held | {name: damaged}))
    else:
        folder = unpack(made, tmp_path / "folder")
        (folder / name).write_bytes(damaged)
        found = problems(folder)

    assert [each.split(" was changed")[0] for each in found] == [name]


def test_a_byte_flipped_anywhere_in_the_file_is_found(made: Path, tmp_path: Path) -> None:
    data, copy = bytearray(made.read_bytes()), tmp_path / "copy.zip"
    with zipfile.ZipFile(made) as archive:
        start = archive.start_dir
        headers = [info.header_offset for info in archive.infolist()]
    rng = random.Random(6)
    header = rng.choice(headers)
    places = [*range(header, header + 70), *rng.sample(range(start, len(data)), 100)]
    for at in places + rng.sample(range(len(data)), 60):
        data[at] ^= 1 << rng.randrange(8)
        copy.write_bytes(data)
        assert problems(copy), at
        data[at] = made.read_bytes()[at]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (lines(1, 2, 4, 5, 6, 7, 8), "row 3 is missing"),
        (lines(1, 2, 3, 4, 5, 6, 7), "row 8 is missing"),
        (lines(2, 3, 4, 5, 6, 7, 8), "row 1 is missing"),
        (lines(1, 2, 3, 4), "row 5 is missing"),
        (lines(1, 4, 5, 6, 7, 8), "row 2 is missing"),
        (lines(1, 2, 4, 5, 6, 7, 8).replace(b"r 5", b"r 9"), "row 3 is missing"),
        (lines(1, 2, 3, 3, 4, 5, 6, 7, 8), "row 4 was added"),
        (lines(1, 2, 3, 4, 5, 6, 7, 8, 8), "row 9 was added"),
        (lines(1, 2, 4, 3, 5, 6, 7, 8), "row 3 was exchanged with the next one"),
        (lines(1, 2, 3, 4, 5, 6, 8, 7), "row 7 was exchanged with the next one"),
        (lines(*range(1, 9)).replace(b"number 6", b"number 9"), "row 6 is not what was written"),
        (lines(*range(1, 9))[:-1], "row 8 is not what was written"),
        (b"", "row 1 is missing"),
    ],
)
def test_the_row_is_named(made: Path, tmp_path: Path, data: bytes, told: str) -> None:
    (found,) = problems(changed(made, tmp_path, chats=data))

    assert found.startswith("data/chats.jsonl was changed")
    assert found.endswith(f": {told}.")


def test_so_is_a_test_case_and_a_line_of_a_table(made: Path, tmp_path: Path) -> None:
    held = members(made)
    cases = held["data/cases.json"].replace(b"answer 3", b"answer 4")
    table = held["data/table.csv"].replace(b"2,two\n", b"")

    found = problems(changed(made, tmp_path, cases=cases, table=table))

    n_before = json.loads(held["data/cases.json"]).index(
        next(case for case in json.loads(held["data/cases.json"]) if "3" in case["actual_output"])
    )
    assert found == [
        f"data/cases.json was changed: row {n_before + 1} is not what was written.",
        "data/table.csv was changed, has 33 bytes instead of 39: line 4 is missing.",
    ]


def test_parts_exchanged_are_named_both(made: Path, tmp_path: Path) -> None:
    held = members(made)
    one, other = held["data/chats.jsonl"], held["data/table.csv"]

    assert problems(changed(made, tmp_path, chats=other, table=one)) == [
        "data/chats.jsonl holds what data/table.csv should.",
        "data/table.csv holds what data/chats.jsonl should.",
    ]


def test_another_order_is_not_what_was_written(made: Path, tmp_path: Path) -> None:
    held = dict(reversed(members(made).items()))

    assert problems(pack(tmp_path / "one.zip", held)) == [
        "The parts stand in another order than they were written."
    ]


@pytest.mark.parametrize("name", PARTS)
def test_a_part_taken_away_is_named(made: Path, tmp_path: Path, name: str) -> None:
    held = members(made)
    del held[name]
    folder = unpack(made, tmp_path / "folder")
    (folder / name).unlink()

    for found in (problems(pack(tmp_path / "one.zip", held)), problems(folder)):
        assert found == [f"{name} is missing."]


def test_a_part_added_is_named(made: Path, tmp_path: Path) -> None:
    folder = unpack(made, tmp_path / "folder")
    (folder / "data" / "more.txt").write_text("x")
    (folder / "linked.txt").symlink_to("/etc/hostname")
    held = members(made) | {"data/more.txt": b"x"}

    told = '"data/more.txt" is no part of the bundle.'
    assert problems(folder) == [told, '"linked.txt" is no plain file.']
    assert problems(pack(tmp_path / "one.zip", held)) == [told]


def test_the_archive_cut_off_anywhere_names_where(made: Path, tmp_path: Path) -> None:
    data, cut = made.read_bytes(), tmp_path / "cut.zip"
    with zipfile.ZipFile(made) as archive:
        infos = archive.infolist()
    for before, info in pairwise(infos):
        end = info.header_offset + 30 + len(info.filename.encode()) + 20 + info.file_size
        for at in {info.header_offset, info.header_offset + 10, end - 1}:
            cut.write_bytes(data[:at])
            (told,) = problems(cut)
            assert info.filename in told or before.filename in told, (at, told)
            assert "cut off" in told
    for at in range(len(data) - 200, len(data), 7):
        cut.write_bytes(data[:at])
        (told,) = problems(cut)
        assert "The directory of the archive is cut off at" in told


EDITS: dict[str, Callable[[Any], object]] = {
    "another row count": lambda told: told["content"]["parts"][2].update(rows=7),
    "another hash": lambda told: told["content"]["parts"][2].update(sha256="0" * 64),
    "a part less": lambda told: told["content"]["parts"].pop(),
    "another field": lambda told: told.update(made={"exportedBy": {"name": "Somebody"}}),
    "another digest": lambda told: told.update(bundleDigest="0" * 64),
    "another digest of the content": lambda told: told.update(contentDigest="0" * 64),
    "no digest": lambda told: told.pop("bundleDigest"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_manifest_is_told_by_its_digest(
    made: Path, tmp_path: Path, edit: Callable[[Any], object]
) -> None:
    held = members(made)
    manifest = json.loads(held["manifest.json"])
    edit(manifest)
    held["manifest.json"] = verify.as_written(manifest)

    assert problems(pack(tmp_path / "one.zip", held)) == [
        "manifest.json was changed: it does not agree with its own digest."
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"null", b"1", b"\xff", b"[" * 100_000, b'{"a": ' * 5_000,
        b'{"content": {"parts": {}}}', b'{"content": NaN}', b"9" * 10_000,
        b'{"content": "\\ud800"}',
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused(made: Path, tmp_path: Path, data: bytes) -> None:
    (told,) = problems(pack(tmp_path / "one.zip", members(made) | {"manifest.json": data}))

    assert told.startswith("manifest.json was changed: ")


@pytest.mark.parametrize(
    "parts",
    [
        None, {}, [1], [{}], [{"name": "x"}], "parts",
        [{"name": "../x", "bytes": 1, "sha256": "", "rows": None, "rowsAre": ""}],
        [{"name": "x", "bytes": "1", "sha256": "", "rows": None, "rowsAre": ""}],
        [{"name": "x", "bytes": 1, "sha256": "", "rows": None, "rowsAre": "",
          "units": {"end": ""}}],
        [{"name": "x", "bytes": 1, "sha256": "", "rows": None, "rowsAre": ""}] * 2,
    ],
)  # fmt: skip
def test_a_forged_manifest_breaks_nothing(made: Path, tmp_path: Path, parts: Any) -> None:
    forged = verify.as_written(signed({"content": {"parts": parts}}))

    assert problems(pack(tmp_path / "one.zip", members(made) | {"manifest.json": forged})) == [
        "manifest.json is not of the version that this program knows."
    ]


def test_rows_that_only_the_manifest_claims_are_counted(made: Path, tmp_path: Path) -> None:
    held = members(made)
    manifest = json.loads(held["manifest.json"])
    for part in manifest["content"]["parts"]:
        if part["name"] == "data/chats.jsonl":
            part["rows"] = 9
        if part["name"] == "data/table.csv":
            part["records"] = 5
    held["manifest.json"] = verify.as_written(signed(manifest))

    assert problems(pack(tmp_path / "one.zip", held)) == [
        "data/chats.jsonl has 8 rows, not 9.",
        "data/table.csv has 4 records, not 5.",
    ]


def test_who_forged_all_of_it_is_told_by_the_digest_kept_apart(made: Path, tmp_path: Path) -> None:
    digest = json.loads(members(made)["manifest.json"])["bundleDigest"]
    held = members(made)
    manifest = json.loads(held["manifest.json"]) | {"made": {"by": "somebody else"}}
    held["manifest.json"] = verify.as_written(signed(manifest))
    forged = pack(tmp_path / "one.zip", held)

    assert problems(made, digest) == []
    assert problems(forged) == []
    (told,) = problems(forged, digest)
    assert told.startswith("This is another bundle: its digest is ")


def test_the_program_is_for_python_3_8() -> None:
    assert ast.parse((HERE / "verify.py").read_text(), feature_version=(3, 8)).body


def test_the_program_runs_alone_in_an_empty_folder(made: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(made) as archive:
        program = tmp_path / "empty" / "verify.py"
        program.write_bytes(archive.read("verify.py"))

    def run(*arguments: str | Path) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", program, *arguments],
            cwd=tmp_path / "empty", env={"LC_ALL": "C"}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.stderr == ""
        return done.returncode, done.stdout

    broken = changed(made, tmp_path, chats=lines(1, 2, 4, 5, 6, 7, 8))
    code, told = run(made)
    assert (code, "data/chats.jsonl: 448 bytes, 8 rows" in told) == (0, True), told
    assert run(unpack(made, tmp_path / "folder"))[0] == 0
    assert run(broken) == (
        1,
        f"NOT WHOLE: {broken}\n  data/chats.jsonl was changed, has 392 bytes instead of 448: "
        "row 3 is missing.\n",
    )
    assert run(made, "--digest", "0" * 64)[0] == 1
    assert run()[0] == 1  # the folder of the program itself, which holds nothing else
    assert (run("nowhere.zip")[0], run("--digest")[0]) == (2, 2)


def test_every_name_that_a_suite_gives_its_files_can_be_checked() -> None:
    texts = [*HOSTILE_TEXTS, "x" * 300 + ".pdf", "🦀" * 300, "../up", "a\\b", "C:\\x", "CON", " "]
    for path in paths((text, "ab" * 32) for text in texts).values():
        assert verify.is_name(f"data/{path}"), path


def test_a_name_that_a_terminal_would_obey_is_told_escaped(made: Path, tmp_path: Path) -> None:
    held = members(made) | {"data/\u202etxt.exe": b"x"}

    (told,) = problems(pack(tmp_path / "one.zip", held))

    assert told == '"data/\\u202etxt.exe" is no part of the bundle.'
