"""The nouns that sessions are narrowed by."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.search import SearchQuery

from evalplatform.scoping.managers import ScopedQuerySet


class SessionQuerySet(ScopedQuerySet[Any]):
    """Sessions after the visibility rule."""

    def newest_first(self) -> Self:
        """Order as every list and export of sessions does."""
        return self.order_by("-started_at", "-id")

    def with_text(self, words: str) -> Self:
        """Keep sessions whose text holds the words ("quoted phrases", -not)."""
        return self.filter(search=SearchQuery(words, config="simple", search_type="websearch"))

    def eval_ready(self) -> Self:
        """Keep sessions marked eval-ready."""
        return self.filter(label__is_eval_ready=True)
