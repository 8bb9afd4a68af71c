"""An item of a dataset: one row for each of its revisions."""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from datasets.formats.items import CheckRecord
from datasets.item_querysets import PLAIN_ID, ItemQuerySet
from datasets.models.dataset import Dataset
from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import FrontDoor
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel

LONGEST_ID = 64
STEP = 1 << 20  # between the positions of neighbours: others can be put between them
# What an item says; changing one of these breaks the link to where it was cloned from.
CONTENT = (
    "input",
    "output",
    "context",
    "history",
    "participant_data",
    "session_state",
    "summary",
    "created_at",
)
# What the search looks at; changing one of these has the item indexed anew.
SEARCHED = frozenset({*CONTENT, "public_id", "expected_output", "tags"})


class DatasetItem(ScopedModel):
    """One revision of one item: in the dataset from version `from_version` until `until_version`.

    Version V of a dataset is the rows with from_version <= V that are not ended by V; rows without
    an end are the newest state. `key` and `public_id` are the item's in all its revisions. Once a
    row has ended it never changes again, so whoever keeps its id keeps what it said.

    `checks` are CheckRecord.as_json() in their order and `files` ids of attachments in theirs:
    values of the revision, not rows of their own (decision 0010). `origin` is what it was cloned
    from, kept when the link is broken by an edit, so that cloning again repeats nothing.
    """

    class Arrived(models.TextChoices):
        MANUAL = "manual"
        CSV = "csv", "File"
        SUITE = "suite"
        CLONE = "clone"
        QUEUE = "queue"
        RULE = "rule"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+", db_index=False)
    level = models.CharField(max_length=7, choices=Dataset.Level.choices)
    key = models.UUIDField(default=new_id, editable=False)
    public_id = models.CharField(max_length=LONGEST_ID)
    position = models.BigIntegerField()
    input = models.TextField(blank=True)
    output = models.TextField(blank=True)
    expected_output = models.TextField(blank=True)
    context = models.JSONField(default=dict, blank=True)
    history = models.JSONField(default=list, blank=True)
    participant_data = models.JSONField(default=dict, blank=True)
    session_state = models.JSONField(default=dict, blank=True)
    summary = models.TextField(blank=True)
    tags = ArrayField(models.TextField(), default=list, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    checks = models.JSONField(default=list, blank=True)
    files = ArrayField(models.UUIDField(), default=list, blank=True)
    session = models.ForeignKey(
        "datasets.Session",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    user_message = models.ForeignKey(
        "datasets.Message",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    assistant_message = models.ForeignKey(
        "datasets.Message",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    origin = models.CharField(max_length=64, blank=True)
    arrived = models.CharField(max_length=6, choices=Arrived.choices)
    created_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    added_at = models.DateTimeField()
    from_version = models.PositiveIntegerField()
    until_version = models.PositiveIntegerField(null=True)
    search = SearchVectorField(null=True, editable=False)

    objects: ClassVar[FrontDoor[Any]] = FrontDoor(ItemQuerySet)

    class Meta(ScopedModel.Meta):
        ordering = ("dataset", "position", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(until_version=None), name="one_newest_row_per_item"
            ),
            models.UniqueConstraint(
                "dataset",
                PLAIN_ID,
                condition=Q(until_version=None),
                name="one_item_per_public_id",
            ),
            models.UniqueConstraint(
                fields=["dataset", "origin"],
                condition=Q(until_version=None) & ~Q(origin=""),
                name="one_item_per_origin",
            ),
            models.CheckConstraint(
                name="item_ends_after_it_began",
                condition=Q(until_version=None) | Q(until_version__gt=F("from_version")),
            ),
            models.CheckConstraint(
                name="session_items_are_snapshots",
                condition=Q(level="message")
                | Q(input="", output="", arrived__in=["clone", "queue", "rule"]),
            ),
            models.CheckConstraint(name="item_has_an_id", condition=~Q(public_id="")),
        ]
        indexes = [
            models.Index(fields=["dataset", "position", "id"], name="items_in_order"),
            models.Index(
                fields=["dataset", "public_id"],
                condition=Q(until_version=None),
                name="items_by_public_id",
            ),
            models.Index(fields=["dataset", "from_version", "position"], name="items_that_came"),
            models.Index(
                fields=["dataset", "until_version", "position"],
                condition=Q(until_version__isnull=False),
                name="items_that_went",
            ),
            models.Index(
                fields=["session"], condition=Q(session__isnull=False), name="items_of_session"
            ),
            GinIndex(
                fields=["tags"], condition=Q(until_version=None) & ~Q(tags=[]), name="items_by_tag"
            ),
            GinIndex(fields=["search"], condition=Q(until_version=None), name="items_by_text"),
            models.Index(
                fields=["dataset", "position", "id"],
                condition=Q(until_version=None) & ~Q(checks=[]),
                name="items_with_checks",
            ),
            GinIndex(
                OpClass(F("checks"), "jsonb_path_ops"),
                condition=Q(until_version=None) & ~Q(checks=[]),
                name="items_by_check",
            ),
            models.Index(
                fields=["dataset", "position", "id"],
                condition=Q(until_version=None, session__isnull=False),
                name="items_with_link",
            ),
            models.Index(
                fields=["dataset", "arrived", "position", "id"],
                condition=Q(until_version=None),
                name="items_by_arrival_in_order",
            ),
            models.Index(
                fields=["key", "until_version"],
                condition=Q(until_version__isnull=False),
                name="items_that_went_by_key",
            ),
            models.Index(
                fields=["dataset", "id"],
                condition=Q(search=None, until_version=None),
                name="items_to_index",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="ended_item_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "key", "public_id", "position", "expected_output", "tags", "checks", "files",
                    "from_version", "until_version", *CONTENT,
                ),
                condition=pgtrigger.Q(old__until_version__isnull=False),
                func="RAISE EXCEPTION 'this revision of the item has ended';",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        """The share link: the list, opened at this item."""
        url = reverse("dataset", args=[self.dataset.team.slug, self.dataset_id])
        return f"{url}?item={self.key}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """An item is seen by whoever sees its dataset."""
        return Q(dataset__in=Dataset.objects.visible_to(actor))

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        """Only the newest rows, by who may change the dataset."""
        if actor.may(Verb.EDIT_ALL_EVIDENCE):
            return Q(until_version=None) & EVERYBODY
        if not actor.may(Verb.EDIT_EVIDENCE):
            return NOBODY
        return Q(until_version=None, dataset__owner=actor.user)

    @property
    def check_records(self) -> list[CheckRecord]:
        """The checks as typed records."""
        return [CheckRecord.from_json(each) for each in self.checks]
