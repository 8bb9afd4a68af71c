"""Models of runs."""

from runs.models.check_result import CheckResult
from runs.models.configuration import ConfigEvaluator, EvaluationConfig
from runs.models.endpoint import ModelEndpoint
from runs.models.evaluator import Evaluator
from runs.models.prompt_template import PromptTemplate
from runs.models.run import Run, RunBatch
from runs.models.run_item import RunItem

__all__ = [
    "CheckResult",
    "ConfigEvaluator",
    "EvaluationConfig",
    "Evaluator",
    "ModelEndpoint",
    "PromptTemplate",
    "Run",
    "RunBatch",
    "RunItem",
]
