"""Related rows that a form, a filter or an API field may name: the visible ones."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from rest_framework import serializers

from evalplatform.accounts.models import Membership, User
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel


def visible_rows_of(model: type[models.Model], actor: Actor) -> Any:
    """Return the rows of a related model that the actor may name; people are the team's members."""
    if issubclass(model, ScopedModel):
        return model.objects.visible_to(actor)
    if model is User:
        seen = Membership.objects.visible_to(actor)
        return User.objects.filter(pk__in=seen.values("user"))
    raise ImproperlyConfigured(f"{model.__name__} has no visibility: it cannot be a choice.")


class ScopedChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice among visible rows; empty until `open_to(actor)` has been called."""

    def __init__(self, model: type[models.Model], **options: Any) -> None:
        super().__init__(queryset=model._base_manager.none(), **options)

    def open_to(self, actor: Actor) -> None:
        """Offer the rows that this actor may see."""
        assert self.queryset is not None
        self.queryset = visible_rows_of(self.queryset.model, actor)


class ScopedRelatedField(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
    """An id of a visible row in an API body; others are refused as absent ones are."""

    def __init__(self, model: type[models.Model] | None = None, **options: Any) -> None:
        self.model = model
        if model is not None and not options.get("read_only"):
            options["queryset"] = model._base_manager.none()
        super().__init__(**options)

    def get_queryset(self) -> Any:
        if self.model is None:
            raise ImproperlyConfigured("ScopedRelatedField needs its model.")
        return visible_rows_of(self.model, self.context["request"].auth)
