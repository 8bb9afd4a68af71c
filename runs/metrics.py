"""The numbers of a run, computed from its rows and results by SQL (formats.md 2.7).

Percent are fractions 0 to 1, "sd" is 100 x sqrt(p (1 - p) / n) with two decimals. Standing verdicts
count: an override in place of what it overrides. Skipped and errored checks, and numbers and labels
that neither pass nor fail, are in no rate; a row in error counts as a row that did not pass. What
needs review is the done checks with low confidence, of all done checks, in percent.
"""

from __future__ import annotations

import math
import uuid
from typing import Any

from django.db import connection

from runs.models import Run

Metrics = dict[str, Any]
MOST_CHECKS = 200  # kinds of checks that are told apart, the most frequent
MOST_NAMES = 1000  # categories, and tags
NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,2})?$"
# Most verdicts are words, and a pattern takes longer than a look at the first character.
IS_NUMBER = f"auto_eval < 'a' AND auto_eval ~ '{NUMBER}'"
# One pass over the rows: sums, sums by tag, sums by the category of prompts.
ROWS = """
    WITH row AS MATERIALIZED (
        SELECT status, is_passed, n_checks, n_passed, n_done, n_low, n_skipped, n_errors, weight,
            weight_passed, in_tokens, out_tokens, duration, response <> '' AS has_response,
            tags, category
        FROM runs_runitem WHERE run_id = %(run)s
    ), tagged AS (
        SELECT tag AS name, sum(n_checks) AS n, sum(n_passed) AS passed,
            count(is_passed) AS n_items, count(*) FILTER (WHERE is_passed) AS items_passed
        FROM row, unnest(tags) AS tag GROUP BY tag ORDER BY count(*) DESC, tag LIMIT %(most)s
    ), grouped AS (
        SELECT category AS name, sum(n_checks) AS n, sum(n_passed) AS passed,
            count(is_passed) AS n_items, count(*) FILTER (WHERE is_passed) AS items_passed
        FROM row WHERE category <> '' GROUP BY category ORDER BY count(*) DESC, category
        LIMIT %(most)s
    )
    SELECT json_build_object(
        'n_items', count(*), 'n_success', count(*) FILTER (WHERE status = 'success'),
        'n_error', count(*) FILTER (WHERE status = 'error'),
        'n_pending', count(*) FILTER (WHERE status = 'pending'),
        'n_responses', count(*) FILTER (WHERE has_response),
        'items_n', count(is_passed), 'items_passed', count(*) FILTER (WHERE is_passed),
        'checks_n', COALESCE(sum(n_checks), 0), 'checks_passed', COALESCE(sum(n_passed), 0),
        'done', COALESCE(sum(n_done), 0), 'low', COALESCE(sum(n_low), 0),
        'skipped', COALESCE(sum(n_skipped), 0), 'errors', COALESCE(sum(n_errors), 0),
        'weight', COALESCE(sum(weight), 0), 'weight_passed', COALESCE(sum(weight_passed), 0),
        'in', sum(in_tokens), 'out', sum(out_tokens), 'n_timed', count(duration),
        'seconds', sum(duration), 'mean', avg(duration), 'longest', max(duration),
        'median', percentile_cont(0.5) WITHIN GROUP (ORDER BY duration),
        'p95', percentile_cont(0.95) WITHIN GROUP (ORDER BY duration),
        'by_tag', (SELECT COALESCE(json_agg(t ORDER BY name), '[]') FROM tagged t),
        'by_item_category', (SELECT COALESCE(json_agg(g ORDER BY name), '[]') FROM grouped g)
    ) FROM row"""
# One pass over the results: by check, and from these by category.
RESULTS = f"""
    WITH told AS MATERIALIZED (
        SELECT operator, criteria, category, evaluator, count(stands) AS n,
            count(*) FILTER (WHERE stands) AS passed, count(*) AS n_all,
            count(*) FILTER (WHERE state = 'done') AS done,
            count(*) FILTER (WHERE state = 'done' AND confidence = 'low') AS low,
            count(*) FILTER (WHERE state = 'skipped') AS skipped,
            count(*) FILTER (WHERE state = 'error') AS errors,
            avg(auto_eval::float8) FILTER (WHERE {IS_NUMBER}) AS mean,
            stddev_samp(auto_eval::float8) FILTER (WHERE {IS_NUMBER}) AS spread
        FROM runs_checkresult WHERE run_id = %(run)s
        GROUP BY operator, criteria, category, evaluator
    ), frequent AS (
        SELECT * FROM told ORDER BY n_all DESC, operator, criteria LIMIT {MOST_CHECKS}
    ), category AS (
        SELECT category AS name, sum(n) AS n, sum(passed) AS passed, sum(low) AS low,
            sum(skipped) AS skipped, sum(errors) AS errors
        FROM told GROUP BY category ORDER BY sum(n_all) DESC, category LIMIT %(most)s
    )
    SELECT json_build_object(
        'by_check', (SELECT COALESCE(json_agg(f ORDER BY n_all DESC, operator, criteria), '[]')
            FROM frequent f),
        'n_checks_told_apart', (SELECT count(*) FROM told),
        'by_category', (SELECT COALESCE(json_agg(c ORDER BY name), '[]') FROM category c))"""  # noqa: S608


def compute(run: Run) -> Metrics:
    """The run's metrics as they are now, from its rows."""
    rows, results = asked(ROWS, run.pk), asked(RESULTS, run.pk)
    checks = rate(rows["checks_n"], rows["checks_passed"])
    return {
        **{name: rows[name] for name in ("n_items", "n_success", "n_error", "n_pending")},
        "n_responses": rows["n_responses"],
        "items": rate(rows["items_n"], rows["items_passed"]),
        "checks": checks
        | {name: rows[name] for name in ("done", "skipped", "errors", "low")}
        | {"weighted": fraction(rows["weight_passed"], rows["weight"])},
        "needs_review": round(100 * rows["low"] / rows["done"], 2) if rows["done"] else 0.0,
        "by_category": results["by_category"],
        "by_check": results["by_check"],
        "n_checks_told_apart": results["n_checks_told_apart"],
        "by_tag": rows["by_tag"],
        "by_item_category": rows["by_item_category"],
        "tokens": {"in": rows["in"], "out": rows["out"]},
        "duration": {
            "n": rows["n_timed"], "seconds": rows["seconds"], "mean": rows["mean"],
            "median": rows["median"], "p95": rows["p95"], "longest": rows["longest"],
        },
    }  # fmt: skip


def asked(statement: str, run_id: uuid.UUID) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"run": run_id, "most": MOST_NAMES})
        (found,) = cursor.fetchone()
    return dict(found)


def rate(n: int, passed: int) -> dict[str, Any]:
    """How many of how many passed, as a fraction with its standard deviation."""
    return {"n": n, "passed": passed, "percent": fraction(passed, n), "sd": deviation(n, passed)}


def fraction(part: int, whole: int) -> float:
    """The share, 0 of nothing."""
    return part / whole if whole else 0.0


def deviation(n: int, passed: int) -> float:
    """100 x sqrt(p (1 - p) / n), two decimals; 0 of nothing."""
    if not n:
        return 0.0
    p = passed / n
    return round(100 * math.sqrt(p * (1 - p) / n), 2)


def renew(run: Run) -> Metrics:
    """Compute and store the metrics again, after a verdict changed; the caller has its row."""
    run.metrics = compute(run)
    run.save(update_fields=["metrics"])
    return run.metrics
