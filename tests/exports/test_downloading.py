"""Parts of a file, conditions, and what happens when the reader goes away."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import RequestFactory

from exports.downloading import FileSlice, WholeFile, send

DATA = bytes(range(100))
FILE = WholeFile(n_bytes=100, sha256="ab" * 32, name="e.json", media_type="application/json")


def ask(method: str = "get", data: bytes = DATA, file: WholeFile = FILE, **headers: str) -> Any:
    request = getattr(RequestFactory(), method)("/", headers=headers)
    return send(request, file, BytesIO(data))


def body(response: Any) -> bytes:
    return b"".join(response) if response.streaming else response.content


def test_the_whole_file_comes_without_a_range() -> None:
    response = ask()
    assert (response.status_code, body(response)) == (200, DATA)
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Length"] == "100"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1), ("bytes=0-99", 0, 100), ("bytes=10-19", 10, 20),
        ("bytes=90-", 90, 100), ("bytes=90-1000", 90, 100), ("bytes=-7", 93, 100),
        ("bytes=-1000", 0, 100), ("bytes=99-99", 99, 100),
    ],
)  # fmt: skip
def test_a_part_is_sent_as_such(asked: str, start: int, stop: int) -> None:
    response = ask(Range=asked)
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {start}-{stop - 1}/100"
    assert response["Content-Length"] == str(stop - start)
    assert body(response) == DATA[start:stop]


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=9999-"])
def test_a_part_behind_the_end_is_refused_with_the_length(asked: str) -> None:
    response = ask(Range=asked)
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */100"
    assert b"RANGE_NOT_SATISFIABLE" in body(response)


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-9,20-29", "items=0-9", "bytes=9-5", "bytes=-", "bytes=a-b", "bytes", "",
     "bytes=٣-", "bytes=" + "9" * 30 + "-"],
)  # fmt: skip
def test_what_cannot_be_read_as_one_range_gets_the_whole_file(asked: str) -> None:
    response = ask(Range=asked)
    assert (response.status_code, body(response)) == (200, DATA)


def test_a_resumed_download_of_another_version_begins_anew() -> None:
    same = ask(Range="bytes=50-", **{"If-Range": FILE.etag})
    other = ask(Range="bytes=50-", **{"If-Range": '"cd"'})
    assert (same.status_code, other.status_code) == (206, 200)
    assert body(other) == DATA


@pytest.mark.parametrize(
    "tags", [f'"{"ab" * 32}"', f'W/"{"ab" * 32}"', '"x", "' + "ab" * 32 + '"', "*"]
)
def test_who_has_the_file_gets_nothing(tags: str) -> None:
    response = ask(**{"If-None-Match": tags, "Range": "bytes=0-1"})
    assert (response.status_code, body(response)) == (304, b"")
    assert response["ETag"] == FILE.etag


def test_head_says_what_get_would() -> None:
    response = ask("head", Range="bytes=5-9")
    assert (response.status_code, response["Content-Length"], body(response)) == (206, "5", b"")


def test_an_empty_file_is_sent_whole() -> None:
    empty = WholeFile(n_bytes=0, sha256="ab" * 32, name="e.txt", media_type="text/plain")
    assert body(ask(data=b"", file=empty)) == b""
    assert ask(data=b"", file=empty, Range="bytes=0-").status_code == 416


@pytest.mark.django_db  # the end of a response lets Django look at its connections
def test_the_file_is_closed_when_the_reader_goes_away() -> None:
    handle = BytesIO(DATA)
    response = StreamingHttpResponse(FileSlice(handle, 0, 100))
    response.close()
    assert handle.closed


def test_a_file_that_ends_early_is_no_whole_answer() -> None:
    with pytest.raises(OSError, match="The file ended early"):
        body(ask(data=DATA[:50]))


def test_a_name_outside_ascii_is_given_as_rfc_6266_says() -> None:
    named = WholeFile(n_bytes=100, sha256="ab" * 32, name='a"é\n.json', media_type="text/plain")
    header = ask(file=named)["Content-Disposition"]
    assert header.startswith("attachment; filename")
    assert "\n" not in header
