"""Which events of the audit log are asked for: one allowlist of names for page and export."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from psycopg import sql

from evalplatform.accounts.models import Membership
from evalplatform.accounts.roles import Verb
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor

OPERATOR = "operator"
SEEN_MOST = 200


class AuditFilterForm(forms.Form):
    """Person, verb, object, dates, and text in the object's label."""

    use_required_attribute = False

    q = forms.CharField(
        required=False,
        max_length=200,
        label="Text",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Search what was changed"}),
    )
    person = forms.ChoiceField(required=False, label="Person")
    verb = forms.ChoiceField(required=False, label="What was done")
    object_type = forms.ChoiceField(required=False, label="Kind of object")
    object_id = forms.CharField(required=False, max_length=60, label="Object’s id")
    date_from = forms.DateField(
        required=False, label="From", widget=forms.DateInput(attrs={"type": "date"})
    )
    date_to = forms.DateField(
        required=False, label="To, inclusive", widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, params: QueryDict, *, actor: Actor) -> None:
        super().__init__(params or None)
        self.actor = actor
        for name, choices in self._choices().items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "Any"), *choices]

    def _choices(self) -> dict[str, list[tuple[str, str]]]:
        return {
            "person": people_of(self.actor),
            "verb": [(verb, verb) for verb in values_seen(self.actor, "verb")],
            "object_type": [(kind, kind) for kind in values_seen(self.actor, "object_type")],
        }

    def clean_date_to(self) -> date | None:
        day: date | None = self.cleaned_data["date_to"]
        if day == date.max:
            raise ValidationError("Write an earlier day.")
        return day

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("date_from"), given.get("date_to")
        if first and last and first > last:
            self.add_error("date_to", "This is before the first day.")
        return given

    def asked(self) -> dict[str, Any]:
        """Return the filters that narrow, by name; those that were refused do not."""
        self.is_valid()
        given = self.cleaned_data if self.is_bound else {}
        return {name: value for name, value in given.items() if value not in ("", None)}

    def rows(self) -> Any:
        """Return the events asked for; none while a filter is refused."""
        events = AuditEvent.objects.visible_to(self.actor)
        asked = self.asked()
        if self.errors:
            return events.none()
        for name, value in asked.items():
            events = events.filter(NARROWING[name](value))
        return events

    def chips(self) -> list[dict[str, Any]]:
        """Return what is active, in words, for the bar above the list."""
        return [
            {"name": name, "label": self.fields[name].label, "value": self._in_words(name, value)}
            for name, value in self.asked().items()
        ]

    def _in_words(self, name: str, value: Any) -> str:
        field = self.fields[name]
        choices = dict(field.choices) if isinstance(field, forms.ChoiceField) else {}  # type: ignore[arg-type]
        return str(choices.get(value, value))


def by_person(value: str) -> Q:
    """Narrow to one person, or to the operators of the installation."""
    return Q(actor_user=None) if value == OPERATOR else Q(actor_user=uuid.UUID(value))


NARROWING: dict[str, Callable[[Any], Q]] = {
    "q": lambda text: Q(object_label__icontains=text),
    "person": by_person,
    "verb": lambda verb: Q(verb=verb),
    "object_type": lambda kind: Q(object_type=kind),
    "object_id": lambda pk: Q(object_id=pk.strip()),
    "date_from": lambda day: Q(at__gte=midnight(day)),
    "date_to": lambda day: Q(at__lt=midnight(day) + timedelta(days=1)),
}


def midnight(day: date) -> datetime:
    """Return the first moment of the day, UTC."""
    return timezone.make_aware(datetime.combine(day, time.min))


def people_of(actor: Actor) -> list[tuple[str, str]]:
    """Return everybody who is or was in the team, once, and the operators."""
    places = Membership.all_rows.filter(team=actor.team).select_related("user")
    people = {str(row.user_id): str(row.user) for row in places.order_by("user__name", "user_id")}
    return [*people.items(), (OPERATOR, "Operator, command line")]


STEPPING = """
WITH RECURSIVE seen(value, n) AS (
    (SELECT {column}, 1 FROM {events} WHERE team_id = %(team)s ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (
        SELECT {column} FROM {events} WHERE team_id = %(team)s AND {column} > seen.value
        ORDER BY {column} LIMIT 1
    ), n + 1
    FROM seen WHERE seen.value IS NOT NULL AND n < %(most)s
)
SELECT value FROM seen WHERE value IS NOT NULL ORDER BY value
"""


def values_seen(actor: Actor, column: str) -> list[str]:
    """Return the different values of an indexed column in the team's log.

    A plain DISTINCT reads the whole log; this makes one index probe per value.
    """
    if not actor.may(Verb.READ_AUDIT):
        return []
    query = sql.SQL(STEPPING).format(
        column=sql.Identifier(column), events=sql.Identifier(AuditEvent._meta.db_table)
    )
    with connection.cursor() as cursor:
        cursor.execute(query, {"team": actor.team.pk, "most": SEEN_MOST})
        return [row[0] for row in cursor.fetchall()]


def canonical(asked: dict[str, Any]) -> dict[str, str]:
    """Return the filters as text by name, in one order, for the audit event of an export."""
    return {name: str(asked[name]) for name in sorted(asked)}
