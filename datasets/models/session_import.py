"""A file of conversations on its way in: uploaded, checked, looked at, committed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from evalplatform.accounts.models.user import new_id
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel


class SessionImport(ScopedModel):
    """Nothing is saved until the person commits what the dry run (`report`) showed."""

    class State(models.TextChoices):
        CHECKING = "checking"
        READY = "ready"
        REFUSED = "refused"
        COMMITTING = "committing"
        COMMITTED = "committed"
        FAILED = "failed"
        DISCARDED = "discarded"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    imported_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    file = models.FileField(upload_to="imports/", max_length=200)
    file_name = models.CharField(max_length=200)
    format = models.CharField(max_length=30)
    source_name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    n_bytes = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.CHECKING)
    report = models.JSONField(default=dict)
    check_job = models.ForeignKey("jobs.Job", null=True, on_delete=models.PROTECT, related_name="+")
    commit_job = models.ForeignKey(
        "jobs.Job", null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    committed_at = models.DateTimeField(null=True)

    class Meta(ScopedModel.Meta):
        ordering = ("-created_at",)
        indexes = [
            models.Index(fields=["imported_by", "-created_at"], name="imports_of_user"),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("session-import", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Only who uploads it sees it: the file is theirs until its sessions are saved."""
        return Q(team=actor.team, imported_by=actor.user)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return Q(imported_by=actor.user)
