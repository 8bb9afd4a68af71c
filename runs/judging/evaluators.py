"""Judges with a prompt of the team's own: one question about each row, one typed answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from datasets.formats.items import CheckRecord
from runs import prompting
from runs.judging.output_schema import OutputSchema
from runs.judging.questions import Judge
from runs.prompting import Template
from runs.verdicts import Case, CheckError, CheckState, Outcome

OPERATOR = "custom_operator"


class EvaluatorPlan(NamedTuple):
    """An evaluator as a run carries it out, read once."""

    name: str
    template: Template
    schema: OutputSchema
    weight: int = 1
    category: str = ""

    @classmethod
    def read(cls, frozen: Mapping[str, Any], level: str) -> EvaluatorPlan:
        """What a plan keeps of an evaluator; TemplateFault or OutputSchemaFault when it is wrong"""
        return cls(
            name=frozen["name"],
            template=prompting.parse(frozen["prompt"], level),
            schema=OutputSchema.read(frozen["output_schema"]),
            weight=frozen.get("weight", 1),
            category=frozen.get("category", ""),
        )


def carry_out_evaluator(plan: EvaluatorPlan, case: Case, judge: Judge) -> Outcome:
    """What the judge answers on this row; never raises, an error is an outcome."""
    check = CheckRecord(OPERATOR, plan.name, plan.weight, plan.category)
    try:
        verdict = judge.evaluate(plan.template, case, plan.schema)
    except CheckError as error:
        return Outcome(check, CheckState.ERROR, feedback=str(error), evaluator=plan.name)
    return Outcome(check, CheckState.DONE, verdict, evaluator=plan.name)
