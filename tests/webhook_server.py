"""A server on loopback that takes webhooks, and answers as it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass
class Got:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said


@dataclass
class WebhookServer:
    """`answers` are played in turn, then 200: a status, (status, headers), or "hang".

    `on_request` is called before the answer.
    """

    answers: list[Any] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    on_request: Callable[[], None] = field(default=lambda: None)
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(Got(dict(self.headers), body))
                outer.on_request()
                answer = outer.answers.pop(0) if outer.answers else 200
                if answer == "hang":
                    outer.over.wait(20)
                    return
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_said: Any) -> None:
                """Nothing is written."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def place(self) -> str:
        """Host and port, as the operator lists them."""
        return f"127.0.0.1:{self.server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/hooks?x=1"

    def wait_for(self, n: int, seconds: float = 20) -> None:
        """Wait until so many requests have come."""
        end = time.monotonic() + seconds
        while len(self.got) < n:
            assert time.monotonic() < end, f"{len(self.got)} of {n} requests came"
            time.sleep(0.02)
