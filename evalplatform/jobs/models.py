"""A job: the truth about work that outlives a request. Celery only carries its number."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from evalplatform.accounts.models import Membership
from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel

log = logging.getLogger(__name__)


class Job(ScopedModel):
    """One piece of work: state, lease and progress in PostgreSQL, by the database's clock only.

    `attempt` is the fencing number: a worker may write only while the row still carries the
    number it was given. A lost lease makes the job ready again; an error makes it ready again
    up to `MAX_ERRORS` times, then failed.
    """

    class State(models.TextChoices):
        READY = "ready"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    OPEN = (State.READY, State.RUNNING)
    MAX_ERRORS = 3
    MAX_ATTEMPTS = 25

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(
        "accounts.Membership", on_delete=models.PROTECT, related_name="+"
    )
    api_key = models.ForeignKey(
        "accounts.ApiKey", null=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=200, null=True)
    request_id = models.CharField(max_length=32, blank=True)
    address = models.GenericIPAddressField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    attempt = models.PositiveIntegerField(default=0)
    n_errors = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    n_done = models.PositiveBigIntegerField(default=0)
    n_expected = models.PositiveBigIntegerField(null=True)
    note = models.CharField(max_length=200, blank=True)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(ScopedModel.Meta):
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["requested_by", "kind", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="one_job_per_idempotency_key",
            ),
            models.CheckConstraint(
                name="running_job_has_a_lease",
                condition=~Q(state="running") | Q(lease_until__isnull=False),
            ),
            models.CheckConstraint(
                name="ended_job_has_a_when",
                condition=Q(state__in=["ready", "running"]) | Q(finished_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(state__in=["ready", "running"]), name="open_jobs"
            ),
            models.Index(fields=["requested_by", "-created_at"], name="jobs_of_member"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own; a job's result and error carry what its actor saw, so no colleague's."""
        return Q(team=actor.team, requested_by=actor.membership)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return Q(requested_by=actor.membership)

    @classmethod
    def enqueue(
        cls, kind: str, arguments: dict[str, Any], *, by: Actor, idempotency_key: str | None = None
    ) -> Job:
        """Write the job in the caller's transaction and send its number when that commits.

        The same idempotency key from the same member and kind returns the job there is.
        """
        from evalplatform.jobs.sending import send

        fields = {
            "team": by.team,
            "api_key": by.key,
            "arguments": arguments,
            "request_id": by.request_id,
            "address": by.address,
        }
        job: Job
        with transaction.atomic():
            if idempotency_key:
                job, is_new = cls.all_rows.get_or_create(
                    requested_by=by.membership,
                    kind=kind,
                    idempotency_key=idempotency_key,
                    defaults=fields,
                )
            else:
                job = cls.all_rows.create(requested_by=by.membership, kind=kind, **fields)
                is_new = True
            if is_new:
                transaction.on_commit(lambda: send(job.pk))
        return job

    def actor(self) -> Actor:
        """Return who this job works for, with the rights of this moment, if any."""
        members = Membership.all_rows.select_related("user", "team")
        membership: Membership = members.get(pk=self.requested_by_id)
        ended = membership.ended_at or membership.team.deleted_at or not membership.user.is_active
        key = self.api_key
        if ended or (key and (key.revoked_at or key.is_expired)):
            raise PermissionDenied("The person or key that asked for this has no access any more.")
        if key:
            key.membership = membership
            return key.act(request_id=self.request_id, address=self.address)
        return membership.act(via="job", request_id=self.request_id, address=self.address)

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def percent(self) -> int | None:
        """Return whole percent done, None while the total is not known."""
        if not self.n_expected:
            return None
        return min(100, self.n_done * 100 // self.n_expected)

    def cancel(self, *, by: Actor) -> bool:
        """Stop it: at once when waiting, at its next page when running. False when it had ended."""
        from evalplatform.audit.recording import record

        if not by.may(Verb.SEE) or self.requested_by_id != by.membership.pk:
            raise PermissionDenied("Only who asked for this may cancel it.")
        with transaction.atomic():
            n_stopped = Job.all_rows.filter(pk=self.pk, state__in=self.OPEN).update(
                state=self.State.CANCELLED, finished_at=timezone.now(), lease_until=None
            )
            if n_stopped:
                self.refresh_from_db()
                record(by, "job.cancel", self, changes={"state": ["open", "cancelled"]})
        return bool(n_stopped)
