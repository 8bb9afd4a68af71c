"""Building of the file of an export: written, hashed and flushed under another name, then kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from evalplatform.accounts.roles import Verb
from evalplatform.jobs.kinds import JobRefusedError, job_kind
from evalplatform.jobs.running import Turn
from evalplatform.scoping.actor import Actor
from exports import storing
from exports.bundles.building import write_bundle
from exports.catalog import file_name
from exports.contents import Content, content_of
from exports.manifest import make_manifest
from exports.models import Export, require_export
from exports.writing import Digest, no_search_for_cycles, write_pieces


@dataclass(frozen=True)
class BuiltFile:
    """A file that is whole: its name in storage, its name for people, and its proof."""

    name: str
    file_name: str
    sha256: str
    n_bytes: int
    n_rows: int
    n_sessions: int | None
    manifest: dict[str, Any]
    expires_at: datetime


@job_kind(Export.JOB_KIND)
def build(turn: Turn) -> dict[str, Any]:
    """Build the file anew, whatever an earlier attempt left; once kept, do nothing more."""
    export = export_of(turn)
    if export.built_at is None:
        name = storing.attempt_name(export, turn.job.attempt)
        storing.remove_older_attempts(export, turn.job.attempt)
        with storing.removed_on_failure(name):
            built = write_attempt(turn, export, name)
            with transaction.atomic():
                turn.hold()
                export.keep(built, by=turn.actor)
    turn.mine().update(n_done=export.n_rows, n_expected=export.n_rows)
    return {"export": str(export.pk), "sha256": export.sha256, "rows": export.n_rows}


def export_of(turn: Turn) -> Export:
    """Return the export this job builds, as its person may see it now."""
    export: Export | None = (
        Export.objects.visible_to(turn.actor).filter(pk=turn.arguments["export"]).first()
    )
    if export is None:
        raise JobRefusedError("Who asked for this file may not see its content any more.")
    require_unchanged_rights(turn.actor, export)
    return export


def require_unchanged_rights(actor: Actor, export: Export) -> None:
    """Stop when the person may no longer export, or sees less than when they asked."""
    require_export(actor)
    if export.saw_all and not actor.may(Verb.SEE_ALL):
        raise PermissionDenied("Your role changed while this file was built: ask for it again.")


def write_attempt(turn: Turn, export: Export, name: str) -> BuiltFile:
    """Write one snapshot under this attempt's own name, telling how far it is."""
    content = content_of(export, turn.actor)
    n_expected = content.n_expected()
    label = export.export_format.label

    def go_on() -> None:
        turn.progress(content.n_rows, n_expected, label)
        require_unchanged_rights(turn.actor, export)

    go_on()
    taken_at = datetime.now(UTC)
    with no_search_for_cycles(), storing.whole_file(name, go_on) as handle:
        digest, bundle = write_file(handle, export, content, go_on)
    return keep_manifest(export, name, digest, content.facts() | bundle, content, taken_at)


def write_file(
    handle: BinaryIO, export: Export, content: Content, go_on: Callable[[], None]
) -> tuple[Digest, dict[str, Any]]:
    """Write the file, or the bundle of it; returns what is known of it and of the bundle."""
    if export.is_bundle:
        digest, manifest = write_bundle(handle, export, content, go_on)
        told = {name: manifest[name] for name in ("schema", "contentDigest", "bundleDigest")}
        return digest, {"bundle": told}
    with content.pieces() as pieces:
        return write_pieces(handle, pieces, go_on, to_disk=storing.is_folder()), {}


def keep_manifest(
    export: Export,
    name: str,
    digest: Digest,
    facts: dict[str, Any],
    content: Content,
    taken_at: datetime,
) -> BuiltFile:
    """Write the manifest beside the file, and return what both say."""
    given_name = file_name(export.format, taken_at.date(), is_bundle=export.is_bundle)
    expires_at = taken_at + timedelta(days=settings.EXPORT_KEEP_DAYS)
    manifest = make_manifest(
        export,
        digest,
        facts,
        file_name=given_name,
        taken_at=taken_at,
        expires_at=expires_at,
    )
    storing.save_manifest(name, manifest)
    return BuiltFile(
        name=name,
        file_name=given_name,
        sha256=digest.sha256,
        n_bytes=digest.n_bytes,
        n_rows=content.n_rows,
        n_sessions=content.n_sessions,
        manifest=manifest,
        expires_at=expires_at,
    )
