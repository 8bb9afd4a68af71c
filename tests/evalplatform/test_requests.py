"""What every request gets before a view sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from evalplatform.requests import DatabaseAwayMiddleware
from tests.cast import Cast


@pytest.mark.parametrize("place", ["/t/light%00house/", "/accounts/login/?next=%00"])
def test_a_nul_in_the_address_or_the_query_is_refused_with_its_place(place: str) -> None:
    response = Client().get(place)

    assert response.status_code == 400
    assert b"holds a NUL" in response.content


def test_a_nul_in_a_form_names_its_field() -> None:
    response = Client().post("/accounts/login/", {"login": "a\x00b", "password": "x"})

    assert response.status_code == 400
    assert response.content.startswith(b"login holds a NUL")


def test_the_api_says_so_in_its_one_error_shape(
    cast: Cast, call_as: Callable[..., APIClient]
) -> None:
    response = call_as(cast.eva).get("/api/v1/sessions?q=%00")

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "INVALID_REQUEST"


def test_an_address_no_route_has_is_a_404_in_the_one_shape() -> None:
    response = Client().get("/api/v1/nothing")

    assert (response.status_code, response.json()) == (
        404,
        {"error": {"code": "NOT_FOUND", "message": "Not found."}},
    )


def test_every_answer_carries_the_policy_headers_and_a_request_id() -> None:
    response = Client().get("/accounts/login/")

    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert len(response.headers["X-Request-Id"]) == 32


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/t/lighthouse/"])
def test_a_database_that_is_away_is_a_503_with_a_hint_when_to_return(path: str) -> None:
    middleware = DatabaseAwayMiddleware(lambda request: None)  # type: ignore[arg-type,return-value]

    response = middleware.process_exception(
        RequestFactory().get(path), OperationalError("terminating connection")
    )

    assert response is not None
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "3"
    assert b"terminating" not in response.content
