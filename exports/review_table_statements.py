"""The SQL that writes the evidence of a review as plain tables: quoted lines, one header each."""

from __future__ import annotations

from typing import Any

from exports.review_sql import CELLS
from exports.sql_cells import TIME, safe

Column = tuple[str, str, str]  # name, expression, kind
_IS_TOLD = "(q.revealed_at IS NOT NULL OR NOT u.is_blind)"
_ITEM: tuple[Column, ...] = (
    ("item_key", "q.key", "word"),
    ("test_result_id", "q.run_item_id", "word"),
    ("session_id", "q.session_id", "word"),
)
TABLES: dict[str, tuple[Column, ...]] = {
    "reviews": (
        ("review_id", "v.id", "word"),
        *_ITEM,
        ("reviewer_id", "v.reviewer_id", "word"),
        ("reviewer_email", "b.email", "text"),
        ("reviewer_name", "b.name", "text"),
        ("reviewer_kind", "v.reviewer_kind", "word"),
        ("is_counted", "v.is_counted", "bool"),
        ("started_at", TIME.format("v.started_at"), "time"),
        ("saved_at", TIME.format("v.saved_at"), "time"),
        ("revisions", "v.n_revisions", "int"),
        ("is_complete", "v.draft IS NULL", "bool"),
        ("feedback", "n.feedback", "text"),
        ("is_exposed", "n.is_exposed", "bool"),
        ("item_state", f"CASE WHEN {_IS_TOLD} THEN q.state END", "word"),
        ("is_canon_candidate", f"CASE WHEN {_IS_TOLD} THEN q.is_canon_candidate END", "bool"),
        ("revealed_at", TIME.format("q.revealed_at"), "time"),
        ("stratum", "CASE WHEN TOLD THEN q.stratum END", "text"),
        ("inclusion_probability", "CASE WHEN TOLD THEN q.inclusion_probability END", "real"),
    ),
    "answers": (
        ("review_id", "v.id", "word"),
        ("revision", "n.number", "int"),
        *_ITEM,
        ("reviewer_id", "v.reviewer_id", "word"),
        ("criterion", "a.criterion", "word"),
        ("check_result_id", "a.check_result_id", "int"),
        ("operator", "c.operator", "word"),
        ("value", "a.value", "text"),
        ("number", "a.number", "real"),
        ("labels", "to_jsonb(a.labels)", "json"),
        ("flagged", "a.flagged", "bool"),
        ("note", "a.note", "text"),
        ("is_latest", "a.is_latest", "bool"),
        ("is_first_unexposed", "a.is_first_unexposed", "bool"),
        ("is_counted", "a.is_counted", "bool"),
        ("saved_at", TIME.format("n.saved_at"), "time"),
    ),
    "exposures": (
        ("review_id", "v.id", "word"),
        ("revision", "n.number", "int"),
        *_ITEM,
        ("reviewer_id", "v.reviewer_id", "word"),
        ("saved_by_id", "n.saved_by_id", "word"),
        ("saved_at", TIME.format("n.saved_at"), "time"),
        ("via", "n.via", "word"),
        ("is_exposed", "n.is_exposed", "bool"),
        *(
            (kind, f"COALESCE((n.exposure ->> '{kind}')::boolean, false)", "bool")
            for kind in ("auto_verdict", "suggestions", "colleagues", "final")
        ),
    ),
    "adjudications": (
        ("adjudication_id", "d.id", "word"),
        ("number", "d.number", "int"),
        *_ITEM,
        ("adjudicator_id", "d.adjudicator_id", "word"),
        ("adjudicator_email", "b.email", "text"),
        ("adjudicated_at", TIME.format("d.adjudicated_at"), "time"),
        ("answers", "d.answers", "json"),
        ("checks", "d.checks", "json"),
        ("labels", "d.labels", "json"),
        ("reason", "d.reason", "text"),
        ("cause", "d.cause", "word"),
        ("is_current", "d.is_current", "bool"),
        ("reopened_at", TIME.format("d.reopened_at"), "time"),
    ),
}
_FROM = {
    "reviews": """reviews_review v ON v.id = page.id
        JOIN reviews_queueitem q ON q.id = v.queue_item_id
        JOIN reviews_queue u ON u.id = q.queue_id
        JOIN reviews_reviewrevision n ON n.review_id = v.id AND n.number = v.n_revisions
        JOIN accounts_user b ON b.id = v.reviewer_id
        ORDER BY q.position, v.saved_at, v.id""",
    "answers": """reviews_review v ON v.id = page.id
        JOIN reviews_queueitem q ON q.id = v.queue_item_id
        JOIN reviews_reviewanswer a ON a.queue_item_id = v.queue_item_id
            AND a.reviewer_id = v.reviewer_id
        JOIN reviews_reviewrevision n ON n.id = a.revision_id
        LEFT JOIN runs_checkresult c ON c.id = a.check_result_id
        ORDER BY q.position, v.saved_at, v.id, a.id""",
    "exposures": """reviews_review v ON v.id = page.id
        JOIN reviews_queueitem q ON q.id = v.queue_item_id
        JOIN reviews_reviewrevision n ON n.review_id = v.id
        ORDER BY q.position, v.saved_at, v.id, n.number""",
    "adjudications": """reviews_adjudication d ON d.id = page.id
        JOIN reviews_queueitem q ON q.id = d.queue_item_id
        JOIN accounts_user b ON b.id = d.adjudicator_id
        ORDER BY q.position, d.number""",
}


def table_rows(name: str, ids: str, *, is_reviewing: bool, is_safe: bool) -> str:
    """The rows of a table that are of these ids; null is nothing, an empty text is two quotes.

    How an item came into the queue is told to who reviews in it once it is revealed.
    """
    told = "q.revealed_at IS NOT NULL" if is_reviewing else "true"
    cells = [
        _written(value.replace("TOLD", told) if "CASE WHEN TOLD" in value else value, kind, is_safe)
        for _, value, kind in TABLES[name]
    ]
    return f"""COPY (WITH page AS MATERIALIZED ({ids})
        SELECT {", ".join(cells)} FROM page JOIN {_FROM[name]}) TO STDOUT {CELLS}"""  # noqa: S608


def _written(value: str, kind: str, is_safe: Any) -> str:
    if kind == "bool":
        return f"CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' END"
    return safe(value) if kind == "text" and is_safe else value
