"""A file of evidence that was asked for, built and kept for a while."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from evalplatform.accounts.models.user import new_id
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel


class Export(ScopedModel):
    """One request for a file; `job` carries its progress, `manifest` what the file is.

    `filters` and `options` are canonical, so that the same request on unchanged data gives the
    same bytes. `exported_by` is who asked, never derived from who saved the evidence.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    exported_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=30)
    format_version = models.CharField(max_length=20)
    options = models.JSONField(default=dict)
    filters = models.JSONField(default=dict)
    job = models.OneToOneField("jobs.Job", on_delete=models.PROTECT, related_name="+")
    file = models.FileField(upload_to="exports/", max_length=200, blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    n_sessions = models.PositiveIntegerField(null=True)
    n_rows = models.PositiveBigIntegerField(null=True)
    n_bytes = models.PositiveBigIntegerField(null=True)
    manifest = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    built_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta(ScopedModel.Meta):
        ordering = ("-created_at",)
        indexes = [models.Index(fields=["exported_by", "-created_at"], name="exports_of_user")]
        constraints = [
            models.CheckConstraint(
                name="built_export_is_complete",
                condition=Q(built_at=None)
                | Q(
                    sha256__regex=r"^[0-9a-f]{64}$",
                    n_rows__isnull=False,
                    n_bytes__isnull=False,
                    expires_at__isnull=False,
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.format} export"

    def get_absolute_url(self) -> str:
        return reverse("export", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Only who asked for it: a file holds what that person could see."""
        return Q(team=actor.team, exported_by=actor.user)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return Q(exported_by=actor.user)
