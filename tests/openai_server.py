"""A server that speaks the API of OpenAI on loopback, and misbehaves as it is told to.

In the test's own process (`with OpenAIServer() as server`), or as a process of its own that workers
can ask (`python -m tests.openai_server --port 0` prints its base address). Either way:

    server.program(latency=0.1, replies=[["capital of France", "Paris"]], faults=[
        {"fault": "status", "status": 429, "retry_after": 1, "first": 2},      # of each prompt
        {"fault": "hang", "fraction": 0.1, "seed": 7},                         # of them, once
        {"fault": "cut", "match": "in this prompt", "first": 0},               # 0: for ever
    ])

The first fault that applies is played. Without one it answers the first reply whose words stand in
the prompt, else `answer`, in which {prompt} stands for what the user said last.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

CUT_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@dataclass
class Program:
    """What the server does, and what it saw; the lock is held for moments only."""

    latency: float = 0.0
    answer: str = "{prompt}"
    replies: list[list[str]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)

    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    last_request: dict[str, Any] = field(default_factory=dict)
    n_at_once: int = 0
    most_at_once: int = 0
    lock: Any = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def set(self, **changes: Any) -> None:
        with self.lock:
            for name, value in changes.items():
                if name not in ("latency", "answer", "replies", "faults"):
                    raise ValueError(f"{name} cannot be programmed")
                setattr(self, name, value)

    def forget(self) -> None:
        """Count from zero again."""
        with self.lock:
            self.asked.clear()
            self.answered.clear()
            self.times.clear()
            self.most_at_once = self.n_at_once

    def seen(self) -> dict[str, Any]:
        with self.lock:
            return {
                "asked": dict(self.asked),
                "answered": dict(self.answered),
                "times": list(self.times),
                "last_request": self.last_request,
                "most_at_once": self.most_at_once,
            }

    def fault_for(self, prompt: str, nth: int) -> dict[str, Any] | None:
        """Return the fault that this request, the nth of its prompt, meets."""
        return next((fault for fault in self.faults if applies(fault, prompt, nth)), None)

    def text_for(self, prompt: str) -> str:
        for words, text in self.replies:
            if words in prompt:
                return text
        return self.answer.replace("{prompt}", prompt)


def applies(fault: dict[str, Any], prompt: str, nth: int) -> bool:
    """Say whether a fault is met: by the first n requests of a prompt (0: by all of them), where
    the prompt holds `match`, and of these by a `fraction` that `seed` chooses."""
    first = fault.get("first", 1 if "fraction" in fault else 0)
    if (first and nth > first) or fault.get("match", "") not in prompt:
        return False
    chosen = hashlib.sha256(f"{fault.get('seed', 0)} {prompt}".encode()).digest()[:8]
    return int.from_bytes(chosen) / 2**64 < fault.get("fraction", 1.0)


class Handler(BaseHTTPRequestHandler):
    """One connection, kept between requests as real servers do."""

    protocol_version = "HTTP/1.1"
    server: Listener

    @property
    def program(self) -> Program:
        return self.server.program

    def log_message(self, *_: Any) -> None:
        """Say nothing: what was asked is counted."""

    def do_GET(self) -> None:
        if self.path == "/control":
            self.send(200, self.program.seen())
        elif self.path == "/v1/models":
            self.send(200, {"object": "list", "data": [{"id": "small", "object": "model"}]})
        else:
            self.send(404, {"error": {"message": "no such page"}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        if self.path == "/control":
            self.program.set(**body)
            self.send(200, {})
        elif self.path == "/control/forget":
            self.program.forget()
            self.send(200, {})
        elif self.path == "/v1/chat/completions":
            self.chat(body)
        else:
            self.send(404, {"error": {"message": "no such page"}})

    def chat(self, body: dict[str, Any]) -> None:
        program = self.program
        said = [m["content"] for m in body["messages"] if m["role"] == "user"]
        prompt = said[-1] if said else ""
        with program.lock:
            program.asked[prompt] += 1
            program.times.append(time.time())
            headers = {name.lower(): value for name, value in self.headers.items()}
            program.last_request = {"headers": headers, "body": body}
            program.n_at_once += 1
            program.most_at_once = max(program.most_at_once, program.n_at_once)
            fault = program.fault_for(prompt, program.asked[prompt])
            text = program.text_for(prompt)
        try:
            program.over.wait(program.latency)
            if fault:
                getattr(self, "play_" + fault["fault"])(fault, completion(body, text))
            else:
                self.answer_in_full(prompt, completion(body, text))
        except OSError:
            self.close_connection = True  # who asked is gone
        finally:
            with program.lock:
                program.n_at_once -= 1

    def answer_in_full(self, prompt: str, answer: dict[str, Any]) -> None:
        """Count before the answer is seen, or who reads it could count too early."""
        with self.program.lock:
            self.program.answered[prompt] += 1
        try:
            self.send(200, answer)
        except OSError:
            with self.program.lock:
                self.program.answered[prompt] -= 1
            raise

    def send(self, status: int, value: Any, **headers: str) -> None:
        self.send_bytes(status, json.dumps(value).encode(), **headers)

    def send_bytes(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    # What goes wrong, by name.

    def play_status(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        headers = {}
        if "retry_after" in fault:
            headers["Retry_After"] = str(fault["retry_after"])
        message = fault.get("message", f"told to answer {fault['status']}")
        self.send(fault["status"], {"error": {"message": message}}, **headers)

    def play_hang(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        self.program.over.wait(fault.get("seconds", 3600))
        self.close_connection = True

    def play_close(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        self.close_connection = True

    def play_cut(self, fault: dict[str, Any], answer: dict[str, Any]) -> None:
        """Promise a whole body, send half of it, and end in good order."""
        body = json.dumps(answer).encode()
        self.wfile.write(CUT_HEAD % len(body) + body[: len(body) // 2])
        self.close_connection = True

    def play_reset(self, fault: dict[str, Any], answer: dict[str, Any]) -> None:
        """Send half of the body, then break the connection off with RST."""
        self.play_cut(fault, answer)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def play_drip(self, fault: dict[str, Any], answer: dict[str, Any]) -> None:
        """Send a byte each second, or as often as told, from the first letter of the head."""
        body = json.dumps(answer).encode()
        self.close_connection = True
        for byte in CUT_HEAD % len(body) + body:
            self.wfile.write(bytes([byte]))
            if self.program.over.wait(fault.get("every", 1.0)):
                return

    def play_invalid_json(self, fault: dict[str, Any], answer: dict[str, Any]) -> None:
        self.send_bytes(200, json.dumps(answer).encode()[:-1] + b",]")

    def play_html(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        self.send_bytes(200, b"<html><title>Sign in</title></html>")

    def play_deep_json(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        self.send_bytes(200, b"[" * 1_000_000)

    def play_wrong_schema(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        self.send(200, fault.get("value", {"choices": []}))

    def play_declared(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        """Promise more than anybody reads, and send nothing of it."""
        self.wfile.write(CUT_HEAD % fault.get("bytes", 10**12))
        self.play_hang(fault, {})

    def play_oversized(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        self.send_bytes(200, b" " * fault.get("bytes", 20_000_000))

    def play_endless(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        """Send pieces of a body that never ends, until who asked goes away."""
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not self.program.over.is_set():
            self.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    def play_headers(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        """Send a head that never ends: more and more headers, or more and more heads."""
        self.close_connection = True
        line = b"HTTP/1.1 100 Continue\r\n\r\n" if fault.get("heads") else b"X-More: " + b"x" * 999
        self.wfile.write(b"" if fault.get("heads") else b"HTTP/1.1 200 OK\r\n")
        while not self.program.over.is_set():
            self.wfile.write(line * 20 if fault.get("heads") else line + b"\r\n")

    def play_gzip(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        bomb = gzip.compress(b" " * 50_000_000)
        self.send_bytes(200, bomb, Content_Encoding="gzip")

    def play_redirect(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        self.send_bytes(fault.get("status", 302), b"", Location=fault["to"])

    def play_not_http(self, fault: dict[str, Any], _: dict[str, Any]) -> None:
        self.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        self.close_connection = True


def completion(body: dict[str, Any], text: str) -> dict[str, Any]:
    """Return an answer in the form of the API; a token is a word here."""
    n_in = sum(len(str(message["content"]).split()) for message in body["messages"])
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": n_in, "completion_tokens": len(text.split())},
    }


class Listener(ThreadingHTTPServer):
    """Takes connections, each served by a thread that does not keep the process alive."""

    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def __init__(self, address: tuple[str, int]) -> None:
        self.program = Program()
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke off is what half of the tests are about."""


class OpenAIServer:
    """The server in this process; `url` is its base address, `host` and `port` where it listens."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.listener = Listener((host, port))
        self.host, self.port = self.listener.server_address[:2]
        self.url = f"http://{self.host}:{self.port}/v1"

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.listener.serve_forever, args=[0.05], daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.listener.program.over.set()
        self.listener.shutdown()
        self.listener.server_close()
        self.thread.join()

    def program(self, **changes: Any) -> None:
        """Change what the server does: latency, answer, replies, faults."""
        self.listener.program.set(**changes)

    def forget(self) -> None:
        self.listener.program.forget()

    def seen(self) -> dict[str, Any]:
        """Return asked and answered (prompt -> count), times, last_request, most_at_once."""
        return self.listener.program.seen()

    @property
    def asked(self) -> dict[str, int]:
        """How often each prompt was asked, whatever became of it."""
        return dict(self.seen()["asked"])

    @property
    def answered(self) -> dict[str, int]:
        """How often each prompt got a whole answer."""
        return dict(self.seen()["answered"])


class OpenAIServerProcess(OpenAIServer):
    """The same as a process of its own, told and asked through its control address."""

    def __init__(self, port: int = 0) -> None:
        self.wanted_port = port

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.openai_server", "--port", str(self.wanted_port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()
        self.control = self.url.removesuffix("/v1") + "/control"
        self.host, _, port = self.url.removesuffix("/v1").removeprefix("http://").partition(":")
        self.port = int(port)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()

    def program(self, **changes: Any) -> None:
        self._call(self.control, changes)

    def forget(self) -> None:
        self._call(f"{self.control}/forget", {})

    def seen(self) -> dict[str, Any]:
        return self._call(self.control)

    def _call(self, url: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=10) as answer:
            return json.loads(answer.read())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    listener = Listener(("127.0.0.1", parser.parse_args().port))
    print(f"http://127.0.0.1:{listener.server_address[1]}/v1", flush=True)
    listener.serve_forever()


if __name__ == "__main__":
    main()
