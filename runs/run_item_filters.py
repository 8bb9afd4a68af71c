"""The one place that narrows the rows of a run by what its page asks for."""

from __future__ import annotations

from functools import partial
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict

from datasets.filters import MAX_LENGTH, AnyOf
from datasets.list_filters import ListFilter
from datasets.operators import OPERATORS
from evalplatform.scoping.actor import Actor
from runs.models import CheckResult, Run, RunItem

SHOWS = {
    "failed": "Failed (errors too)",
    "passed": "Passed",
    "error": "No output (error)",
    "check_error": "A check in error",
    "low": "Low confidence",
    "skipped": "A check skipped",
    "overridden": "Overridden",
    "unclear": "No verdict",
    "pending": "Waiting",
}
NAMES = {
    "q": "Text",
    "show": "Shows",
    "operator": "Failing check",
    "evaluator": "Failing evaluator",
    "check_category": "Failing category",
    "category": "Category",
    "tag": "Tag",
}


class RunItemFilterSet(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Every parameter rows can be narrowed by."""

    q = django_filters.CharFilter(method="with_text", max_length=MAX_LENGTH)
    show = AnyOf(method="that_show", only=tuple(SHOWS))
    operator = AnyOf(method="failing_operators")
    evaluator = AnyOf(method="failing_evaluators")
    check_category = AnyOf(method="failing_categories")
    category = AnyOf(method="of_categories")
    tag = AnyOf(method="with_tags")

    class Meta:
        model = RunItem
        fields: list[str] = []

    def __init__(self, *args: Any, results: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.results = results

    def with_text(self, rows: Any, name: str, value: str) -> Any:
        """Keep rows that hold the text in their id, title, prompt or response."""
        if not value:
            return rows
        return rows.filter(
            Q(public_id__icontains=value)
            | Q(title__icontains=value)
            | Q(prompt_text__icontains=value)
            | Q(response__icontains=value)
        )

    def that_show(self, rows: Any, name: str, value: list[str]) -> Any:
        """Keep rows that show one of these."""
        wanted = Q()
        for each in value:
            wanted |= self.shown(each)
        return rows.filter(wanted)

    def shown(self, what: str) -> Q:
        """The condition of one choice; each has an index, or is met soon."""
        success, error = RunItem.Status.SUCCESS, RunItem.Status.ERROR
        if what == "overridden":
            edited = self.results.filter(run_item=OuterRef("pk")).exclude(edited_auto_eval="")
            return Q(Exists(edited))
        return {
            "failed": Q(is_passed=False),
            "passed": Q(is_passed=True),
            "error": Q(status=error),
            "check_error": Q(n_errors__gt=0),
            "low": Q(n_low__gt=0),
            "skipped": Q(n_skipped__gt=0),
            "unclear": Q(status=success, is_passed=None),
            "pending": Q(status=RunItem.Status.PENDING),
        }[what]

    def failing_operators(self, rows: Any, name: str, value: list[str]) -> Any:
        """Keep rows with a check of one of these operators that does not stand as passed."""
        return self._failing(rows, Q(operator__in=value)) if value else rows

    def failing_evaluators(self, rows: Any, name: str, value: list[str]) -> Any:
        """Keep rows that one of these evaluators failed."""
        return self._failing(rows, Q(evaluator__in=value)) if value else rows

    def failing_categories(self, rows: Any, name: str, value: list[str]) -> Any:
        """Keep rows with a failing check of one of these categories."""
        return self._failing(rows, Q(category__in=value)) if value else rows

    def _failing(self, rows: Any, check: Q) -> Any:
        failing = self.results.filter(check, run_item=OuterRef("pk"), stands=False)
        return rows.filter(Exists(failing), is_passed=False)

    def of_categories(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.filter(category__in=value) if value else rows

    def with_tags(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.filter(tags__overlap=value) if value else rows


def filter_run_items(rows: Any, results: Any, params: QueryDict) -> ListFilter:
    """Narrow these visible rows of a run; `results` are the visible results of its checks."""
    return ListFilter(partial(RunItemFilterSet, results=results), NAMES, rows, params, _spoken)


def results_of(actor: Actor, run: Run) -> Any:
    """Every result of a run that the actor may see."""
    return CheckResult.objects.visible_to(actor).filter(run=run)


def _spoken(name: str, value: str) -> str:
    if name == "operator":
        return OPERATORS[value].label if value in OPERATORS else value
    return SHOWS.get(value, value) if name == "show" else value
