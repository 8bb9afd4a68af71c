"""Uploads go to a temporary file as they come, hashed and capped while they come.

What goes wrong on the way is said by the form (`request.META[PROBLEM]`), not by an error page: the
rest of the upload is thrown away and nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Iterator
from typing import Any, NoReturn

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    SkipFile,
    StopUpload,
    TemporaryFileUploadHandler,
)
from django.http import HttpRequest

log = logging.getLogger(__name__)
WORTH_DRAINING = 3  # times the cap: up to there a browser gets to read the answer
PROBLEM = "evalplatform.upload_problem"


class HashedUpload(TemporaryUploadedFile):
    """A whole upload in a temporary file, with its sha256."""

    sha256: str


class HashingUploadHandler(TemporaryFileUploadHandler):
    """Counts and hashes each file; over MAX_UPLOAD_BYTES or without space it is dropped."""

    request: HttpRequest
    file: HashedUpload

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.digest = hashlib.sha256()
        self.n_bytes = 0
        with self._telling():
            self.file = HashedUpload(
                str(self.file_name), self.content_type, 0, self.charset, self.content_type_extra
            )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.digest.update(raw_data)
        self.n_bytes += len(raw_data)
        if self.n_bytes > settings.MAX_UPLOAD_BYTES:
            self._drop(too_large())
        with self._telling():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> HashedUpload | None:
        with self._telling():
            self.file.file.flush()  # type: ignore[union-attr]
        super().file_complete(file_size)
        self.file.sha256 = self.digest.hexdigest()
        return self.file

    def upload_interrupted(self) -> None:
        with contextlib.suppress(OSError):  # closing writes what is buffered, on a full disk too
            super().upload_interrupted()

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            log.error("upload cannot be written", extra={"why": str(error)})
            self._drop(NO_SPACE)

    def _drop(self, problem: str) -> NoReturn:
        """Forget the file; the rest is read and thrown away, unless it is far too much of it."""
        self.request.META[PROBLEM] = problem
        self.upload_interrupted()
        announced = int(self.request.META.get("CONTENT_LENGTH") or 0)
        if announced > WORTH_DRAINING * settings.MAX_UPLOAD_BYTES:
            raise StopUpload(connection_reset=True)
        raise SkipFile


NO_SPACE = "The server has no room for this file at the moment: nothing was kept. Try again later."


def too_large() -> str:
    """Say how large an upload may be."""
    size = settings.MAX_UPLOAD_BYTES / 1_000_000
    return f"This file is larger than {size:,.6g} MB. Split it and upload the parts."


def problem_of(request: HttpRequest) -> str:
    """Return what went wrong with the upload of this request, '' if nothing did."""
    return str(request.META.get(PROBLEM, ""))
