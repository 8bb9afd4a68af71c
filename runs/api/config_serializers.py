"""Configurations as the API takes and gives them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from datasets.api.dataset_serializers import Name, Person, Title
from datasets.models import Dataset
from evalplatform.scoping.bodies import Closed, TrueOrFalse
from runs.api.fields import EvaluatorIds, Named, Parameters, ParametersRow, Prompt, Seen
from runs.models import EvaluationConfig, ModelEndpoint, Run

MOST_PREVIEWED = 1000
KINDS = (Run.Kind.FULL.value, Run.Kind.PREVIEW.value)
ALL_ROWS = "A full run takes every row. Leave the limit out, or write kind preview."


class ConfigChange(Closed):
    """What can be changed of a configuration; what is left out stays."""

    name = Name(required=False)
    dataset = Seen(Dataset, required=False)
    evaluators = EvaluatorIds(required=False)
    generation = Seen(ModelEndpoint, required=False, allow_null=True)
    judge = Seen(ModelEndpoint, required=False, allow_null=True)
    systemPrompt = Prompt(required=False, source="system_prompt")  # noqa: N815
    parameters = Parameters(required=False)
    autoRun = TrueOrFalse(required=False, source="auto_run")  # noqa: N815
    shared = TrueOrFalse(required=False, source="is_shared")


class NewConfig(ConfigChange):
    """A configuration to be made; without `generation` the stored outputs are judged."""

    name = Name()
    dataset = Seen(Dataset)


class ConfigRow(serializers.Serializer[Any]):
    """A configuration; without `judge` the built-in lexical judge answers."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    dataset = Named(read_only=True)
    evaluators = serializers.SerializerMethodField()
    generation = serializers.UUIDField(source="generation_id", allow_null=True, read_only=True)
    judge = serializers.UUIDField(source="judge_id", allow_null=True, read_only=True)
    systemPrompt = serializers.CharField(source="system_prompt", read_only=True)  # noqa: N815
    parameters = ParametersRow(read_only=True)
    autoRun = serializers.BooleanField(source="auto_run", read_only=True)  # noqa: N815
    shared = serializers.BooleanField(source="is_shared", read_only=True)
    owner = Person(read_only=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)  # noqa: N815
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)  # noqa: N815

    def get_evaluators(self, config: EvaluationConfig) -> list[str]:
        """Ids in their order, from `evaluators` of the context: one query for all rows."""
        return [str(pk) for pk in self.context["evaluators"].get(config.pk, ())]


class Start(Closed):
    """How much of the dataset a run takes: all of it, or as a preview the first rows."""

    kind = serializers.ChoiceField(choices=KINDS, default=Run.Kind.FULL.value)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST_PREVIEWED)
    title = Title(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] == Run.Kind.FULL and "limit" in attrs:
            raise serializers.ValidationError({"limit": ALL_ROWS})
        return attrs
