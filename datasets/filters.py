"""The one place that narrows sessions by what a page, an API call or an export asks for.

Names are an allowlist: nothing that a caller writes becomes a field, a lookup or an order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime

from datasets.models import Session
from datasets.querysets import STATUSES, SessionQuerySet
from evalplatform.scoping.actor import Actor

MAX_VALUES = 50
MAX_LENGTH = 500
NAMES = {
    "q": "Text",
    "source": "Source",
    "model": "Model",
    "project": "Project",
    "tag": "Tag",
    "participant": "Participant",
    "channel": "Channel",
    "status": "Status",
    "eval_ready": "Eval-ready",
    "date_from": "From",
    "date_to": "Until",
}
STATUS_LABELS = {
    "golden": "Golden",
    "correct": "Correct",
    "incorrect": "Incorrect",
    "needs_review": "Needs review",
    "unset": "Unset",
}
YES_NO = {"1": "Yes", "0": "No"}


class ValuesField(forms.Field):
    """Repeated text parameters; empty ones count as not given. Cleans to a sorted list."""

    widget = forms.MultipleHiddenInput

    def __init__(self, *, only: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.only = tuple(only)

    def clean(self, value: Any) -> list[str]:
        values = sorted({str(one).strip() for one in value or ()} - {""})
        if len(values) > MAX_VALUES:
            raise ValidationError(f"Give at most {MAX_VALUES} values.")
        for one in values:
            if len(one) > MAX_LENGTH:
                raise ValidationError(f"Write at most {MAX_LENGTH} characters.")
            if self.only and one not in self.only:
                raise ValidationError(f"“{one[:40]}” is none of {', '.join(self.only)}.")
        return values


class MomentField(forms.CharField):
    """An ISO day or time; without a zone it is UTC. `is_end` makes a day mean its end."""

    def __init__(self, *, is_end: bool = False, **kwargs: Any) -> None:
        super().__init__(max_length=40, widget=forms.DateInput(attrs={"type": "date"}), **kwargs)
        self.is_end = is_end

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return self._moment(text)
        except (ValueError, OverflowError) as error:
            raise ValidationError(
                "Write a day or time like 2026-03-31 or 2026-03-31T09:00:00Z."
            ) from error

    def _moment(self, text: str) -> datetime:
        day = parse_date(text)
        if day is not None:
            return _start_of(day + timedelta(days=1) if self.is_end else day)
        moment = parse_datetime(text.replace(" ", "+"))
        if moment is None:
            raise ValueError(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


class AnyOf(django_filters.Filter):  # type: ignore[misc]  # django-filter ships no types
    """Keeps rows that one of the repeated values fits; the queryset has the noun for it."""

    field_class = ValuesField


class Moment(django_filters.Filter):  # type: ignore[misc]  # django-filter ships no types
    """Keeps rows from (inclusive) or until (exclusive of the end) a moment."""

    field_class = MomentField


class SessionFilterSet(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Every parameter sessions can be narrowed by; a filter calls a noun of SessionQuerySet."""

    q = django_filters.CharFilter(method="narrow", max_length=MAX_LENGTH)
    source = AnyOf(method="narrow")
    model = AnyOf(method="narrow")
    project = AnyOf(method="narrow")
    tag = AnyOf(method="narrow")
    participant = AnyOf(method="narrow")
    channel = AnyOf(method="narrow")
    status = AnyOf(method="narrow", only=STATUSES)
    eval_ready = AnyOf(method="narrow", only=("1", "0"))
    date_from = Moment(method="narrow")
    date_to = Moment(method="narrow", is_end=True)

    class Meta:
        model = Session
        fields: list[str] = []

    def narrow(self, rows: SessionQuerySet, name: str, value: Any) -> SessionQuerySet:
        """Call the noun of this parameter; the table is the allowlist."""
        noun = NOUNS[name]
        return noun(rows, value) if value else rows


NOUNS: dict[str, Any] = {
    "q": SessionQuerySet.with_text,
    "source": SessionQuerySet.from_sources,
    "model": SessionQuerySet.with_models,
    "project": SessionQuerySet.in_projects,
    "tag": SessionQuerySet.with_tags,
    "participant": SessionQuerySet.of_participants,
    "channel": SessionQuerySet.on_channels,
    "status": SessionQuerySet.with_statuses,
    "eval_ready": SessionQuerySet.marked,
    "date_from": SessionQuerySet.started_from,
    "date_to": SessionQuerySet.started_before,
}


class SessionFilter:
    """What a request narrows its visible sessions to.

    `qs` has no row while there is an error, so that nothing is ever done to "all" by mistake.
    """

    def __init__(self, actor: Actor, params: QueryDict, *, unknown: Iterable[str] = ()) -> None:
        self.actor = actor
        self.params = params
        self.visible: SessionQuerySet = Session.objects.visible_to(actor)
        self._set = SessionFilterSet(data=params, queryset=self.visible)
        self.form = self._set.form
        self.errors: dict[str, list[str]] = {
            name: [str(message) for message in messages]
            for name, messages in self.form.errors.items()
        }
        for name in unknown:
            self.errors[name[:60]] = [f"There is no such parameter; known: {', '.join(NAMES)}."]

    @property
    def qs(self) -> SessionQuerySet:
        """The visible sessions that fit, in no order yet."""
        if self.errors:
            return self.visible.none()
        rows: SessionQuerySet = self._set.filter_queryset(self.visible)
        return rows

    def canonical(self) -> dict[str, Any]:
        """Return the filters as plain JSON, the same for the same meaning, for manifests."""
        if self.errors:
            return {}
        found = {name: self.form.cleaned_data.get(name) for name in NAMES}
        return {name: _plain(value) for name, value in sorted(found.items()) if value}

    def pairs(self) -> list[tuple[str, str]]:
        """Return (name, value) of every active filter as the URL has them."""
        return [
            (name, value)
            for name in NAMES
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

    def chips(self, path: str, *, hidden: Iterable[str] = ()) -> list[dict[str, str]]:
        """Return one chip per active filter: label, value, and the address without it."""
        return [
            {
                "label": NAMES[name],
                "value": _spoken(name, value),
                "remove_url": f"{path}?{self.query(without=(name, value))}".rstrip("?"),
            }
            for name, value in self.pairs()
            if name not in hidden
        ]

    @property
    def status_choices(self) -> list[tuple[str, str]]:
        return list(STATUS_LABELS.items())

    @property
    def statuses(self) -> list[str]:
        return self.params.getlist("status")

    @property
    def marks(self) -> list[str]:
        return self.params.getlist("eval_ready")

    @property
    def participant(self) -> str:
        return self.params.get("participant", "")

    def __bool__(self) -> bool:
        return bool(self.pairs())


def filter_sessions(
    actor: Actor, params: QueryDict, *, strict: bool = False, also: Iterable[str] = ()
) -> SessionFilter:
    """Narrow what this actor may see; `strict` makes names beyond ours and `also` errors.

    A repeated parameter means any of its values; source names, models, projects, participants and
    channels match exactly.
    """
    known = {*NAMES, *also}
    return SessionFilter(
        actor, params, unknown=[name for name in params if name not in known] if strict else ()
    )


def as_params(filters: Mapping[str, Any]) -> QueryDict:
    """Return canonical filters (or the `filter` object of an API body) as parameters.

    Raises ValidationError, keyed by name, for values that are not text, numbers, true/false or
    lists of them, and for empty ones: a body that names a filter means to narrow.
    """
    params = QueryDict(mutable=True)
    for name, value in filters.items():
        for one in (value or [None]) if isinstance(value, list) else [value]:
            if one is None or one == "" or isinstance(one, dict | list):
                raise ValidationError({str(name)[:60]: "Write text or a list of texts."})
            params.appendlist(
                str(name), {True: "1", False: "0"}[one] if one is True or one is False else str(one)
            )
    return params


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _spoken(name: str, value: str) -> str:
    if name == "status":
        return STATUS_LABELS.get(value, value)
    return YES_NO.get(value, value) if name == "eval_ready" else value
