"""Archives made to do harm: refused, in bounded memory, and nothing is unpacked."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from exports.bundles import verify
from exports.bundles.building import HERE
from tests.exports.bundles_made import make_bundle, members, pack

MB = 1 << 20
Harm = Callable[[dict[str, bytes]], bytes]


def zipped(held: dict[str, bytes], more: dict[str, bytes], method: int) -> bytes:
    """What zipfile makes of it, whose layout is not ours."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in (held | more).items():
            archive.writestr(name, data)
    return out.getvalue()


def lie(name: str, size: int, data: bytes = b"") -> bytes:
    """A member that says it has that size."""
    return verify.local_header("README.txt", 0, 0) + verify.local_header(name, 0, size) + data


HARMS: dict[str, Harm] = {
    "bomb": lambda held: zipped(held, {"data/b": bytes(16 * MB)}, zipfile.ZIP_DEFLATED),
    "packed otherwise": lambda held: zipped(held, {}, zipfile.ZIP_STORED),
    "way out": lambda held: lie("../../etc/passwd", 1, b"x"),
    "absolute": lambda held: lie("/etc/passwd", 1, b"x"),
    "drive": lambda held: lie("C:/x", 1, b"x"),
    "backslash": lambda held: lie("data\\x", 1, b"x"),
    "control": lambda held: lie("data/\x1b[2J", 1, b"x"),
    "long name": lambda held: lie("n" * 60_000, 1, b"x"),
    "size of a disk": lambda held: lie("data/x", 2**63, b"x"),
    "twice": lambda held: lie("README.txt", 1, b"x"),
    "many": lambda held: b"".join([verify.local_header(f"d/{n}", 0, 0) for n in range(10_010)]),
    "large manifest": lambda held: lie("manifest.json", 5_000_000, b" " * 5_000_000),
    "no end": lambda held: verify.local_header("README.txt", 0, 0) + b"PK\1\2" + b"\0" * 9 * MB,
    "only an end": lambda held: verify.directory_end(2**40, 2**40, 2**40),
    "nothing": lambda held: b"",
    "noise": lambda held: bytes(range(256)) * 1_000,
    "half a header": lambda held: struct.pack("<4s", b"PK\3\4"),
}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return members(make_bundle(tmp_path_factory.mktemp("bundle") / "bundle.zip"))


@pytest.mark.parametrize("harm", HARMS)
def test_it_is_refused_in_words(tmp_path: Path, held: dict[str, bytes], harm: str) -> None:
    path = tmp_path / "harm.zip"
    path.write_bytes(HARMS[harm](held))

    manifest, problems = verify.check(str(path))

    assert manifest is None
    assert 1 <= len(problems) <= 2
    assert all(len(each) < 400 and each.isprintable() for each in problems), problems
    assert [each.name for each in tmp_path.iterdir()] == ["harm.zip"]


def test_memory_stays_flat_whatever_comes(tmp_path: Path, held: dict[str, bytes]) -> None:
    """One process checks all of them; a line of 40 MB is a unit of a part like any other."""
    for number, harm in enumerate(HARMS.values()):
        (tmp_path / f"{number}.zip").write_bytes(harm(held))
    line = {"data/chats.jsonl": b"x" * 40 * MB}
    pack(tmp_path / "line.zip", held | line)
    program = (
        "import resource, runpy, sys; check = runpy.run_path(sys.argv[1])['check']\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert all(check(path)[1] for path in sys.argv[2:])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    paths = sorted(tmp_path.glob("*.zip"))

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, HERE / "verify.py", *paths],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert int(done.stdout) < 30_000, "kB more than before"


@pytest.mark.parametrize("harm", ["way out", "long name", "twice"])
def test_the_command_refuses_the_same(tmp_path: Path, held: dict[str, bytes], harm: str) -> None:
    path = tmp_path / "harm.zip"
    program = verify.local_header("verify.py", 0, 0)
    path.write_bytes(program + HARMS[harm](held))

    with pytest.raises(CommandError, match="is not whole"):
        call_command("verify_export", str(path))
