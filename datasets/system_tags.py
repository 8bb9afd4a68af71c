"""Tags that the platform itself puts on messages and sessions: they say nothing about the content.

A system tag begins with PREFIX. Cloning leaves them out of what becomes an item.
"""

from __future__ import annotations

from collections.abc import Iterable

PREFIX = "evalplatform:"


def without_system_tags(tags: Iterable[str]) -> list[str]:
    """Return the tags that people or their tools have given."""
    return [tag for tag in tags if not tag.startswith(PREFIX)]
