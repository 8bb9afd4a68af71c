"""The one place that narrows the items of a dataset by what a page or a bulk act asks for."""

from __future__ import annotations

from typing import Any

import django_filters
from django.http import QueryDict

from datasets.filters import MAX_LENGTH, AnyOf
from datasets.item_querysets import ItemQuerySet
from datasets.list_filters import ListFilter
from datasets.models import DatasetItem
from datasets.operators import OPERATORS

ARRIVED = dict(DatasetItem.Arrived.choices)
YES_NO = {"1": "Yes", "0": "No"}
NAMES = {
    "q": "Text",
    "tag": "Tag",
    "arrived": "Arrived",
    "operator": "Operator",
    "checks": "Has checks",
    "linked": "Linked",
}


class ItemFilterSet(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Every parameter items can be narrowed by; a filter calls a noun of ItemQuerySet."""

    q = django_filters.CharFilter(method="narrow", max_length=MAX_LENGTH)
    tag = AnyOf(method="narrow")
    arrived = AnyOf(method="narrow", only=tuple(ARRIVED))
    operator = AnyOf(method="narrow", only=tuple(OPERATORS))
    checks = AnyOf(method="narrow_either", only=tuple(YES_NO))
    linked = AnyOf(method="narrow_either", only=tuple(YES_NO))

    class Meta:
        model = DatasetItem
        fields: list[str] = []

    def narrow(self, rows: ItemQuerySet, name: str, value: Any) -> ItemQuerySet:
        """Call the noun of this parameter; the table is the allowlist."""
        return NOUNS[name](rows, value) if value else rows

    def narrow_either(self, rows: ItemQuerySet, name: str, value: Any) -> ItemQuerySet:
        """Yes and no together keep everything."""
        return NOUNS[name](rows, value == ["1"]) if len(value) == 1 else rows


NOUNS: dict[str, Any] = {
    "q": ItemQuerySet.with_text,
    "tag": ItemQuerySet.with_tags,
    "arrived": ItemQuerySet.that_arrived,
    "operator": ItemQuerySet.with_operators,
    "checks": ItemQuerySet.with_checks,
    "linked": ItemQuerySet.linked,
}


IN_ORDER = frozenset({"arrived", "checks", "linked"})


def filter_items(rows: ItemQuerySet, params: QueryDict) -> ListFilter:
    """Narrow these visible rows; a repeated parameter means any of its values."""
    return ListFilter(ItemFilterSet, NAMES, rows, params, _spoken)


def is_in_order(found: ListFilter) -> bool:
    """Whether an index has the items that fit one of these filters in the dataset's order."""
    return names_of(found) <= IN_ORDER


def names_of(found: ListFilter) -> set[str]:
    """The names of the filters that are active."""
    return {name for name, _ in found.pairs()}


def _spoken(name: str, value: str) -> str:
    if name == "operator":
        return OPERATORS[value].label if value in OPERATORS else value
    if name == "arrived":
        return str(ARRIVED.get(value, value))
    return YES_NO.get(value, value) if name in {"checks", "linked"} else value
