"""Which addresses are public; everything that is not surely public is not.

Checked is the address a name resolved to, so that decimal, octal and hexadecimal spellings of it
need no rule of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

Address = IPv4Address | IPv6Address

GLOBAL_UNICAST = IPv6Network("2000::/3")
TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64: the last 32 bits are the IPv4 address
MAPPED_TO_6TO4 = IPv6Network("2002::/16")
NOT_PUBLIC: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),  # carriers' own; one cloud's metadata is at 100.100.100.200
    IPv4Network("168.63.129.16/32"),  # a cloud's metadata, in the middle of public addresses
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv6Network("2001::/23"),  # Teredo, benchmarks, ORCHID: tunnels and things that are not routed
    IPv6Network("3fff::/20"),  # documentation; Python 3.11 does not know it yet
)
ISATAP = (0x00005EFE, 0x02005EFE)


def is_public(address: Address) -> bool:
    """Say whether an address, and every IPv4 address written into it, is on the public internet."""
    return all(_is_public_itself(each) for each in _with_embedded(address))


def read(text: str) -> Address:
    """Return the address of a socket; an IPv6 zone (`%eth0`) stays with it and is never public."""
    return ip_address(text)


def _is_public_itself(address: Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if any(address in network for network in NOT_PUBLIC if network.version == address.version):
        return False
    return isinstance(address, IPv4Address) or address in GLOBAL_UNICAST


def _with_embedded(address: Address) -> Iterator[Address]:
    """Yield what is really reached: the embedded IPv4 address, instead of or besides the outer."""
    if isinstance(address, IPv4Address):
        yield address
        return
    number = int(address)
    if address.ipv4_mapped or address in TRANSLATED:
        yield IPv4Address(number & 0xFFFFFFFF)
        return
    yield address
    if address in MAPPED_TO_6TO4:
        yield IPv4Address(number >> 80 & 0xFFFFFFFF)
    if number >> 32 & 0xFFFFFFFF in ISATAP:
        yield IPv4Address(number & 0xFFFFFFFF)
