"""Typed reading of the environment: a bad value refuses to start and says which one."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

KNOWN_KEYS = ("django-insecure", "changeme", "change-me", "secret", "default", "password", "test")
SHORTEST_KEY = 32


def text(name: str, default: str = "") -> str:
    """Return the variable, or the default when it is unset or empty."""
    return os.environ.get(name) or default


def flag(name: str, default: bool = False) -> bool:
    """Return a yes/no variable; anything but 1/0, true/false, yes/no, on/off refuses to start."""
    value = text(name).strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is not yes or no: write 1 or 0.")


def integer(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number of at least `least`."""
    value = text(name)
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a number: write {least} or more, in digits."
        )
    return int(value)


def names(name: str, default: list[str]) -> list[str]:
    """Return a comma separated list."""
    return [part.strip() for part in text(name).split(",") if part.strip()] or default


def random_texts(name: str) -> list[str]:
    """Return a comma separated list of keys; one that can be guessed refuses to start."""
    keys = names(name, [])
    if any(len(key) < SHORTEST_KEY or len(set(key)) < 8 for key in keys):
        raise ImproperlyConfigured(f"{name} holds a short key: write 32 or more random characters.")
    return keys


def home() -> Path:
    """Return the folder of everything this installation keeps: EVALPLATFORM_HOME, default var."""
    return Path(text("EVALPLATFORM_HOME", "var")).resolve()


def service_url(name: str, key: str) -> str:
    """Return an external server's URL, else that of the running embedded one, else ''."""
    if text(name):
        return text(name)
    try:
        services = json.loads((home() / "services.json").read_text())
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"services.json in {home()} cannot be read: {error}") from error
    return str(services.get(key, ""))


def database(url: str) -> dict[str, Any]:
    """Return Django's settings for a libpq URL, unix sockets included; without one, none."""
    if not url:
        return {"ENGINE": "django.db.backends.dummy"}
    try:
        parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except Exception as error:
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read: write postgresql://user:password@host:5432/name."
        ) from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "evalplatform"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, **parts},
    }


def secret_key(*, debug: bool) -> str:
    """Return SECRET_KEY, else the one kept in the home; '' when there is none."""
    if text("SECRET_KEY"):
        return text("SECRET_KEY")
    kept = home() / "secret_key"
    if kept.exists():
        return kept.read_text().strip()
    return keep_new_secret_key() if debug else ""


def keep_new_secret_key() -> str:
    """Make the installation's key once, readable by its owner only, and return it."""
    home().mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = home() / "secret_key"
    try:
        handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return kept.read_text().strip()
    with os.fdopen(handle, "w") as stream:
        key = secrets.token_urlsafe(48)
        stream.write(key)
    return key


def refuse_unsafe_key(key: str) -> None:
    """Refuse to serve with a missing, short or well-known key."""
    if not key:
        raise ImproperlyConfigured(
            "SECRET_KEY is missing: set it, or let `make run` generate one into the home folder."
        )
    if len(key) < SHORTEST_KEY or len(set(key)) < 8 or key.lower().startswith(KNOWN_KEYS):
        raise ImproperlyConfigured(
            "SECRET_KEY is short or well known: set 32 or more random characters."
        )


def celery_broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis address: it names unix sockets in its own way."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={database}"
