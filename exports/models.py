"""A file of evidence that was asked for, built and kept for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from datasets.models import Dataset
from datasets.restoring import pin
from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel
from exports.catalog import ExportFormat
from exports.describing import Described
from exports.formats.options import ExportOptions
from exports.item_catalog import ItemExportFormat, ItemOptions
from exports.review_catalog import (
    REVIEW_FORMATS,
    ReviewExportFormat,
    ReviewOptions,
    fault_of,
)
from exports.review_scope import ReviewScope
from exports.run_catalog import RunExportFormat, RunOptions
from exports.selection import Selection
from reviews.models import Queue
from runs.models import Run

if TYPE_CHECKING:
    from exports.building import BuiltFile


class Export(Described, ScopedModel):
    """One request for a file; `job` carries its progress, `manifest` what the file is.

    `filters` and `options` are canonical, so that the same request on unchanged data gives the
    same bytes. `exported_by` is who asked, never derived from who saved the evidence. `saw_all`
    says whether the file holds what only those see who see all of the team's sessions. A bundle is
    the same with its own proof (bundles/), `n_rows` those of the format.
    """

    JOB_KIND = "export"
    MAX_OPEN = 20

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    exported_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=30)
    format_version = models.CharField(max_length=20)
    options = models.JSONField(default=dict)
    filters = models.JSONField(default=dict)
    is_bundle = models.BooleanField(default=False)
    saw_all = models.BooleanField(default=False)
    dataset = models.ForeignKey(
        "datasets.Dataset", null=True, on_delete=models.CASCADE, related_name="+"
    )
    dataset_version = models.PositiveIntegerField(null=True)
    run = models.ForeignKey("runs.Run", null=True, on_delete=models.CASCADE, related_name="+")
    queue = models.ForeignKey(
        "reviews.Queue", null=True, on_delete=models.CASCADE, related_name="+"
    )
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
        """Only who asked for it, while that person may still see what the file holds."""
        mine = Q(team=actor.team, exported_by=actor.user)
        datasets = Q(dataset=None) | Q(dataset__in=Dataset.objects.visible_to(actor))
        runs = Q(run=None) | Q(run__in=Run.objects.visible_to(actor))
        queues = Q(queue=None) | Q(queue__in=Queue.objects.visible_to(actor))
        seen = mine & datasets & runs & queues
        if actor.may(Verb.SEE_ALL):
            return seen
        of_people = Q(dataset=None, run=None, queue=None) | Q(format__in=REVIEW_FORMATS)
        return seen & (Q(saw_all=False) | ~of_people)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return Q(exported_by=actor.user)

    @classmethod
    def request(
        cls,
        export_format: ExportFormat,
        options: ExportOptions,
        selection: Selection,
        *,
        is_bundle: bool = False,
        by: Actor,
        idempotency_key: str | None = None,
    ) -> tuple[Export, bool]:
        """Ask for a file; returns the export and whether it is new.

        The same idempotency key gives the export there is; Conflict if it asked for another file.
        """
        asked = {
            "format": export_format.slug,
            "options": options.canonical(),
            "filters": selection.canonical(),
            "is_bundle": is_bundle,
        }
        export = cls(format_version=str(export_format.version), **asked)
        return export._ask(asked, by, idempotency_key)

    @classmethod
    def request_dataset(
        cls,
        export_format: ItemExportFormat,
        options: ItemOptions,
        dataset: Dataset,
        *,
        version: int | None = None,
        is_bundle: bool = False,
        by: Actor,
        idempotency_key: str | None = None,
    ) -> tuple[Export, bool]:
        """The same for one version of a dataset the actor sees, which never changes afterwards."""
        asked = {
            "format": export_format.slug,
            "options": options.canonical(),
            "filters": {"dataset": str(dataset.pk), "version": version},
            "is_bundle": is_bundle,
        }
        export = cls(dataset=dataset, format_version=str(export_format.version), **asked)
        return export._ask(asked, by, idempotency_key)

    @classmethod
    def request_run(
        cls,
        export_format: RunExportFormat,
        options: RunOptions,
        run: Run,
        *,
        is_bundle: bool = False,
        by: Actor,
        idempotency_key: str | None = None,
    ) -> tuple[Export, bool]:
        """The same for a run the actor sees; of one that goes on, what is done by then."""
        asked = {
            "format": export_format.slug,
            "options": options.canonical(),
            "filters": {"run": str(run.pk)},
            "is_bundle": is_bundle,
        }
        export = cls(run=run, format_version=str(export_format.version), **asked)
        return export._ask(asked, by, idempotency_key)

    @classmethod
    def request_reviews(
        cls,
        export_format: ReviewExportFormat,
        options: ReviewOptions,
        *,
        run: Run | None = None,
        queue: Queue | None = None,
        is_bundle: bool = False,
        by: Actor,
        idempotency_key: str | None = None,
    ) -> tuple[Export, bool]:
        """The same for the reviews of a run or a queue the actor sees; ValidationError for none."""
        scope = ReviewScope.of(by, run=run, queue=queue)
        if fault := fault_of(export_format, scope):
            raise ValidationError({"queue" if queue else "run": fault})
        asked = {
            "format": export_format.slug,
            "options": options.canonical(),
            "filters": {
                "run": str(scope.run.pk) if scope.run else None,
                "queue": str(scope.queue.pk) if scope.queue else None,
            },
            "is_bundle": is_bundle,
        }
        version = str(export_format.version)
        export = cls(run=scope.run, queue=scope.queue, format_version=version, **asked)
        return export._ask(asked, by, idempotency_key)

    def _ask(
        self, asked: dict[str, Any], by: Actor, idempotency_key: str | None
    ) -> tuple[Export, bool]:
        """Save this export and its job, unless the key has asked for it already."""
        require_export(by)
        self.team, self.exported_by, self.saw_all = by.team, by.user, by.may(Verb.SEE_ALL)
        refuse_too_many(by, idempotency_key)
        with transaction.atomic():
            self.job = Job.enqueue(
                self.JOB_KIND, {"export": str(self.pk)}, by=by, idempotency_key=idempotency_key
            )
            if self.job.arguments["export"] != str(self.pk):
                return self._asked_before(self.job, asked, by), False
            if self.dataset is not None:
                self.dataset_version = pin(self.dataset, asked["filters"]["version"])
            self.save(force_insert=True)
            record(by, "export.request", self, changes={k: [None, v] for k, v in asked.items()})
        return self, True

    @classmethod
    def _asked_before(cls, job: Job, asked: dict[str, Any], by: Actor) -> Export:
        found = cls.objects.visible_to(by).select_related("job").filter(job=job)
        export: Export | None = found.first()
        if export is None:  # asked for when this person saw more of the team than now
            raise Conflict("This Idempotency-Key was used before: choose a new one.")
        if any(getattr(export, name) != value for name, value in asked.items()):
            raise Conflict("This Idempotency-Key was used for another file: choose a new one.")
        return export

    def keep(self, built: BuiltFile, *, by: Actor) -> None:
        """Save what was built, in the transaction of the turn that holds the job."""
        self.built_at = timezone.now()
        self.expires_at = built.expires_at
        self.saw_all = by.may(Verb.SEE_ALL)
        self.file = built.name
        self.file_name = built.file_name
        self.sha256, self.n_bytes = built.sha256, built.n_bytes
        self.n_rows, self.n_sessions = built.n_rows, built.n_sessions
        self.manifest = built.manifest
        self.save(
            update_fields=[
                "built_at", "expires_at", "saw_all", "file", "file_name", "sha256", "n_bytes",
                "n_rows", "n_sessions", "manifest",
            ]
        )  # fmt: skip

    def note_download(self, *, by: Actor) -> None:
        """Record that the file went out."""
        with transaction.atomic():
            record(by, "export.download", self, changes={"sha256": [self.sha256, self.sha256]})

    @property
    def state(self) -> str:
        """Return ready, running, done, failed, cancelled, or expired."""
        if self.built_at is None:
            return str(self.job.state)
        return "expired" if self.is_expired else "done"

    @property
    def is_expired(self) -> bool:
        """Say whether the file is gone, or may not go out any more."""
        return bool(self.deleted_at or (self.expires_at and self.expires_at <= timezone.now()))

    @property
    def is_downloadable(self) -> bool:
        return self.built_at is not None and not self.is_expired


def require_export(actor: Actor) -> None:
    """403 for those whose role or key may not export."""
    if not actor.may(Verb.EXPORT):
        raise PermissionDenied("Your role or key may not export.")


def refuse_too_many(by: Actor, idempotency_key: str | None) -> None:
    """Conflict when this person has as many exports waiting as one may; asking again is free."""
    mine = Job.objects.visible_to(by).filter(kind=Export.JOB_KIND)
    if idempotency_key and mine.filter(idempotency_key=idempotency_key).exists():
        return
    if mine.filter(state__in=Job.OPEN).count() >= Export.MAX_OPEN:
        raise Conflict(
            f"{Export.MAX_OPEN} of your exports are waiting: let some of them end first."
        )
