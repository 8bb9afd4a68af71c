"""The shapes of the export API, as it reads and answers them and as OpenAPI shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exports.catalog import FORMATS
from exports.formats.options import ExportOptions, InvalidOptionsError
from exports.item_catalog import ITEM_FORMATS, ItemOptions
from exports.models import Export
from exports.review_catalog import REVIEW_FORMATS, ReviewOptions
from exports.run_catalog import RUN_FORMATS, RunOptions
from exports.selection import MOST, MOST_IDS

ADDRESS = {"type": "string", "format": "uri-reference", "nullable": True}
# What a format is of: the formats, the fields that say of which, their options.
OF: tuple[tuple[str, Mapping[str, object], tuple[str, ...], Any], ...] = (
    ("sessions", FORMATS, ("filters", "sessionIds", "limit"), ExportOptions),
    ("a dataset", ITEM_FORMATS, ("dataset", "version"), ItemOptions),
    ("a run", RUN_FORMATS, ("run",), RunOptions),
    ("reviews", REVIEW_FORMATS, ("run", "queue"), ReviewOptions),
)
STATES = ("ready", "running", "done", "failed", "cancelled", "expired")


class ErrorRowSerializer(serializers.Serializer[Any]):
    """One row or field to blame."""

    row = serializers.IntegerField(allow_null=True)
    column = serializers.CharField()
    message = serializers.CharField()


class ErrorDetailSerializer(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField()
    message = serializers.CharField()
    errors = ErrorRowSerializer(many=True, required=False)  # type: ignore[assignment]


class ErrorSerializer(serializers.Serializer[Any]):
    """The one shape of every error."""

    error = ErrorDetailSerializer()


class ExportRequestSerializer(serializers.Serializer[Any]):
    """What is asked for: a format, its options, and which sessions, dataset and version, or run.

    Formats of sessions take `filters`, `sessionIds` and `limit`; formats of datasets `dataset` and
    `version`, whose newest is taken when none is named; formats of runs `run`; formats of reviews
    either `run` or `queue`. With `bundle` any of them comes as a ZIP with its manifest and the
    program that checks it.
    """

    format = serializers.ChoiceField([*FORMATS, *ITEM_FORMATS, *RUN_FORMATS, *REVIEW_FORMATS])
    options = serializers.DictField(required=False, default=dict)
    filters = serializers.DictField(required=False)
    sessionIds = serializers.ListField(  # noqa: N815
        child=serializers.CharField(max_length=100), required=False, max_length=MOST_IDS
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST)
    dataset = serializers.UUIDField(required=False)
    version = serializers.IntegerField(required=False, min_value=1, max_value=MOST)
    run = serializers.UUIDField(required=False)
    queue = serializers.UUIDField(required=False)
    bundle = serializers.BooleanField(
        required=False, default=False, help_text="A ZIP with the file and the proof of it."
    )

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            there = ", ".join(self.fields)
            raise serializers.ValidationError(
                {name[:60]: [f"There is no such field; there are {there}."] for name in unknown}
            )
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "filters" in attrs and "sessionIds" in attrs:
            raise serializers.ValidationError(
                {"sessionIds": ["Give filters or sessionIds, not both."]}
            )
        what, _, own, options = next(each for each in OF if attrs["format"] in each[1])
        foreign = [name for _, _, names, _ in OF for name in names if name not in own]
        if wrong := [name for name in foreign if name in attrs]:
            raise serializers.ValidationError(
                {name: [f"This format is of {what} and does not take it."] for name in wrong}
            )
        named = what.removeprefix("a ")
        if what.startswith("a ") and named not in attrs:
            raise serializers.ValidationError({named: [f"Name the {named} by its id."]})
        if what == "reviews" and ("run" in attrs) == ("queue" in attrs):
            raise serializers.ValidationError({"run": ["Name either the run or the queue."]})
        try:
            attrs["options"] = options.parse(attrs["options"])
        except InvalidOptionsError as error:
            raise serializers.ValidationError({"options": error.errors}) from error
        return attrs


class ExporterSerializer(serializers.Serializer[Any]):
    """Who asked for the file."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()


class ExportSerializer(serializers.ModelSerializer[Export]):
    """One export: how far it is, and once it is built what the file is. Times are ISO 8601."""

    state = serializers.ChoiceField(STATES, read_only=True)
    formatVersion = serializers.CharField(source="format_version")  # noqa: N815
    filters = serializers.DictField(source="filters.filters", default=dict)
    sessionIds = serializers.ListField(  # noqa: N815
        source="filters.sessionIds", child=serializers.UUIDField(), default=None, allow_null=True
    )
    limit = serializers.IntegerField(source="filters.limit", default=None, allow_null=True)
    dataset = serializers.UUIDField(source="dataset_id", allow_null=True)
    version = serializers.IntegerField(source="dataset_version", allow_null=True)
    run = serializers.UUIDField(source="run_id", allow_null=True)
    queue = serializers.UUIDField(source="queue_id", allow_null=True)
    bundle = serializers.BooleanField(source="is_bundle")
    bundleDigest = serializers.SerializerMethodField()  # noqa: N815
    rowsDone = serializers.IntegerField(source="job.n_done")  # noqa: N815
    rowsExpected = serializers.IntegerField(source="job.n_expected", allow_null=True)  # noqa: N815
    rows = serializers.IntegerField(source="n_rows", allow_null=True)
    sessions = serializers.IntegerField(source="n_sessions", allow_null=True)
    bytes = serializers.IntegerField(source="n_bytes", allow_null=True)
    exportedBy = ExporterSerializer(source="exported_by", read_only=True)  # noqa: N815
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    builtAt = serializers.DateTimeField(source="built_at", allow_null=True)  # noqa: N815
    expiresAt = serializers.DateTimeField(source="expires_at", allow_null=True)  # noqa: N815
    error = serializers.CharField(source="job.error")
    downloadUrl = serializers.SerializerMethodField()  # noqa: N815
    manifestUrl = serializers.SerializerMethodField()  # noqa: N815

    class Meta:
        model = Export
        fields = [
            "id", "state", "format", "formatVersion", "options", "filters", "sessionIds", "limit",
            "dataset", "version", "run", "queue", "bundle", "bundleDigest", "rowsDone",
            "rowsExpected", "rows", "sessions", "bytes", "sha256", "exportedBy",
            "createdAt", "builtAt", "expiresAt", "error", "downloadUrl", "manifestUrl",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "string", "nullable": True})
    def get_bundleDigest(self, export: Export) -> str | None:  # noqa: N802
        digest: str | None = export.bundle.get("bundleDigest")
        return digest

    @extend_schema_field(ADDRESS)
    def get_downloadUrl(self, export: Export) -> str | None:  # noqa: N802
        return self._url("api-export-download", export)

    @extend_schema_field(ADDRESS)
    def get_manifestUrl(self, export: Export) -> str | None:  # noqa: N802
        return self._url("api-export-manifest", export)

    def _url(self, name: str, export: Export) -> str | None:
        return reverse(name, args=[export.pk]) if export.is_downloadable else None
