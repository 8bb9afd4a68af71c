"""Rows of the judgement for the world of the guards."""

from __future__ import annotations

import json
import uuid
from typing import Any

from evalplatform.scoping.actor import Actor
from reviews.claiming import claim
from reviews.models import (
    Adjudication,
    BehavioralLabel,
    Contest,
    QueueItem,
    QueueReviewer,
    ReviewAnswer,
    ReviewRevision,
    Rubric,
    Seal,
    SealedItem,
    WebhookDelivery,
    WebhookSubscription,
)
from reviews.rubrics.builtin import PASS_FAIL
from reviews.saving import save
from runs.models import RunItem
from tests.reviews_made import YES, make_queue

SHAPE = {
    "sections": [
        {"key": "all", "label": "All", "criteria": [
            {"key": "verdict", "label": "Verdict", "kind": "pass_fail"}]}
    ]
}  # fmt: skip
TOKEN = {"token": str(uuid.UUID(int=1))}
# Bodies of calls of the API of reviews.
REVIEW_BODIES: dict[str, Any] = {
    "api-rubric": lambda world: json.dumps({"name": "Tone", "shape": SHAPE}),
    "api-name": lambda world: json.dumps({"name": "Evening"}),
    "api-queue": lambda world: json.dumps(
        {"name": "Evening", "target": "session", "rubric": "pass-fail"}
    ),
    "api-status": lambda world: json.dumps({"status": "paused"}),
    "api-reviewers": lambda world: json.dumps({"reviewers": []}),
    "api-session-ids": lambda world: json.dumps({"ids": [str(world.rows["session"]["pk"])]}),
    "api-empty": lambda world: json.dumps({}),
    "api-reopen": lambda world: json.dumps({"reason": "A date was wrong."}),
    "api-token": lambda world: json.dumps(TOKEN),
    "api-decline": lambda world: json.dumps(TOKEN | {"reason": "I know them."}),
    "api-draft": lambda world: json.dumps({"number": 1, "feedback": "Hm."}),
    "api-save": lambda world: json.dumps({"number": 1, **YES}),
    # one save and one adjudication were seen
    "adjudicate-save": lambda world: json.dumps(
        {
            "number": 10_001,
            "draft": {"answers": {**YES["answers"], "@cause": {"value": "other"}}},
        }
    ),
    "api-adjudicate": lambda world: json.dumps({"number": 10_001, "cause": "other", **YES}),
    "api-contest": lambda world: json.dumps({"note": "The date was right."}),
    "api-answer": lambda world: json.dumps({"answer": "It was not."}),
    "webhook": lambda world: {
        "name": "Chat",
        "url": "https://203.0.112.9/hook",
        "secret": "s" * 20,
        "events": "review.saved",
        "is_enabled": "on",
    },
    "api-webhook": lambda world: json.dumps(
        {
            "name": "Chat",
            "url": "https://203.0.112.9/hook",
            "secret": "s" * 20,
            "events": ["review.saved"],
        }
    ),
    "api-own-label": lambda world: json.dumps({"status": "draft", "intent": "Billing"}),
}


def make_review_rows(eva: Actor, row: RunItem, *, marker: str) -> dict[str, Any]:
    """A queue of Eva's with one item that she has reviewed, and her label of a row of her run."""
    queue = make_queue(owner=eva, n_items=1, reviewers=[eva], name=f"{marker} queue")
    slot = claim(queue, by=eva)
    assert slot is not None
    review = save(slot.queue_item, YES | {"feedback": f"{marker} feedback"}, by=eva)
    label = BehavioralLabel.all_rows.create(
        run_id=row.run_id, run_item=row, reviewer=eva.user, notes=f"{marker} notes"
    )
    return {
        "queue": queue,
        "queue_reviewer": QueueReviewer.all_rows.get(queue=queue),
        "queue_item": QueueItem.all_rows.get(queue=queue),
        "slot": slot,
        "review": review,
        "review_revision": ReviewRevision.all_rows.get(review=review),
        "review_answer": ReviewAnswer.all_rows.get(review=review),
        "rubric": Rubric.of_the_product("pass-fail", by=eva),
        "own_rubric": Rubric.create(name="Own", shape=PASS_FAIL.as_json(), by=eva),
        "rubric_version": queue.rubric_version,
        "behavioral_label": label,
        **make_settled_rows(eva, slot.queue_item, marker=marker),
    }


def make_settled_rows(eva: Actor, item: QueueItem, *, marker: str) -> dict[str, Any]:
    """What was settled of an item, contested and sealed once, all by Eva."""
    adjudication = Adjudication.all_rows.create(
        queue=item.queue, queue_item=item, number=1, adjudicator=eva.user, via="page",
        answers={}, cause="other", reason=f"{marker} reason",
    )  # fmt: skip
    seal = Seal.all_rows.create(
        queue=item.queue, number=1, finalized_by=eva.user, snapshot={}, n_items=1, digest="0" * 64
    )
    return {
        "adjudication": adjudication,
        "contest": Contest.all_rows.create(
            adjudication=adjudication, reviewer=eva.user, note=f"{marker} contest"
        ),
        "seal": seal,
        "sealed_item": SealedItem.all_rows.create(seal=seal, queue_item=item, digest="0" * 64),
    }


def make_webhook_rows(olga: Actor, *, marker: str) -> dict[str, Any]:
    """A webhook to an address that is never asked, with an event that was given up."""
    webhook = WebhookSubscription.all_rows.create(
        team=olga.team,
        owner=olga.user,
        name=f"{marker} webhook",
        url=f"https://203.0.112.9/{marker}",
        events=["review.saved"],
        sealed_secret=b"none",
        secret_origin="https://203.0.112.9:443",
    )
    delivery = WebhookDelivery.all_rows.create(
        subscription=webhook, event="review.saved", payload={marker: marker}, state="failed"
    )
    return {"webhook": webhook, "webhook_delivery": delivery}
