"""Rows of runs and results of checks as the API gives them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.api.dataset_serializers import Person
from datasets.api.item_serializers import EXAMPLE, MESSAGES
from datasets.api.serializers import Data
from evalplatform.scoping.bodies import Closed, Text
from runs.models import CheckResult, RunItem
from runs.overriding import VERDICTS

STATUSES = RunItem.Status.values
CONFIDENCES = CheckResult.Confidence.values
LONGEST_REASON = 20_000


@extend_schema_field(MESSAGES)
class Messages(Data):
    """What was said before, oldest first."""


@extend_schema_field({"type": "array", "items": EXAMPLE})
class Examples(Data):
    """Examples for the judge."""


class OverrideRow(serializers.Serializer[Any]):
    """A person's verdict in the place of the machine's."""

    autoEval = serializers.ChoiceField(choices=VERDICTS, source="edited_auto_eval")  # noqa: N815
    feedback = serializers.CharField(source="edited_feedback")
    by = Person(source="edited_by")
    at = serializers.DateTimeField(source="edited_at")


class CheckResultRow(serializers.Serializer[Any]):
    """A check as it was when the run was made, and its verdict.

    `autoEval` is pass, fail, a number or a label, "" when there is none. `stands` is what counts:
    the override's verdict where there is one; null counts in no rate.
    """

    id = serializers.IntegerField()
    position = serializers.IntegerField()
    evaluator = serializers.CharField()
    operator = serializers.CharField()
    criteria = serializers.CharField()
    weight = serializers.IntegerField()
    category = serializers.CharField()
    extractor = serializers.CharField(source="extraction_prompt")
    conditionalOperator = serializers.CharField(source="conditional_operator")  # noqa: N815
    conditionalCriteria = serializers.CharField(source="conditional_criteria")  # noqa: N815
    examples = Examples()
    isGlobal = serializers.BooleanField(source="is_global")  # noqa: N815
    state = serializers.ChoiceField(choices=CheckResult.State.values)
    autoEval = serializers.CharField(source="auto_eval")  # noqa: N815
    passed = serializers.BooleanField(source="is_passed", allow_null=True)
    stands = serializers.BooleanField(allow_null=True)
    confidence = serializers.ChoiceField(choices=CONFIDENCES, allow_blank=True)
    feedback = serializers.CharField()
    extracted = serializers.CharField(allow_null=True)
    override = serializers.SerializerMethodField()

    @extend_schema_field(OverrideRow(allow_null=True))
    def get_override(self, result: CheckResult) -> Any:
        return OverrideRow(result).data if result.edited_auto_eval else None


class CountsRow(serializers.Serializer[Any]):
    """Checks of a row: with a verdict, passed of them, carried out, of low confidence, not."""

    checks = serializers.IntegerField(source="n_checks")
    passed = serializers.IntegerField(source="n_passed")
    done = serializers.IntegerField(source="n_done")
    low = serializers.IntegerField(source="n_low")
    skipped = serializers.IntegerField(source="n_skipped")
    errors = serializers.IntegerField(source="n_errors")  # type: ignore[assignment]


class RunItemRow(serializers.Serializer[Any]):
    """A row; `orderIndex` counts from 0 and is never given again. `itemId` is the dataset's item.

    `passed` is null while nobody can say.
    """

    id = serializers.UUIDField()
    orderIndex = serializers.IntegerField(source="order_index")  # noqa: N815
    publicId = serializers.CharField(source="public_id")  # noqa: N815
    itemId = serializers.UUIDField(source="item_key", allow_null=True)  # noqa: N815
    sourceType = serializers.ChoiceField(  # noqa: N815
        choices=RunItem.SourceType.values, source="source_type"
    )
    title = serializers.CharField()
    prompt = serializers.CharField(source="prompt_text")
    locked = serializers.BooleanField(source="prompt_locked")
    response = serializers.CharField()
    files = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(choices=STATUSES)
    error = serializers.CharField()
    passed = serializers.BooleanField(source="is_passed", allow_null=True)
    counts = CountsRow(source="*")
    weight = serializers.IntegerField()
    weightPassed = serializers.IntegerField(source="weight_passed")  # noqa: N815
    category = serializers.CharField()
    subcategory = serializers.CharField()
    templateKey = serializers.CharField(source="template_key")  # noqa: N815
    tags = serializers.ListField(child=serializers.CharField())
    inTokens = serializers.IntegerField(source="in_tokens", allow_null=True)  # noqa: N815
    outTokens = serializers.IntegerField(source="out_tokens", allow_null=True)  # noqa: N815
    duration = serializers.FloatField(allow_null=True, help_text="Seconds.")
    attempts = serializers.IntegerField()
    finishedAt = serializers.DateTimeField(source="finished_at", allow_null=True)  # noqa: N815


class RunItemDetail(RunItemRow):
    """A row with what surrounds it, and each check."""

    inputContext = Data(source="input_context")  # noqa: N815
    outputContext = Data(source="output_context")  # noqa: N815
    expectedOutput = serializers.CharField(source="item.expected_output", default="")  # noqa: N815
    summary = serializers.CharField(source="item.summary", default="")
    history = Messages(source="item.history", default=list)
    participantData = Data(source="item.participant_data", default=dict)  # noqa: N815
    sessionState = Data(source="item.session_state", default=dict)  # noqa: N815
    checks = CheckResultRow(many=True)


class Override(Closed):
    """A verdict and why. With `expected`, the override that was there when it was decided ("" for
    none), another one by now is a conflict.
    """

    autoEval = serializers.ChoiceField(choices=VERDICTS)  # noqa: N815
    feedback = Text(max_length=LONGEST_REASON)
    expected = serializers.ChoiceField(choices=VERDICTS, required=False, allow_blank=True)
