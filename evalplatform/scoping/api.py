"""The base of every API view: rows through the front door, one verb per action."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import get_visible


class ScopedAPIMixin:
    """`verbs` names the verb of each action (viewsets) or method (views); `model` is the rows'."""

    verbs: ClassVar[dict[str, str]]
    model: type[models.Model]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__ == __name__:
            return
        if cls.__dict__.get("queryset") is not None:
            raise ImproperlyConfigured(
                f"{cls.__name__}: set `model` and narrow rows(), no queryset."
            )
        if not getattr(cls, "verbs", None):
            raise ImproperlyConfigured(f"{cls.__name__} does not say which `verbs` it needs.")

    @property
    def actor(self) -> Actor:
        actor = self.request.auth  # type: ignore[attr-defined]
        assert isinstance(actor, Actor)
        return actor

    def rows(self) -> Any:
        """Return the rows that the caller may see."""
        return self.model.objects.visible_to(self.actor)  # type: ignore[attr-defined]

    def get_queryset(self) -> Any:
        return self.rows()

    def get_row(self, **lookup: Any) -> Any:
        """Return one visible row or 404."""
        return get_visible(self.model, self.actor, **lookup)


class ScopedAPIView(ScopedAPIMixin, APIView):
    """A scoped API view; `verbs` is keyed by method in lower case."""


class ScopedViewSet(ScopedAPIMixin, GenericViewSet[Any]):
    """A scoped viewset; `verbs` is keyed by action."""
