"""Connections for httpcore2 that go to a checked address and keep to the deadline of the request.

httpcore2 gives each read its own time, so that an answer of one byte a second never ends; here
every step gets what is left of the whole.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2

from runs.outbound.allowing import Entry
from runs.outbound.deadlines import current
from runs.outbound.errors import (
    OutboundBrokenError,
    OutboundRefusedError,
    OutboundTimeoutError,
    OutboundUnreachableError,
)
from runs.outbound.resolving import Place, Resolve, checked_places, system_resolve

SECONDS_A_TRY = 10.0  # a host with several addresses is not given up for one that is silent


class GuardedBackend(httpcore2.NetworkBackend):
    """Looks a host up once, checks all its addresses, and connects to one of exactly these."""

    def __init__(
        self, allowed: Callable[[], tuple[Entry, ...]], resolve: Resolve = system_resolve
    ) -> None:
        self.allowed = allowed
        self.resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> GuardedStream:
        """Connect within what is left of the request; the arguments for time are not used."""
        places = checked_places(
            host, port, allowed=self.allowed(), resolve=self.resolve, seconds=current().left()
        )
        return GuardedStream(first_to_answer(host, places))

    def connect_unix_socket(self, *_args: Any, **_options: Any) -> GuardedStream:
        raise OutboundRefusedError("A socket of this machine is no address for requests.")


def first_to_answer(host: str, places: list[Place]) -> socket.socket:
    """Return a connection to the first of the places that takes it."""
    said = "nobody answers there"
    for place in places:
        try:
            return connect(place)
        except TimeoutError:
            said = "no answer to the attempt to connect"
        except OSError as error:
            said = (error.strerror or said).lower()
    raise OutboundUnreachableError(f"Cannot connect to {host}: {said}.")


def connect(place: Place) -> socket.socket:
    """Connect to an address in numbers: no name is looked up here."""
    seconds = min(current().left(), SECONDS_A_TRY)
    connection = socket.create_connection((place.address, place.port), timeout=seconds)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


class GuardedStream(httpcore2.NetworkStream):
    """One connection; each step asks the exchange it is used for how long it may take."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        exchange = current()
        self.connection.settimeout(exchange.left())
        try:
            data = self.connection.recv(exchange.readable(max_bytes))
        except TimeoutError:
            raise exchange.too_slow() from None
        except OSError as error:
            raise OutboundBrokenError(f"{exchange.host} broke the connection off.") from error
        exchange.received(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it; a server that answers before it has read all may still be heard."""
        exchange = current()
        self.connection.settimeout(exchange.left())
        try:
            self.connection.sendall(buffer)
        except TimeoutError:
            raise exchange.too_slow() from None
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> GuardedStream:
        """Begin TLS with the name that was asked for, whatever address it was found at."""
        exchange = current()
        try:
            self.connection.settimeout(exchange.left())
            wrapped = ssl_context.wrap_socket(self.connection, server_hostname=server_hostname)
        except OutboundTimeoutError:
            self.close()
            raise
        except TimeoutError:
            self.close()
            raise exchange.too_slow() from None
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise OutboundRefusedError(
                f"The certificate of {exchange.host} is not valid: {error.verify_message}."
            ) from None
        except (OSError, ValueError) as error:
            self.close()
            raise OutboundUnreachableError(
                f"{exchange.host} does not speak TLS here: is it http:// instead of https://?"
            ) from error
        return GuardedStream(wrapped)

    def close(self) -> None:
        self.connection.close()

    def get_extra_info(self, info: str) -> Any:
        """Say whether an idle connection has something to read, which means that it ended."""
        if info != "is_readable":
            return None
        return is_readable(self.connection)


def is_readable(connection: socket.socket) -> bool:
    """Say whether a read would return at once; a closed connection counts as readable."""
    if connection.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
