"""From a name to the addresses that may be connected to: one look-up, and all of it checked."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from runs.outbound.addresses import is_public, read
from runs.outbound.allowing import SETTING, Entry
from runs.outbound.errors import OutboundRefusedError, OutboundUnreachableError

Resolve = Callable[[str, int], list[str]]

LOOKS_LIKE_A_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?", re.IGNORECASE)
PLAIN_IPV4 = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}")


@dataclass(frozen=True, slots=True)
class Place:
    """One checked address; who connects, connects to `address` and looks nothing up again."""

    address: str
    port: int


def system_resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name as the system knows them; OSError when there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def checked_places(
    host: str, port: int, *, allowed: tuple[Entry, ...], resolve: Resolve, seconds: float
) -> list[Place]:
    """Return where `host` is, when every address of it is public or allowed by the operator."""
    if ":" not in host and LOOKS_LIKE_A_NUMBER.fullmatch(host) and not PLAIN_IPV4.fullmatch(host):
        raise OutboundRefusedError(
            f"{host} is an unusual spelling of an address: write it as four numbers with dots."
        )
    addresses = looked_up(host, port, resolve, seconds)
    for text in addresses:
        address = read(text)
        if not is_public(address) and not any(
            entry.allows(host, address, port) for entry in allowed
        ):
            raise OutboundRefusedError(
                f"{host} is not on the public internet, so nothing was sent there. Who operates "
                f"this installation can allow it with {SETTING}={host}:{port}."
            )
    return [Place(text, port) for text in addresses]


def looked_up(host: str, port: int, resolve: Resolve, seconds: float) -> list[str]:
    """Return the addresses of a name within the time; the system's look-up knows no limit."""
    answers: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(resolve(host, port))
        except Exception as error:  # handed over to who waits
            answers.put(error)

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except Empty:
        raise OutboundUnreachableError(f"{host} could not be looked up in time.") from None
    if isinstance(found, (OSError, UnicodeError)) or found == []:
        raise OutboundUnreachableError(f"{host} has no address: is the name right?")
    if isinstance(found, Exception):
        raise found
    return found
