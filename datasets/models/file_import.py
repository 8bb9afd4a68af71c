"""A file on its way in: uploaded, checked, looked at, committed or discarded."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from evalplatform.accounts.models.membership import verbs_held
from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel

MAX_WAITING = 20


class FileImport(ScopedModel):
    """What people bring as files: nothing is saved until they commit what the dry run showed.

    The stored state says what was decided; whether a job on the way failed or was cancelled is read
    off the job (`stage`), so that a dead worker leaves no state behind. Subclasses name the kinds
    of their jobs, what of the `report` counts, which fields beside the bytes make two waiting
    uploads the same, and what is brought in (`WHAT`, `WORD`).
    """

    class State(models.TextChoices):
        CHECKING = "checking"
        READY = "ready"
        REFUSED = "refused"
        COMMITTING = "committing"
        COMMITTED = "committed"
        FAILED = "failed"
        DISCARDED = "discarded"

    CHECK_KIND: ClassVar[str]
    COMMIT_KIND: ClassVar[str]
    COUNTED: ClassVar[str]
    ALIKE: ClassVar[tuple[str, ...]]
    WHAT: ClassVar[str]
    WORD: ClassVar[str]
    ENDED = (State.COMMITTED, State.DISCARDED)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    imported_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    file = models.FileField(upload_to="imports/", max_length=200)
    file_name = models.CharField(max_length=200)
    format = models.CharField(max_length=30)
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
        abstract = True
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.file_name

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return Q(imported_by=actor.user)

    @property
    def job(self) -> Job | None:
        """The job of the present step."""
        is_check = self.state in (self.State.CHECKING, self.State.READY, self.State.REFUSED)
        return self.check_job if is_check else self.commit_job

    @property
    def stage(self) -> str:
        """The state, or `failed` or `cancelled` when the job of the step ended so."""
        if self.state in (self.State.CHECKING, self.State.COMMITTING):
            job = self.job
            if job and job.state in (Job.State.FAILED, Job.State.CANCELLED):
                return str(job.state)
        return str(self.state)

    @property
    def n_changes(self) -> int:
        """How much the report would make or change."""
        counts = self.report.get(self.COUNTED, {})
        return int(counts.get("create", 0)) + int(counts.get("update", 0))

    @property
    def may_commit(self) -> bool:
        if self.state == self.State.COMMITTING:
            return self.stage != self.state
        return self.state == self.State.READY and self.n_changes > 0

    @property
    def may_check(self) -> bool:
        if self.state == self.State.CHECKING:
            return self.stage != self.state
        return self.state in (self.State.READY, self.State.REFUSED)

    def take_in(self, file: File[Any], *, sha256: str, by: Actor) -> Self:
        """Keep the file and have it checked; the same file sent twice is one import.

        `self` is not saved yet and knows all but the file.
        """
        if not by.may(Verb.EDIT_EVIDENCE):
            raise PermissionDenied(f"Your role may not bring {self.WHAT} in.")
        self.team, self.imported_by, self.sha256 = by.team, by.user, sha256
        self.file_name, self.n_bytes = (file.name or "")[-200:], file.size
        if (same := self._same_waiting(by)) is not None:
            return same
        name = f"imports/{self.pk}.upload"
        kept = None
        try:
            self.file.name = self.file.storage.save(name, file)
            kept = self._keep(by)
        finally:
            if kept is not self:
                self.file.storage.delete(self.file.name or name)
        return kept

    def _keep(self, by: Actor) -> Self:
        """Save the new row, or return the same upload that was quicker.

        The person's place is held meanwhile, so that of two equal uploads one sees the other.
        """
        with transaction.atomic():
            if Verb.EDIT_EVIDENCE not in verbs_held(by):
                raise PermissionDenied(f"Your role may not bring {self.WHAT} in any more.")
            if (same := self._same_waiting(by)) is not None:
                return same
            self.save(force_insert=True)
            self._start_check(by)
            record(by, f"{self.WORD}.upload", self, changes={"sha256": [None, self.sha256]})
        return self

    def _same_waiting(self, by: Actor) -> Self | None:
        """Return this person's waiting import of the same file; ValidationError when too many."""
        waiting = type(self).objects.visible_to(by).exclude(state__in=self.ENDED)
        alike = ("sha256", "format", *self.ALIKE)
        same: Self | None = waiting.filter(**{name: getattr(self, name) for name in alike}).first()
        if same is None and waiting.count() >= MAX_WAITING:
            raise ValidationError(
                f"You have {MAX_WAITING} uploads waiting: save or discard some of them first."
            )
        return same

    def check_again(self, *, by: Actor) -> None:
        """Have the file checked once more: the check failed, or what is stored has changed."""
        with transaction.atomic():
            row = self._locked(by)
            if row.may_check:
                row._start_check(by)

    def commit(self, *, by: Actor) -> None:
        """Have what the report shows saved; pressing twice saves once."""
        with transaction.atomic():
            row = self._locked(by)
            if row.state in (self.State.COMMITTING, self.State.COMMITTED) and not row.may_commit:
                return
            if not row.may_commit:
                raise Conflict("There is nothing to save in this import: load it again.")
            row.state = self.State.COMMITTING
            row.commit_job = row._enqueue(self.COMMIT_KIND, f"Saving {row.file_name}", by=by)
            row.save(update_fields=["state", "commit_job"])

    def discard(self, *, by: Actor) -> None:
        """Delete the file and stop what works on it; what was committed stays."""
        with transaction.atomic():
            row = self._locked(by)
            if row.state == self.State.COMMITTED:
                raise Conflict("This import is saved already.")
            if row.state == self.State.DISCARDED:
                return
            if row.job and row.job.is_open:
                row.job.cancel(by=by)
            before, row.state = row.state, self.State.DISCARDED
            row.save(update_fields=["state"])
            record(by, f"{self.WORD}.discard", row, changes={"state": [before, row.state]})
            transaction.on_commit(row.forget_file)

    def finish_check(self, report: dict[str, Any]) -> None:
        """Keep what the dry run found."""
        self.state = self.State.READY if report["ok"] else self.State.REFUSED
        self.report = report
        self.save(update_fields=["state", "report"])

    def finish_commit(self, report: dict[str, Any]) -> None:
        """Keep that it is saved; the file has done its work."""
        self.state, self.report, self.committed_at = self.State.COMMITTED, report, timezone.now()
        self.save(update_fields=["state", "report", "committed_at"])
        transaction.on_commit(self.forget_file)

    def look_again(self, *, by: Actor) -> None:
        """What the person looked at holds no more: check anew and ask once more."""
        with transaction.atomic():
            row = self._locked(by)
            row._start_check(by, looks_again=True)

    def forget_file(self) -> None:
        """Delete the file from storage; twice does no harm."""
        self.file.storage.delete(str(self.file.name))

    def _start_check(self, by: Actor, *, looks_again: bool = False) -> None:
        self.state = self.State.CHECKING
        note = f"Checking {self.file_name}"
        self.check_job = self._enqueue(self.CHECK_KIND, note, by=by, looks_again=looks_again)
        self.save(update_fields=["state", "check_job"])

    def _enqueue(self, kind: str, note: str, *, by: Actor, **arguments: Any) -> Job:
        """A job on this import that says what it is for while it still waits."""
        job = Job.enqueue(kind, {"import": str(self.pk), **arguments}, by=by)
        job.note = note[:200]
        job.save(update_fields=["note"])
        return job

    def _locked(self, by: Actor) -> Self:
        """The row as it is now, locked, if this person may change it."""
        if not by.may(Verb.EDIT_EVIDENCE):
            raise PermissionDenied(f"Your role may not bring {self.WHAT} in.")
        rows = type(self).objects.editable_by(by).select_for_update(of=("self",))
        return rows.select_related("check_job", "commit_job").get(pk=self.pk)  # type: ignore[no-any-return]
