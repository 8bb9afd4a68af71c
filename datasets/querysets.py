"""The nouns that sessions are narrowed by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.search import SearchQuery

from evalplatform.scoping.managers import ScopedQuerySet

if TYPE_CHECKING:
    pass


class SessionQuerySet(ScopedQuerySet["Session"]):
    """Sessions after the visibility rule."""

    def newest_first(self) -> Self:
        """Order as every list and export of sessions does."""
        return self.order_by("-started_at", "-id")

    def with_text(self, words: str) -> Self:
        """Keep sessions whose title or messages hold the words (full text, "quoted phrases", -not)."""
        return self.filter(search=SearchQuery(words, config="simple", search_type="websearch"))

    def eval_ready(self) -> Self:
        """Keep sessions marked eval-ready."""
        return self.filter(label__is_eval_ready=True)
