"""A file of items on its way into a dataset, and the mappings of columns that are remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse

from datasets.models.dataset import Dataset, DatasetVersion, locked
from datasets.models.file_import import FileImport
from evalplatform.accounts.models.user import new_id
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.models import ScopedModel

# How a file is read and taken in, unless the person says otherwise. `mapping` is empty until it is
# guessed or chosen; `unguard` None: when every cell that looks like a formula carries the mark.
DEFAULTS: dict[str, Any] = {
    "mapping": {},
    "automatic_history": False,
    "read_values_as_json": False,
    "unguard": None,
    "empty_cells_clear": False,
    "overwrite": False,
}


class DatasetImport(FileImport):
    """Items, checks and files for one dataset, or for a new one that the commit makes.

    The commit is one version of the dataset, named `title`; undoing it restores the one before.
    """

    CHECK_KIND = "check_dataset_import"
    COMMIT_KIND = "commit_dataset_import"
    COUNTED = "items"
    ALIKE = ("dataset", "new_name")
    WHAT = "items"
    WORD = "dataset_import"

    dataset = models.ForeignKey(Dataset, null=True, on_delete=models.CASCADE, related_name="+")
    new_name = models.CharField(max_length=200, blank=True)
    options = models.JSONField(default=dict)
    title = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(null=True)

    class Meta(FileImport.Meta):
        indexes = [
            models.Index(fields=["imported_by", "-created_at"], name="dataset_imports_of_user"),
        ]

    @property
    def n_changes(self) -> int:
        """How many items and checks on every item the report would make or change."""
        return super().n_changes + int(self.report.get("global_checks", {}).get("create", 0))

    def get_absolute_url(self) -> str:
        return reverse("dataset-import", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Only who uploads it sees it: the file is theirs until its items are saved."""
        return Q(team=actor.team, imported_by=actor.user)

    @classmethod
    def upload(
        cls,
        file: File[Any],
        *,
        sha256: str,
        format_slug: str,
        dataset: Dataset | None = None,
        new_name: str = "",
        options: dict[str, Any] | None = None,
        by: Actor,
    ) -> DatasetImport:
        """Keep the file and have it checked; the same file sent twice is one import."""
        if dataset is not None:
            require_editable(dataset, by)
        row = cls(dataset=dataset, new_name=new_name, format=format_slug)
        row.options = DEFAULTS | (options or {})
        return row.take_in(file, sha256=sha256, by=by)

    def read_otherwise(self, options: dict[str, Any], *, format_slug: str = "", by: Actor) -> None:
        """Keep other options, or another format, and have the file checked anew under them."""
        assert options.keys() <= DEFAULTS.keys()
        with transaction.atomic():
            row = self._locked(by)
            if row.state not in (row.State.READY, row.State.REFUSED):
                raise Conflict("This import cannot be read otherwise now: load it again.")
            row.options = row.options | options
            row.format = format_slug or row.format
            row.save(update_fields=["options", "format"])
            row._start_check(by)

    def name_version(self, title: str, *, by: Actor) -> None:
        """Keep the name that the version will have."""
        with transaction.atomic():
            row = self._locked(by)
            row.title = title.strip()[:200]
            row.save(update_fields=["title"])
        self.title = row.title

    def undo(self, *, by: Actor) -> DatasetVersion:
        """Restore what the dataset was before; Conflict when it has changed since."""
        from datasets.restoring import restore

        if self.state != self.State.COMMITTED or self.dataset is None or not self.version:
            raise Conflict("This import has saved nothing that could be undone.")
        with transaction.atomic():
            dataset = locked(self.dataset, by)
            if dataset.version != self.version:
                raise Conflict("The dataset has changed since: restore a version on its own page.")
            title = f"Undo of {self.file_name}"[:200]
            return restore(dataset, self.version - 1, by=by, title=title)


class RememberedMapping(ScopedModel):
    """How one person mapped the columns of a header, for the next file that has the same."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    header_sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user", "header_sha256"], name="one_mapping_per_header"
            ),
        ]

    def __str__(self) -> str:
        return f"Mapping of {len(self.mapping)} columns"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own mappings."""
        return Q(team=actor.team, user=actor.user)

    @classmethod
    def remember(cls, header: Sequence[str], mapping: dict[str, Any], *, by: Actor) -> None:
        """Keep the mapping of this header, in place of an earlier one."""
        cls.all_rows.update_or_create(
            team=by.team,
            user=by.user,
            header_sha256=digest(header),
            defaults={"mapping": mapping},
        )

    @classmethod
    def saved_for(cls, header: Sequence[str], *, by: Actor) -> datetime | None:
        """When the mapping of this header was kept last."""
        rows = cls.objects.visible_to(by).filter(header_sha256=digest(header))
        return rows.values_list("saved_at", flat=True).first()  # type: ignore[no-any-return]

    @classmethod
    def of(cls, header: Sequence[str], *, by: Actor) -> dict[str, Any] | None:
        """The mapping that was kept for this header, under the titles as they stand in it."""
        found = cls.objects.visible_to(by).filter(header_sha256=digest(header)).first()
        if found is None:
            return None
        kept: dict[str, Any] = found.mapping
        folded = {title.strip().casefold(): target for title, target in kept.items()}
        titles = [title.strip() for title in header]
        told = {title: kept.get(title, folded.get(title.casefold())) for title in titles}
        return {title: target for title, target in told.items() if target is not None}


def digest(header: Sequence[str]) -> str:
    """What two equal headers have in common: titles without case and outer spaces, in order."""
    titles = [title.strip().casefold() for title in header]
    return hashlib.sha256(json.dumps(titles).encode()).hexdigest()
