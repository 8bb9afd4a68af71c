"""The way out: nothing private is reached, nothing takes longer or more than it may (W9, F15)."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from django.core.exceptions import ImproperlyConfigured

from runs.outbound.addresses import is_public
from runs.outbound.allowing import read_entries
from runs.outbound.errors import (
    OutboundBrokenError,
    OutboundError,
    OutboundRefusedError,
    OutboundTimeoutError,
    OutboundTooLargeError,
    OutboundUnreachableError,
)
from runs.outbound.resolving import Resolve, system_resolve
from runs.outbound.transport import GuardedTransport, Limits, new_client
from tests.openai_server import OpenAIServer

NOT_PUBLIC = """
    127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1
    169.254.169.254 169.254.0.1 100.64.0.1 100.100.100.200 100.127.255.255 192.0.0.1 192.0.0.192
    192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1 239.255.255.255 240.0.0.1
    255.255.255.255 168.63.129.16
    :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::8.8.8.8
    fe80::1 fe80::1%1 fc00::1 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 3fff::1 100::1 5f00::1
    2001::1 2001:0:7f00:1::1 2002:7f00:1:: 2002:a00:1::1 2002:a9fe:a9fe::1
    64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::8.8.8.8
    2600::5efe:10.0.0.1 2600::200:5efe:127.0.0.1
"""
PUBLIC = """
    8.8.8.8 1.1.1.1 93.184.216.34 172.32.0.1 100.128.0.1 2606:4700::1111 2a00:1450:4001::200e
    ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1
"""
THIS_MACHINE = """
    127.0.0.1 127.0.0.1. localhost LOCALHOST localhost. 127.1 2130706433 0x7f000001 0x7f.1
    017700000001 0177.0.0.1 127.000.000.001 0 0.0.0.0 [::1] [::] [::ffff:127.0.0.1]
    [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1] [64:ff9b::7f00:1] 127。0。0。1 １２７.0.0.1
    ①②⑦.⓪.⓪.①
"""
QUESTION = {"model": "small", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@contextlib.contextmanager
def listening(host: str = "127.0.0.1", port: int = 0) -> Iterator[socket.socket]:
    """A socket that would notice any connection."""
    with socket.create_server((host, port)) as listener:
        listener.setblocking(False)
        yield listener


def was_called(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def web(
    *allowed: str, resolve: Resolve = system_resolve, seconds: float = 10, **limits: int
) -> httpx2.Client:
    """Return a client as the product's own, with these addresses allowed."""
    transport = GuardedTransport(
        Limits(seconds=seconds, **limits), allowed=lambda: read_entries(allowed), resolve=resolve
    )
    return new_client(transport)


def to(server: OpenAIServer, **limits: float) -> httpx2.Client:
    return web(f"127.0.0.1:{server.port}", **limits)  # type: ignore[arg-type]


def ask(client: httpx2.Client, server: OpenAIServer) -> httpx2.Response:
    return client.post(f"{server.url}/chat/completions", json=QUESTION)


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", NOT_PUBLIC.split())
def test_address_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC.split())
def test_address_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("host", THIS_MACHINE.split())
def test_this_machine_is_not_reached_however_it_is_written(host: str) -> None:
    with listening() as listener, web() as client:
        url = f"http://{host}:{listener.getsockname()[1]}/"
        with pytest.raises((OutboundRefusedError, OutboundUnreachableError, httpx2.InvalidURL)):
            client.get(url)

        assert not was_called(listener)


def test_metadata_of_a_cloud_is_not_reached() -> None:
    with web() as client, pytest.raises(OutboundRefusedError) as refused:
        client.get("http://169.254.169.254/latest/meta-data/")

    assert str(refused.value) == (
        "169.254.169.254 is not on the public internet, so nothing was sent there. Who operates "
        "this installation can allow it with EVALPLATFORM_OUTBOUND_ALLOWED=169.254.169.254:80."
    )


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "gopher://127.0.0.1:70/x", "ftp://example.org/", "ws://example.org/"],
)
def test_only_web_addresses_are_asked(url: str) -> None:
    with web() as client, pytest.raises(OutboundRefusedError, match="Only http:// and https://"):
        client.get(url)


def test_an_address_with_a_password_in_it_is_refused() -> None:
    with web() as client, pytest.raises(OutboundRefusedError, match="no name and password"):
        client.get("http://someone:secret@example.org/")


def test_one_private_address_among_public_ones_refuses_all() -> None:
    with listening() as listener:
        port = listener.getsockname()[1]
        client = web(resolve=lambda host, port: ["93.184.216.34", "127.0.0.1"])

        with client, pytest.raises(OutboundRefusedError, match=r"evil\.example is not on the pub"):
            client.get(f"http://evil.example:{port}/")

        assert not was_called(listener)


# --- rebinding ------------------------------------------------------------------------------------


class Rebinding:
    """A name server under an attacker's hand: each look-up gets the next answer."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.n_asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.n_asked += 1
        return [self.answers[min(self.n_asked, len(self.answers)) - 1]]


@pytest.fixture
def outside() -> Iterator[OpenAIServer]:
    """A server on another address of this machine, which stands for one on the internet."""
    with OpenAIServer(host="127.0.0.2") as server:
        yield server


def test_a_name_is_looked_up_once_and_the_checked_address_is_connected_to(
    outside: OpenAIServer,
) -> None:
    resolve = Rebinding("127.0.0.2", "127.0.0.1")
    with listening("127.0.0.1", outside.port) as private:
        with web("127.0.0.2", resolve=resolve) as client:
            answer = client.get(f"http://rebind.example:{outside.port}/v1/models")

        assert answer.status_code == 200
        assert resolve.n_asked == 1
        assert not was_called(private)


def test_a_name_that_moves_to_a_private_address_is_refused_at_the_next_connection(
    outside: OpenAIServer,
) -> None:
    resolve = Rebinding("127.0.0.2", "127.0.0.1")
    url = f"http://rebind.example:{outside.port}/v1/models"
    with listening("127.0.0.1", outside.port) as private:
        with web("127.0.0.2", resolve=resolve) as client:
            client.get(url)
        with (
            web("127.0.0.2", resolve=resolve) as client,
            pytest.raises(OutboundRefusedError, match=r"rebind\.example is not on the public"),
        ):
            client.get(url)

        assert resolve.n_asked == 2
        assert not was_called(private)


def test_a_kept_connection_stays_with_its_checked_address(outside: OpenAIServer) -> None:
    resolve = Rebinding("127.0.0.2", "127.0.0.1")
    url = f"http://rebind.example:{outside.port}/v1/models"
    with listening("127.0.0.1", outside.port) as private:
        with web("127.0.0.2", resolve=resolve) as client:
            assert [client.get(url).status_code for _ in range(3)] == [200, 200, 200]

        assert resolve.n_asked == 1
        assert not was_called(private)


def test_tls_is_begun_with_the_name_whatever_address_it_was_found_at(tmp_path: Path) -> None:
    names: list[str | None] = []
    with tls_server(tmp_path, names.append) as port:
        client = web("127.0.0.1", resolve=lambda host, port: ["127.0.0.1"])
        with client, pytest.raises(OutboundRefusedError, match=r"certificate of judge\.example"):
            client.get(f"https://judge.example:{port}/")

    assert names == ["judge.example"]


@contextlib.contextmanager
def tls_server(folder: Path, said: Callable[[str | None], None]) -> Iterator[int]:
    """A server with a certificate that nobody vouches for, which notes the name it is called by."""
    made = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem", "-subj", "/CN=x"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *made],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.sni_callback = lambda connection, name, context: said(name)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError), listener.accept()[0] as connection:
                context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=5)


# --- what the operator allows ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry", ["127.0.0.1", "127.0.0.0/8", "127.0.0.1:{port}", "localhost", "localhost:{port}"]
)
def test_what_the_operator_lists_is_reached(server: OpenAIServer, entry: str) -> None:
    with web(entry.format(port=server.port), resolve=lambda *_: ["127.0.0.1"]) as client:
        assert client.get(f"http://localhost:{server.port}/v1/models").status_code == 200


@pytest.mark.parametrize(
    "entry", ["127.0.0.1:{other}", "localhost:{other}", "10.0.0.0/8", "judge.internal", "::1"]
)
def test_what_the_operator_does_not_list_is_refused(server: OpenAIServer, entry: str) -> None:
    client = web(entry.format(other=server.port + 1), resolve=lambda *_: ["127.0.0.1"])
    with client, pytest.raises(OutboundRefusedError, match="not on the public internet"):
        client.get(f"http://localhost:{server.port}/v1/models")


@pytest.mark.parametrize(
    "entry", ["http://judge", "judge:0", "judge:99999", "300.1.2.3", "a b", "*"]
)
def test_a_list_that_cannot_be_read_refuses_to_start(entry: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"OUTBOUND_ALLOWED: .* is no name"):
        read_entries((entry,))


# --- redirects, proxies, headers ------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_private_address_is_not_followed(server: OpenAIServer, status: int) -> None:
    with listening() as private, to(server) as client:
        place = f"http://127.0.0.1:{private.getsockname()[1]}"
        server.program(
            faults=[{"fault": "redirect", "status": status, "to": f"{place}/?key=secret"}]
        )
        with pytest.raises(OutboundRefusedError) as refused:
            ask(client, server)

        assert str(refused.value) == (
            f"127.0.0.1 redirects to {place}, which is not followed: write the address meant."
        )
        assert not was_called(private)


def test_proxies_of_the_environment_are_not_used(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        with to(server) as client:
            assert ask(client, server).status_code == 200

        assert not was_called(proxy)


def test_a_server_gets_only_the_headers_it_needs_and_sets_no_cookie(server: OpenAIServer) -> None:
    with to(server) as client:
        client.cookies.set("session", "of somebody else")
        client.post(f"{server.url}/chat/completions", json=QUESTION, headers={"X-Internal": "name"})

    assert set(server.seen()["last_request"]["headers"]) == {
        "host", "content-type", "content-length", "user-agent", "accept", "accept-encoding"
    }  # fmt: skip
    assert server.seen()["last_request"]["headers"]["accept-encoding"] == "identity"


# --- time and size --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ({"fault": "hang"}, OutboundTimeoutError, "127.0.0.1 did not answer in time."),
        ({"fault": "drip", "every": 0.1}, OutboundTimeoutError, "did not answer in time"),
        ({"fault": "declared", "bytes": 5_000_001}, OutboundTooLargeError, "5,000,000 bytes"),
        ({"fault": "oversized"}, OutboundTooLargeError, "127.0.0.1 sent more than 5,000,000"),
        ({"fault": "endless"}, OutboundTooLargeError, "sent more than 5,000,000 bytes"),
        ({"fault": "headers"}, OutboundTooLargeError, "more headers than we read"),
        ({"fault": "headers", "heads": True}, OutboundTooLargeError, "more headers than we read"),
        ({"fault": "gzip"}, OutboundRefusedError, "sent a compressed answer"),
        ({"fault": "reset"}, OutboundBrokenError, "connection"),
        ({"fault": "cut"}, OutboundBrokenError, "ended the connection early"),
        ({"fault": "close"}, OutboundBrokenError, "ended the connection early"),
        ({"fault": "not_http"}, OutboundBrokenError, "did not speak HTTP"),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else None,
)
def test_a_server_that_misbehaves_ends_the_request_in_time(
    server: OpenAIServer, fault: dict[str, object], error: type[OutboundError], says: str
) -> None:
    server.program(faults=[fault])
    began = time.monotonic()

    with to(server, seconds=1.5) as client, pytest.raises(error, match=says):
        ask(client, server)

    assert time.monotonic() - began < 3


def test_a_client_that_names_a_time_gets_that_time_for_the_whole(server: OpenAIServer) -> None:
    server.program(faults=[{"fault": "drip", "every": 0.05}])
    began = time.monotonic()

    with to(server, seconds=60) as client, pytest.raises(OutboundTimeoutError):
        client.post(f"{server.url}/chat/completions", json=QUESTION, timeout=0.5)

    assert 0.4 < time.monotonic() - began < 2


def test_a_server_that_takes_the_question_slowly_ends_in_time() -> None:
    with listening() as listener:
        port = listener.getsockname()[1]
        with web("127.0.0.1", seconds=0.5) as client, pytest.raises(OutboundTimeoutError):
            client.post(f"http://127.0.0.1:{port}/", content=b"x" * 20_000_000)


def test_a_handshake_that_hangs_ends_in_time() -> None:
    with listening() as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        with web("127.0.0.1", seconds=0.5) as client, pytest.raises(OutboundTimeoutError):
            client.get(url)


def test_a_look_up_that_hangs_ends_in_time() -> None:
    over = threading.Event()
    client = web(resolve=lambda *_: [str(over.wait(30))], seconds=0.5)
    began = time.monotonic()

    with client, pytest.raises(OutboundUnreachableError, match=r"a\.example could not be looked"):
        client.get("http://a.example/")

    over.set()
    assert time.monotonic() - began < 3


def test_a_name_without_an_address_and_a_port_without_a_server_are_told_apart() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with web(resolve=nobody) as client, pytest.raises(OutboundUnreachableError, match="no address"):
        client.get("http://nowhere.example/")
    with listening() as listener:
        port = listener.getsockname()[1]
    with web("127.0.0.1") as client, pytest.raises(OutboundUnreachableError) as refused:
        client.get(f"http://127.0.0.1:{port}/")
    assert str(refused.value) == "Cannot connect to 127.0.0.1: connection refused."


def test_a_connection_that_broke_is_not_used_again(server: OpenAIServer) -> None:
    server.program(faults=[{"fault": "cut", "first": 1}])
    with to(server) as client:
        with pytest.raises(OutboundBrokenError):
            ask(client, server)

        assert ask(client, server).json()["choices"][0]["message"]["content"] == "Hello"


def test_a_body_in_many_small_pieces_is_read_whole(server: OpenAIServer) -> None:
    server.program(faults=[{"fault": "drip", "every": 0.0002}])
    with to(server) as client:
        assert ask(client, server).json()["choices"][0]["message"]["content"] == "Hello"


def test_many_threads_share_the_connections(server: OpenAIServer) -> None:
    server.program(latency=0.01)
    with to(server, max_connections=4) as client:
        threads = [threading.Thread(target=ask, args=[client, server]) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert server.asked == {"Hello": 24}
    assert server.seen()["most_at_once"] <= 4


def test_a_process_that_asks_no_model_does_not_load_the_client() -> None:
    lines = [
        "import sys, django",
        "django.setup()",
        "import evalplatform.urls, runs.asking, runs.pacing, runs.outbound.sealing",
        "print(sorted({'openai', 'httpx2', 'httpcore2'} & set(sys.modules)))",
    ]
    said = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "[]"
