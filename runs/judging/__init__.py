"""Carries out checks: functions where a program can tell, a judge where it takes reading."""

from runs.judging.carrying import Asked, carry_out, right_answer_checks
from runs.judging.evaluators import EvaluatorPlan, carry_out_evaluator
from runs.judging.lexical import LexicalJudge
from runs.judging.model import ModelJudge
from runs.judging.output_schema import OutputSchema, OutputSchemaFault
from runs.judging.questions import Judge, JudgeError, JudgeQuestion

__all__ = [
    "Asked",
    "EvaluatorPlan",
    "Judge",
    "JudgeError",
    "JudgeQuestion",
    "LexicalJudge",
    "ModelJudge",
    "OutputSchema",
    "OutputSchemaFault",
    "carry_out",
    "carry_out_evaluator",
    "right_answer_checks",
]
