"""Whether this process lives, and whether the installation can do its work; for load balancers."""

import logging
from collections.abc import Callable
from functools import cache

import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

HEARTBEAT_KEY = "evalplatform:worker-heartbeat"
HEARTBEAT_SECONDS = 10  # a worker beats every 2 s; one that missed five counts as gone

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers, whatever is wrong around it."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, Redis and a worker are there, else 503; it names what is missing only."""
    checks = {name: check() for name, check in CHECKS.items()}
    is_ready = all(state == "ok" for state in checks.values())
    body = {"status": "ready" if is_ready else "unavailable", "checks": checks}
    return JsonResponse(body, status=200 if is_ready else 503)


def write_heartbeat(**_signal: object) -> None:
    """Say that a worker lives; called by Celery's worker with each of its own heartbeats."""
    try:
        redis_client().set(HEARTBEAT_KEY, 1, ex=HEARTBEAT_SECONDS)
    except redis.RedisError as error:
        logger.warning("The worker's heartbeat could not be written: %s", error)


@cache
def redis_client() -> redis.Redis:
    """A client that gives up within a second, so that an answer is never late."""
    client: redis.Redis = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1
    )
    return client


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, ImproperlyConfigured):
        connection.close()
        return "unreachable"
    return "ok"


def _redis() -> str:
    try:
        redis_client().ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"


def _worker() -> str:
    try:
        return "ok" if redis_client().exists(HEARTBEAT_KEY) else "no heartbeat"
    except redis.RedisError:
        return "unknown"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "redis": _redis,
    "worker": _worker,
}
