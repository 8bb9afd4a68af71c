"""The version that a change of a dataset makes: begun or joined, counted, recorded, and closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from datasets.item_searching import ITEMS
from datasets.models import Dataset, DatasetItem, DatasetVersion
from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor

SESSION_OF_EDITS = timedelta(minutes=30)


class VersionMaking:
    """A dataset locked for one change; `number` makes the version when it is first needed."""

    def __init__(
        self,
        dataset: Dataset,
        by: Actor,
        kind: str,
        title: str,
        restores: int | None,
        is_apart: bool,
    ) -> None:
        self.dataset = dataset
        self.by = by
        self.kind = kind
        self.title = title
        self.restores = restores
        self.version: DatasetVersion | None = None
        self.is_apart = is_apart
        self.n_added = 0
        self.needs_index = False

    @property
    def number(self) -> int:
        """The number of the version that is being made."""
        if self.version is None:
            self.version = self._joined() or self._made()
        return self.version.number

    def _joined(self) -> DatasetVersion | None:
        """The edit session that this edit goes on with, if there is one."""
        newest = self.newest()
        if not newest.is_open:
            return None
        is_mine = newest.created_by_id == self.by.user.pk and self.kind == newest.kind
        if is_mine and not self.is_apart and newest.touched_at > timezone.now() - SESSION_OF_EDITS:
            return newest
        close(newest)
        return None

    def _made(self) -> DatasetVersion:
        before = self.newest()
        self.dataset.version = before.number + 1
        version: DatasetVersion = DatasetVersion.all_rows.create(
            dataset=self.dataset,
            number=self.dataset.version,
            kind=self.kind,
            title=self.title,
            restores=self.restores,
            created_by=self.by.user,
            is_open=True,
            n_items=before.n_items,
            global_checks=before.global_checks,
        )
        return version

    def newest(self) -> DatasetVersion:
        """The dataset's newest version."""
        newest: DatasetVersion = DatasetVersion.all_rows.get(
            dataset=self.dataset, number=self.dataset.version
        )
        return newest

    def finish(self) -> None:
        """Count what the version changed, record it, and close it unless it is an edit session."""
        version = self.version
        if version is None:
            return
        now = timezone.now()
        self._count(version)
        version.touched_at = now
        version.is_open = version.kind == DatasetVersion.Kind.EDIT and not self.is_apart
        version.save()
        self.dataset.n_items, self.dataset.updated_at = version.n_items, now
        self.dataset.save(update_fields=["version", "n_items", "updated_at"])
        record(self.by, f"dataset.{self.kind}", self.dataset, changes=self._told(version))
        if self.needs_index:
            ITEMS.request(self.by)

    def _told(self, version: DatasetVersion) -> dict[str, Any]:
        return {
            "version": [None, version.number],
            "content": [  # a key named "items" would hide the method from templates
                None,
                f"{version.n_created} created, {version.n_updated} changed, "
                f"{version.n_removed} removed",
            ],
        }

    def _count(self, version: DatasetVersion) -> None:
        n_ended = self.revisions().filter(until_version=version.number).count()
        version.n_items += self.n_added
        version.n_updated = self._n_gone_on(version.number) if n_ended else 0
        version.n_removed = n_ended - version.n_updated
        n_before = self._n_items_before(version.number)
        version.n_created = version.n_items - n_before + version.n_removed

    def _n_gone_on(self, number: int) -> int:
        """How many items ended in that version and go on in it: those with both rows."""
        either = Q(until_version=number) | Q(until_version=None, from_version=number)
        rows = self.revisions().filter(either).order_by().values("key")
        return int(rows.annotate(n_rows=Count("id")).filter(n_rows=2).count())

    def _n_items_before(self, number: int) -> int:
        earlier = DatasetVersion.all_rows.filter(dataset=self.dataset, number=number - 1)
        return int(earlier.values_list("n_items", flat=True).get())

    def revisions(self) -> Any:
        """Every row of the dataset."""
        return DatasetItem.objects.visible_to(self.by).filter(dataset=self.dataset)

    def rows(self) -> Any:
        """The newest rows of the dataset, as they are under the lock."""
        return self.revisions().newest()


def close(version: DatasetVersion) -> None:
    """End an edit session: what reads this version from now on reads the same for ever."""
    version.is_open = False
    version.save(update_fields=["is_open"])
