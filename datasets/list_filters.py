"""What an address narrows a list to: an allowlist of names, the rows that fit, and the chips."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import django_filters
from django.http import QueryDict


class ListFilter:
    """Rows narrowed by a filter set. `rows` has none while there is an error.

    `names` are the parameters and what a person calls them; others in the address mean nothing.
    """

    def __init__(
        self,
        narrowing: Callable[..., Any],
        names: Mapping[str, str],
        rows: Any,
        params: QueryDict,
        spoken: Callable[[str, str], str] = lambda name, value: value,
    ) -> None:
        self.names, self.params, self.all, self.spoken = names, params, rows, spoken
        self._set: django_filters.FilterSet | None = None
        self.errors: dict[str, list[str]] = {}
        if self:  # a form is made of every filter, which takes longer than to find a page of rows
            self._set = narrowing(data=params, queryset=rows)
            self.errors = {
                name: [str(message) for message in messages]
                for name, messages in self._set.form.errors.items()
            }

    @property
    def rows(self) -> Any:
        """The rows that fit, in no order yet."""
        if self._set is None:
            return self.all
        return self.all.none() if self.errors else self._set.filter_queryset(self.all)

    def pairs(self) -> list[tuple[str, str]]:
        """Return (name, value) of every active filter as the address has them."""
        return [
            (name, value)
            for name in self.names
            for value in dict.fromkeys(text.strip() for text in self.params.getlist(name))
            if value
        ]

    def query(self, *, without: tuple[str, str] | None = None) -> str:
        """Return the filters as a query string, less one pair."""
        kept = QueryDict(mutable=True)
        for name, value in self.pairs():
            if (name, value) != without:
                kept.appendlist(name, value)
        return kept.urlencode()

    def chips(self, path: str) -> list[dict[str, str]]:
        """Return one chip per active filter: label, value, and the address without it."""
        return [
            {
                "label": self.names[name],
                "value": self.spoken(name, value),
                "remove_url": f"{path}?{self.query(without=(name, value))}".rstrip("?"),
            }
            for name, value in self.pairs()
        ]

    def values(self) -> dict[str, list[str]]:
        """Return the values of each name, for the panel of the filter."""
        return {name: [v for n, v in self.pairs() if n == name] for name in self.names}

    def page_url(self, token: str) -> str:
        """Return the address of a page of this view; '' without a token."""
        return f"?{self.query()}&page={token}".replace("?&", "?") if token else ""

    def __bool__(self) -> bool:
        return bool(self.pairs())
