"""The platform's own check of a bundle, without a database.

What verify.py finds, and the rows of the one file of a format read as its readers would.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exports.bundles import verify

BEGINNING = 16_000  # bytes in which the program that checks a bundle begins, and more


class BundleNotWholeError(Exception):
    """Every difference, in words."""


def is_bundle(path: Path) -> bool:
    """Say whether it is meant to be one, damaged or not."""
    if path.is_dir():
        return (path / verify.MANIFEST).exists() or (path / "verify.py").exists()
    with path.open("rb") as stream:
        beginning = stream.read(BEGINNING)
    return beginning[:2] == b"PK" and b"README.txt" in beginning and b"verify.py" in beginning


def check_bundle(path: Path, digest: str | None = None) -> Any:
    """Return its manifest; BundleNotWholeError names what differs."""
    manifest, problems = verify.check(str(path), digest)
    if problems:
        raise BundleNotWholeError(" ".join(problems))
    return manifest


def only_part(manifest: Any) -> Any | None:
    """Return the part that is the file of its format; None where the format is several files."""
    content = manifest["content"]
    beginning = f"data/{content.get('format')}."
    found = [part for part in content["parts"] if part["name"].startswith(beginning)]
    return found[0] if len(found) == 1 and found[0]["rows"] is not None else None


def copy_part(path: Path, part: Any, folder: str) -> Path:
    """Write a part into a folder of one's own, under a name of one's own, as its readers want."""
    copy = Path(folder) / ("part" + Path(part["name"]).suffix)
    source = verify.Folder(str(path)) if path.is_dir() else verify.Archive(str(path))
    try:
        source.read_names()
        with copy.open("wb") as out:
            for piece in source.pieces(part["name"]):
                out.write(piece)
    finally:
        source.close()
    return copy
