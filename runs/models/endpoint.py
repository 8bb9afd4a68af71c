"""A server that answers prompts: for generation and for judges."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from evalplatform.scoping.actor import Actor
from runs.models.tool import Tool

PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """`https://host:port` of an address, the thing that a key belongs to; "" when it has none."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return ""
    if parts.scheme not in PORTS or not parts.hostname:
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port}"


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
        return origin_of(self.base_url) if self.kind == self.Kind.OPENAI else ""

    def clean(self) -> None:
        """A server needs an address and a model; a key never goes to another host."""
        super().clean()
        if self.kind != self.Kind.OPENAI:
            return
        if not self.origin:
            raise ValidationError(
                {"base_url": "Write the address as https://host/v1, with http or https."}
            )
        if not self.model.strip():
            raise ValidationError({"model": "Name the model as the server calls it."})
        if self.sealed_key and self.key_origin != self.origin:
            raise ValidationError(
                {"key": "The key belongs to another host. Type the key for this one."}
            )
