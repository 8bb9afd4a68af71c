"""Fixtures of the whole suite: the cast, clients that are signed in, API callers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # this file is a plugin: it is imported before the apps are ready
    from django.test import Client
    from rest_framework.test import APIClient

    from evalplatform.scoping.actor import Actor
    from tests.cast import Cast
    from tests.openai_server import OpenAIServer


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash test passwords cheaply: no test is about the price of a hash.

    Once for the session, before any fixture saves people: Django keeps the first hashers it reads.
    """
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> Iterator[None]:
    """Empty only what holds rows after a test that commits, where the server is our own."""
    from django.db import connection
    from django.test import TransactionTestCase

    from tests.emptying import empty

    with pytest.MonkeyPatch.context() as patched:
        if "TEMPLATE" in connection.settings_dict["TEST"]:
            patched.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture
def cast(db: None) -> Cast:
    from tests.cast import make_cast

    return make_cast()


@pytest.fixture
def sign_in() -> Callable[[Actor], Client]:
    """Return a function that gives a browser-like client signed in as the actor."""
    from django.test import Client

    def signed_in(actor: Actor) -> Client:
        client = Client()
        client.force_login(actor.user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def call_as() -> Callable[..., APIClient]:
    """Return a function that gives an API client holding a fresh key of the actor."""
    from rest_framework.test import APIClient

    from tests.cast import make_key

    def caller(actor: Actor, *, scopes: list[str] | None = None) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_key(actor, scopes=scopes)}")
        return client

    return caller


@pytest.fixture
def openai_server(settings: Any) -> Iterator[OpenAIServer]:
    """A server of models on loopback, which the installation allows to be asked."""
    from tests.openai_server import OpenAIServer

    with OpenAIServer() as server:
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{server.port}"]
        yield server
