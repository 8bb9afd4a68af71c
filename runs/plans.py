"""What a run is made with, and the plan that is frozen from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from datasets.models import Dataset, DatasetVersion
from evalplatform.scoping.actor import Actor
from runs.judging import EvaluatorPlan
from runs.models import EvaluationConfig, Evaluator, ModelEndpoint
from runs.models.configuration import PARAMETERS

Plan = dict[str, Any]
LEXICAL = "lexical"  # the name of the judge that is built in


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What makes the outputs of a run, and what judges them; PARAMETERS says what else there is."""

    generation: ModelEndpoint | None = None
    judge: ModelEndpoint | None = None
    evaluators: Sequence[Evaluator] = ()
    system_prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, config: EvaluationConfig) -> Setup:
        """What the configuration says at this moment."""
        return cls(
            generation=config.generation,
            judge=config.judge,
            evaluators=config.evaluators(),
            system_prompt=config.system_prompt,
            parameters=config.parameters,
        )

    def endpoints(self) -> dict[str, ModelEndpoint]:
        """The endpoints that the run will ask, by where they were chosen."""
        chosen = {"generation": self.generation, "judge": self.judge}
        chosen |= {f"evaluators: {each.name}": each.endpoint for each in self.evaluators}
        return {place: endpoint for place, endpoint in chosen.items() if endpoint}

    def check(self, by: Actor, level: str) -> None:
        """ValidationError for an endpoint that the actor cannot see, or rows of another level."""
        seen = set(ModelEndpoint.objects.visible_to(by).values_list("pk", flat=True))
        for place, endpoint in self.endpoints().items():
            if endpoint.pk not in seen:
                field_name, _, name = place.partition(": ")
                whose = f" of the evaluator “{name}”" if name else ""
                raise ValidationError(
                    {field_name: f"The endpoint{whose} is not there, or not shared with you. "
                                 "Choose another."}
                )  # fmt: skip
        if self.generation and level == Dataset.Level.SESSION:
            raise ValidationError(
                {"generation": "Sessions are judged as they are: outputs are generated for "
                               "datasets of messages only."}
            )  # fmt: skip
        for each in self.evaluators:
            if each.level != level:
                raise ValidationError(
                    {"evaluators": f"“{each.name}” judges rows of level {each.level}; these rows "
                                   f"are of level {level}."}
                )  # fmt: skip
            if each.kind == Evaluator.Kind.JUDGE:
                refuse_unusable(each, level)

    def plan(self, version: DatasetVersion | None = None) -> Plan:
        """The plan of a run, which no later change of what it was made with reaches."""
        said = PARAMETERS | dict(self.parameters)
        carries_checks = any(each.kind == Evaluator.Kind.CHECKS for each in self.evaluators)
        uses_checks = bool(said["uses_checks"]) or carries_checks
        return {
            "evaluators": [
                each.snapshot() | {"judge": named(each.endpoint)}
                for each in self.evaluators
                if each.kind == Evaluator.Kind.JUDGE
            ],
            "global_checks": version.global_checks if version and uses_checks else [],
            "generation": named(self.generation),
            "judge": named(self.judge),
            "system_prompt": self.system_prompt,
            "heavyweight_factor": said["heavyweight_factor"],
            "compares_right_answer": bool(said["compares_right_answer"]),
            "uses_checks": uses_checks,
        }

    def shown(self) -> dict[str, Any]:
        """The parameters as exports of the run tell them."""
        said = {"eval_model": self.judge.model or self.judge.name if self.judge else LEXICAL}
        if self.generation:
            said["generation_model"] = self.generation.model or self.generation.name
        return said | PARAMETERS | dict(self.parameters)


def refuse_unusable(evaluator: Evaluator, level: str) -> None:
    """ValidationError for an evaluator whose prompt or schema cannot be read."""
    try:
        EvaluatorPlan.read(evaluator.snapshot(), level)
    except ValueError as error:
        raise ValidationError(
            {"evaluators": f"“{evaluator.name}” cannot be used: {error} Change it first."}
        ) from error


def named(endpoint: ModelEndpoint | None) -> dict[str, str] | None:
    """What a plan keeps of an endpoint; its address and key stay where they are."""
    if endpoint is None:
        return None
    return {
        "endpoint": str(endpoint.pk),
        "name": endpoint.name,
        "model": endpoint.model,
        "kind": endpoint.kind,
    }


def endpoints_of(plan: Plan) -> list[dict[str, str]]:
    """What the plan keeps of each endpoint that the run asks."""
    of_evaluators = [each.get("judge") for each in plan.get("evaluators", ())]
    return [each for each in (plan.get("generation"), plan.get("judge"), *of_evaluators) if each]


def asks_servers(plan: Plan) -> bool:
    """Whether anything in the plan waits for somebody else's server."""
    return any(each["kind"] == ModelEndpoint.Kind.OPENAI for each in endpoints_of(plan))
