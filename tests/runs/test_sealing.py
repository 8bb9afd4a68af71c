"""Keys of other servers: sealed with their origin, and shown to nobody (W10, W13)."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import traceback
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.views.debug import ExceptionReporter

from evalplatform import env
from evalplatform.logs import PROCESSORS, SHARED
from runs.asking import EndpointSpec
from runs.outbound.origins import base_address, origin_of
from runs.outbound.sealing import SealError, open_sealed, resealed, seal
from runs.outbound.secret import NO_SECRET, Secret

KEY = Secret("sk-a-very-private-key-1234567890")
ORIGIN = "https://api.example.org:443"
ELSEWHERE = "https://attacker.example:443"
FIRST, SECOND = (
    "first-key-of-forty-random-characters-123",
    "second-key-of-forty-random-character-456",
)


def test_a_key_opens_for_the_origin_it_was_sealed_for() -> None:
    assert open_sealed(seal(KEY, ORIGIN), ORIGIN) == KEY


def test_a_key_does_not_open_for_another_origin() -> None:
    with pytest.raises(SealError) as refused:
        open_sealed(seal(KEY, ORIGIN), ELSEWHERE)

    assert str(refused.value) == (
        "The stored key was entered for https://api.example.org:443 and is not sent anywhere else: "
        "enter the key again."
    )


def test_what_is_stored_holds_neither_key_nor_origin_and_differs_each_time() -> None:
    first, second = seal(KEY, ORIGIN), seal(KEY, ORIGIN)

    assert first != second
    assert KEY.reveal().encode() not in first
    assert b"example" not in first


def test_what_was_changed_in_the_database_does_not_open() -> None:
    sealed = bytearray(seal(KEY, ORIGIN))
    sealed[40] ^= 1

    with pytest.raises(SealError, match="cannot be opened with this installation's keys: enter it"):
        open_sealed(bytes(sealed), ORIGIN)


def test_another_installation_does_not_open_it(settings: Any) -> None:
    sealed = seal(KEY, ORIGIN)
    settings.SECRET_KEY = "another installation's secret key, also long"

    with pytest.raises(SealError, match="enter it again"):
        open_sealed(sealed, ORIGIN)


def test_keys_are_rotated_without_losing_what_was_sealed(settings: Any) -> None:
    from_secret_key = seal(KEY, ORIGIN)
    settings.SEALING_KEYS = [FIRST]
    by_first = resealed(from_secret_key)
    settings.SEALING_KEYS = [SECOND, FIRST]
    by_second = resealed(by_first)
    assert {open_sealed(each, ORIGIN) for each in (from_secret_key, by_first, by_second)} == {KEY}

    settings.SEALING_KEYS = [SECOND]
    assert open_sealed(by_second, ORIGIN) == KEY
    with pytest.raises(SealError):
        open_sealed(by_first, ORIGIN)


def test_a_weak_sealing_key_refuses_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALPLATFORM_SEALING_KEYS", f"{FIRST},short")

    with pytest.raises(ImproperlyConfigured, match="EVALPLATFORM_SEALING_KEYS holds a short key"):
        env.random_texts("EVALPLATFORM_SEALING_KEYS")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.Example.org/v1", "https://api.example.org:443"),
        ("https://api.example.org:443/other?x#y", "https://api.example.org:443"),
        ("http://api.example.org", "http://api.example.org:80"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
        ("https://api.example.org.:8443", "https://api.example.org:8443"),
        ("https://api.example.org@attacker.example/", ELSEWHERE),
    ],
)
def test_an_origin_has_one_spelling(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url", ["", "api.example.org", "file:///x", "https://", "http://a:b/", "//a"]
)
def test_an_address_without_an_origin_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"begins with https:// or http:// and a host\.$"):
        origin_of(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://me:secret@api.example.org/v1", "without a name and password"),
        ("https://me@api.example.org/v1", "without a name and password"),
        ("https://api.example.org/v1?key=secret", r"without \? and #"),
        ("https://api.example.org/v1#", r"without \? and #"),
        ("https://api.example.org/v 1", "without spaces"),
        ("ftp://api.example.org", "begins with https://"),
    ],
)
def test_a_base_address_holds_no_secret_and_nothing_to_be_lost(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        base_address(url)


def test_a_base_address_is_kept_without_its_last_slash() -> None:
    assert base_address(" https://api.example.org/v1/ ") == "https://api.example.org/v1"


def test_a_secret_shows_itself_nowhere() -> None:
    spec = EndpointSpec(kind="openai", base_url="https://a.example", key=KEY)

    for shown in (repr(KEY), str(KEY), f"{KEY} {KEY!r}", repr(spec), repr({"key": KEY})):
        assert "private" not in shown
        assert "hidden" in shown
    assert not NO_SECRET
    assert copy.copy(spec).key == KEY


@pytest.mark.parametrize("write", [json.dumps, pickle.dumps])
def test_a_secret_cannot_be_written(write: Any) -> None:
    with pytest.raises(TypeError):
        write(KEY)


def test_a_secret_stays_out_of_logs_and_error_reports() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter())
    log = logging.getLogger("tests.sealing")
    log.addHandler(handler)
    try:
        raise_with(EndpointSpec(kind="openai", key=KEY))
    except RuntimeError as error:
        log.exception("asking %s failed", KEY, extra={"key": KEY, "spec": "x"})
        log.warning("sent Authorization: Bearer %s to it", KEY.reveal())
        report = ExceptionReporter(None, *exc_info(error)).get_traceback_html()
        said = "".join(traceback.format_exception(error))
    finally:
        log.removeHandler(handler)

    assert KEY.reveal() not in stream.getvalue() + report + said
    assert "sent Authorization: Bearer [redacted] to it" in stream.getvalue()


def raise_with(spec: EndpointSpec) -> None:
    key, origin = spec.key, ORIGIN
    raise RuntimeError(f"no answer with {key} from {origin}")


def exc_info(error: BaseException) -> tuple[Any, Any, Any]:
    return type(error), error, error.__traceback__


def formatter() -> logging.Formatter:
    import structlog

    return structlog.stdlib.ProcessorFormatter(processors=PROCESSORS, foreign_pre_chain=SHARED)
