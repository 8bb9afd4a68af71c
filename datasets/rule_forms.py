"""The form of a population rule: its name, its bounds, and the filters of the sessions list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from datasets.filters import NAMES, SessionFilter, as_params, filter_sessions
from datasets.models import PopulationRule
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.actor import Actor

DAYS = ("date_from", "date_to")


class RuleForm(forms.Form):
    """What the rule says beside its filters, which `filters_of` reads."""

    name = forms.CharField(
        label="Name",
        max_length=PopulationRule._meta.get_field("name").max_length,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Versions that the rule makes are called after it.",
    )
    lookback_days = forms.IntegerField(
        label="Looks back, in days",
        initial=30,
        min_value=1,
        max_value=365,
        help_text="Sessions that came in longer ago are left alone, also after a pause.",
    )
    quiet_minutes = forms.IntegerField(
        label="Waits for quiet, in minutes",
        initial=10,
        min_value=0,
        max_value=1440,
        help_text="A conversation that was added to within this time waits for the next poll.",
    )


def filters_of(actor: Actor, data: QueryDict) -> SessionFilter:
    """The filters that a form or an address names, and nothing else of it."""
    kept = QueryDict(mutable=True)
    for name in NAMES:
        kept.setlist(name, [text for text in data.getlist(name) if text.strip()])
    return filter_sessions(actor, kept)


def as_form(filters: dict[str, Any]) -> QueryDict:
    """Canonical filters as the form's fields say them: days for moments at midnight."""
    params = as_params(filters)
    for name in DAYS:
        if text := params.get(name, ""):
            params[name] = _day(text, is_end=name == "date_to")
    return params


def _day(text: str, *, is_end: bool) -> str:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    if moment.time() != datetime.min.time():
        return text
    return (moment - timedelta(days=1) if is_end else moment).date().isoformat()
