"""A server that answers prompts: for generation and for judges."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from evalplatform.scoping.actor import Actor
from runs import pacing
from runs.asking import AskError, EndpointSpec, TakeTurn
from runs.model_parameters import parameter_problems
from runs.models.tool import Tool
from runs.outbound.origins import base_address, origin_of
from runs.outbound.secret import NO_SECRET, Secret

SHORTEST_HINTED = 16  # characters: of a shorter key four would say too much


class ModelEndpoint(Tool):
    """An OpenAI-compatible server, or one of the two that need no network.

    `echo` answers with the last prompt, `replay` with what `answers` hold for it. The key is sealed
    and belongs to `key_origin`: when the address moves to another host it is asked for again.
    `free_at` paces the requests of all workers when there is a limit per minute.
    """

    class Kind(models.TextChoices):
        OPENAI = "openai", "OpenAI-compatible server"
        ECHO = "echo", "Echo (no network)"
        REPLAY = "replay", "Replay of given answers (no network)"

    WORD = "endpoint"
    SAID = (
        "kind", "base_url", "model", "parameters", "timeout_seconds", "max_attempts",
        "max_parallel", "per_minute", "answers", "sealed_key", "key_origin", "key_hint",
    )  # fmt: skip
    SECRET = ("sealed_key",)
    LONG = ("answers",)

    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.OPENAI)
    base_url = models.CharField(max_length=500, blank=True)
    model = models.CharField(max_length=200, blank=True)
    sealed_key = models.BinaryField(null=True, blank=True, editable=False)
    key_origin = models.CharField(max_length=300, blank=True, editable=False)
    key_hint = models.CharField(max_length=4, blank=True, editable=False)
    parameters = models.JSONField(default=dict, blank=True)
    timeout_seconds = models.PositiveSmallIntegerField(
        default=60, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    max_attempts = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    max_parallel = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(64)]
    )
    per_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    answers = models.JSONField(default=dict, blank=True)
    free_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(Tool.Meta):
        constraints = [
            models.CheckConstraint(
                name="server_has_an_address",
                condition=~Q(kind="openai") | ~Q(base_url=""),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("endpoint-edit", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own, the shared ones, or all of the team's."""
        return super().visibility(actor)

    @property
    def origin(self) -> str:
        """The host that requests go to, "" for those without one."""
        if self.kind != self.Kind.OPENAI:
            return ""
        try:
            return origin_of(self.base_url)
        except ValueError:
            return ""

    def spec(self) -> EndpointSpec:
        """What `ask` needs, the opened key included; AskError when it cannot be opened."""
        return EndpointSpec(
            kind=self.kind,
            base_url=self.base_url,
            model=self.model,
            key=self._opened_key(),
            parameters=self.parameters,
            timeout_seconds=self.timeout_seconds,
            max_attempts=self.max_attempts,
            answers=self.answers,
        )

    def turns(self) -> TakeTurn | None:
        """What `ask` calls before each attempt, when there is a limit per minute."""
        return pacing.turns_of(self.pk, self.per_minute)

    def _opened_key(self) -> Secret:
        from runs.outbound.sealing import SealError, open_sealed

        if self.kind != self.Kind.OPENAI or not self.sealed_key:
            return NO_SECRET
        try:
            return open_sealed(bytes(self.sealed_key), self.origin)
        except SealError as error:
            raise AskError(str(error)) from None

    def delete_for_all(self, *, by: Actor) -> None:
        """Take it out of everybody's sight, and forget its key."""
        with transaction.atomic():
            super().delete_for_all(by=by)
            self.sealed_key, self.key_origin, self.key_hint = None, "", ""
            self.save(update_fields=["sealed_key", "key_origin", "key_hint"])

    @staticmethod
    def sealed(key: str, base_url: str) -> dict[str, Any]:
        """The values to save for a key typed for an address; for an empty one, those of none."""
        from runs.outbound.sealing import seal

        if not key:
            return {"sealed_key": None, "key_origin": "", "key_hint": ""}
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ValidationError({"key": "A key holds letters, digits and signs, without spaces."})
        try:
            origin = origin_of(base_url)
        except ValueError as error:
            raise ValidationError({"base_url": str(error)}) from None
        hint = key[-4:] if len(key) >= SHORTEST_HINTED else ""
        return {
            "sealed_key": seal(Secret(key), origin),
            "key_origin": origin,
            "key_hint": hint,
        }

    def clean(self) -> None:
        """A server needs an address and a model; a key never goes to another host."""
        super().clean()
        if not isinstance(self.parameters, dict):
            raise ValidationError({"parameters": 'Write an object, as {"temperature": 0}.'})
        if problems := parameter_problems(self.parameters):
            raise ValidationError({"parameters": problems})
        if self.kind != self.Kind.OPENAI:
            return
        try:
            self.base_url = base_address(self.base_url)
        except ValueError as error:
            raise ValidationError({"base_url": str(error)}) from None
        if not self.model.strip():
            raise ValidationError({"model": "Name the model as the server calls it."})
        if self.sealed_key and self.key_origin != self.origin:
            raise ValidationError(
                {"key": "The key belongs to another host. Type the key for this one."}
            )
