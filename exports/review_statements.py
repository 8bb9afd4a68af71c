"""The SQL that reads human reviews (formats.md 2.9), and writes behavioral labels."""

from __future__ import annotations

from collections.abc import Iterable

from exports.formats.review_records import SavedReview
from exports.review_sql import (
    CELLS,
    RAW,
    joined,
    json_moment,
    json_object,
    moment,
    offset_moment,
    whole,
)
from exports.sql_cells import filled, safe

# What the statements ask of the reviews of a page: column -> where a review has it.
HELD = {
    "id": "pk",
    "queue_item_id": "queue_item_id",
    "reviewer_id": "reviewer_id",
    "reviewer_kind": "reviewer_kind",
    "is_counted": "is_counted",
    "n_revisions": "n_revisions",
    "saved_at": "saved_at",
    "run_item_id": "queue_item__run_item_id",
    "order_index": "queue_item__run_item__order_index",
}
NOTHING_HELD = """SELECT NULL::uuid, NULL::bigint, NULL::uuid, NULL::text, NULL::boolean, NULL::int,
    NULL::timestamptz, NULL::uuid, NULL::int WHERE false"""
_TOLD = "COALESCE((n.exposure ->> 'auto_verdict')::boolean, false)"


def human_reviews(reviews: str, *, sees_run: bool) -> str:
    """These reviews in the order of the file, each as `SavedReview` has it.

    Verdicts of the machine are told where the reader sees the run or the reviewer was shown them.
    """
    return f"""WITH page AS MATERIALIZED ({reviews})
        SELECT p.run_item_id::text, {offset_moment("p.saved_at")}, b.email, n.feedback,
            n.checks::text, n.answers::text, {"true" if sees_run else _TOLD}
        FROM page p
        JOIN reviews_reviewrevision n ON n.review_id = p.id AND n.number = p.n_revisions
        JOIN accounts_user b ON b.id = n.saved_by_id
        ORDER BY p.order_index, p.saved_at, p.id"""  # noqa: S608


TEST = SavedReview._fields.index("test_id")


def human_tests(ids: str) -> str:
    """The tests of these ids, each as `ReviewedTest` has it."""
    return f"""SELECT id::text, prompt_text, response, files FROM runs_runitem
        WHERE id = ANY({ids})"""  # noqa: S608


def human_checks(ids: str) -> str:
    """The checks of these tests, each as `ReviewedCheck` has it."""
    return f"""SELECT id::text, position, operator, criteria, auto_eval FROM runs_checkresult
        WHERE run_item_id = ANY({ids})"""  # noqa: S608


# --- the rates of a human review ------------------------------------------------------------------


def rates(reviews: str, queue: str, *, sees_run: bool) -> str:
    """Passes, verdicts, flags, and the two agreements; each null where there is nothing to count.

    Passes and flags are of what the file holds; agreement is of what was said last before anything
    of colleagues or the final answer was shown (agreement.md 1).
    """
    auto = "c.auto_eval" if sees_run else f"CASE WHEN {_TOLD} THEN c.auto_eval END"
    joined_too = "" if sees_run else "JOIN reviews_reviewrevision n ON n.id = a.revision_id"
    return f"""WITH held AS MATERIALIZED ({reviews}),
        said AS (
            SELECT c.id, {auto} AS auto, a.is_latest, a.is_rating,
                CASE WHEN a.flagged THEN 'flagged' ELSE a.value END AS value
            FROM reviews_reviewanswer a JOIN held ON held.id = a.review_id
            JOIN runs_checkresult c ON c.id = a.check_result_id {joined_too}
            WHERE a.queue_id = {queue} AND (a.is_latest OR a.is_rating)
        ),
        cells AS (
            SELECT auto,
                count(*) FILTER (WHERE is_latest AND value = 'pass') AS passed,
                count(*) FILTER (WHERE is_latest AND value = 'flagged') AS flagged,
                count(*) FILTER (WHERE is_latest) AS n,
                count(*) FILTER (WHERE is_rating AND value = 'pass')::float AS p,
                count(*) FILTER (WHERE is_rating AND value = 'fail')::float AS f,
                count(*) FILTER (WHERE is_rating AND value = 'flagged')::float AS g
            FROM said GROUP BY id, auto
        )
        SELECT sum(passed)::float / NULLIF(sum(n - flagged), 0),
            sum(flagged)::float / NULLIF(sum(n), 0),
            avg(CASE auto WHEN 'pass' THEN p WHEN 'fail' THEN f END / NULLIF(p + f, 0)),
            avg((p * (p - 1) + f * (f - 1) + g * (g - 1))
                / NULLIF((p + f + g) * (p + f + g - 1), 0))
        FROM cells"""  # noqa: S608


# --- behavioral labels ----------------------------------------------------------------------------

LABEL_COLUMNS: dict[str, str] = {
    "run_id": "word",
    "run_item_id": "word",
    "owner_user_id": "word",
    "reviewer_user_id": "word",
    "intent": "text",
    "guest_affect": "text",
    "response_strategy": "text",
    "humanness": "int",
    "notes": "text",
    "status": "word",
    "payload": "json",
    "created_at": "time",
    "updated_at": "time",
}
_LABELS = {
    "run_id": "b.run_id",
    "run_item_id": "b.run_item_id",
    "owner_user_id": "r.owner_id",
    "reviewer_user_id": "b.reviewer_id",
    "created_at": moment("b.created_at"),
    "updated_at": moment("b.updated_at"),
}


def label_cells(labels: str, *, is_safe: bool) -> str:
    """These labels in the order of the run's rows, a CSV line each."""
    cells = []
    for name, kind in LABEL_COLUMNS.items():
        value = _LABELS.get(name, f"b.{name}")
        if kind == "text":
            value = filled(safe(value) if is_safe else value)
        cells.append(value)
    return f"COPY ({_labels(labels, ', '.join(cells))}) TO STDOUT {CELLS}"


def label_objects(labels: str) -> str:
    """The same, a JSON object each with a comma behind it."""
    told: dict[str, str] = {}
    for name, kind in LABEL_COLUMNS.items():
        value = _LABELS.get(name, f"b.{name}")
        if name in ("created_at", "updated_at"):
            told[name] = json_moment(f"b.{name}")
        elif kind == "text" and name != "notes":
            told[name] = f"COALESCE(to_json(NULLIF({value}, ''))::text, 'null')"
        elif kind in ("json", "int"):
            told[name] = f"COALESCE({value}::text, 'null')"
        else:
            told[name] = whole(f"{value}::text")
    line = joined(["'  '", json_object(told), "','"])
    return f"COPY ({_labels(labels, line)}) TO STDOUT {RAW}"


def _labels(labels: str, selected: str) -> str:
    return f"""SELECT {selected} FROM ({labels}) page
        JOIN reviews_behaviorallabel b ON b.id = page.id
        JOIN runs_runitem i ON i.id = b.run_item_id JOIN runs_run r ON r.id = b.run_id
        ORDER BY i.order_index, b.created_at, b.id"""  # noqa: S608


def named(rows: str, columns: Iterable[str]) -> str:
    """A SELECT as one whose columns are called so."""
    return f"SELECT found.* FROM ({rows}) found({', '.join(columns)})"  # noqa: S608
