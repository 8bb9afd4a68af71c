"""The nouns that items of a dataset are narrowed by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Self

from django.contrib.postgres.search import SearchQuery
from django.db.models import CharField, F, Func, Q

from evalplatform.scoping.managers import ScopedQuerySet

# An id without the case of A to Z: what two newest items of a dataset may not share. Rules of other
# letters change with the server's version, and an index must not.
PLAIN_ID = Func(
    F("public_id"), template='LOWER(%(expressions)s COLLATE "C")', output_field=CharField()
)
PLAIN = str.maketrans(ascii_uppercase, ascii_lowercase)


def plain_id(public_id: str) -> str:
    """What PLAIN_ID is of this id."""
    return public_id.translate(PLAIN)


class ItemQuerySet(ScopedQuerySet[Any]):
    """Rows of items after the visibility rule: all revisions, until a version is chosen."""

    def newest(self) -> Self:
        """Keep what the datasets hold now."""
        return self.filter(until_version=None)

    def at(self, version: int) -> Self:
        """Keep what the datasets held at this version."""
        return self.filter(
            Q(until_version=None) | Q(until_version__gt=version), from_version__lte=version
        )

    def in_order(self) -> Self:
        """Order as the list, the versions and every export do."""
        return self.order_by("position", "id")

    def with_ids_like(self, public_ids: Iterable[str]) -> Self:
        """Keep items whose id is one of these, or differs from one in case only."""
        wanted = [plain_id(each) for each in public_ids]
        return self.alias(plain_id=PLAIN_ID).filter(plain_id__in=wanted)

    def with_text(self, words: str) -> Self:
        """Keep items that hold the words ("quoted phrases", -not).

        Those whose text waits to be indexed are found by their id, input and output.
        """
        waiting = (
            Q(public_id__icontains=words) | Q(input__icontains=words) | Q(output__icontains=words)
        )
        query = SearchQuery(words, config="simple", search_type="websearch")
        return self.filter(Q(search=query) | (Q(search=None) & waiting))

    def with_tags(self, tags: Sequence[str]) -> Self:
        """Keep items that carry one of the tags; "has tags" lets the database use its index."""
        return self.exclude(tags=[]).filter(tags__overlap=list(tags))

    def that_arrived(self, ways: Sequence[str]) -> Self:
        return self.filter(arrived__in=list(ways))

    def with_checks(self, wanted: bool) -> Self:
        """Keep items with checks of their own, or without."""
        return self.exclude(checks=[]) if wanted else self.filter(checks=[])

    def with_operators(self, operators: Sequence[str]) -> Self:
        """Keep items with a check of one of the operators, by the index of those with checks."""
        wanted = Q()
        for operator in operators:
            wanted |= Q(checks__contains=[{"operator": operator}])
        return self.exclude(checks=[]).filter(wanted)

    def linked(self, wanted: bool) -> Self:
        """Keep items with a link to a session, or without."""
        return self.filter(session__isnull=not wanted)
