"""/api/v1/runs/outputs: outputs that were made elsewhere, checked as a run."""

from __future__ import annotations

import uuid
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.models import Dataset
from evalplatform.errors import RowsRefusedError
from evalplatform.jobs.api import IDEMPOTENCY_KEY, idempotency_key
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.managers import get_visible
from runs.formats.outputs import MAX_OUTPUTS, OutputRecord
from runs.making_once import make_once
from runs.models import EvaluationConfig, Run
from runs.output_importing import OutputReport, look_at, start

REFUSED = "Nothing was started: correct these outputs and send them again."


class OutputSerializer(serializers.Serializer[Any]):
    """One output: of the item with this id, or of those with this input."""

    id = serializers.CharField(required=False, max_length=64)
    input = serializers.CharField(required=False, trim_whitespace=False)
    output = serializers.CharField(trim_whitespace=False)
    in_tokens = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    out_tokens = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    duration = serializers.FloatField(
        required=False, allow_null=True, min_value=0, help_text="Seconds."
    )
    context = serializers.DictField(required=False)  # type: ignore[assignment]
    output_context = serializers.DictField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "id" not in attrs and "input" not in attrs:
            raise serializers.ValidationError({"input": ["Give an id or an input."]})
        return attrs


class OutputsSerializer(serializers.Serializer[Any]):
    """Outputs of one model for the items of a dataset."""

    dataset = serializers.UUIDField()
    config = serializers.UUIDField(required=False, allow_null=True)
    title = serializers.CharField(required=False, max_length=200)
    model = serializers.CharField(required=False, max_length=200, allow_blank=True)
    outputs = serializers.ListField(child=OutputSerializer(), max_length=MAX_OUTPUTS)


class ImportedSerializer(serializers.Serializer[Any]):
    """The run that checks them; items without an output are not in it."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    status = serializers.CharField()
    items = serializers.IntegerField(source="n_items")
    itemsWithoutOutput = serializers.SerializerMethodField()  # noqa: N815

    def get_itemsWithoutOutput(self, run: Run) -> int:  # noqa: N802
        return int(self.context["n_missing"])


class OutputsView(ScopedAPIView):
    """Outputs of a visible dataset; all of them or none."""

    model = Run
    verbs = {"post": "run_prompts"}

    @extend_schema(
        operation_id="import_outputs",
        summary="Have outputs that were made elsewhere checked as a run",
        request=OutputsSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: ImportedSerializer, 200: ImportedSerializer},
    )
    def post(self, request: Request) -> Response:
        asked = OutputsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        dataset: Dataset = get_visible(Dataset, self.actor, pk=said["dataset"])
        config = self.config(said.get("config"), dataset)
        report = self.look(said, dataset)
        run, is_new = make_once(
            lambda **columns: start(
                report,
                by=self.actor,
                dataset=dataset,
                config=config,
                title=said.get("title") or f"{dataset.name}, imported outputs"[:200],
                **columns,
            ),
            by=self.actor,
            key=idempotency_key(request),
            asked=request.data,
        )
        told = ImportedSerializer(run, context={"n_missing": report.n_missing})
        where = {"Location": reverse("api-run", args=[run.pk])}
        return Response(told.data, status=201 if is_new else 200, headers=where)

    def config(self, pk: uuid.UUID | None, dataset: Dataset) -> EvaluationConfig | None:
        """The configuration that says how they are checked; 400 for one of another dataset."""
        if pk is None:
            return None
        found: EvaluationConfig = get_visible(EvaluationConfig, self.actor, pk=pk)
        if found.dataset_id != dataset.pk:
            raise serializers.ValidationError(
                {"config": ["This configuration is of another dataset."]}
            )
        return found

    def look(self, said: dict[str, Any], dataset: Dataset) -> OutputReport:
        """The outputs matched to items; 400 with the rows to blame."""
        report = OutputReport(model=said.get("model", ""))
        records = [record_of(n, each) for n, each in enumerate(said["outputs"], 1)]
        look_at(records, report, dataset=dataset, by=self.actor)
        if not report.may_start:
            errors = (
                {"row": each.row, "column": each.column, "message": each.message}
                for each in report.errors
            )
            raise RowsRefusedError(REFUSED, errors)
        return report


def record_of(row: int, said: dict[str, Any]) -> OutputRecord:
    """An output of the body, its row counted from 1."""
    return OutputRecord(
        row=row,
        column="id" if "id" in said else "input",
        question=said.get("input", ""),
        identifier=said.get("id", ""),
        response=said["output"],
        in_tokens=said.get("in_tokens"),
        out_tokens=said.get("out_tokens"),
        duration=said.get("duration"),
        input_context=said.get("context", {}),
        output_context=said.get("output_context", {}),
    )
