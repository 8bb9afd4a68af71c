"""The SQL that writes the Lab's CSV (formats.md 3.4): a quoted line for each case."""

from __future__ import annotations

from exports.formats.review_records import RATINGS
from exports.review_lab_statements import (
    LabPlan,
    Rows,
    canon_of,
    or_of_run,
    page_of,
    said_value,
    state_of,
)
from exports.review_sql import CELLS, moment
from exports.sql_cells import filled, safe

# Column of the CSV -> key of the answer; what a suggestion can be made of as well.
ANSWERS = {
    "status": "status",
    "priority": "priority",
    "keep_talking": "keepTalking",
    **{name: f"ratings.{name}" for name in RATINGS},
    "understood_need": "employeeReview.understoodNeed",
    "right_next_move": "employeeReview.rightNextMove",
    "calming_effect": "employeeReview.calmingEffect",
    "risk_or_confusion": "employeeReview.riskOrConfusion",
    "senior_review": "employeeReview.seniorReview",
    "reusable_learning": "employeeReview.reusableLearning",
    "emotional_validation": "humanGuidanceEval.emotionalValidation",
    "cognitive_understanding": "humanGuidanceEval.cognitiveUnderstanding",
    "actionability": "humanGuidanceEval.actionability",
    "tone_appropriateness": "humanGuidanceEval.toneAppropriateness",
    "authenticity": "humanGuidanceEval.authenticity",
}


def csv_rows(plan: LabPlan, rows: Rows, *, is_safe: bool) -> str:
    """A row for each case with its primary review; texts before it if it suggests."""

    def cell(value: str) -> str:
        return filled(safe(value) if is_safe else value)

    canon = f"COALESCE(NULLIF({canon_of(plan, 'f.a')}, 'null'), 'false')"
    cells = [
        "i.order_index", f"i.{plan.case_id}" if plan.case_id == "id" else cell("i.public_id"),
        cell(or_of_run("i.template_key", plan.template_key)),
        cell(or_of_run("i.category", plan.category)),
        cell(or_of_run("i.subcategory", plan.subcategory)),
        cell("i.prompt_text"), cell("i.response"), "i.status", cell("i.error"),
        *(said_value(plan, "f.a", key) for key in ANSWERS.values()),
        f"CASE WHEN f.id IS NULL THEN 'unreviewed' ELSE {state_of(plan, 'f.a', 'q.state')} END",
        f"CASE WHEN f.id IS NULL THEN 'false' ELSE {canon} END",
        moment("f.saved_at"), cell("f.email"),
    ]  # fmt: skip
    if plan.suggests:
        told = "true" if plan.sees_run else "f.was_shown"
        texts = "json_build_array(i.status, i.prompt_text, i.response)::text"
        hidden = f"encode(convert_to({texts}, 'UTF8'), 'hex')"
        cells.insert(0, f"CASE WHEN f.id IS NOT NULL AND {told} THEN {hidden} END")
    return f"""COPY (WITH page AS MATERIALIZED ({rows.reviews}),
        held AS (
            SELECT DISTINCT ON (v.queue_item_id) v.queue_item_id, v.id, v.saved_at, b.email,
                n.answers || '{{}}' AS a,
                COALESCE((n.exposure ->> 'suggestions')::boolean, false) AS was_shown
            FROM page v
            JOIN reviews_reviewrevision n ON n.review_id = v.id AND n.number = v.n_revisions
            JOIN accounts_user b ON b.id = n.saved_by_id
            WHERE v.reviewer_kind = 'human'
            ORDER BY v.queue_item_id, v.saved_at DESC, v.id DESC
        )
        SELECT {", ".join(cells)} FROM runs_runitem i
        LEFT JOIN reviews_queueitem q ON q.queue_id = {plan.queue}
            AND q.run_item_id = i.id
        LEFT JOIN reviews_queue u ON u.id = q.queue_id
        LEFT JOIN held f ON f.queue_item_id = q.id
        WHERE {page_of(plan, rows)} ORDER BY i.order_index) TO STDOUT {CELLS}"""  # noqa: S608
