"""`make run`, seen from outside: it starts, serves, stops, and what it keeps is still there."""

import json
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from tests.embedded.installation import Installation, gone, wait_for
from tests.prepared import furnish
from tests.services import TEMPLATE

pytestmark = [pytest.mark.slow, pytest.mark.faults]
Start = Callable[..., Installation]


def test_it_serves_stops_cleanly_and_keeps_its_data(start: Start, home: Path) -> None:
    first = start(home)
    first.wait_until_it_serves()
    first.wait_until_ready()
    write_something(first)
    everything = first.processes()

    begun = time.monotonic()
    code = first.stop(signal.SIGTERM)

    assert code == 0
    assert time.monotonic() - begun < 60
    assert gone(everything)
    assert first.said.splitlines()[-1] == "Stopping"
    assert not (home / "services.json").exists()

    second = start(home)
    second.wait_until_it_serves()
    assert read_something(second) == ("kept", b"kept")
    assert second.stop(signal.SIGINT) == 0


def test_the_demo_sign_ins_are_printed_and_kept_privately(start: Start, used_home: Path) -> None:
    running = start(used_home, EVALPLATFORM_DEMO="1")
    running.wait_until_it_serves()

    kept = used_home / "demo.json"
    demo = json.loads(kept.read_text())
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert demo["url"] == running.address
    assert {user["role"] for user in demo["users"]} == {"owner", "admin", "evaluator", "tester"}
    for user in demo["users"]:
        assert f"{user['email']}  {user['password']}" in running.said
    assert running.stop() == 0

    elsewhere = start(used_home, EVALPLATFORM_DEMO="1")
    elsewhere.wait_until_it_serves()
    assert json.loads(kept.read_text()) == demo | {"url": elsewhere.address}
    assert elsewhere.stop() == 0


def test_the_home_is_private_and_nothing_listens_on_the_network(start: Start, home: Path) -> None:
    running = start(home)
    running.wait_until_it_serves()

    private = [home, home / "postgres", home / "redis", home / "sockets", home / "logs"]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in private} == {
        path.name: 0o700 for path in private
    }
    for name in ("services.json", "secret_key", "processes.json"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    listening = [
        connection.laddr
        for process in running.processes()
        for connection in process.net_connections("inet")
        if connection.status == "LISTEN"
    ]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert len({address.port for address in listening}) == 1
    assert running.stop() == 0


def test_a_stop_in_the_middle_of_the_start_leaves_nothing(start: Start, home: Path) -> None:
    running = start(home)
    wait_for((home / "services.json").exists, 120)
    everything = running.processes()

    assert running.stop() == 0
    assert everything
    assert gone(everything)


@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.4, 0.8, 1.6, 3.2])
def test_a_stop_at_any_moment_of_the_start_leaves_nothing(
    start: Start, home: Path, seconds: float
) -> None:
    running = start(home)
    wait_for((home / "lock").exists, 60)
    time.sleep(seconds)

    assert running.stop() == 0
    assert running.everything() == []
    assert "Traceback" not in running.said
    assert not (home / "services.json").exists()


def test_servers_given_from_outside_are_used_and_none_is_started(
    start: Start, home: Path, servers: dict[str, str]
) -> None:
    running = start(home, **servers)
    running.wait_until_it_serves()
    running.wait_until_ready()

    with psycopg.connect(servers["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
    assert {record["name"] for record in running.records()} == {"web", "worker", "beat"}
    assert running.services() == {}
    assert not (home / "postgres").exists()
    assert not (home / "redis").exists()
    assert running.stop() == 0


def test_a_home_with_a_long_path_gets_its_sockets_elsewhere(start: Start, home: Path) -> None:
    deep = home / ("a" * 60) / ("b" * 60)
    furnish(deep)
    running = start(deep)
    running.wait_until_it_serves()

    sockets = (deep / "sockets").readlink()
    assert len(str(sockets)) < 60
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert str(sockets) in running.services()["redis_url"]
    assert running.stop() == 0
    assert not sockets.exists()


def write_something(installation: Installation) -> None:
    services = installation.services()
    with psycopg.connect(services["database_url"]) as connection:
        connection.execute("CREATE TABLE something AS SELECT 'kept' AS word")
    redis.Redis.from_url(services["redis_url"]).set("something", "kept")


def read_something(installation: Installation) -> tuple[object, object]:
    services = installation.services()
    with psycopg.connect(services["database_url"]) as connection:
        row = connection.execute("SELECT word FROM something").fetchone()
    assert row is not None
    return row[0], redis.Redis.from_url(services["redis_url"]).get("something")


@pytest.fixture
def servers(tmp_path: Path) -> dict[str, str]:
    """The addresses of this session's own servers, with a database that lacks one migration."""
    import os
    from urllib.parse import urlsplit, urlunsplit

    url = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS given_from_outside WITH (FORCE)")
        connection.execute(f"CREATE DATABASE given_from_outside TEMPLATE {TEMPLATE}")
    behind = urlunsplit(url._replace(path="/given_from_outside"))
    with psycopg.connect(behind) as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        connection.execute("DROP TABLE django_session")
    return {"DATABASE_URL": behind, "REDIS_URL": os.environ["REDIS_URL"].replace("db=0", "db=9")}
