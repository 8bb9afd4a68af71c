"""An item as the API gives it to its reviewer: what the page shows, as data and noted alike."""

from __future__ import annotations

from typing import Any

from datasets.conversation import Part
from evalplatform.scoping.actor import Actor
from reviews.api.review_serializers import DeskRow
from reviews.desk import Shown, label_of, saved_answers, show
from reviews.material import attachments_of, messages_of
from reviews.models import QueueItem, Review, Slot
from reviews.saving import open_review
from runs.models import RunItem
from runs.run_item_showing import texts_of

CHECK = ("operator", "criteria", "category", "examples")
VERDICT = ("auto_eval", "is_passed", "stands", "confidence", "feedback", "extracted")


def desk_told(item: QueueItem, slot: Slot, actor: Actor) -> dict[str, Any]:
    """Everything of an item that was given to the actor; what it shows is noted with the review."""
    queue, version = item.queue, item.queue.rubric_version
    review = open_review(item, by=actor)
    shape = version.read()
    shown = show(item, slot, review, shape, actor)
    told = {
        "key": item.key,
        "queue": queue.pk,
        "label": label_of(item),
        "slot": slot,
        "session": None if item.run_item else session_told(item),
        "row": row_told(item, item.run_item) if item.run_item else None,
        "rubric": {"id": version.rubric_id, "version": version.number, "shape": version.shape},
        "reviewsChecks": queue.reviews_auto_evals,
        "checks": checks_told(shown),
        "suggestions": shown.suggestions,
        "colleagues": [colleague_told(each) for each in shown.colleagues],
        "draft": draft_told(review, actor),
    }
    return dict(DeskRow(told).data)


def draft_told(review: Review, actor: Actor) -> dict[str, Any]:
    """What was typed and what was saved last, apart."""
    return {
        "number": review.draft_number,
        "at": review.draft_at,
        "draft": review.draft,
        "saved": saved_answers(review, actor) or None,
    }


def session_told(item: QueueItem) -> dict[str, Any]:
    """The session with its first messages."""
    session = item.session
    assert session is not None
    return {
        "title": session.title,
        "externalId": session.external_id,
        "source": session.source.name,
        "participant": session.participant,
        "sessionState": session.session_state,
        **messages_told(messages_of(item, is_raw=True)),
    }


def messages_told(part: Part) -> dict[str, Any]:
    """Messages as they were said, and where to go on."""
    messages = [
        {
            "position": each.message.position,
            "role": each.message.role,
            "content": each.message.content,
            "cut": each.is_cut,
            "createdAt": each.message.created_at,
        }
        for each in part.utterances
    ]
    return {"messages": messages, "next": part.after}


def row_told(item: QueueItem, row: RunItem) -> dict[str, Any]:
    """What a row was asked and answered, and what surrounds it."""
    source = row.item
    return {
        "publicId": row.public_id,
        "texts": {name: text for name, (_, text) in texts_of(row).items()},
        "history": source.history if source else [],
        "context": row.input_context or (source.context if source else {}),
        "outputContext": row.output_context,
        "participantData": source.participant_data if source else {},
        "sessionState": source.session_state if source else {},
        "files": attachments_of(item),
    }


def checks_told(shown: Shown) -> list[dict[str, Any]]:
    """The checks, each with the machine's verdict or null."""
    return [
        {
            "id": check["result"].pk,
            "name": check["name"],
            **{name: getattr(check["result"], name) for name in CHECK},
            "verdict": verdict_told(check["result"]) if shown.has_verdicts else None,
        }
        for check in shown.checks
    ]


def verdict_told(result: Any) -> dict[str, Any]:
    """What the machine said, and the override over it."""
    told = {name: getattr(result, name) for name in VERDICT}
    return told | {"override": result if result.edited_auto_eval else None}


def colleague_told(each: dict[str, Any]) -> dict[str, Any]:
    """What a colleague saved last, as they said it."""
    review, revision = each["review"], each["revision"]
    return {
        "reviewer": review.reviewer,
        "saved_at": review.saved_at,
        "is_counted": review.is_counted,
        "answers": revision.answers,
        "checks": revision.checks,
        "feedback": revision.feedback,
    }
