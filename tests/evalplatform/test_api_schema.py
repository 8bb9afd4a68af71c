"""The OpenAPI description is complete: every API route is in it, without a warning."""

from __future__ import annotations

import io
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS

UNDOCUMENTED = {"api/schema", "api/docs"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    out = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    return dict(yaml.safe_load(out.getvalue()))


def api_routes() -> set[str]:
    """Return the API's addresses as the resolver has them, arguments as {}."""
    found = set()
    for _, ways in get_resolver().reverse_dict.lists():
        for forms, *_ in ways:
            for form, names in forms:
                address = form % dict.fromkeys(names, "{}")
                if address.startswith("api/") and address not in UNDOCUMENTED | {"api/"}:
                    found.add(address)
    return found


def test_every_api_route_is_described(schema: dict[str, Any]) -> None:
    import re

    described = {re.sub(r"{\w+}", "{}", path).lstrip("/") for path in schema["paths"]}

    assert described == api_routes()


def test_every_operation_says_how_its_errors_look(schema: dict[str, Any]) -> None:
    silent = [
        f"{method} {path}"
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if not any(code.startswith("4") for code in operation["responses"])
    ]

    assert silent == []


def test_the_schema_and_its_docs_are_served(db: None) -> None:
    assert Client().get("/api/schema").status_code == 200
    docs = Client().get("/api/docs")
    assert docs.status_code == 200
    assert "script-src" not in docs.headers["Content-Security-Policy"]
    assert b"<script>" not in docs.content
