"""The front door: a manager that refuses every query until it knows who asks."""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404

from evalplatform.scoping.actor import Actor

M = TypeVar("M", bound=models.Model)


class UnscopedQueryError(Exception):
    """A query was asked of the front door without saying who asks."""


class ScopedQuerySet(models.QuerySet[M]):
    """Rows of one model after its visibility rule; apps add their nouns to subclasses."""


class FrontDoor(models.Manager[M], Generic[M]):
    """`Model.objects`: `.visible_to(actor)` to read, `.editable_by(actor)` to change, else refusal.

    `queryset_class` holds the nouns a model's rows can be narrowed by.
    """

    queryset_class: type[models.QuerySet[Any]] = ScopedQuerySet

    def __init__(self, queryset_class: type[models.QuerySet[Any]] = ScopedQuerySet) -> None:
        super().__init__()
        self.queryset_class = queryset_class

    def get_queryset(self) -> NoReturn:
        raise UnscopedQueryError(
            f"{self.model.__name__}.objects does not know who asks: use .visible_to(actor) to "
            "read or .editable_by(actor) to change."
        )

    def visible_to(self, actor: Actor) -> Any:
        """Return the rows this actor may see."""
        return self._all().filter(self.model.visibility(actor))  # type: ignore[attr-defined]

    def editable_by(self, actor: Actor) -> Any:
        """Return the rows this actor may change; always a part of the visible ones."""
        return self.visible_to(actor).filter(self.model.editability(actor))  # type: ignore[attr-defined]

    def _all(self) -> models.QuerySet[Any]:
        return self.queryset_class(model=self.model, using=self._db)


def get_visible(model: type[Any], actor: Actor, **lookup: Any) -> Any:
    """Return the one visible row, or 404: an invisible row and an absent one are the same."""
    try:
        return model.objects.visible_to(actor).get(**lookup)
    except (model.DoesNotExist, ValidationError, ValueError, TypeError) as error:
        raise Http404 from error


def require_editable(row: Any, actor: Actor) -> None:
    """403 unless this visible row may be changed by the actor, now, in this transaction."""
    if not type(row).objects.editable_by(actor).filter(pk=row.pk).exists():
        raise PermissionDenied("Your role may not change this.")
