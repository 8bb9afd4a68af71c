"""Datasets and their versions as the API takes and gives them. Times are ISO 8601."""

from __future__ import annotations

import unicodedata
from typing import Any

from rest_framework import serializers

from datasets.dataset_forms import MAX_DESCRIPTION
from datasets.models import Dataset, DatasetVersion
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.bodies import Closed, Text, TrueOrFalse

MAX_NAME = 200
LEVELS = Dataset.Level.values
IN_THEIR_NAMES = {"is_shared": "shared"}


class Name(Text):
    """A name: not blank, outer spaces removed, NFC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=True, allow_blank=False, max_length=MAX_NAME, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return unicodedata.normalize("NFC", super().to_internal_value(data))


class Title(Text):
    """What a version is called; it may be empty."""

    def __init__(self, **kwargs: Any) -> None:
        check = [refuse_hidden_characters]
        super().__init__(trim_whitespace=True, max_length=MAX_NAME, validators=check, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return unicodedata.normalize("NFC", super().to_internal_value(data))


class NewDataset(Closed):
    """A dataset to be made; its level can never be changed."""

    name = Name()
    level = serializers.ChoiceField(choices=LEVELS)
    description = Text(required=False, max_length=MAX_DESCRIPTION)


class DatasetChange(Closed):
    """What can be changed of a dataset; what is left out stays."""

    name = Name(required=False)
    description = Text(required=False, max_length=MAX_DESCRIPTION)
    shared = TrueOrFalse(required=False, source="is_shared")


class Person(serializers.Serializer[Any]):
    """Somebody of the team."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()


class DatasetRow(serializers.Serializer[Any]):
    """A dataset; `version` is the number of its newest version and `itemCount` the size of it."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    level = serializers.ChoiceField(choices=LEVELS, read_only=True)
    shared = serializers.BooleanField(source="is_shared", read_only=True)
    owner = Person(read_only=True)
    version = serializers.IntegerField(read_only=True)
    itemCount = serializers.IntegerField(source="n_items", read_only=True)  # noqa: N815
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)  # noqa: N815
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)  # noqa: N815


class VersionRow(serializers.Serializer[Any]):
    """A version: what made it, and how many items it created, changed and removed.

    An edit session takes the edits of its author while it is `open`.
    """

    number = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(choices=DatasetVersion.Kind.values, read_only=True)
    title = serializers.CharField(read_only=True)
    open = serializers.BooleanField(source="is_open", read_only=True)
    restores = serializers.IntegerField(allow_null=True, read_only=True)
    itemCount = serializers.IntegerField(source="n_items", read_only=True)  # noqa: N815
    created = serializers.IntegerField(source="n_created", read_only=True)
    updated = serializers.IntegerField(source="n_updated", read_only=True)
    removed = serializers.IntegerField(source="n_removed", read_only=True)
    createdBy = Person(source="created_by", read_only=True)  # noqa: N815
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)  # noqa: N815
    touchedAt = serializers.DateTimeField(source="touched_at", read_only=True)  # noqa: N815


class AttachmentRow(serializers.Serializer[Any]):
    """A file of a dataset; items name it by its id."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    sha256 = serializers.CharField(read_only=True)
    bytes = serializers.IntegerField(source="n_bytes", read_only=True)
    mediaType = serializers.CharField(source="media_type", read_only=True)  # noqa: N815
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)  # noqa: N815


def dataset_etag(dataset: Dataset) -> str:
    """The ETag that `If-Match` of changes to a dataset or to many of its items takes."""
    return f'"{dataset.version}-{dataset.updated_at.timestamp():.6f}"'
