"""/api/v1/configs: how datasets are evaluated, and the runs started with it."""

from __future__ import annotations

import uuid
import zlib
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import CHANGED_RESPONSE, IF_MATCH, PAGE_PARAMETERS, paged
from evalplatform.scoping.api import ScopedAPIView
from runs import planning
from runs.api.config_serializers import ConfigChange, ConfigRow, NewConfig, Start
from runs.api.fields import evaluators_of, in_their_names
from runs.api.run_serializers import MADE_ONCE, SAME_RUN, RunDetail
from runs.api.run_telling import TellsRuns
from runs.api.tools import NAME, OfTools, refuse_errors, tool_etag
from runs.evaluator_choices import judge_missing
from runs.models import ConfigEvaluator, EvaluationConfig
from runs.models.configuration import PARAMETERS
from runs.tool_filters import filter_configs

NOTHING = "Choose an evaluator, or let the checks be carried out."


class OfConfigs(OfTools):
    """Configurations with their evaluators."""

    model = EvaluationConfig

    def shown(self, config: EvaluationConfig, **told: Any) -> Response:
        """The configuration with its ETag."""
        headers = {"ETag": self.etag(config)} | told.pop("headers", {})
        return Response(self.listed([config]).data[0], headers=headers, **told)

    def listed(self, rows: Iterable[EvaluationConfig], **told: Any) -> Any:
        """The rows with the evaluators of all of them."""
        found = list(rows)
        return ConfigRow(found, many=True, context={"evaluators": self.evaluator_ids(found)})

    def evaluator_ids(self, configs: list[EvaluationConfig]) -> dict[uuid.UUID, list[uuid.UUID]]:
        """The ids of the evaluators of each configuration, in their order."""
        seen = ConfigEvaluator.objects.visible_to(self.actor)
        rows = seen.filter(config__in=configs, evaluator__deleted_at=None).order_by("position")
        found: defaultdict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
        for config, evaluator in rows.values_list("config", "evaluator"):
            found[config].append(evaluator)
        return found

    def etag(self, tool: Any) -> str:
        """Another one when its evaluators are others, too."""
        ids = ",".join(map(str, self.evaluator_ids([tool])[tool.pk]))
        return f'{tool_etag(tool)[:-1]}-{zlib.crc32(ids.encode()):08x}"'

    def save(self, config: EvaluationConfig | None, said: dict[str, Any]) -> EvaluationConfig:
        """Keep the configuration and its evaluators together, or nothing."""
        ids = said.pop("evaluators", None)
        kept = config.parameters if config else {}
        if config is None or "parameters" in said:
            said["parameters"] = PARAMETERS | kept | said.get("parameters", {})
        moves = config is not None and said.get("dataset", config.dataset) != config.dataset
        chosen = evaluators_of(ids, self.actor) if ids is not None else None
        if config is None:
            config = EvaluationConfig.create(by=self.actor, **said)
        else:
            config.change(by=self.actor, **said)
        if chosen is not None or moves:
            config.use(config.evaluators() if chosen is None else chosen, by=self.actor)
        refuse_senseless(config)
        return config


class ConfigsView(OfConfigs, ScopedAPIView):
    """Configurations of the team that the caller may run."""

    verbs = {"get": "see", "post": "edit_evidence"}

    @extend_schema(
        operation_id="list_configs",
        summary="List configurations, the newest first",
        parameters=[NAME, *PAGE_PARAMETERS],
        responses={200: paged(ConfigRow)},
    )
    def get(self, request: Request) -> Response:
        """`name` is part of its name or of its dataset's."""
        found = filter_configs(self.rows(), self.asked(()))
        refuse_errors(found.errors)
        return self.page(found.rows.select_related("owner", "dataset"), self.listed)

    @extend_schema(
        operation_id="create_config",
        summary="Make a configuration",
        request=NewConfig,
        responses={201: ConfigRow},
    )
    def post(self, request: Request) -> Response:
        said = self.taken(NewConfig)
        with transaction.atomic(), in_their_names():
            made = self.save(None, said)
        where = {"Location": reverse("api-config", args=[made.pk])}
        return self.shown(made, status=201, headers=where)


class ConfigView(OfConfigs, ScopedAPIView):
    """One configuration."""

    verbs = {"get": "see", "patch": "edit_evidence", "delete": "edit_evidence"}

    @extend_schema(
        operation_id="get_config",
        summary="One configuration; its ETag is for If-Match",
        responses={200: ConfigRow},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return self.shown(self.get_row(pk=pk))

    @extend_schema(
        operation_id="change_config",
        summary="Change a configuration; runs that were made keep what it was",
        request=ConfigChange,
        parameters=[IF_MATCH],
        responses={200: ConfigRow, **CHANGED_RESPONSE},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        config = self.editable(pk)
        said = self.taken(ConfigChange)
        with transaction.atomic(), in_their_names():
            self.matching(request, pk)
            self.save(config, said)
        return self.shown(self.get_row(pk=pk))

    @extend_schema(
        operation_id="delete_config",
        summary="Take a configuration out of everybody's sight; its runs stay",
        request=None,
        parameters=[IF_MATCH],
        responses={204: None, **CHANGED_RESPONSE},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        return self.gone(request, pk)


class ConfigStartView(OfTools, TellsRuns, ScopedAPIView):
    """A run of one configuration."""

    model = EvaluationConfig
    verbs = {"post": "run_prompts"}

    @extend_schema(
        operation_id="start_config",
        summary="Run a configuration over its dataset as it is now",
        request=Start,
        parameters=[SAME_RUN],
        responses={201: RunDetail, **MADE_ONCE},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """A preview takes the first ten rows, or `limit` of them."""
        config = self.get_row(pk=pk)
        said = self.taken(Start)
        make = partial(planning.start_config, config, by=self.actor, **said)
        return self.started(make, ["config", str(pk), said])


def refuse_senseless(config: EvaluationConfig) -> None:
    """Raise ValidationError for one that judges nothing, or has nobody to ask."""
    said = PARAMETERS | config.parameters
    judges = said["uses_checks"] or said["compares_right_answer"] or config.generation_id
    evaluators = config.evaluators()
    if not judges and not evaluators:
        raise ValidationError({"evaluators": NOTHING})
    if missing := judge_missing(evaluators, config.judge):
        raise ValidationError({"judge": missing})
