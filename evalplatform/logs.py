"""One log line an event, with the request's id, and with secrets taken out."""

from __future__ import annotations

import re
from typing import Any

import structlog

KEY_IN_TEXT = re.compile(r"evp_[A-Za-z0-9]{32}")
BEARER = re.compile(r"(?i)\b(bearer\s+)[^\s'\",;]+")
SECRET_NAMES = ("password", "secret", "token", "authorization", "cookie", "api_key")


def redact(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace values of secret names; API keys and bearers wherever they stand in a text."""
    for name, value in event.items():
        if any(secret in name.lower() for secret in SECRET_NAMES):
            event[name] = "[redacted]"
        elif isinstance(value, str):
            event[name] = BEARER.sub(r"\1[redacted]", KEY_IN_TEXT.sub("evp_[redacted]", value))
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.format_exc_info,
    redact,
]
PROCESSORS = [
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    structlog.processors.JSONRenderer(),
]
structlog.configure(
    processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
