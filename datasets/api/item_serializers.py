"""Items and checks as the API gives them. Times are ISO 8601; checks are those of a suite JSON."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.api.serializers import Data
from datasets.formats.item_objects import MAX_CHECKS, MAX_FILES, NAMES, check_object
from datasets.formats.items import CheckRecord
from datasets.models import DatasetItem
from datasets.operators import OPERATORS
from evalplatform.scoping.bodies import Closed

MOST_AT_ONCE = 1000
TEXT = {"type": "string"}
DATA = {"type": "object", "additionalProperties": True}
CONDITION = {
    "operator": {"type": "string", "enum": sorted(OPERATORS)},
    "criteria": TEXT,
}
EXAMPLE = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {"type": {"type": "string", "enum": ["positive", "negative"]}, "text": TEXT},
}
CHECK: dict[str, Any] = {
    "type": "object",
    "required": ["operator"],
    "properties": {
        **CONDITION,
        "modifiers": {
            "type": "object",
            "properties": {
                "severity": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 1},
                "category": TEXT,
                "extractor": TEXT,
                "conditional": {"type": "object", "properties": CONDITION},
                "examples": {"type": "array", "items": EXAMPLE},
            },
        },
    },
}
CHECK_LIST = {"type": "array", "items": CHECK, "maxItems": MAX_CHECKS}
MESSAGE = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {"role": TEXT, "content": TEXT, "summary": TEXT},
}
MESSAGES = {"type": "array", "items": MESSAGE}
IDS = {"type": "array", "items": {"type": "string", "format": "uuid"}}
TAGS = {"type": "array", "items": {"type": "string", "maxLength": 200}, "maxItems": 100}
WRITABLE: dict[str, Any] = {
    "publicId": {"type": "string", "maxLength": 64},
    "input": TEXT,
    "output": TEXT,
    "expectedOutput": TEXT,
    "context": DATA,
    "history": MESSAGES,
    "participantData": DATA,
    "sessionState": DATA,
    "summary": TEXT,
    "tags": TAGS,
    "createdAt": {"type": "string", "format": "date-time", "nullable": True},
    "checks": CHECK_LIST,
    "files": IDS | {"maxItems": MAX_FILES},
}
assert WRITABLE.keys() == NAMES.keys()
ITEM: dict[str, Any] = {"type": "object", "properties": WRITABLE, "additionalProperties": False}
NEW_ITEM = ITEM | {"required": ["input"]}
PATCHED_ITEM = ITEM | {
    "required": ["id"],
    "properties": {"id": {"type": "string", "format": "uuid"}, "etag": TEXT, **WRITABLE},
}


def many(name: str, element: dict[str, Any]) -> dict[str, Any]:
    """A body that is an object with one list."""
    return {
        "type": "object",
        "required": [name],
        "properties": {name: {"type": "array", "items": element, "maxItems": MOST_AT_ONCE}},
        "additionalProperties": False,
    }


NEW_ITEMS = {"application/json": {"oneOf": [NEW_ITEM, many("items", NEW_ITEM)]}}
PATCHED_ITEMS = {"application/json": many("items", PATCHED_ITEM)}
ONE_ITEM = {"application/json": ITEM}
CHECKS_BODY = {"application/json": {**many("checks", CHECK)}}
CHECKS_BODY["application/json"]["properties"]["checks"]["maxItems"] = MAX_CHECKS


@extend_schema_field(CHECK_LIST)
class Checks(serializers.Field[Any, Any, Any, Any]):
    """Checks in their order."""

    def to_representation(self, value: Any) -> Any:
        return [check_object(CheckRecord.from_json(each)) for each in value]


@extend_schema_field(MESSAGES)
class History(Data):
    """What was said before."""


@extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
class VisibleSession(serializers.Field[Any, Any, Any, Any]):
    """The session that the item was cloned from, for those who may see it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", **kwargs)

    def to_representation(self, item: DatasetItem) -> Any:
        pk = item.session_id
        return str(pk) if pk in self.context["sessions"] else None


class ItemRow(serializers.Serializer[Any]):
    """An item. `id` and `publicId` are its own in all versions; `session` is where it comes from,
    until its content is changed; `version` is the one that it has been as it is since."""

    id = serializers.UUIDField(source="key", read_only=True)
    publicId = serializers.CharField(source="public_id", read_only=True)  # noqa: N815
    input = serializers.CharField(read_only=True)
    output = serializers.CharField(read_only=True)
    expectedOutput = serializers.CharField(source="expected_output", read_only=True)  # noqa: N815
    context = Data(read_only=True)  # type: ignore[assignment]  # a field, not the property
    history = History(read_only=True)
    participantData = Data(source="participant_data", read_only=True)  # noqa: N815
    sessionState = Data(source="session_state", read_only=True)  # noqa: N815
    summary = serializers.CharField(read_only=True)
    tags = serializers.ListField(child=serializers.CharField(), read_only=True)
    createdAt = serializers.DateTimeField(  # noqa: N815
        source="created_at", allow_null=True, read_only=True
    )
    checks = Checks(read_only=True)
    files = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    session = VisibleSession(read_only=True)
    arrived = serializers.ChoiceField(choices=DatasetItem.Arrived.values, read_only=True)
    addedAt = serializers.DateTimeField(source="added_at", read_only=True)  # noqa: N815
    version = serializers.IntegerField(source="from_version", read_only=True)
    etag = serializers.SerializerMethodField()

    def get_etag(self, item: DatasetItem) -> str:
        return item_tag(item)


class Warned(serializers.Serializer[Any]):
    """What to know although it was taken; row is the element, from 1."""

    row = serializers.IntegerField(allow_null=True)
    column = serializers.CharField()
    message = serializers.CharField()


class MadeItem(serializers.Serializer[Any]):
    """A new item, in the order given."""

    id = serializers.UUIDField(source="key")
    publicId = serializers.CharField(source="public_id")  # noqa: N815


class MadeItems(serializers.Serializer[Any]):
    """What was made, and the version of the dataset that holds it."""

    version = serializers.IntegerField()
    items = MadeItem(many=True)
    warnings = Warned(many=True)


class ChangedItems(serializers.Serializer[Any]):
    """How many items changed or went, and the version of the dataset now."""

    version = serializers.IntegerField()
    changed = serializers.IntegerField()
    warnings = Warned(many=True)


class CheckAnswer(serializers.Serializer[Any]):
    """The checks in their order, and what to know about those that were sent."""

    checks = Checks()
    version = serializers.IntegerField()
    warnings = Warned(many=True)


class ItemIds(Closed):
    """Ids of items."""

    ids = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MOST_AT_ONCE
    )


def item_tag(item: DatasetItem) -> str:
    """A print of what the item says: other when anything of it is."""
    said = [getattr(item, name) for name in NAMES.values()]
    text = msgspec.json.encode([str(item.key), *said], order="sorted")
    return hashlib.sha256(text).hexdigest()[:32]


def item_etag(item: DatasetItem) -> str:
    """The ETag that `If-Match` of an item takes."""
    return f'"{item_tag(item)}"'
