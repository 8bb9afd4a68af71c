"""The figures of agreement as rows of a table."""

from __future__ import annotations

from typing import Any

from exports.review_scope import ReviewScope


def agreement_rows(scope: ReviewScope) -> list[dict[str, Any]]:
    """Each quantity of the queue's figures with its interval, as the actor may be told them."""
    return []
