"""JSON Schema of the Lab session export, written from formats.md 3.1 and 3.3."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def closed(properties: Schema, *, optional: tuple[str, ...] = ()) -> Schema:
    """An object that has every one of these keys and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*values: str) -> Schema:
    return {"enum": list(values)}


def scale(low: int, high: int) -> Schema:
    return or_null({"type": "integer", "minimum": low, "maximum": high})


TEXT: Schema = {"type": "string"}
TEXT_OR_NULL = or_null(TEXT)
FLAG: Schema = {"type": "boolean"}
NULL: Schema = {"type": "null"}
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
PERSON = closed({"clerkUserId": TEXT, "email": TEXT, "name": TEXT_OR_NULL})
RATINGS = or_null(
    closed(
        {name: scale(1, 10) for name in ("tone", "usefulness", "calming", "naturalness", "trust")}
    )
)
KEEP = or_null(one_of("yes", "maybe", "no"))
STATUS = or_null(one_of("pass", "refine", "fail"))
PRIORITY = or_null(one_of("low", "medium", "high"))
EMPLOYEE = or_null(
    closed(
        {
            "understoodNeed": or_null(one_of("yes", "mostly", "no", "not_sure")),
            "rightNextMove": or_null(one_of("yes", "mostly", "no", "not_needed", "not_sure")),
            "calmingEffect": or_null(one_of("yes", "somewhat", "no", "not_sure")),
            "riskOrConfusion": or_null(
                one_of("no", "slightly_off", "definitely_wrong", "not_sure")
            ),
            "seniorReview": or_null(FLAG),
            "reusableLearning": or_null(FLAG),
        }
    )
)
GUIDANCE = or_null(
    closed(
        {
            "emotionalValidation": scale(1, 5),
            "cognitiveUnderstanding": scale(1, 5),
            "actionability": scale(1, 5),
            "toneAppropriateness": scale(1, 5),
            "authenticity": scale(1, 5),
            "notes": TEXT,
        }
    )
)
INTENTS = (
    "Booking Help", "Check-In", "Checkout", "Billing", "Noise", "Room Issue", "Concierge", "Other",
)  # fmt: skip
ADJUDICATION = or_null(
    closed(
        {
            "finalLabels": closed(
                {
                    "guestIntent": or_null(one_of(*INTENTS)),
                    "followThroughRequired": or_null(FLAG),
                    "actionType": or_null(
                        one_of(
                            *("none", "inform", "create_task", "contact_guest"),
                            *("contact_vendor", "escalate"),
                        )
                    ),
                    "emotionalRead": or_null(
                        one_of("Neutral", "Mildly Upset", "Upset", "Grateful")
                    ),
                    "ownerStressLevel": or_null(one_of("low", "medium", "high")),
                }
            ),
            "reason": TEXT_OR_NULL,
            "adjudicator": PERSON,
            "adjudicatedAt": TIME,
        }
    )
)
REVIEW = closed(
    {
        "ratings": RATINGS,
        "suggestedRatings": RATINGS,
        "keepTalking": KEEP,
        "suggestedKeepTalking": KEEP,
        "status": STATUS,
        "suggestedStatus": STATUS,
        "priority": PRIORITY,
        "suggestedPriority": PRIORITY,
        "feltOff": TEXT_OR_NULL,
        "owner": TEXT_OR_NULL,
        "reviewState": or_null(one_of("reviewed", "needs_review", "needs_adjudication")),
        "luciaPredictedLabels": NULL,
        "humanLabels": NULL,
        "adjudication": ADJUDICATION,
        "employeeReview": EMPLOYEE,
        "suggestedEmployeeReview": EMPLOYEE,
        "humanGuidanceEval": GUIDANCE,
        "suggestedHumanGuidanceEval": GUIDANCE,
        "canonCandidate": or_null(FLAG),
    }
)
ENTRY = closed(
    {
        "reviewer": PERSON,
        "reviewerKind": one_of("human", "ai"),
        "isCounted": FLAG,
        "revisions": {"type": "integer", "minimum": 1},
        "savedAt": TIME,
        "savedBy": PERSON,
        "saved": REVIEW,
        "answers": {"type": "object"},
        "checks": {"type": "object"},
        "feedback": TEXT,
    }
)
RESULT: Schema = {
    **closed(
        {
            "draft": {"anyOf": [REVIEW, {"type": "object", "maxProperties": 0}]},
            "saved": or_null(REVIEW),
            "savedAt": or_null(TIME),
            "savedBy": or_null(PERSON),
            "allReviews": {"type": "array", "items": ENTRY},
        }
    ),
    # Saved says by whom and when; nothing saved says neither.
    "if": {"properties": {"saved": NULL}},
    "then": {"properties": {"savedAt": NULL, "savedBy": NULL}},
    "else": {"properties": {"savedAt": TIME, "savedBy": PERSON}},
}
CASE = closed(
    {
        "id": TEXT,
        "sessionId": TEXT,
        "orderIndex": {"type": "integer", "minimum": 0},
        "sourceType": one_of("custom", "generated"),
        "title": TEXT_OR_NULL,
        "promptText": TEXT,
        "promptLocked": FLAG,
        "luciaResponse": TEXT,
        "runStatus": one_of("success", "pending", "running", "error"),
        "runError": TEXT_OR_NULL,
        "category": TEXT_OR_NULL,
        "subcategory": TEXT_OR_NULL,
        "templateKey": TEXT_OR_NULL,
        "createdAt": TIME,
        "updatedAt": TIME,
    }
)
METADATA = closed(
    {
        "id": TEXT,
        "title": TEXT,
        "mode": one_of("manual", "automated"),
        "runSource": one_of("custom", "auto_generated", "controlled_batch"),
        "category": TEXT_OR_NULL,
        "subcategory": TEXT_OR_NULL,
        "templateKey": TEXT_OR_NULL,
        "promptCount": {"type": "integer", "minimum": 0},
        "status": one_of("ready", "draft", "running", "failed"),
        "createdAt": TIME,
        "updatedAt": TIME,
        "adminBranch": TEXT_OR_NULL,
        "engineBranch": TEXT_OR_NULL,
        "runFailureType": or_null(one_of("timeout", "engine_error", "network_error", "cancelled")),
        "runFailureReason": TEXT_OR_NULL,
        "runFailureAt": or_null(TIME),
        "reviewLifecycle": closed(
            {
                "status": one_of("in_review", "ready_to_finalize", "finalized"),
                "finalizedAt": or_null(TIME),
                "finalizedBy": or_null(PERSON),
            }
        ),
        "remoteRunId": TEXT_OR_NULL,
        "ownerUserId": TEXT,
        "ownerScopeVersion": {"const": 1},
        "localPayloadState": one_of("full", "compact"),
    }
)
SESSION = closed(
    {
        "format": {"const": "lucia-eval-lab-session/v0.3"},
        "exportedAt": TIME,
        "exportedBy": PERSON,
        "session": closed(
            {
                "metadata": METADATA,
                "caseOrder": {"type": "array", "items": TEXT, "uniqueItems": True},
                "cases": {"type": "object", "additionalProperties": CASE},
                "promptResults": {"type": "object", "additionalProperties": RESULT},
            }
        ),
        "suspiciousNulls": closed(
            {
                "count": {"type": "integer", "minimum": 0},
                "found": {"type": "array", "items": closed({"where": TEXT, "what": TEXT})},
            }
        ),
    }
)
