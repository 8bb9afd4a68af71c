"""A team: the wall that no row crosses."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from evalplatform.accounts.models.user import new_id, refuse_hidden_characters
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel


class Team(ScopedModel):
    """People who share evidence. Deleting closes it for everybody; its rows stay for audit."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120, validators=[refuse_hidden_characters])
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta(ScopedModel.Meta):
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                name="deleted_team_has_a_when_and_a_who",
                condition=Q(deleted_at=None, deleted_by=None)
                | Q(deleted_at__isnull=False, deleted_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("home", args=[self.slug])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return Q(pk=actor.team.pk, deleted_at=None)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return EVERYBODY if actor.may(Verb.MANAGE_MEMBERS) else NOBODY

    def rename(self, name: str, *, by: Actor) -> None:
        """Give the team another name; its address stays."""
        from evalplatform.audit.recording import record

        before = self.name
        with transaction.atomic():
            self.name = name
            self.full_clean()
            self.save(update_fields=["name"])
            record(by, "team.rename", self, changes={"name": [before, name]})

    def delete_by(self, by: Actor) -> None:
        """Close the team for everybody; only an owner may."""
        from evalplatform.audit.recording import record

        if not by.may(Verb.DELETE_TEAM):
            raise PermissionDenied("Only an owner may delete the team.")
        with transaction.atomic():
            self.deleted_at, self.deleted_by = timezone.now(), by.user
            self.save(update_fields=["deleted_at", "deleted_by"])
            record(by, "team.delete", self)
