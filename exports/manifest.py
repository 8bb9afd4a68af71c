"""The manifest beside a file: what it is, of what, for whom, and how to know that it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from exports.writing import Digest

if TYPE_CHECKING:
    from exports.models import Export

VERSION = 1


def make_manifest(
    export: Export,
    digest: Digest,
    facts: Mapping[str, Any],
    *,
    file_name: str,
    taken_at: datetime,
    expires_at: datetime,
) -> dict[str, Any]:
    """Return the manifest of a file that is written; times are ISO 8601 in UTC.

    `facts` say what the file is about and holds (contents.py). `snapshotAt` is the moment whose
    state it is.
    """
    person = export.exported_by
    return {
        "manifestVersion": VERSION,
        "file": file_name,
        "format": export.format,
        "formatVersion": export.format_version,
        "sha256": digest.sha256,
        "bytes": digest.n_bytes,
        **facts,
        "options": export.options,
        "exportedBy": {"id": str(person.pk), "email": person.email, "name": person.name},
        "team": {"id": str(export.team.pk), "name": export.team.name},
        "export": str(export.pk),
        "requestedAt": iso(export.created_at),
        "snapshotAt": iso(taken_at),
        "expiresAt": iso(expires_at),
    }


def iso(moment: datetime) -> str:
    """Return the moment in UTC, to the second, as programs read it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
