"""What the lists of evaluators and configurations can be narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters
from django.http import QueryDict

from datasets.dataset_filters import LEVELS
from datasets.filters import MAX_LENGTH, AnyOf
from datasets.list_filters import ListFilter
from runs.models import EvaluationConfig, Evaluator


class EvaluatorFilterSet(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Every parameter evaluators can be narrowed by."""

    q = django_filters.CharFilter(method="named", max_length=MAX_LENGTH)
    level = AnyOf(method="of_level", only=tuple(LEVELS))

    class Meta:
        model = Evaluator
        fields: list[str] = []

    def named(self, rows: Any, name: str, value: str) -> Any:
        """Keep those whose name holds the text."""
        return rows.filter(name__icontains=value) if value else rows

    def of_level(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.filter(level__in=value) if value else rows


class ConfigFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """Every parameter configurations can be narrowed by."""

    q = django_filters.CharFilter(method="named", max_length=MAX_LENGTH)

    class Meta:
        model = EvaluationConfig
        fields: list[str] = []

    def named(self, rows: Any, name: str, value: str) -> Any:
        """Keep those whose name, or whose dataset's, holds the text."""
        if not value:
            return rows
        return rows.filter(name__icontains=value) | rows.filter(dataset__name__icontains=value)


def filter_evaluators(rows: Any, params: QueryDict) -> ListFilter:
    names = {"q": "Name", "level": "Level"}
    spoken = lambda name, value: str(LEVELS.get(value, value)) if name == "level" else value  # noqa: E731
    return ListFilter(EvaluatorFilterSet, names, rows, params, spoken)


def filter_configs(rows: Any, params: QueryDict) -> ListFilter:
    return ListFilter(ConfigFilterSet, {"q": "Name"}, rows, params)
