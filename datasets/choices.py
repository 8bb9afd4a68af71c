"""What the filters of sessions offer: only what the rows that a person sees hold."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Count, Func
from django.http import QueryDict

from datasets.models import Session, Source
from evalplatform.scoping.actor import Actor

MOST = 200
PLAIN = (
    ("model", "model", "Model"),
    ("project", "project_name", "Project"),
    ("channel", "channel", "Channel"),
)


def choices_of(actor: Actor, chosen: QueryDict) -> list[dict[str, Any]]:
    """Return the groups of choices with what is chosen ticked; chosen values are always there."""
    rows = Session.objects.visible_to(actor).order_by()
    sources = Source.objects.visible_to(actor).order_by("name")
    found = [("source", "Source", list(sources.values_list("name", flat=True)[:MOST]))]
    found += [(name, label, _distinct(rows, field)) for name, field, label in PLAIN]
    found.append(("tag", "Tag", _tags(rows)))
    return [_group(name, label, values, chosen.getlist(name)) for name, label, values in found]


def _distinct(rows: Any, field: str) -> list[str]:
    values = rows.exclude(**{field: ""}).values_list(field, flat=True).distinct().order_by(field)
    return list(values[:MOST])


def _tags(rows: Any) -> list[str]:
    """Return the most used tags of sessions and their labels, by name."""
    counted: dict[str, int] = {}
    for field in ("tags", "label__tags"):
        each = Func(field, function="unnest", output_field=models.TextField())
        pairs = rows.values(word=each).annotate(n=Count("*")).order_by("-n")[:MOST]
        for tag, n in pairs.values_list("word", "n"):
            counted[tag] = counted.get(tag, 0) + n
    counted.pop(None, None)  # type: ignore[call-overload]
    return sorted(sorted(counted, key=lambda tag: -counted[tag])[:MOST], key=str.casefold)


def _group(name: str, label: str, values: list[str], chosen: list[str]) -> dict[str, Any]:
    ticked = [value for value in dict.fromkeys(chosen) if value]
    return {
        "name": name,
        "label": label,
        "choices": [(value, True) for value in ticked]
        + [(value, False) for value in values if value not in ticked],
    }
