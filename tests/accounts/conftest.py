"""Sign-in limits are counted in Redis, which outlives a test: begin each one with none used up."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    for key in cache.iter_keys("allauth:*"):  # type: ignore[attr-defined]
        cache.delete(key)
