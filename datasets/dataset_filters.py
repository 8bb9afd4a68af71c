"""The one place that narrows the list of datasets by what its address asks for."""

from __future__ import annotations

import uuid
from typing import Any

import django_filters
from django.http import QueryDict

from datasets.filters import MAX_LENGTH, AnyOf
from datasets.list_filters import ListFilter
from datasets.models import Dataset
from evalplatform.scoping.actor import Actor

LEVELS = dict(Dataset.Level.choices)
YES_NO = {"1": "Yes", "0": "No"}
NAMES = {"q": "Name", "level": "Level", "owner": "Owner", "shared": "Shared"}


class DatasetFilterSet(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Every parameter datasets can be narrowed by."""

    q = django_filters.CharFilter(method="named", max_length=MAX_LENGTH)
    level = AnyOf(method="of_level", only=tuple(LEVELS))
    owner = AnyOf(method="of_owners")
    shared = AnyOf(method="that_are_shared", only=tuple(YES_NO))

    class Meta:
        model = Dataset
        fields: list[str] = []

    def named(self, rows: Any, name: str, value: str) -> Any:
        """Keep those whose name holds the text."""
        return rows.filter(name__icontains=value) if value else rows

    def of_level(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.filter(level__in=value) if value else rows

    def of_owners(self, rows: Any, name: str, value: list[str]) -> Any:
        """Keep what these people own; an id that is none owns nothing."""
        return rows.filter(owner__in=[one for one in value if _is_id(one)]) if value else rows

    def that_are_shared(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.filter(is_shared=value == ["1"]) if len(value) == 1 else rows


def filter_datasets(actor: Actor, params: QueryDict, owners: dict[str, str]) -> ListFilter:
    """Narrow what this actor may see; `owners` are the names of the people to choose from."""

    def spoken(name: str, value: str) -> str:
        if name == "shared":
            return YES_NO.get(value, value)
        return str((LEVELS if name == "level" else owners).get(value, value))

    return ListFilter(DatasetFilterSet, NAMES, Dataset.objects.visible_to(actor), params, spoken)


def owners_of(actor: Actor) -> dict[str, str]:
    """The people who own a dataset that the actor may see, by id, in order of their names."""
    rows = Dataset.objects.visible_to(actor).order_by("owner__name", "owner_id").distinct()
    people = rows.values_list("owner_id", "owner__name", "owner__email")
    return {str(pk): name or email for pk, name, email in people}


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
