"""Runs as the API gives them. Times are ISO 8601, percent are fractions 0 to 1."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from datasets.api.dataset_serializers import Person, Title
from datasets.api.serializers import Data
from evalplatform.jobs.api import LONGEST_KEY
from evalplatform.scoping.bodies import Closed, TrueOrFalse
from runs.api.fields import Named
from runs.models import Run

KINDS, STATUSES = Run.Kind.values, Run.Status.values
SAME_RUN = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key again starts nothing: 200 with the run it started, as it is now. At "
    f"most {LONGEST_KEY} characters.",
)


class RateRow(serializers.Serializer[Any]):
    """How many of how many passed; `sd` is 100 x sqrt(p (1 - p) / n)."""

    n = serializers.IntegerField()
    passed = serializers.IntegerField()
    percent = serializers.FloatField()
    sd = serializers.FloatField()


class ProgressRow(serializers.Serializer[Any]):
    """How far a run is, counted from its rows."""

    status = serializers.ChoiceField(choices=STATUSES)
    items = serializers.IntegerField()
    done = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a field, not the property
    failed = serializers.IntegerField()
    completedAt = serializers.DateTimeField(allow_null=True)  # noqa: N815


class RunRow(serializers.Serializer[Any]):
    """A run in a list. `items` and `checks` are null until it has ended.

    Its dataset, configuration and batch are null for those who do not see them.
    """

    id = serializers.UUIDField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    source = serializers.ChoiceField(choices=Run.Source.values)  # type: ignore[assignment]
    status = serializers.ChoiceField(choices=STATUSES)
    shared = serializers.BooleanField()
    owner = Person(read_only=True)
    dataset = Named(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    config = Named(allow_null=True)
    batch = serializers.UUIDField(allow_null=True)
    batchPosition = serializers.IntegerField(allow_null=True)  # noqa: N815
    mode = serializers.CharField()
    category = serializers.CharField()
    subcategory = serializers.CharField()
    templateKey = serializers.CharField()  # noqa: N815
    itemCount = serializers.IntegerField()  # noqa: N815
    doneCount = serializers.IntegerField()  # noqa: N815
    items = RateRow(allow_null=True)
    checks = RateRow(allow_null=True)
    createdAt = serializers.DateTimeField()  # noqa: N815
    startedAt = serializers.DateTimeField(allow_null=True)  # noqa: N815
    completedAt = serializers.DateTimeField(allow_null=True)  # noqa: N815


class RunDetail(RunRow):
    """A run with its numbers, and the plan that was frozen when it was made."""

    progress = ProgressRow()
    metrics = Data(allow_null=True)
    plan = Data()
    parameters = Data()
    adminBranch = serializers.CharField()  # noqa: N815
    engineBranch = serializers.CharField()  # noqa: N815
    remoteRunId = serializers.CharField()  # noqa: N815
    errorMessage = serializers.CharField()  # noqa: N815
    errorAnalysis = serializers.CharField()  # noqa: N815
    failureType = serializers.CharField()  # noqa: N815
    failureReason = serializers.CharField()  # noqa: N815
    failedAt = serializers.DateTimeField(allow_null=True)  # noqa: N815


class RunChange(Closed):
    """What can be changed of a run; what is left out stays."""

    title = Title(required=False, allow_blank=False)
    shared = TrueOrFalse(required=False, source="is_shared")


MADE_ONCE = {
    200: RunDetail,
    409: OpenApiResponse(description="The Idempotency-Key was used for another run."),
}
