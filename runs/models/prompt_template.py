"""Templates from which prompts of an auto-generated run are made."""

from __future__ import annotations

from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q

from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel


class PromptTemplate(ScopedModel):
    """One text with places such as {city}, and the values each place takes in turn.

    Data that an admin edits; a team starts with those that come with the product.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.CASCADE, related_name="+")
    template_key = models.SlugField(max_length=60)
    category = models.CharField(max_length=60, validators=[MinLengthValidator(1)])
    subcategory = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=200)
    text = models.TextField(validators=[MinLengthValidator(1)])
    values = models.JSONField(default=dict, blank=True)
    is_enabled = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta(ScopedModel.Meta):
        ordering = ("category", "position", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["team", "template_key", "title"], name="one_template_per_key_and_title"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Everybody in the team may choose from them."""
        return Q(team=actor.team)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return EVERYBODY if actor.may(Verb.EDIT_ALL_EVIDENCE) else NOBODY
