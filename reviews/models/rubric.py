"""Rubrics: what reviewers are asked, version by version."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pgtrigger
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from evalplatform.accounts.models.user import new_id, refuse_hidden_characters
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel
from reviews.rubrics.builtin import BUILT_IN
from reviews.rubrics.shape import Shape, ShapeError, read


class Rubric(ScopedModel):
    """A named list of criteria. The team reads all of its rubrics: reviewers answer them.

    `version` is the number of the newest version. `slug` names those that come with the product.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(
        max_length=200, validators=[MinLengthValidator(1), refuse_hidden_characters]
    )
    description = models.TextField(blank=True)
    slug = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(ScopedModel.Meta):
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["team", "slug"], condition=~Q(slug=""), name="one_rubric_per_slug"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Everybody in the team."""
        return Q(team=actor.team, deleted_at=None)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        """Those of the product are changed by nobody: a copy is."""
        own = Q(slug="")
        if not actor.may(Verb.MANAGE_QUEUES):
            return NOBODY
        return own & (EVERYBODY if actor.may(Verb.EDIT_ALL_EVIDENCE) else Q(owner=actor.user))

    @classmethod
    def create(
        cls, *, name: str, shape: Any, description: str = "", by: Actor, pk: UUID | None = None
    ) -> Rubric:
        """A rubric with its version 1; ValidationError at the place of a fault."""
        if not by.may(Verb.MANAGE_QUEUES):
            raise PermissionDenied("Your role may not make rubrics.")
        sections = shape_or_fault(shape).as_json()
        said = {"pk": pk} if pk else {}
        rubric = cls(
            team=by.team, owner=by.user, name=name.strip(), description=description, **said
        )
        rubric.full_clean(exclude=["team", "owner"], validate_unique=False)
        with transaction.atomic():
            rubric.save(force_insert=True)
            RubricVersion.all_rows.create(
                rubric=rubric, number=1, shape=sections, created_by=by.user
            )
            record(by, "rubric.create", rubric, changes={"name": [None, rubric.name]})
        return rubric

    @classmethod
    def of_the_product(cls, slug: str, *, by: Actor) -> Rubric:
        """A built-in rubric of the actor's team, made when it is first asked for."""
        name, description, shape = BUILT_IN[slug]
        with transaction.atomic():
            rubric: Rubric
            rubric, is_new = cls.all_rows.get_or_create(
                team=by.team, slug=slug, defaults={"name": name, "description": description}
            )
            if is_new:
                RubricVersion.all_rows.create(rubric=rubric, number=1, shape=shape.as_json())
        return rubric

    @classmethod
    def all_of_the_product(cls, *, by: Actor) -> None:
        """Make the built-in rubrics that the actor's team has not asked for yet."""
        there = cls.all_rows.filter(team=by.team).exclude(slug="").values_list("slug", flat=True)
        for slug in BUILT_IN.keys() - set(there):
            cls.of_the_product(slug, by=by)

    def get_absolute_url(self) -> str:
        """The page of the rubric; `team` has to be at hand."""
        return reverse("rubric", args=[self.team.slug, self.pk])

    def newest(self) -> RubricVersion:
        """The version that new queues ask."""
        version: RubricVersion = RubricVersion.all_rows.get(rubric=self, number=self.version)
        return version

    def change(self, *, by: Actor, seen_at: datetime | None = None, **values: Any) -> None:
        """Save another name, description or shape; a frozen version is continued by a new one.

        `seen_at` is the `updated_at` that the change was made from: Conflict when it has moved on.
        """
        assert values.keys() <= {"name", "description", "shape"}
        shape = values.pop("shape", None)
        with transaction.atomic():
            row = Rubric.objects.visible_to(by).select_for_update(of=("self",)).get(pk=self.pk)
            require_editable(row, by)
            if seen_at is not None and seen_at != row.updated_at:
                raise Conflict("Somebody saved this rubric while you were changing it.")
            changes = {n: [getattr(row, n), v] for n, v in values.items() if getattr(row, n) != v}
            for name, value in values.items():
                setattr(row, name, value)
            row.full_clean(exclude=["team", "owner"], validate_unique=False)
            if shape is not None and row._reshape(shape_or_fault(shape).as_json(), by):
                changes["version"] = [self.version, row.version]
            if changes:
                row.updated_at = timezone.now()
                row.save()
                record(by, "rubric.change", row, changes=changes)
        self.refresh_from_db()

    def _reshape(self, shape: dict[str, Any], by: Actor) -> bool:
        newest = RubricVersion.all_rows.select_for_update().get(rubric=self, number=self.version)
        if newest.shape == shape:
            return False
        if newest.frozen_at is None:
            newest.shape = shape
            newest.save(update_fields=["shape"])
            return True
        self.version += 1
        RubricVersion.all_rows.create(
            rubric=self, number=self.version, shape=shape, created_by=by.user
        )
        return True

    def delete_for_all(self, *, by: Actor) -> None:
        """Take it out of the choice for new queues; those that ask it keep it."""
        with transaction.atomic():
            row = Rubric.objects.visible_to(by).select_for_update(of=("self",)).get(pk=self.pk)
            require_editable(row, by)
            row.deleted_at = timezone.now()
            row.save(update_fields=["deleted_at"])
            record(by, "rubric.delete", row, changes={"deleted_at": [None, row.deleted_at]})

    @classmethod
    def restore_deleted(cls, pk: Any, *, by: Actor) -> Rubric:
        """Bring a deleted one back, for those who could have deleted it."""
        with transaction.atomic():
            rows = cls.all_rows.select_for_update(of=("self",))
            row: Rubric = rows.get(cls.editability(by), team=by.team, pk=pk)
            before, row.deleted_at = row.deleted_at, None
            row.save(update_fields=["deleted_at"])
            if before:
                record(by, "rubric.restore", row, changes={"deleted_at": [before, None]})
        return row


def shape_or_fault(held: Any) -> Shape:
    """The shape, or a ValidationError that says where and why."""
    try:
        return read(held)
    except ShapeError as error:
        raise ValidationError({"shape": f"{error.path}: {error.message}"}) from error


# What frozen versions ask, read before: neither the rows nor the shapes ever change.
_FROZEN: dict[tuple[int, datetime], Shape] = {}
MOST_KEPT = 200


class RubricVersion(ScopedModel):
    """What a rubric asked at one time. Frozen by the first saved answer: it never changes again."""

    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    shape = models.JSONField()
    created_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    frozen_at = models.DateTimeField(null=True)

    class Meta(ScopedModel.Meta):
        ordering = ("rubric", "-number")
        constraints = [
            models.UniqueConstraint(fields=["rubric", "number"], name="one_rubric_per_number"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="answered_rubric_is_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("shape", "number", "frozen_at"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Q(old__frozen_at__isnull=False),
                func="RAISE EXCEPTION 'this version of the rubric has been answered';",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rubric} v{self.number}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Everybody in the team, those of deleted rubrics too: queues still ask them."""
        return Q(rubric__team=actor.team)

    def read(self) -> Shape:
        """The version as it is asked; a frozen one is read once."""
        if self.frozen_at is None:
            return read(self.shape)
        key = (self.pk, self.frozen_at)
        if key not in _FROZEN:
            if len(_FROZEN) >= MOST_KEPT:
                _FROZEN.clear()
            _FROZEN[key] = read(self.shape)
        return _FROZEN[key]

    def held_still(self) -> RubricVersion:
        """The version, not to be changed before this transaction ends: answers are saved to it."""
        if self.frozen_at is not None:
            return self
        rows = RubricVersion.all_rows.select_for_update(of=("self",), no_key=True)
        held: RubricVersion = rows.get(pk=self.pk)
        return held

    def freeze(self) -> None:
        """Note that somebody has answered it."""
        if self.frozen_at is not None:
            return
        RubricVersion.all_rows.filter(pk=self.pk, frozen_at=None).update(frozen_at=timezone.now())
