"""The one place that narrows the list of runs by what its address asks for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Q
from django.http import QueryDict

from datasets.filters import MAX_LENGTH, AnyOf, Moment
from datasets.list_filters import ListFilter
from datasets.models import Dataset
from evalplatform.scoping.actor import Actor
from runs.models import Run

KINDS = dict(Run.Kind.choices)
SOURCES = dict(Run.Source.choices)
STATUSES = dict(Run.Status.choices)
NAMES = {
    "q": "Text",
    "kind": "Kind",
    "source": "Source",
    "status": "Status",
    "dataset": "Dataset",
    "owner": "Owner",
    "batch": "Batch",
    "config": "Configuration",
    "date_from": "From",
    "date_to": "Until",
}
MOST_CHOICES = 200


class RunFilterSet(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Every parameter runs can be narrowed by."""

    q = django_filters.CharFilter(method="with_text", max_length=MAX_LENGTH)
    kind = AnyOf(method="of_kinds", only=tuple(KINDS))
    source = AnyOf(method="from_sources", only=tuple(SOURCES))
    status = AnyOf(method="with_statuses", only=tuple(STATUSES))
    dataset = AnyOf(method="of_datasets")
    owner = AnyOf(method="of_owners")
    batch = AnyOf(method="of_batches")
    config = AnyOf(method="of_configs")
    date_from = Moment(method="made_from")
    date_to = Moment(method="made_before", is_end=True)

    class Meta:
        model = Run
        fields: list[str] = []

    def with_text(self, rows: Any, name: str, value: str) -> Any:
        """Keep runs whose title, category or template key holds the text."""
        if not value:
            return rows
        return rows.filter(
            Q(title__icontains=value)
            | Q(category__icontains=value)
            | Q(subcategory__icontains=value)
            | Q(template_key__icontains=value)
        )

    def of_kinds(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.filter(kind__in=value) if value else rows

    def from_sources(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.filter(source__in=value) if value else rows

    def with_statuses(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.filter(status__in=value) if value else rows

    def of_datasets(self, rows: Any, name: str, value: list[str]) -> Any:
        """Keep runs of these datasets; an id that is none has no runs."""
        return rows.filter(dataset__in=ids_of(value)) if value else rows

    def of_owners(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.filter(owner__in=ids_of(value)) if value else rows

    def of_batches(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.filter(batch__in=ids_of(value)) if value else rows

    def of_configs(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.filter(config__in=ids_of(value)) if value else rows

    def made_from(self, rows: Any, name: str, value: datetime | None) -> Any:
        return rows.filter(created_at__gte=value) if value else rows

    def made_before(self, rows: Any, name: str, value: datetime | None) -> Any:
        return rows.filter(created_at__lt=value) if value else rows


def filter_runs(
    actor: Actor, params: QueryDict, owners: Mapping[str, str], datasets: Mapping[str, str]
) -> ListFilter:
    """Narrow what this actor may see; the mappings say the names of ids in the chips."""
    words: dict[str, Mapping[str, str]] = {
        "kind": KINDS, "source": SOURCES, "status": STATUSES, "owner": owners, "dataset": datasets,
    }  # fmt: skip

    def spoken(name: str, value: str) -> str:
        known = words.get(name, {})
        return str(known.get(value, "this one" if name in {"batch", "config"} else value))

    return ListFilter(RunFilterSet, NAMES, Run.objects.visible_to(actor), params, spoken)


def owners_of(actor: Actor) -> dict[str, str]:
    """The people who own a run that the actor may see, by id, in order of their names."""
    rows = Run.objects.visible_to(actor).order_by("owner__name", "owner_id").distinct()
    people = rows.values_list("owner_id", "owner__name", "owner__email")[:MOST_CHOICES]
    return {str(pk): name or email for pk, name, email in people}


def datasets_of(actor: Actor) -> dict[str, str]:
    """The datasets that have a run, both visible to the actor, by id, in order of their names."""
    with_runs = Run.objects.visible_to(actor).values("dataset")
    rows = Dataset.objects.visible_to(actor).filter(pk__in=with_runs).order_by("name", "pk")
    return {str(pk): name for pk, name in rows.values_list("pk", "name")[:MOST_CHOICES]}


def ids_of(values: list[str]) -> list[uuid.UUID]:
    """Those of the texts that are ids."""
    found = []
    for text in values:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
