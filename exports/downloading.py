"""Sending of a whole file: one entity tag, parts on request, headers that keep it a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, parse_etags, quote_etag

from evalplatform.errors import error_body

BLOCK = 256 * 1024
ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
LARGEST_POSITION = 18  # digits


@dataclass(frozen=True)
class WholeFile:
    """What is known of a file before it goes out; the tag is its SHA-256."""

    n_bytes: int
    sha256: str
    name: str
    media_type: str

    @property
    def etag(self) -> str:
        return quote_etag(self.sha256)


class RangeRefusedError(Exception):
    """A range that begins behind the end of the file."""


class FileSlice:
    """Some bytes of an open file in blocks; closing it closes the file, also half-way."""

    def __init__(self, handle: BinaryIO, start: int, n_bytes: int) -> None:
        self.handle, self.left = handle, n_bytes
        handle.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        while self.left:
            block = self.handle.read(min(BLOCK, self.left))
            if not block:
                raise OSError("The file ended early.")
            self.left -= len(block)
            yield block
        self.close()

    def close(self) -> None:
        self.handle.close()


def send(request: HttpRequest, file: WholeFile, handle: BinaryIO) -> HttpResponseBase:
    """Answer 200, 206, 304 or 416, as the request's conditions say; takes over the handle."""
    if has_it_already(request, file):
        handle.close()
        return guarded(HttpResponse(status=304), file)
    try:
        part = wanted_part(request, file)
    except RangeRefusedError:
        handle.close()
        return guarded(refused_range(file), file)
    start, stop = part or (0, file.n_bytes)
    response: HttpResponseBase
    if request.method == "HEAD":
        handle.close()
        response = HttpResponse(status=206 if part else 200)
    else:
        response = StreamingHttpResponse(
            FileSlice(handle, start, stop - start), status=206 if part else 200
        )
    response.headers["Content-Length"] = str(stop - start)
    response.headers["Content-Type"] = file.media_type
    if part:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.n_bytes}"
    return guarded(response, file)


def guarded(response: HttpResponseBase, file: WholeFile) -> HttpResponseBase:
    """Add what makes a browser keep it as a file, for this person only, and never run it."""
    disposition = content_disposition_header(as_attachment=True, filename=file.name)
    response.headers["Content-Disposition"] = disposition or "attachment"
    response.headers["ETag"] = file.etag
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox"
    return response


def has_it_already(request: HttpRequest, file: WholeFile) -> bool:
    """Say whether If-None-Match names this very file."""
    header = request.headers.get("If-None-Match", "")
    tags = [tag.removeprefix("W/") for tag in parse_etags(header)] if header else []
    return "*" in tags or file.etag in tags


def wanted_part(request: HttpRequest, file: WholeFile) -> tuple[int, int] | None:
    """Return [start, stop) of the one range asked for; None sends the whole file.

    Several ranges, other units and what cannot be read are answered with the whole file, as
    RFC 9110 allows; so is a range of another version of the file (If-Range).
    """
    form = ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if request.headers.get("If-Range", file.etag) != file.etag or not form:
        return None
    first, last = form[1], form[2]
    if (not first and not last) or max(len(first), len(last)) > LARGEST_POSITION:
        return None
    if not first:
        return suffix_part(int(last), file.n_bytes)
    start, stop = int(first), int(last) + 1 if last else file.n_bytes
    if stop <= start and last:
        return None
    if start >= file.n_bytes:
        raise RangeRefusedError
    return start, min(stop, file.n_bytes)


def suffix_part(n_last: int, n_bytes: int) -> tuple[int, int]:
    """Return the last so many bytes."""
    if not n_last or not n_bytes:
        raise RangeRefusedError
    return max(0, n_bytes - n_last), n_bytes


def refused_range(file: WholeFile) -> HttpResponse:
    """Say how long the file is."""
    import json

    message = f"The file has {file.n_bytes} bytes: ask for a range within them."
    body = json.dumps(error_body("RANGE_NOT_SATISFIABLE", message))
    return HttpResponse(
        body,
        status=416,
        content_type="application/json",
        headers={"Content-Range": f"bytes */{file.n_bytes}"},
    )
