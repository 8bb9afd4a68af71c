"""The base of every model whose rows belong to a team."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import FrontDoor

NOBODY = Q(pk__in=[])
EVERYBODY = ~NOBODY


class ScopedModel(models.Model):
    """A row that exists only for those its `visibility` names; silence is impossible.

    `objects` is the front door. `all_rows` is plain, for Django's own machinery (cascades, unique
    checks, reverse managers), migrations, the scoping package and places a test lists.
    """

    all_rows: ClassVar[models.Manager[Any]] = models.Manager()
    objects: ClassVar[FrontDoor[Any]] = FrontDoor()

    class Meta:
        abstract = True
        default_manager_name = "all_rows"
        base_manager_name = "all_rows"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Return the one rule of which rows this actor may see."""
        raise NotImplementedError(f"{cls.__name__} has no visibility rule")

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        """Return which of the visible rows this actor may change; nobody unless a model says so."""
        return NOBODY
