"""Guard: what callers may say is declared, names visible rows only, and never says who or whose."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from typing import Any

import django_filters
from django import forms
from rest_framework import serializers

from datasets.models import Session
from evalplatform.scoping.fields import ScopedChoiceField, ScopedRelatedField
from tests.guards.product import PACKAGES, Finding, hold

NEVER_INPUT = {
    "team",
    "owner",
    "created_by",
    "imported_by",
    "exported_by",
    "requested_by",
    "reviewed_by",
    "marked_by",
    "invited_by",
    "accepted_by",
    "revoked_by",
    "deleted_by",
    "saved_by",
    "user",
    "membership",
    "actor",
}
EXEMPT: dict[str, str] = {}


def place_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def plain_name(name: str) -> str:
    """Return `exportedBy`, `exported_by_id` and `exported_by` as `exported_by`."""
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return snake.removesuffix("_id")


def serializer_findings(kinds: Iterable[type[Any]]) -> Iterator[Finding]:
    """Yield writable fields that nobody may say, open relations, and models taken whole."""
    for kind in kinds:
        place = place_of(kind)
        if getattr(getattr(kind, "Meta", None), "fields", None) == serializers.ALL_FIELDS:
            yield Finding(place, "takes all fields of its model")
            continue
        for name, field in kind().fields.items():
            if field.read_only:
                continue
            if plain_name(name) in NEVER_INPUT or plain_name(field.source or "") in NEVER_INPUT:
                yield Finding(f"{place}.{name}", "may never be input")
            related = getattr(field, "child_relation", field)
            if isinstance(related, serializers.RelatedField) and not isinstance(
                related, ScopedRelatedField
            ):
                yield Finding(f"{place}.{name}", "names rows that the caller may not see")


def form_findings(kinds: Iterable[type[Any]]) -> Iterator[Finding]:
    """Yield fields of forms that nobody may say, and choices of rows that are not scoped."""
    for kind in kinds:
        if getattr(getattr(kind, "Meta", None), "fields", None) == forms.ALL_FIELDS:
            yield Finding(place_of(kind), "takes all fields of its model")
            continue
        for name, field in kind.base_fields.items():
            if name in NEVER_INPUT:
                yield Finding(f"{place_of(kind)}.{name}", "may never be input")
            is_open = isinstance(field, forms.ModelChoiceField)
            if is_open and not isinstance(field, ScopedChoiceField):
                yield Finding(f"{place_of(kind)}.{name}", "offers rows of every team")


def filter_findings(kinds: Iterable[type[Any]]) -> Iterator[Finding]:
    """Yield filters that are not declared one by one, or reach across relations by name."""
    for kind in kinds:
        if kind.Meta.fields:
            yield Finding(place_of(kind), "makes filters from names of fields: declare each")
        for name, one in kind.base_filters.items():
            if "__" in name or "__" in (one.field_name or "") or one.lookup_expr != "exact":
                yield Finding(f"{place_of(kind)}.{name}", "reaches across relations or look-ups")
            if isinstance(one, django_filters.ModelChoiceFilter):
                yield Finding(f"{place_of(kind)}.{name}", "offers rows of every team")


def import_all() -> None:
    """Import every module of ours, so that every class is known."""
    for package in PACKAGES:
        root = importlib.import_module(package)
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            if "migrations" not in found.name and not found.name.endswith(("__main__", ".wsgi")):
                importlib.import_module(found.name)


def subclasses_of(base: type) -> list[type[Any]]:
    """Return the classes of ours under this base."""
    import_all()
    found, waiting = set(), [base]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.partition(".")[0] in PACKAGES:
                found.add(kind)
    return sorted(found, key=place_of)


def test_serializers_take_declared_and_scoped_fields() -> None:
    kinds = subclasses_of(serializers.Serializer)

    assert kinds
    hold(serializer_findings(kinds), EXEMPT)


def test_forms_take_declared_and_scoped_fields() -> None:
    kinds = subclasses_of(forms.BaseForm)

    assert kinds
    hold(form_findings(kinds), EXEMPT)


def test_filters_are_declared_one_by_one() -> None:
    kinds = subclasses_of(django_filters.FilterSet)

    assert kinds
    hold(filter_findings(kinds), EXEMPT)


def messages(findings: Iterable[Finding]) -> list[str]:
    return [
        f"{finding.place.rpartition('<locals>.')[2]}: {finding.message}" for finding in findings
    ]


def test_guard_catches_a_serializer_that_takes_too_much() -> None:
    class Whole(serializers.ModelSerializer[Session]):
        class Meta:
            model = Session
            fields = "__all__"

    class Mine(serializers.Serializer[Any]):
        exportedBy = serializers.CharField()  # noqa: N815
        title = serializers.CharField()
        session = serializers.PrimaryKeyRelatedField(queryset=Session.all_rows)
        owner = serializers.CharField(read_only=True)

    assert messages(serializer_findings([Whole, Mine])) == [
        "Whole: takes all fields of its model",
        "Mine.exportedBy: may never be input",
        "Mine.session: names rows that the caller may not see",
    ]


def test_guard_catches_a_form_that_offers_every_teams_rows() -> None:
    class Choose(forms.Form):
        team = forms.CharField()
        session = forms.ModelChoiceField(queryset=Session.all_rows.none())
        scoped = ScopedChoiceField(Session)

    assert messages(form_findings([Choose])) == [
        "Choose.team: may never be input",
        "Choose.session: offers rows of every team",
    ]


def test_guard_catches_a_filter_by_the_names_of_fields() -> None:
    class Narrow(django_filters.FilterSet):  # type: ignore[misc]
        secret = django_filters.CharFilter(field_name="owner__password", lookup_expr="startswith")

        class Meta:
            model = Session
            fields = ["title"]

    assert messages(filter_findings([Narrow])) == [
        "Narrow: makes filters from names of fields: declare each",
        "Narrow.secret: reaches across relations or look-ups",
    ]
