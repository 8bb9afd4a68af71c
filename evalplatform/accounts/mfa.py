"""Two-step sign-in: what it keeps is encrypted, so that a copy of the database opens no account."""

from __future__ import annotations

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes

PURPOSE = b"evalplatform two-step sign-in"


class EncryptedMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Encrypts secrets and recovery seeds with a key made from SECRET_KEY (and its fallbacks)."""

    def encrypt(self, text: str) -> str:
        return box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return box().decrypt(encrypted_text.encode()).decode()


def box() -> MultiFernet:
    """Return what encrypts with today's key, and still decrypts what an earlier one encrypted."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = (hashlib.blake2b(PURPOSE, key=_short(key), digest_size=32).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def _short(key: str | bytes) -> bytes:
    """Return the key in the 64 bytes that blake2b takes at most."""
    return hashlib.sha512(force_bytes(key)).digest()
