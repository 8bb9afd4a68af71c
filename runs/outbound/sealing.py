"""Keys of other people's servers, sealed: the database holds nothing that opens anything.

A key is sealed together with the origin it was entered for, and opens for that origin only. Who
changes the address of an endpoint, even in the database, does not get the key sent there.
"""

from __future__ import annotations

import base64
import json
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from runs.outbound.secret import Secret

PURPOSE = b"evalplatform keys of model endpoints"


class SealError(Exception):
    """A sealed key cannot be opened; the text says what to do."""


def seal(key: Secret, origin: str) -> bytes:
    """Return the key bound to its origin, as the database may hold it."""
    return _box().encrypt(json.dumps({"origin": origin, "key": key.reveal()}).encode())


def open_sealed(sealed: bytes, origin: str) -> Secret:
    """Return the key when it was sealed for this origin, or SealError."""
    try:
        held = json.loads(_box().decrypt(bytes(sealed)))
    except InvalidToken:
        raise SealError(
            "The stored key cannot be opened with this installation's keys: enter it again."
        ) from None
    if held["origin"] != origin:
        raise SealError(
            f"The stored key was entered for {held['origin']} and is not sent anywhere else: "
            "enter the key again."
        )
    return Secret(held["key"])


def resealed(sealed: bytes) -> bytes:
    """Return the same, sealed with today's first key, or SealError."""
    try:
        return _box().rotate(bytes(sealed))
    except InvalidToken:
        raise SealError("The stored key cannot be opened: enter it again.") from None


def _box() -> MultiFernet:
    """Seal with the first of the keys; open with any, the one made from SECRET_KEY included."""
    fallbacks = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([_fernet(str(key)) for key in (*settings.SEALING_KEYS, *fallbacks)])


@lru_cache(maxsize=16)
def _fernet(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
