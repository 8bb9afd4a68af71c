"""The judgement: labels on sessions, rubrics, queues, and what reviewers said."""

from reviews.models.behavioral_label import BehavioralLabel
from reviews.models.label import EvalLabel, EvalLabelRevision
from reviews.models.queue import Queue, QueueReviewer
from reviews.models.queue_item import QueueItem, Slot
from reviews.models.review import Review, ReviewAnswer, ReviewRevision
from reviews.models.rubric import Rubric, RubricVersion
from reviews.models.webhook import WebhookDelivery, WebhookSubscription

__all__ = [
    "BehavioralLabel",
    "EvalLabel",
    "EvalLabelRevision",
    "Queue",
    "QueueItem",
    "QueueReviewer",
    "Review",
    "ReviewAnswer",
    "ReviewRevision",
    "Rubric",
    "RubricVersion",
    "Slot",
    "WebhookDelivery",
    "WebhookSubscription",
]
