"""Callers who send what no client would: a refusal in the one shape, never a 500."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from datasets.models import Session
from evalplatform.wsgi import application
from exports.models import Export
from tests.cast import Cast
from tests.sessions import make_session

CallAs = Callable[..., APIClient]
SESSION = {"externalId": "n-1", "source": "bot", "messages": [{"role": "user", "content": "Hi"}]}
NO_CHARSETS = (
    "text/plain; charset=base64",
    'text/plain;CHARSET="rot13"',
    "text/plain; charset*=nope''%41",
    "multipart/form-data; boundary=x; charset=undefined",
    "application/x-www-form-urlencoded; charset=latin1",
)


def status_over_wsgi(path: str, content_type: str, method: str = "GET") -> int:
    """Ask the application itself: the test client reads content types in its own way."""
    statuses: list[str] = []
    body = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n--x--\r\n"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "q=a%20b",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    list(application(environ, lambda status, headers, info=None: statuses.append(status)))
    return int(statuses[0].split()[0])


def is_in_one_shape(response: Any) -> bool:
    return response.headers["Content-Type"] == "application/json" and set(response.json()) == {
        "error"
    }


@pytest.mark.parametrize("content_type", NO_CHARSETS)
@pytest.mark.parametrize("path", ["/healthz", "/accounts/login/", "/api/v1/sessions"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_charset_that_is_not_utf_8_is_refused_whatever_it_is(
    db: None, path: str, content_type: str, method: str
) -> None:
    assert status_over_wsgi(path, content_type, method) == 415


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain; charset=UTF-8"])
def test_utf_8_and_no_charset_pass(db: None, content_type: str) -> None:
    assert status_over_wsgi("/healthz", content_type) == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api/v1/sessions/", "/api/v1/sessions/no-id", "/api/docs"]
)
def test_an_address_that_takes_no_such_call_refuses_in_the_one_shape(
    db: None, path: str, method: str
) -> None:
    response = getattr(Client(enforce_csrf_checks=True), method)(path)

    assert 400 <= response.status_code < 500
    assert is_in_one_shape(response)


def test_a_body_that_is_no_form_is_refused_in_the_one_shape(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)
    for content_type in ("multipart/form-data", f"multipart/form-data; boundary={'x' * 300}"):
        response = client.generic("POST", "/api/v1/sessions", "--x", content_type=content_type)

        assert response.status_code == 400
        assert is_in_one_shape(response)


def test_an_error_of_ours_is_a_500_in_the_one_shape(
    cast: Cast, call_as: CallAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("datasets.api.sessions.filter_sessions", fail)
    client = call_as(cast.eva)
    client.raise_request_exception = False
    response = client.get("/api/v1/sessions")

    assert (response.status_code, response.json()["error"]["code"]) == (500, "INTERNAL")
    assert b"secret" not in response.content


def test_head_asks_for_what_get_asks_for(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)

    assert client.head("/api/v1/sessions").status_code == 200
    assert call_as(cast.eva, scopes=["export"]).head("/api/v1/sessions").status_code == 200
    assert client.head("/api/v1/sessions/label").status_code == 405


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/api/v1/exports", "/api/docs"])
def test_options_is_no_way_in_and_no_error(cast: Cast, call_as: CallAs, path: str) -> None:
    assert call_as(cast.eva).options(path).status_code == 405


def test_format_is_no_page_of_a_list(cast: Cast, call_as: CallAs) -> None:
    response = call_as(cast.eva).get("/api/v1/sessions?format=xml")

    assert response.status_code == 400
    assert response.json()["error"]["errors"][0]["column"] == "format"


@pytest.mark.parametrize("cost", ["9999999999.99999999999", 9999999999.999999, "1e10"])
def test_a_cost_that_rounding_makes_too_large_names_its_field(
    cast: Cast, call_as: CallAs, cost: object
) -> None:
    response = call_as(cast.eva).post("/api/v1/sessions", SESSION | {"cost": cost}, format="json")

    if response.status_code == 200:
        assert Session.all_rows.get().cost < 10**10
    else:
        assert response.json()["error"]["errors"][0]["column"] == "cost"
        assert not Session.all_rows.exists()


@pytest.mark.parametrize("length", [1, 196, 200])
def test_an_idempotency_key_of_any_allowed_length_gives_one_export(
    cast: Cast, call_as: CallAs, length: int
) -> None:
    client = call_as(cast.eva)
    given: dict[str, Any] = {"headers": {"Idempotency-Key": "k" * length}, "format": "json"}
    first = client.post("/api/v1/exports", {"format": "text"}, **given)
    again = client.post("/api/v1/exports", {"format": "text"}, **given)
    other = client.post("/api/v1/exports", {"format": "openai"}, **given)

    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 409)
    assert first.json()["id"] == again.json()["id"]
    assert Export.all_rows.count() == 1


def test_a_key_used_before_a_demotion_is_a_conflict_and_tells_nothing(
    cast: Cast, call_as: CallAs
) -> None:
    client = call_as(cast.adam)
    given: dict[str, Any] = {"headers": {"Idempotency-Key": "nightly"}, "format": "json"}
    made = client.post("/api/v1/exports", {"format": "text"}, **given)
    cast.adam.membership.change_role("evaluator", by=cast.olga)
    response = client.post("/api/v1/exports", {"format": "text"}, **given)

    assert response.status_code == 409
    assert made.json()["id"] not in response.content.decode()


def test_a_tag_in_other_case_is_no_other_tag(cast: Cast, call_as: CallAs) -> None:
    session = make_session(owner=cast.eva)
    client = call_as(cast.eva)
    path = f"/api/v1/sessions/{session.pk}/label"
    first = client.patch(path, {"evalTags": ["Debug", "debug", "e\u0301t\u00e9"]}, format="json")
    bulk = {"ids": [str(session.pk)], "evalTags": ["DEBUG", "\u00c9T\u00c9", "new"]}
    client.post("/api/v1/sessions/label", bulk, format="json")

    assert first.json()["evalTags"] == ["Debug", "\u00e9t\u00e9"]
    session.refresh_from_db()
    assert session.label.tags == ["Debug", "\u00e9t\u00e9", "new"]


def test_a_change_that_names_nothing_blames_no_field(cast: Cast, call_as: CallAs) -> None:
    path = f"/api/v1/sessions/{make_session(owner=cast.eva).pk}/label"
    error = call_as(cast.eva).patch(path, {}, format="json").json()["error"]

    assert error["errors"][0]["column"] == ""
