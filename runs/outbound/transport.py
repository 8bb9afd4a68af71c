"""The transport of httpx2 that every request of ours takes; the rules of the way out stand here."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore2
import httpx2

from runs.outbound.allowing import Entry, allowed
from runs.outbound.connecting import GuardedBackend
from runs.outbound.deadlines import Deadline, Exchange, carried_out
from runs.outbound.errors import (
    OutboundBrokenError,
    OutboundRefusedError,
    OutboundTimeoutError,
    OutboundTooLargeError,
)
from runs.outbound.resolving import Resolve, system_resolve

SCHEMES = ("http", "https")
# What leaves; clients add more of their own accord, from the environment too.
SENT = {
    *(b"host", b"content-type", b"content-length", b"transfer-encoding", b"authorization"),
    *(f"x-evalplatform-{name}".encode() for name in ("event", "delivery", "signature")),
}
KEPT = {"content-type", "retry-after", "retry-after-ms"}  # of an answer: no cookies
PLACE = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,253}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take: seconds when it names none itself, bytes, connections."""

    seconds: float = 60.0
    max_body_bytes: int = 5_000_000
    max_header_bytes: int = 64 * 1024
    max_connections: int = 64
    idle_connections: int = 16
    idle_seconds: float = 15.0


class GuardedTransport(httpx2.BaseTransport):
    """Sends a request and returns its whole answer, or raises one of OutboundError's family."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        allowed: Callable[[], tuple[Entry, ...]] = allowed,
        resolve: Resolve = system_resolve,
    ) -> None:
        self.limits = limits or Limits()
        self.backend = GuardedBackend(allowed, resolve)
        self.pool = httpcore2.ConnectionPool(
            ssl_context=httpcore2.default_ssl_context(),
            max_connections=self.limits.max_connections,
            max_keepalive_connections=self.limits.idle_connections,
            keepalive_expiry=self.limits.idle_seconds,
            network_backend=self.backend,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        refuse_what_is_no_web_address(request.url)
        deadline = Deadline.after(seconds_of(request) or self.limits.seconds)
        exchange = Exchange(request.url.host, deadline, self.limits.max_header_bytes)
        with carried_out(exchange):
            try:
                return self.exchanged(request, exchange)
            except httpcore2.TimeoutException:
                raise OutboundTimeoutError(
                    f"No connection to {exchange.host} became free in time."
                ) from None
            except httpcore2.LocalProtocolError:
                raise OutboundRefusedError(
                    "The request cannot be sent: the key holds characters that no header may hold."
                ) from None
            except (httpcore2.ProtocolError, httpcore2.NetworkError):
                raise OutboundBrokenError(
                    f"{exchange.host} ended the connection early, or did not speak HTTP."
                ) from None

    def exchanged(self, request: httpx2.Request, exchange: Exchange) -> httpx2.Response:
        """Send the request, read its answer as far as the caps allow."""
        answer = self.pool.handle_request(self.as_sent(request, exchange))
        try:
            exchange.is_in_body = True
            headers = httpx2.Headers(answer.headers)
            refuse_redirect(answer.status, headers, exchange)
            refuse_encoded(headers, exchange)
            body = self.read(answer, headers, exchange)
        finally:
            answer.close()
        kept = {name: value for name, value in headers.items() if name in KEPT}
        return httpx2.Response(answer.status, headers=kept, content=body)

    def as_sent(self, request: httpx2.Request, exchange: Exchange) -> httpcore2.Request:
        """Return the request with the headers that leave, and no others."""
        headers = [pair for pair in request.headers.raw if pair[0].lower() in SENT]
        fixed = {b"User-Agent": b"evalplatform", b"Accept": b"application/json"}
        url = request.url
        return httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=[*headers, *fixed.items(), (b"Accept-Encoding", b"identity")],
            content=request.stream,
            extensions={"timeout": {"pool": exchange.left()}},
        )

    def read(
        self, answer: httpcore2.Response, headers: httpx2.Headers, exchange: Exchange
    ) -> bytes:
        """Return the body; more than the cap is not read, whatever the server says or sends."""
        most = self.limits.max_body_bytes
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared[:20]) > most:
            raise self.too_large(exchange)
        parts, n_bytes = [], 0
        assert isinstance(answer.stream, Iterable)
        for part in answer.stream:
            n_bytes += len(part)
            if n_bytes > most:
                raise self.too_large(exchange)
            parts.append(part)
        return b"".join(parts)

    def too_large(self, exchange: Exchange) -> OutboundTooLargeError:
        return OutboundTooLargeError(
            f"{exchange.host} sent more than {self.limits.max_body_bytes:,} bytes."
        )

    def close(self) -> None:
        self.pool.close()


def seconds_of(request: httpx2.Request) -> float | None:
    """Return the time for reading that a client names; here it is the time for all of it."""
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return seconds


def refuse_what_is_no_web_address(url: httpx2.URL) -> None:
    """Take http and https with a host, and no name and password before it."""
    if url.scheme not in SCHEMES or not url.host:
        raise OutboundRefusedError("Only http:// and https:// addresses are asked.")
    if url.userinfo:
        raise OutboundRefusedError("An address holds no name and password.")


def refuse_redirect(status: int, headers: httpx2.Headers, exchange: Exchange) -> None:
    """A redirect is not followed, wherever it points."""
    if not 300 <= status < 400:
        return
    try:
        parts = urlsplit(headers.get("location", ""))
        place = f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        place = ""
    where = f" to {place}" if PLACE.fullmatch(place) else ""
    raise OutboundRefusedError(
        f"{exchange.host} redirects{where}, which is not followed: write the address meant."
    )


def refuse_encoded(headers: httpx2.Headers, exchange: Exchange) -> None:
    """We ask for plain text; a compressed answer could unpack to any size."""
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise OutboundRefusedError(
            f"{exchange.host} sent a compressed answer, though it was asked for a plain one."
        )


_client: httpx2.Client | None = None


def client() -> httpx2.Client:
    """Return this process's client, its connections kept between requests of all endpoints."""
    global _client
    if _client is None:
        from django.conf import settings

        limits = Limits(max_body_bytes=settings.OUTBOUND_MAX_BYTES)
        _client = new_client(GuardedTransport(limits))
    return _client


def new_client(transport: GuardedTransport) -> httpx2.Client:
    """Return a client on the transport that reads no environment and follows no redirect."""
    return httpx2.Client(
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        timeout=transport.limits.seconds,
    )


def _forget_client() -> None:
    """A forked process must not write to its parent's connections."""
    global _client
    _client = None


os.register_at_fork(after_in_child=_forget_client)
