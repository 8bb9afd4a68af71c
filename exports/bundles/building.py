"""A bundle of any export: its parts, its manifest, the program that checks it, and how it is read.

The manifest tells two kinds of things apart: `content`, which the same request on unchanged data
gives again to the byte, and `made`, who asked and when.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from django.db import connections

from evalplatform.jobs.kinds import JobRefusedError
from exports.bundles import verify
from exports.bundles.layouts import layout_of, layout_of_member
from exports.bundles.writing import BundleWriter, blocks, encoded
from exports.review_contents import ReviewContent
from exports.storing import temporary_file
from exports.writing import Digest
from reviews.models import Queue, Seal

if TYPE_CHECKING:
    from exports.contents import Content
    from exports.models import Export

HERE = Path(__file__).parent
ALWAYS = ("README.txt", "verify.py")
MOMENT = """SELECT to_char(transaction_timestamp() AT TIME ZONE 'UTC',
    'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), pg_current_snapshot()::text"""


@dataclass
class Watch:
    """What the database says of the moment that the file shows, asked in its own snapshot."""

    content: Content
    at: str = ""
    snapshot: str = ""
    n_rows: int = 0
    seal: dict[str, Any] | None = None

    def __call__(self, using: str) -> None:
        with connections[using].cursor() as cursor:
            cursor.execute(MOMENT)
            self.at, self.snapshot = cursor.fetchone()
        self.n_rows = self.content.n_in_database(using)
        if isinstance(self.content, ReviewContent) and self.content.scope.queue:
            self.seal = seal_told(self.content.scope.queue, using)


def seal_told(queue: Queue, using: str) -> dict[str, Any] | None:
    """Return what the manifest says of the seal that holds, if the review is finalised."""
    seals = Seal.all_rows.using(using).filter(queue=queue, reopened_at=None)
    return seals.values("number", "digest").first()


def write_bundle(
    handle: BinaryIO, export: Export, content: Content, go_on: Callable[[], None]
) -> tuple[Digest, dict[str, Any]]:
    """Write the archive; returns what is known of its bytes, and its manifest."""
    writer = BundleWriter(handle, go_on)
    for name in ALWAYS:
        writer.add(name, [(HERE / name).read_bytes()])
    watch = content.at_snapshot = Watch(content)
    with content.pieces() as pieces:
        if export.export_format.suffix == ".zip":
            add_members(writer, pieces, content)
        else:
            add_file(writer, pieces, export, content)
    manifest = manifest_of(export, content.facts(), watch, [part.told() for part in writer.parts])
    return writer.close(manifest), manifest


def add_file(
    writer: BundleWriter,
    pieces: Iterable[str] | Iterable[bytes],
    export: Export,
    content: Content,
) -> None:
    """Add the one file of a format."""
    chosen = export.export_format
    layout = layout_of(chosen.slug, chosen.suffix)
    part = writer.add(f"data/{chosen.slug}{chosen.suffix}", pieces, layout)
    part.rows, part.rows_are = content.n_rows, chosen.row_name


def add_members(
    writer: BundleWriter, pieces: Iterable[str] | Iterable[bytes], content: Content
) -> None:
    """Add each file of a format that is an archive itself, as a part of its own."""
    with temporary_file() as spool:
        for data in encoded(pieces):
            spool.write(data)
            writer.go_on()
        with zipfile.ZipFile(spool) as archive:
            for member in archive.infolist():
                add_member(writer, archive, member, content)


def add_member(
    writer: BundleWriter, archive: zipfile.ZipFile, member: zipfile.ZipInfo, content: Content
) -> None:
    """Add one, with its rows where it is a table or holds all of them."""
    name = member.filename

    def data() -> Iterator[bytes]:
        with archive.open(member) as stream:
            yield from blocks(cast(BinaryIO, stream))

    part = writer.add(f"data/{name}", data(), layout_of_member(name))
    if part.records is not None:
        part.rows = part.records - 1
    elif name.endswith(".parquet") and "/" not in name:
        from exports.verifying import count_parquet

        with archive.open(member) as stream:
            part.rows = count_parquet(cast(BinaryIO, stream))
    elif part.units is not None:
        part.rows = content.n_rows


def manifest_of(
    export: Export, facts: dict[str, Any], watch: Watch, parts: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the manifest with its digests; JobRefusedError when counts do not agree."""
    person = export.exported_by
    content = {
        "format": export.format,
        "formatVersion": export.format_version,
        "options": export.options,
        "filters": export.filters,
        "versions": versions_of(export, facts, watch.seal),
        "holds": facts,
        "database": reconciled(facts, watch.n_rows),
        "parts": parts,
    }
    manifest: dict[str, Any] = {
        "schema": verify.SCHEMA,
        "content": content,
        "made": {
            "exportedBy": {"id": str(person.pk), "email": person.email, "name": person.name},
            "exportedAt": watch.at,
            "team": {"id": str(export.team.pk), "name": export.team.name},
            "export": str(export.pk),
            "watermark": {"takenAt": watch.at, "snapshot": watch.snapshot},
        },
    }
    manifest["contentDigest"] = verify.content_digest(manifest)
    manifest["bundleDigest"] = verify.bundle_digest(manifest)
    return manifest


def reconciled(facts: dict[str, Any], n_rows: int) -> dict[str, Any]:
    """Return what the database counted beside what went out and what was left out."""
    if "sessions" in facts:
        what, written, skipped = "sessions", facts["sessions"], facts["sessionsSkipped"]
    else:
        what, written, skipped = facts["rowsAre"], facts["rows"], facts.get("itemsSkipped", 0)
    if written + skipped != n_rows:
        raise JobRefusedError(
            f"The database counted {n_rows:,} {what}, the file came to hold {written:,} and to "
            f"leave out {skipped:,}. Nothing was kept: please report this."
        )
    return {"of": what, "counted": n_rows, "written": written, "leftOut": skipped}


def versions_of(
    export: Export, facts: dict[str, Any], seal: dict[str, Any] | None
) -> dict[str, Any]:
    """Return which version of what the file is of; of reviews, the queue with its seal, if any."""
    found: dict[str, Any] = {}
    if export.dataset is not None:
        found["dataset"] = {"id": str(export.dataset.pk), "version": export.dataset_version}
    if export.run is not None:
        run = export.run
        found["run"] = {"id": str(run.pk), "status": run.status}
        if run.dataset_id is not None:
            found["dataset"] = {"id": str(run.dataset_id), "version": run.version}
    if queue := facts.get("queue"):
        found["queue"] = {"id": queue["id"], "status": queue["status"]}
        found["rubric"] = {"id": queue["rubric"]["id"], "version": queue["rubric"]["version"]}
    if seal:
        found["seal"] = seal
    return found
