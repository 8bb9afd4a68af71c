"""The SQL that writes a Lab session (formats.md 3.3 and 3.4): lines as the file has them.

A review becomes the object of the contract in PostgreSQL; Python joins the lines, and puts in what
heuristics suggest, which no table holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exports.review_sql import (
    PLACE_SQL,
    RAW,
    constant,
    joined,
    json,
    json_moment,
    json_object,
    members,
    moment,
    person,
    whole,
)

RATINGS = ("tone", "usefulness", "calming", "naturalness", "trust")
EMPLOYEE = (
    *("understoodNeed", "rightNextMove", "calmingEffect", "riskOrConfusion", "seniorReview"),
    "reusableLearning",
)
GUIDANCE = (
    *("emotionalValidation", "cognitiveUnderstanding", "actionability", "toneAppropriateness"),
    "authenticity",
)
OVERALL = ("keepTalking", "status", "priority")
SUGGESTED = (
    *("suggestedRatings", "suggestedKeepTalking", "suggestedStatus", "suggestedPriority"),
    *("suggestedEmployeeReview", "suggestedHumanGuidanceEval"),
)  # in the order of the object
LABELS = (
    *("guestIntent", "followThroughRequired", "actionType", "emotionalRead", "ownerStressLevel"),
)
_RISKY = "('slightly_off', 'definitely_wrong', 'not_sure')"


@dataclass(frozen=True, slots=True)
class LabPlan:
    """What a statement has to know: ids, defaults of the run, and what may be told.

    `keys` are those of the rubric that are the Lab's; `others` whether it asks more than these.
    """

    session_id: str
    run_id: Any
    queue_id: Any
    reader_id: Any
    case_id: str  # the column that names a case
    category: str
    subcategory: str
    template_key: str
    created_at: str
    keys: frozenset[str]
    others: bool
    sees_run: bool
    suggests: bool

    @property
    def queue(self) -> str:
        """The queue's id as a constant; of none, no item is found."""
        return constant(self.queue_id) if self.queue_id else "NULL::uuid"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a page: a SELECT each of the ids that may be in it, and its range."""

    cases: str
    reviews: str
    adjudications: str
    first: int
    last: int


def order(plan: LabPlan, rows: Rows) -> str:
    """The ids of the cases, one a line."""
    line = joined(["'      '", whole(f"i.{plan.case_id}"), "','"])
    return f"COPY ({_from_cases(plan, rows, line)}) TO STDOUT {RAW}"


def cases(plan: LabPlan, rows: Rows) -> str:
    """What was asked and answered, one case a line."""
    told = {
        "id": whole(f"i.{plan.case_id}"),
        "sessionId": constant(f'"{plan.session_id}"'),
        "orderIndex": "i.order_index",
        "sourceType": """CASE i.source_type WHEN 'template' THEN '"generated"'
            ELSE '"custom"' END""",
        "title": json("i.title"),
        "promptText": whole("i.prompt_text"),
        "promptLocked": "CASE WHEN i.prompt_locked THEN 'true' ELSE 'false' END",
        "luciaResponse": whole("i.response"),
        "runStatus": whole("i.status"),
        "runError": json("i.error"),
        "category": json(or_of_run("i.category", plan.category)),
        "subcategory": json(or_of_run("i.subcategory", plan.subcategory)),
        "templateKey": json(or_of_run("i.template_key", plan.template_key)),
        "createdAt": constant(f'"{plan.created_at}"'),
        "updatedAt": f"""COALESCE('"' || {moment("i.finished_at")} || '"',
            {constant(f'"{plan.created_at}"')})""",
    }
    line = joined(["'      '", whole(f"i.{plan.case_id}"), "': {'", *members(told), "'},'"])
    return f"COPY ({_from_cases(plan, rows, line)}) TO STDOUT {RAW}"


def _from_cases(plan: LabPlan, rows: Rows, line: str) -> str:
    return f"""SELECT {line} FROM runs_runitem i
        WHERE {page_of(plan, rows)} ORDER BY i.order_index"""  # noqa: S608


def page_of(plan: LabPlan, rows: Rows) -> str:
    only = "" if plan.sees_run else f" AND i.id IN ({rows.cases})"
    return f"""i.run_id = {constant(plan.run_id)}
        AND i.order_index BETWEEN {rows.first} AND {rows.last}{only}"""


def or_of_run(value: str, of_run: str) -> str:
    return f"COALESCE(NULLIF({value}, ''), {constant(of_run)})"


# --- what was said --------------------------------------------------------------------------------


def results(plan: LabPlan, rows: Rows) -> str:
    """Draft, primary review and all reviews, one case a line; its texts before it if it suggests.

    The primary review is a person's that was saved last.
    """
    id_ = whole(f"i.{plan.case_id}")
    told = {
        "draft": "COALESCE(d.told, '{}')",
        "saved": "COALESCE(g.first[1], 'null')",
        "savedAt": "COALESCE(g.first[2], 'null')",
        "savedBy": "COALESCE(g.first[3], 'null')",
        "allReviews": "concat('[', g.entries, ']')",
    }
    line = joined(["'      '", id_, "': {'", *members(told), "'},'"])
    columns = ["i.status", whole("i.prompt_text"), whole("i.response"), line]
    selected = ", ".join(columns) if plan.suggests else line
    return f"""COPY ({_said(plan, rows)},
        grouped AS (
            SELECT queue_item_id,
                string_agg(entry, ', ' ORDER BY saved_at, id) AS entries,
                (array_agg(ARRAY[told, told_at, told_by] ORDER BY saved_at DESC, id DESC)
                    FILTER (WHERE reviewer_kind = 'human'))[1:1] AS firsts
            FROM said GROUP BY queue_item_id
        ),
        g AS (
            SELECT queue_item_id, entries, ARRAY[firsts[1][1], firsts[1][2], firsts[1][3]] AS first
            FROM grouped
        )
        SELECT {selected} FROM runs_runitem i
        LEFT JOIN reviews_queueitem q ON q.queue_id = {plan.queue}
            AND q.run_item_id = i.id
        LEFT JOIN g ON g.queue_item_id = q.id
        LEFT JOIN LATERAL (
            SELECT {_review(plan, "o.a", "(w.shown ? 'suggestions')")} AS told
            FROM reviews_review w, LATERAL (SELECT w.draft -> 'answers' AS a OFFSET 0) o
            WHERE w.queue_item_id = q.id AND w.reviewer_id = {constant(plan.reader_id)}
                AND w.draft IS NOT NULL
        ) d ON true
        WHERE {page_of(plan, rows)} ORDER BY i.order_index) TO STDOUT {RAW}"""  # noqa: S608


def _said(plan: LabPlan, rows: Rows) -> str:
    """The reviews of a page, each as the object `told` and as an entry of all reviews."""
    entry = json_object(
        {
            "reviewer": "told_reviewer",
            "reviewerKind": whole("reviewer_kind"),
            "isCounted": "CASE WHEN is_counted THEN 'true' ELSE 'false' END",
            "revisions": "n_revisions",
            "savedAt": "told_at",
            "savedBy": "told_by",
            "saved": "told",
            "answers": f"({_others(plan)})::text" if plan.others else "'{}'",
            "checks": "checks::text",
            "feedback": whole("feedback"),
        }
    )
    exposure = "COALESCE((n.exposure ->> 'suggestions')::boolean, false)"
    return f"""WITH page AS MATERIALIZED ({rows.reviews}),
        settled AS MATERIALIZED (
            SELECT d.queue_item_id, {_adjudication()} AS told
            FROM reviews_adjudication d JOIN accounts_user u ON u.id = d.adjudicator_id
            WHERE d.id IN ({rows.adjudications}) AND d.is_current AND d.reopened_at IS NULL
        ),
        held AS (
            SELECT v.id, v.queue_item_id, v.reviewer_kind, v.is_counted, v.n_revisions, v.saved_at,
                n.answers || '{{}}' AS a, n.checks, n.feedback, {exposure} AS was_shown,
                {person("r")} AS told_reviewer, {person("b")} AS told_by,
                {json_moment("v.saved_at")} AS told_at
            FROM page v
            JOIN reviews_reviewrevision n ON n.review_id = v.id AND n.number = v.n_revisions
            JOIN accounts_user r ON r.id = v.reviewer_id
            JOIN accounts_user b ON b.id = n.saved_by_id
            OFFSET 0
        ),
        told AS (
            SELECT h.*, {_review(plan, "h.a", "h.was_shown", state="q.state", settled="s.told")}
                AS told
            FROM held h JOIN reviews_queueitem q ON q.id = h.queue_item_id
            JOIN reviews_queue u ON u.id = q.queue_id
            LEFT JOIN settled s ON s.queue_item_id = h.queue_item_id OFFSET 0
        ),
        said AS (SELECT *, {entry} AS entry FROM told)"""  # noqa: S608


def _others(plan: LabPlan) -> str:
    return f"a - ARRAY[{', '.join(map(constant, sorted(plan.keys)))}]::text[]"


def _review(
    plan: LabPlan, a: str, was_shown: str, *, state: str = "", settled: str = "NULL"
) -> str:
    """One review as the contract's object; `a` holds its answers. A draft has no state."""

    def value(key: str) -> str:
        return f"COALESCE(({a} -> {constant(key)} -> 'value')::text, 'null')"

    def plain(key: str) -> str:
        return value(key) if key in plan.keys else "'null'"

    def layer(name: str, keys: tuple[str, ...], **more: str) -> str:
        if not any(f"{name}.{key}" in plan.keys for key in keys):
            return "'null'"
        return json_object({key: plain(f"{name}.{key}") for key in keys} | more)

    place = (
        PLACE_SQL if plan.sees_run else f"CASE WHEN {was_shown} THEN {PLACE_SQL} ELSE 'null' END"
    )
    place = place if plan.suggests else "'null'"
    notes = f"""COALESCE(({a} -> 'humanGuidanceEval.notes' -> 'value')::text, '""')"""
    told = {
        "ratings": layer("ratings", RATINGS),
        "suggestedRatings": place,
        "keepTalking": plain("keepTalking"),
        "suggestedKeepTalking": place,
        "status": plain("status"),
        "suggestedStatus": place,
        "priority": plain("priority"),
        "suggestedPriority": place,
        "feltOff": plain("feltOff"),
        "owner": plain("owner"),
        "reviewState": _review_state(plan, a, state) if state else "'null'",
        "luciaPredictedLabels": "'null'",
        "humanLabels": "'null'",
        "adjudication": f"COALESCE({settled}, 'null')",
        "employeeReview": layer("employeeReview", EMPLOYEE),
        "suggestedEmployeeReview": place,
        "humanGuidanceEval": layer("humanGuidanceEval", GUIDANCE, notes=notes),
        "suggestedHumanGuidanceEval": place,
        "canonCandidate": canon_of(plan, a),
    }
    # One call takes at most a hundred parts.
    parts = ["'{'", *members(told), "'}'"]
    return joined(joined(parts[n : n + 50]) for n in range(0, len(parts), 50))


def _review_state(plan: LabPlan, a: str, state: str) -> str:
    return f"""concat('"', {state_of(plan, a, state)}, '"')"""


def state_of(plan: LabPlan, a: str, state: str) -> str:
    """Where the review sends its item, or where the item is once that is told to all."""
    senior = said_value(plan, a, "employeeReview.seniorReview")
    risk = said_value(plan, a, "employeeReview.riskOrConfusion")
    return f"""CASE
        WHEN (q.revealed_at IS NOT NULL OR NOT u.is_blind)
            AND {state} IN ('needs_adjudication', 'needs_review', 'reviewed') THEN {state}
        WHEN {senior} = 'true' THEN 'needs_adjudication'
        WHEN {risk} IN {_RISKY} THEN 'needs_review' ELSE 'reviewed' END"""


def said_value(plan: LabPlan, a: str, key: str) -> str:
    return f"{a} -> {constant(key)} ->> 'value'" if key in plan.keys else "NULL::text"


def canon_of(plan: LabPlan, a: str) -> str:
    """Set by the reviewer, or by itself when others can learn from it."""
    names = ("canonCandidate", "employeeReview.reusableLearning")
    asked = [f"({said_value(plan, a, name)})" for name in names if name in plan.keys]
    if not asked:
        return "'null'"
    is_any = " OR ".join(f"{each} = 'true'" for each in asked)
    is_said = " OR ".join(f"{each} IS NOT NULL" for each in asked)
    return f"CASE WHEN {is_any} THEN 'true' WHEN {is_said} THEN 'false' ELSE 'null' END"


def _adjudication() -> str:
    labels = json_object(
        {name: f"COALESCE((d.labels -> '{name}')::text, 'null')" for name in LABELS}
    )
    return json_object(
        {
            "finalLabels": labels,
            "reason": json("d.reason"),
            "adjudicator": person("u"),
            "adjudicatedAt": json_moment("d.adjudicated_at"),
        }
    )
