"""Which file of an export goes out, and to whom: asked again at every download."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from typing import BinaryIO, cast

from django.http import Http404, HttpRequest, HttpResponseBase

from evalplatform.scoping.actor import Actor
from exports.downloading import WholeFile, send
from exports.models import Export
from exports.storing import MANIFEST, manifest_bytes


def send_export(request: HttpRequest, export: Export, *, by: Actor) -> HttpResponseBase:
    """Send the file of an export that `by` sees; 404 when it is not built, expired or gone."""
    file = WholeFile(
        n_bytes=require_file(export),
        sha256=export.sha256,
        name=export.download_name,
        media_type=export.media_type,
    )
    try:
        handle = cast(BinaryIO, export.file.open("rb"))
    except FileNotFoundError as error:
        raise Http404 from error
    response = send(request, file, handle)
    if request.method == "GET" and begins(response):
        export.note_download(by=by)
    return response


def send_manifest(request: HttpRequest, export: Export) -> HttpResponseBase:
    """Send the manifest, the same bytes as beside the file."""
    require_file(export)
    data = manifest_bytes(export.manifest or {})
    file = WholeFile(
        n_bytes=len(data),
        sha256=sha256(data).hexdigest(),
        name=export.download_name + MANIFEST,
        media_type="application/json",
    )
    return send(request, file, BytesIO(data))


def require_file(export: Export) -> int:
    """Return the size of the file there is, or 404."""
    if not export.is_downloadable or export.n_bytes is None:
        raise Http404
    return export.n_bytes


def begins(response: HttpResponseBase) -> bool:
    """Say whether this answer has the file's beginning: what resumes a download is no other one."""
    if response.status_code == 206:
        return response.headers["Content-Range"].startswith("bytes 0-")
    return response.status_code == 200
