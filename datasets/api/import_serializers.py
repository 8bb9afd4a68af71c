"""Imports of items as the API takes and gives them. Times are ISO 8601."""

from __future__ import annotations

from typing import Any

from django import forms
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.api.dataset_serializers import MAX_NAME, Title
from datasets.api.serializers import Data
from datasets.formats import catalog
from datasets.formats.item_objects import OURS
from datasets.forms import GUESSED, FileForm
from datasets.item_upload_forms import ARE_OUTPUTS, OUTPUTS, UPLOADED
from datasets.models import Dataset, DatasetImport
from evalplatform import strict_json
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.errors import Conflict
from evalplatform.scoping.bodies import Closed, Text, TrueOrFalse
from evalplatform.scoping.fields import ScopedChoiceField

OPTIONS = {
    "mapping": "mapping",
    "automaticHistory": "automatic_history",
    "readValuesAsJson": "read_values_as_json",
    "unguard": "unguard",
    "emptyCellsClear": "empty_cells_clear",
    "overwrite": "overwrite",
}
REPORT = {
    "ok": "ok",
    "counts": "counts",
    "items": "items",
    "globalChecks": "global_checks",
    "attachments": "attachments",
    "changedFields": "changed_fields",
    "changes": "changes",
    "errors": "errors",
    "errorCount": "n_errors",
    "warnings": "warnings",
    "moreWarnings": "n_more_warnings",
    "suite": "suite",
    "preview": "preview",
    "looksAgain": "looks_again",
}
COUNTS = {"global_checks": "globalChecks"}
STATES = (*DatasetImport.State.values, "cancelled")
OF_SESSIONS = "A session-level dataset is made of sessions: clone sessions into it instead."
UPLOAD = {
    "multipart/form-data": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "format": {
                "type": "string",
                "enum": list(UPLOADED),
                "description": "Told from the file when left out.",
            },
            "dataset": {
                "type": "string",
                "format": "uuid",
                "description": "The dataset that the items are for; else a new one is made.",
            },
            "newName": {"type": "string", "maxLength": MAX_NAME},
            "options": {
                "type": "string",
                "description": "How the file is read: the JSON of an ImportOptions object.",
            },
        },
    }
}


class ImportOptions(Closed):
    """How a file is read and taken in; what is left out stays as it is."""

    mapping = serializers.DictField(
        child=Text(), required=False, help_text="Column title -> field, context.name or drop."
    )
    automaticHistory = TrueOrFalse(required=False, source="automatic_history")  # noqa: N815
    readValuesAsJson = TrueOrFalse(required=False, source="read_values_as_json")  # noqa: N815
    unguard = TrueOrFalse(required=False, allow_null=True)
    emptyCellsClear = TrueOrFalse(required=False, source="empty_cells_clear")  # noqa: N815
    overwrite = TrueOrFalse(required=False)


class CommitInput(Closed):
    """What the version that the import makes is to be called."""

    title = Title(required=False)


class ApiUploadForm(FileForm[DatasetImport]):
    """A file of items for a dataset of one's own, or for a new one."""

    format = forms.ChoiceField(
        required=False, choices=[GUESSED, *((slug, slug) for slug in UPLOADED)]
    )
    dataset = ScopedChoiceField(Dataset, required=False)
    newName = forms.CharField(  # noqa: N815
        required=False, max_length=MAX_NAME, validators=[refuse_hidden_characters]
    )
    options = forms.CharField(required=False, max_length=1_000_000)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        field = self.fields["dataset"]
        assert isinstance(field, ScopedChoiceField)
        field.open_to(self.by)

    def guess(self, stream: Any, file_name: str) -> str:
        slug = catalog.guess_items(stream, file_name)
        if slug == OUTPUTS:
            self.add_error("format", ARE_OUTPUTS)
        return slug

    def clean(self) -> dict[str, Any]:
        for name in sorted({*self.data, *self.files} - self.fields.keys()):
            known = ", ".join(self.fields)
            self.errors[name[:60]] = self.error_class([f"There is no such part; known: {known}."])
        cleaned = super().clean()
        if cleaned.get("dataset") and cleaned.get("newName"):
            self.add_error("newName", "Give a dataset or the name of a new one, not both.")
        return cleaned

    def clean_options(self) -> dict[str, Any]:
        """The options by our names. Raises ValidationError for what is none."""
        text = self.cleaned_data["options"]
        if not text:
            return {}
        try:
            asked = ImportOptions(data=strict_json.loads(text))
        except strict_json.StrictJsonError as error:
            raise forms.ValidationError(f"This is not JSON. {error.message}") from error
        if not asked.is_valid():
            raise forms.ValidationError([f"{name}: {e}" for name, e in asked.errors.items()])
        return dict(asked.validated_data)

    def keep(self, file: Any) -> DatasetImport:
        dataset = self.cleaned_data["dataset"]
        if dataset and dataset.level != Dataset.Level.MESSAGE:
            raise Conflict(OF_SESSIONS)
        return DatasetImport.upload(
            file,
            sha256=file.sha256,
            format_slug=self.cleaned_data["format"],
            dataset=dataset,
            new_name=self.cleaned_data["newName"].strip(),
            options=self.cleaned_data["options"],
            by=self.by,
        )


class ImportRow(serializers.Serializer[Any]):
    """An import of the caller's: how far it is, and what it is for.

    `state` goes from checking to ready or refused, then from committing to committed; failed and
    cancelled are those of `job`.
    """

    id = serializers.UUIDField(read_only=True)
    state = serializers.ChoiceField(choices=STATES, source="stage", read_only=True)
    fileName = serializers.CharField(source="file_name", read_only=True)  # noqa: N815
    format = serializers.CharField(read_only=True)
    bytes = serializers.IntegerField(source="n_bytes", read_only=True)
    sha256 = serializers.CharField(read_only=True)
    dataset = serializers.UUIDField(source="dataset_id", allow_null=True, read_only=True)
    newName = serializers.CharField(source="new_name", read_only=True)  # noqa: N815
    options = serializers.SerializerMethodField()
    title = serializers.CharField(read_only=True)
    version = serializers.IntegerField(allow_null=True, read_only=True)
    mayCommit = serializers.BooleanField(source="may_commit", read_only=True)  # noqa: N815
    job = serializers.SerializerMethodField()
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)  # noqa: N815
    committedAt = serializers.DateTimeField(  # noqa: N815
        source="committed_at", allow_null=True, read_only=True
    )

    @extend_schema_field(ImportOptions)
    def get_options(self, row: DatasetImport) -> dict[str, Any]:
        return {key: row.options.get(ours) for key, ours in OPTIONS.items()}

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_job(self, row: DatasetImport) -> str | None:
        return str(row.job.pk) if row.job else None


@extend_schema_field(
    {
        "type": "object",
        "description": "Empty until the file is checked: counts of create, update and unchanged, "
        "errors and warnings by row and column, and what would change, field by field.",
        "properties": {name: {} for name in REPORT},
    }
)
class Report(Data):
    """What the dry run found, under the names of the API."""

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        told = {name: value[ours] for name, ours in REPORT.items() if ours in value}
        if "counts" in told:
            told["counts"] = {COUNTS.get(name, name): n for name, n in told["counts"].items()}
        if "changedFields" in told:
            told["changedFields"] = renamed(told["changedFields"])
        for change in (changes := [dict(each) for each in told.get("changes", ())]):
            change["fields"] = renamed(change["fields"])
        if "changes" in told:
            told["changes"] = changes
        if "preview" in told:
            told["preview"] = [renamed(each) for each in told["preview"]]
        return told


class ImportDetail(ImportRow):
    """An import with the report of its dry run."""

    report = Report(read_only=True)


def renamed(values: dict[str, Any]) -> dict[str, Any]:
    """The values under the names that the API gives our fields."""
    return {OURS.get(name, name): value for name, value in values.items()}
