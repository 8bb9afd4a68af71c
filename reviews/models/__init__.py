"""The judgement: labels on sessions; queues and reviews in step 4."""

from reviews.models.label import EvalLabel, EvalLabelRevision

__all__ = ["EvalLabel", "EvalLabelRevision"]
