"""What callers may say about labels: declared, and nothing else."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from evalplatform.scoping.bodies import Closed, Text, TrueOrFalse
from reviews.changes import MAX_EXPECTED_OUTPUT, MAX_NOTES, MAX_TAGS, STATUSES, LabelChange

MAX_IDS = 10_000
FIELDS = {
    "evalReady": "is_eval_ready",
    "evalStatus": "status",
    "evalNotes": "notes",
    "evalTags": "tags",
    "expectedOutput": "expected_output",
}
COLUMNS = {ours: theirs for theirs, ours in FIELDS.items()} | {"add_tags": "evalTags"}


class LabelInput(Closed):
    """The fields to set; those left out stay. Null clears the status; an empty expected output is
    none given."""

    evalReady = TrueOrFalse(required=False)  # noqa: N815 - the contract's names
    evalStatus = serializers.ChoiceField(  # noqa: N815
        choices=STATUSES, allow_null=True, required=False
    )
    evalNotes = Text(required=False, max_length=MAX_NOTES)  # noqa: N815
    evalTags = serializers.ListField(  # noqa: N815
        child=Text(), max_length=MAX_TAGS, required=False
    )
    expectedOutput = Text(  # noqa: N815
        required=False, allow_null=True, max_length=MAX_EXPECTED_OUTPUT
    )

    def change(self) -> LabelChange:
        """Return the change this asks for; evalTags replace what is there."""
        return LabelChange.cleaned(**self._named())

    def _named(self) -> dict[str, Any]:
        return {ours: self.validated_data[theirs] for theirs, ours in FIELDS.items()
                if theirs in self.validated_data}  # fmt: skip


class BulkLabelInput(LabelInput):
    """Either `ids` or `filter` (the list's parameters; {} is everything visible), and the fields to
    set. evalTags are added to what is there."""

    ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_IDS, allow_empty=False
    )
    filter = serializers.DictField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Give either ids or filter.")
        return attrs

    def change(self) -> LabelChange:
        named = self._named()
        if "tags" in named:
            named["add_tags"] = named.pop("tags")
        return LabelChange.cleaned(**named)


class BulkFailure(serializers.Serializer[Any]):
    """Why one label could not be changed; invisible and unknown look the same."""

    id = serializers.CharField()
    message = serializers.CharField()


class BulkAnswer(serializers.Serializer[Any]):
    """How many labels are as asked now, and the ids of those that are not."""

    updated = serializers.IntegerField()
    failed = serializers.ListField(child=serializers.CharField())
    errors = BulkFailure(many=True)  # type: ignore[assignment]  # a field, not the property


class BulkJobAnswer(serializers.Serializer[Any]):
    """The job that labels: `GET /api/v1/jobs/{job}` says how far it is, and its `result` holds
    `done, updated, unchanged, nFailed, errors`, of which `updated` are as asked now.
    """

    job = serializers.UUIDField()
    sessions = serializers.IntegerField()
