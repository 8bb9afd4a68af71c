"""What a job was asked to do, frozen when it was asked: ids as one text, the rest as a digest."""

from __future__ import annotations

import hashlib
import json
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from evalplatform.errors import Conflict
from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor

ID_BYTES = 16


def packed(pks: Sequence[uuid.UUID]) -> str:
    """Return the ids as one text, in their order."""
    return urlsafe_b64encode(b"".join(pk.bytes for pk in pks)).decode()


def unpacked(text: str) -> list[uuid.UUID]:
    """Return the ids of a text."""
    held = urlsafe_b64decode(text)
    starts = range(0, len(held), ID_BYTES)
    return [uuid.UUID(bytes=held[start : start + ID_BYTES]) for start in starts]


def digest_of(asked: Any) -> str:
    """Return a short name for what was asked, to tell it from something else."""
    text = json.dumps(asked, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def earlier_job(kind: str, key: str, digest: str, by: Actor) -> Job | None:
    """Return the job that this person asked for with the same key; Conflict if for another act."""
    jobs = Job.objects.visible_to(by).filter(kind=kind, idempotency_key=key)
    job: Job | None = jobs.first()
    if job and job.arguments["asked"] != digest:
        raise Conflict("This Idempotency-Key was used for another change: choose a new one.")
    return job
