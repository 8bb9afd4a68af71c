"""The judgement: labels on sessions, rubrics, queues, and what reviewers said."""

from reviews.models.adjudication import Adjudication, Contest
from reviews.models.behavioral_label import BehavioralLabel
from reviews.models.label import EvalLabel, EvalLabelRevision
from reviews.models.queue import Queue, QueueReviewer
from reviews.models.queue_item import QueueItem, Slot
from reviews.models.review import Review, ReviewAnswer, ReviewRevision
from reviews.models.rubric import Rubric, RubricVersion
from reviews.models.seal import Seal, SealedItem
from reviews.models.webhook import WebhookDelivery, WebhookSubscription

__all__ = [
    "Adjudication",
    "BehavioralLabel",
    "Contest",
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
    "Seal",
    "SealedItem",
    "Slot",
    "WebhookDelivery",
    "WebhookSubscription",
]
