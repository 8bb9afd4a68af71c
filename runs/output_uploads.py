"""What a person uploaded as outputs, kept for an hour between the dry run and the start."""

from __future__ import annotations

import uuid
import zlib
from base64 import b64decode, b64encode
from io import BytesIO
from typing import Any

from django.core.cache import cache

from evalplatform.scoping.actor import Actor

MAX_BYTES = 20_000_000
KEPT_SECONDS = 3600


def keep(data: bytes, by: Actor) -> str:
    """Keep the bytes for this member; the token finds them again."""
    token = uuid.uuid4().hex
    # The cache holds JSON, which has no bytes.
    cache.set(_name(token, by), b64encode(zlib.compress(data, 1)).decode(), KEPT_SECONDS)
    return token


def kept(token: str, by: Actor) -> BytesIO | None:
    """The bytes that this member kept; None when they are not there any more."""
    found: Any = cache.get(_name(token, by)) if token.isalnum() else None
    return None if found is None else BytesIO(zlib.decompress(b64decode(found)))


def _name(token: str, by: Actor) -> str:
    return f"outputs:{by.membership.pk}:{token}"
