"""What the operator allows besides the public internet: EVALPLATFORM_OUTBOUND_ALLOWED.

A comma separated list of names, addresses and networks, each with a port or without:
`judge.internal`, `judge.internal:8000`, `10.1.0.0/16`, `127.0.0.1:8000`, `[::1]:8000`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from runs.outbound.addresses import Address

SETTING = "EVALPLATFORM_OUTBOUND_ALLOWED"
ENTRY = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<bare>[^\[\]]*?))(?::(?P<port>\d{1,5}))?")
NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing allowed; `port` None allows every port."""

    name: str = ""
    network: IPv4Network | IPv6Network | None = None
    port: int | None = None

    def allows(self, host: str, address: Address, port: int) -> bool:
        """Say whether this entry lets a connection to `host`, found at `address`, go through."""
        if self.port not in (None, port):
            return False
        if self.network is None:
            return host.rstrip(".").lower() == self.name
        if self.network.version == 4 and isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return address.version == self.network.version and address in self.network


def allowed() -> tuple[Entry, ...]:
    """Return what the setting allows today."""
    return read_entries(tuple(settings.OUTBOUND_ALLOWED))


@lru_cache(maxsize=8)
def read_entries(texts: tuple[str, ...]) -> tuple[Entry, ...]:
    """Return the entries; one that cannot be read refuses to start."""
    return tuple(read_entry(text) for text in texts)


def read_entry(text: str) -> Entry:
    """Return one entry of the list."""
    try:
        return Entry(network=ip_network(text.strip("[]"), strict=False))
    except ValueError:
        pass
    parts = ENTRY.fullmatch(text.strip().lower())
    if not parts:
        raise _unreadable(text)
    port = int(parts["port"]) if parts["port"] else None
    host = parts["six"] or parts["bare"]
    if port is not None and not 0 < port < 65536:
        raise _unreadable(text)
    try:
        return Entry(network=ip_network(host, strict=False), port=port)
    except ValueError:
        if parts["six"] or not NAME.fullmatch(host) or host.rpartition(".")[2].isdigit():
            raise _unreadable(text) from None
        return Entry(name=host, port=port)


def _unreadable(text: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{SETTING}: {text!r} is no name, address or network: write judge.internal:8000, "
        "10.1.0.0/16 or 127.0.0.1:8000, with commas between."
    )
