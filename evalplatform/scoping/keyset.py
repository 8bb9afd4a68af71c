"""Keyset pages: newer and older by the sort values themselves, at the same price at any depth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Value
from django.db.models.lookups import GreaterThan, LessThan
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

CAP = 10_000
SALT = "keyset"


class Row(Func):
    """SQL's row value (a, b), compared whole so that one index range answers."""

    function = "ROW"
    output_field = models.BooleanField()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows and the tokens of its neighbours ('' when there is none).

    `newer` is the page before in the list's order and `older` the one behind, whatever the order.
    """

    rows: list[Any]
    newer: str
    older: str
    is_whole: bool = False  # there is no row but these
    is_full: bool = False  # there is a row more on the way that was asked for


Read = Callable[[Any], Any]


def fetch_page(
    rows: Any,
    keys: Sequence[str],
    token: str,
    size: int,
    read: Read | None = None,
    *,
    ascending: bool = False,
    by_sorting: bool = False,
) -> Page:
    """Return the page a token names; `keys` are the sort fields, the last one unique.

    They are descending unless `ascending`. `read` says what to read of the page's rows (joins,
    annotations, `values` with the keys among them): it is given these rows only, so that the search
    for them reads no more than an index. `by_sorting` keeps the database from walking an index of
    the order, for rows that are far apart in it; the first key is a number then. Raises
    ValidationError for a token that is not ours.
    """
    way = _Way.of(token, keys, ascending=ascending)
    found = _read(way.beyond(rows), way.order, size + 1, read, by_sorting=by_sorting)
    is_full = len(found) > size
    has_newer, has_older = bool(way.values), is_full
    found = found[:size]
    if way.is_back:
        has_newer, has_older = is_full, True
        found = found[::-1]
    return Page(
        rows=found,
        newer=make_token("newer", found[0], keys) if found and has_newer else "",
        older=make_token("older", found[-1], keys) if found and has_older else "",
        is_whole=not way.values and not has_older,
        is_full=is_full,
    )


def reach_of(
    rows: Any, among: Any, keys: Sequence[str], token: str, n: int, *, ascending: bool = False
) -> tuple[Any, bool]:
    """Narrow rows to the next n of `among` on the token's way; and whether these are all."""
    way = _Way.of(token, keys, ascending=ascending)
    last = way.beyond(among).order_by(*way.order).values_list(*keys)[n : n + 1]
    for bound in last:
        lookup = GreaterThan if way.lookup is LessThan else LessThan
        return _beyond(rows, keys, bound, lookup), False
    return rows, True


@dataclass(frozen=True, slots=True)
class _Way:
    """From the place a token names, forth or back through a list."""

    keys: Sequence[str]
    values: Sequence[Any]  # of the place; none at the beginning
    order: Sequence[str]
    lookup: Any
    is_back: bool

    @classmethod
    def of(cls, token: str, keys: Sequence[str], *, ascending: bool) -> _Way:
        direction, values = read_token(token)
        is_back = direction == "newer"
        is_rising = ascending != is_back
        order = [key if is_rising else f"-{key}" for key in keys]
        return cls(keys, values, order, GreaterThan if is_rising else LessThan, is_back)

    def beyond(self, rows: Any) -> Any:
        is_anywhere = not self.values and not self.is_back
        return rows if is_anywhere else _beyond(rows, self.keys, self.values, self.lookup)


def fetch_around(
    rows: Any,
    keys: Sequence[str],
    row: Any,
    size: int,
    read: Read | None = None,
    *,
    ascending: bool = False,
) -> Page:
    """Return a page with this row in it, a quarter of the page behind its beginning."""
    token = make_token("newer", row, keys)
    above = fetch_page(rows, keys, token, size // 4, read, ascending=ascending)
    token = make_token("older", above.rows[-1], keys) if above.rows else ""
    n_left = size - len(above.rows)
    below = fetch_page(rows, keys, token, n_left, read, ascending=ascending)
    return Page([*above.rows, *below.rows], above.newer, below.older)


def _read(
    rows: Any, order: Sequence[str], n: int, read: Read | None, *, by_sorting: bool
) -> list[Any]:
    """Return the first rows in this order, as `read` wants them."""
    first = rows.order_by(*(_computed(key) for key in order) if by_sorting else order)[:n]
    if read is None:
        return list(first)
    of_page = type(rows)(model=rows.model, using=rows.db).filter(pk__in=first.values("pk"))
    return list(read(of_page).order_by(*order))


def _computed(key: str) -> Any:
    """The order of a number as no index has it."""
    value = F(key.removeprefix("-")) + 0
    return value.desc() if key.startswith("-") else value.asc()


def _beyond(rows: Any, keys: Sequence[str], values: Sequence[Any], lookup: Any) -> Any:
    """Narrow to the rows before or after the token's, as one row comparison."""
    model = rows.model
    fields = [model._meta.get_field(key) for key in keys]
    try:
        wanted = [field.to_python(value) for field, value in zip(fields, values, strict=True)]
    except (ValueError, ValidationError) as error:
        raise ValidationError("This page link is broken: start from the first page.") from error
    left = Row(*(F(key) for key in keys))
    right = Row(*(Value(v, output_field=f) for v, f in zip(wanted, fields, strict=True)))
    return rows.filter(lookup(left, right))


def make_token(direction: str, row: Any, keys: Sequence[str]) -> str:
    """Return the signed, opaque token of the page beyond this row."""
    values = [row[key] if isinstance(row, dict) else getattr(row, key) for key in keys]
    return signing.Signer(salt=SALT).sign_object([direction, *map(_plain, values)])


def read_token(token: str) -> tuple[str, list[Any]]:
    """Return direction and sort values of a token; ('older', []) for the first page."""
    if not token:
        return "older", []
    try:
        direction, *values = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise ValidationError("This page link is broken: start from the first page.") from error
    return str(direction), values


def _plain(value: Any) -> Any:
    """Return the value as JSON holds it, with a time's microseconds."""
    if isinstance(value, int | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def capped_count(rows: Any, cap: int = CAP) -> tuple[int, bool]:
    """Return how many rows there are, counting no further than the cap, and whether it was hit."""
    n = rows.order_by().values("pk")[: cap + 1].count()
    return min(n, cap), n > cap


def total_of(page: Page, rows: Any, cap: int = CAP) -> tuple[int, bool]:
    """Return the capped count of all rows, without asking when the page shows them all."""
    return (len(page.rows), False) if page.is_whole else capped_count(rows, cap)


class ApiKeysetPagination(BasePagination):
    """`?page=<token>&limit=<1-200>`; answers {"results", "next", "previous"}."""

    keys: Sequence[str] = ("created_at", "id")
    ascending = False
    size = 50
    largest = 200

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        keys = getattr(view, "page_keys", self.keys)
        token, limit = request.query_params.get("page", ""), self._limit(request)
        self.page = fetch_page(queryset, keys, token, limit, ascending=self.ascending)
        return self.page.rows

    def _limit(self, request: Any) -> int:
        text = request.query_params.get("limit", "")
        if not text:
            return self.size
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= self.largest:
            raise ValidationError({"limit": f"Write a number from 1 to {self.largest}."})
        return int(text)

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "results": data,
                "next": self.page.older or None,
                "previous": self.page.newer or None,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        token = {"type": "string", "nullable": True}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": schema,
                "next": {**token, "description": "Token of the older page: pass it as `page`."},
                "previous": {**token, "description": "Token of the newer page: pass it as `page`."},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {"name": "page", "in": "query", "required": False, "schema": {"type": "string"}},
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "schema": {"type": "integer", "minimum": 1, "maximum": self.largest},
            },
        ]
