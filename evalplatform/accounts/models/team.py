"""A team: the wall that no row crosses."""

from __future__ import annotations

import itertools

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from evalplatform.accounts.models.user import new_id, refuse_hidden_characters, tidy_name
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

    def clean(self) -> None:
        super().clean()
        self.name = tidy_name(self.name)

    @classmethod
    def found(cls, name: str) -> Team:
        """Make an empty team from the command line; its address is made from its name."""
        from evalplatform.audit.recording import record_by_operator

        with transaction.atomic():
            team = cls(name=name, slug=free_slug(name))
            team.full_clean()
            team.save()
            record_by_operator(team, "team.found", team, changes={"name": [None, team.name]})
        return team

    @classmethod
    def restore(cls, slug: str) -> Team:
        """Open a deleted team again, from the command line: members, keys and rows are as before.

        Raises ValidationError when there is no such team, or it is not deleted.
        """
        from evalplatform.audit.recording import record_by_operator

        with transaction.atomic():
            team: Team | None = cls.all_rows.select_for_update().filter(slug=slug).first()
            if team is None:
                raise ValidationError(f"There is no team at /t/{slug}/.")
            if team.deleted_at is None:
                raise ValidationError(f"{team.name} is not deleted.")
            before, team.deleted_at, team.deleted_by = team.deleted_at, None, None
            team.save(update_fields=["deleted_at", "deleted_by"])
            record_by_operator(team, "team.restore", team, changes={"deleted_at": [before, None]})
        return team

    def rename(self, name: str, *, by: Actor) -> None:
        """Give the team another name; its address stays."""
        from evalplatform.audit.recording import record

        if not by.may(Verb.MANAGE_MEMBERS):
            raise PermissionDenied("Only those who manage members may rename the team.")
        with transaction.atomic():
            held = Team.all_rows.select_for_update().get(pk=self.pk)
            before, held.name = held.name, name
            held.full_clean()
            self.name = held.name
            if held.name != before:
                held.save(update_fields=["name"])
                record(by, "team.rename", held, changes={"name": [before, held.name]})

    def delete_by(self, by: Actor) -> None:
        """Close the team for everybody; only an owner may."""
        from evalplatform.audit.recording import record

        if not by.may(Verb.DELETE_TEAM):
            raise PermissionDenied("Only an owner may delete the team.")
        with transaction.atomic():
            held = Team.all_rows.select_for_update().get(pk=self.pk)
            if held.deleted_at:
                return
            held.deleted_at, held.deleted_by = timezone.now(), by.user
            held.save(update_fields=["deleted_at", "deleted_by"])
            record(by, "team.delete", held, changes={"deleted_at": [None, held.deleted_at]})


def free_slug(name: str) -> str:
    """Return the name as an address that no team has, deleted ones included."""
    wanted = slugify(name)[:50].strip("-") or "team"
    taken = set(Team.all_rows.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{n}" for n in itertools.count(2))
    return next(slug for slug in itertools.chain([wanted], numbered) if slug not in taken)
