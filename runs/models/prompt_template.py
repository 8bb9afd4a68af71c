"""Templates from which prompts of an auto-generated run are made."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse

from evalplatform.accounts.models.user import new_id, refuse_hidden_characters
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel
from runs.prompt_filling import values_fault

SAID = (
    "template_key", "category", "subcategory", "title", "text", "values", "is_enabled", "position",
)  # fmt: skip


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

    def get_absolute_url(self) -> str:
        return reverse("template-edit", args=[self.team.slug, self.pk])

    def clean(self) -> None:
        """Every place of the text has values, and every value a place."""
        super().clean()
        for name in ("category", "subcategory", "title"):
            refuse_hidden_characters(getattr(self, name))
        if fault := values_fault(self.text, self.values):
            raise ValidationError({"values": fault})

    @classmethod
    def create(cls, *, by: Actor, **values: Any) -> PromptTemplate:
        """Save a new one of the actor's team; PermissionDenied for roles that make none."""
        if not by.may(Verb.EDIT_ALL_EVIDENCE):
            raise PermissionDenied("Your role may not make prompt templates.")
        row = cls(team=by.team)
        row._take(values, by)
        with transaction.atomic():
            row.save(force_insert=True)
            record(by, "template.create", row, changes={"title": [None, row.title]})
        return row

    def change(self, *, by: Actor, **values: Any) -> None:
        """Save other values; runs that were made keep their prompts."""
        with transaction.atomic():
            rows = type(self).objects.visible_to(by).select_for_update(of=("self",))
            row: PromptTemplate = rows.get(pk=self.pk)
            require_editable(row, by)
            before = {name: getattr(row, name) for name in values}
            row._take(values, by)
            changes = {
                name: [old, getattr(row, name)]
                for name, old in before.items()
                if getattr(row, name) != old
            }
            if changes:
                row.save(update_fields=list(changes))
                record(by, "template.change", row, changes=changes)
        self.refresh_from_db()

    def _take(self, values: dict[str, Any], by: Actor) -> None:
        assert values.keys() <= set(SAID)
        for name, value in values.items():
            setattr(self, name, value)
        self.full_clean(exclude=["team"])
        others = type(self).objects.visible_to(by).exclude(pk=self.pk)
        if others.filter(template_key=self.template_key, title=self.title).exists():
            raise ValidationError(
                {"title": f"There is already a “{self.title}” with the key {self.template_key}. "
                          "Call this one something else."}
            )  # fmt: skip
