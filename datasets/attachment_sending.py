"""Sending of an attachment: as a file to keep, never shown or run; the audit log is told."""

from __future__ import annotations

from django.db import transaction
from django.http import FileResponse, Http404

from datasets.models import Attachment
from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor


def send_attachment(attachment: Attachment, *, by: Actor) -> FileResponse:
    """The bytes of an attachment that `by` sees; 404 when they are gone from the storage."""
    try:
        handle = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    with transaction.atomic():
        record(by, "attachment.download", attachment)
    name = attachment.name.rpartition("/")[2]
    response = FileResponse(handle, as_attachment=True, filename=name)
    response.headers["Content-Type"] = "application/octet-stream"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response
