"""Bodies that start runs: prompts that somebody wrote, a dataset, or prompts of templates."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from datasets.api.dataset_serializers import Title
from datasets.models import Dataset
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.bodies import Closed, Text, TrueOrFalse
from runs.api.fields import EvaluatorIds, Parameters, Prompt, Seen
from runs.launching import LARGEST_SEED, MOST_PROMPTS
from runs.models import ModelEndpoint

LONGEST_KEY = 60
MOST_KEYS = 100
MOST_ROWS = 1_000_000
WAYS = ("prompts", "dataset", "templates")
ONE_WAY = "Give one of prompts, dataset and templates."


class Word(Text):
    """A word for grouping: short, without hidden characters."""

    def __init__(self, **options: Any) -> None:
        told = {"max_length": LONGEST_KEY, "validators": [refuse_hidden_characters]}
        super().__init__(**{"required": False, **told, **options})


class PromptInput(Closed):
    """One prompt; a `locked` one is sent as it stands."""

    text = Prompt(allow_blank=False)
    title = Title(required=False)
    locked = TrueOrFalse(required=False)
    category = Word()
    subcategory = Word()
    templateKey = Word(source="template_key")  # noqa: N815

    def validate_text(self, text: str) -> str:
        if not text.strip():
            raise serializers.ValidationError("A prompt is empty. Write it, or leave it out.")
        return text


class TemplatesInput(Closed):
    """Which templates fifty prompts are made of: all, those of a category, or those of keys.

    The same `seed` makes the same prompts in the same order.
    """

    category = Word()
    keys = serializers.ListField(
        child=Word(required=True), required=False, allow_empty=False, max_length=MOST_KEYS
    )
    seed = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST_SEED)


class Launch(Closed):
    """A run to be started; `generation` answers prompts, without it a dataset's stored outputs are
    judged. `parameters` and `evaluators` are those of a configuration.
    """

    title = Title(required=False)
    prompts = serializers.ListField(
        child=PromptInput(), required=False, allow_empty=False, max_length=MOST_PROMPTS
    )
    dataset = Seen(Dataset, required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST_ROWS)
    templates = TemplatesInput(required=False)
    generation = Seen(ModelEndpoint, required=False, allow_null=True)
    judge = Seen(ModelEndpoint, required=False, allow_null=True)
    evaluators = EvaluatorIds(required=False)
    systemPrompt = Prompt(required=False, source="system_prompt")  # noqa: N815
    parameters = Parameters(required=False)
    shared = TrueOrFalse(required=False, source="is_shared")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(way in attrs for way in WAYS) != 1:
            raise serializers.ValidationError(ONE_WAY)
        if "limit" in attrs and "dataset" not in attrs:
            raise serializers.ValidationError({"limit": "Only a dataset has rows to limit."})
        return attrs
