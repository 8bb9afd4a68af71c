"""The base address of a server, and the origin in it: what a key belongs to."""

from __future__ import annotations

from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}
NO_ORIGIN = "Write an address that begins with https:// or http:// and a host."


def origin_of(url: str) -> str:
    """Return scheme://host:port of an address, in one spelling; ValueError when it has none."""
    try:
        parts = urlsplit(url.strip())
        scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
        port = parts.port or PORTS[scheme]
    except (ValueError, KeyError):
        raise ValueError(NO_ORIGIN) from None
    if not host:
        raise ValueError(NO_ORIGIN)
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}"


def base_address(url: str) -> str:
    """Return a server's base address in the form we keep, or ValueError that says what is wrong."""
    url = url.strip().rstrip("/")
    origin_of(url)
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("Write the address without a name and password; the key has its field.")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise ValueError("Write the address without ? and #, as https://api.example.org/v1.")
    if any(letter.isspace() or not letter.isprintable() for letter in url):
        raise ValueError("Write the address without spaces.")
    return url
