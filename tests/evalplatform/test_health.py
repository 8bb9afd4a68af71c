"""What a load balancer learns from /healthz and /readyz."""

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from evalplatform import health


@pytest.fixture(autouse=True)
def no_heartbeat() -> None:
    health.redis_client().delete(health.HEARTBEAT_KEY)


def test_healthz_answers_without_looking_at_anything(client: Client) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_is_503_until_a_worker_has_been_heard(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "checks": {"database": "ok", "redis": "ok", "worker": "no heartbeat"},
    }


@pytest.mark.django_db
def test_readyz_is_200_when_all_three_are_there(client: Client) -> None:
    health.write_heartbeat()

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert answer.headers["Cache-Control"].count("no-store") == 1


@pytest.mark.django_db
def test_a_heartbeat_is_forgotten_by_itself() -> None:
    health.write_heartbeat()

    assert 0 < health.redis_client().ttl(health.HEARTBEAT_KEY) <= health.HEARTBEAT_SECONDS


@pytest.mark.django_db
def test_readyz_says_that_redis_is_away(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    health.redis_client.cache_clear()
    try:
        answer = client.get("/readyz")
    finally:
        health.redis_client.cache_clear()

    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "database": "ok",
        "redis": "unreachable",
        "worker": "unknown",
    }


@pytest.mark.django_db(transaction=True)
def test_readyz_says_that_the_database_is_away(client: Client) -> None:
    connection.close()
    given = connection.settings_dict["HOST"]
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        answer = client.get("/readyz")
    finally:
        connection.close()
        connection.settings_dict["HOST"] = given

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "unreachable"


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_is_only_read(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
