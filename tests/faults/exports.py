"""What the fault tests of exports share: many sessions, a request, and what must be true after."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from django.conf import settings

from benchmarks.evidence import make_evidence, make_team
from evalplatform.scoping.actor import Actor
from exports.catalog import FORMATS
from exports.formats.options import ExportOptions
from exports.models import Export
from exports.selection import Selection
from exports.source import read_sessions, snapshot

FOLDER = Path(settings.HOME) / "files" / "exports"
TEMPORARY = Path(settings.HOME) / "tmp"


def make_sessions(*, n_messages: int) -> Actor:
    """Save eval-ready sessions of 20 messages and return the owner of their team."""
    actor = make_team("faults")
    make_evidence(actor, n_messages=n_messages)
    return actor


def ask(by: Actor) -> Export:
    """Ask for all of them as OpenAI JSONL."""
    export, _ = Export.request(FORMATS["openai"], ExportOptions(), Selection(), by=by)
    return export


def state_of(export: Export) -> str:
    return str(Export.all_rows.select_related("job").get(pk=export.pk).job.state)


def right_sha256(actor: Actor) -> str:
    """Return the hash of the same file, written here from the same rows."""
    digest = sha256()
    with snapshot() as using:
        sessions = read_sessions(Selection().rows(actor), using=using)
        for piece in FORMATS["openai"].write(sessions, ExportOptions()):
            digest.update(piece.encode())
    return digest.hexdigest()


def files() -> list[str]:
    return sorted(path.name for path in FOLDER.glob("*"))


def empty_folder() -> None:
    for path in FOLDER.glob("*"):
        path.unlink()


def assert_whole(export: Export, actor: Actor) -> Export:
    """Hold the export against its file, the rows, and what may lie about."""
    kept = Export.all_rows.select_related("job").get(pk=export.pk)
    data = Path(kept.file.path).read_bytes()
    assert kept.job.state == "done"
    assert kept.sha256 == sha256(data).hexdigest() == right_sha256(actor)
    assert kept.n_bytes == len(data)
    assert data.count(b"\n") + 1 == kept.n_rows == kept.n_sessions
    name = Path(kept.file.name).name
    assert [one for one in files() if one.startswith(str(kept.pk))] == [
        name, f"{name}.manifest.json",
    ]  # fmt: skip
    assert list(TEMPORARY.glob("*")) == []
    return kept
