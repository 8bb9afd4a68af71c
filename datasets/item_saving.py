"""Saving of an item from its form: refused when it changed since the form was opened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

from datasets.editing import edition
from datasets.models import Dataset, DatasetItem, DatasetVersion
from datasets.models.dataset_item import CONTENT
from evalplatform.scoping.actor import Actor


class StaleItemError(Exception):
    """Somebody changed these fields since the form was opened; `now` is the item as it is."""

    def __init__(self, names: list[str], now: DatasetItem) -> None:
        super().__init__(", ".join(names))
        self.names, self.now = names, now


class LinkWouldBreakError(Exception):
    """The change would break the item's link to its session, and nobody has agreed to that."""


class ItemGoneError(Exception):
    """Somebody removed the item since the form was opened."""


def seen_of(item: DatasetItem, names: Iterable[str]) -> str:
    """What the form was opened with: a short print of each field, to be sent back with it."""
    return ",".join(f"{name}:{short_print(getattr(item, name))}" for name in names)


def changed_since(item: DatasetItem, seen: str) -> list[str]:
    """The fields that are no longer what the form was opened with; unknown names are none."""
    prints = dict(pair.split(":", 1) for pair in seen.split(",") if ":" in pair)
    known = {field.name for field in DatasetItem._meta.concrete_fields}
    return [
        name
        for name, kept in prints.items()
        if name in known and short_print(getattr(item, name)) != kept
    ]


def short_print(value: Any) -> str:
    """Sixteen characters that differ when the value does."""
    text = json.dumps(value, sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def save_item(
    dataset: Dataset, key: UUID, values: dict[str, Any], *, seen: str, may_break: bool, by: Actor
) -> DatasetItem:
    """Change an item in the actor's edit session.

    Raises ItemGoneError, StaleItemError, LinkWouldBreakError, or ValidationError for a taken id.
    """
    with edition(dataset, by=by) as changing:
        now: DatasetItem | None = changing.rows().filter(key=key).first()
        if now is None:
            raise ItemGoneError
        if stale := changed_since(now, seen):
            raise StaleItemError(stale, now)
        if now.session_id and not may_break and changes_content(now, values):
            raise LinkWouldBreakError
        return changing.revise(now, **values)


def changes_content(item: DatasetItem, values: dict[str, Any]) -> bool:
    """Whether saving these values breaks the item's link."""
    return any(name in CONTENT and getattr(item, name) != value for name, value in values.items())


def last_changed_by(item: DatasetItem, actor: Actor) -> str:
    """Who made the version that this row came with, by name."""
    versions = DatasetVersion.objects.visible_to(actor).select_related("created_by")
    found = versions.filter(dataset=item.dataset_id, number=item.from_version).first()
    return (found.created_by.name or found.created_by.email) if found else "Somebody"
