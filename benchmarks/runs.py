"""Runs of many rows with three checks each to measure with, made by PostgreSQL itself."""

from __future__ import annotations

from typing import Any

from django.db import connection

from benchmarks.evidence import WORDS
from evalplatform.scoping.actor import Actor
from runs.models import CheckResult, Run, RunItem

CHECKS_EACH = 3
ROWS = """
INSERT INTO runs_runitem (id, run_id, order_index, item_key, public_id, source_type, title,
    prompt_text, prompt_locked, response, files, status, error, in_tokens, out_tokens, duration,
    input_context, output_context, category, subcategory, template_key, tags, n_checks, n_passed,
    n_done, n_low, n_skipped, n_errors, weight, weight_passed, is_passed, attempts, finished_at)
SELECT gen_random_uuid(), %(run)s, n - 1, gen_random_uuid(), 'bench-' || n, 'dataset', '',
    left(repeat(%(words)s, 2), 320) || n, false, left(repeat(%(words)s, 3), 480) || n,
    '{}', 'success', '', 12, 40 + n %% 9, 0.8 + n %% 10,
    jsonb_build_object('city', 'Graz'), '{}', '', '', '', ARRAY['tag-' || n %% 20],
    3, CASE WHEN n %% 7 = 0 THEN 2 ELSE 3 END, 3, (n %% 5 = 0)::int, 0, 0, 4,
    CASE WHEN n %% 7 = 0 THEN 2 ELSE 4 END, n %% 7 <> 0, 1, now()
FROM generate_series(1, %(n)s) n
"""
CHECKS = """
INSERT INTO runs_checkresult (run_id, run_item_id, position, evaluator, operator, criteria, weight,
    category, extraction_prompt, conditional_operator, conditional_criteria, examples, is_global,
    state, auto_eval, is_passed, confidence, feedback, extracted, edited_auto_eval, edited_feedback)
SELECT i.run_id, i.id, p, '', (ARRAY['includes', 'grammar', 'includes_exactly'])[p + 1],
    CASE p WHEN 1 THEN '' ELSE left(%(words)s, 60) END, 1 + (p = 0)::int,
    (ARRAY['Correctness', 'Style', 'Correctness'])[p + 1], '', '', '', '[]', p = 1, 'done',
    CASE WHEN p = 0 AND NOT i.is_passed THEN 'fail' ELSE 'pass' END,
    NOT (p = 0 AND NOT i.is_passed),
    CASE WHEN p = 1 AND i.n_low = 1 THEN 'low' ELSE 'high' END,
    'The output says it, as asked: ' || left(%(words)s, 50) || '.', NULL, '', ''
FROM runs_runitem i, generate_series(0, 2) p WHERE i.run_id = %(run)s ORDER BY i.order_index, p
"""


def fill_run(actor: Actor, n_items: int) -> Run:
    """A run that has ended, with so many rows of 1 KB and three checks each."""
    from django.utils import timezone

    run: Run = Run.all_rows.create(
        team=actor.team, owner=actor.user, title=f"Bench {n_items}", kind="full", source="dataset",
        status="success", completed_at=timezone.now(), n_items=n_items,
    )  # fmt: skip
    told: dict[str, Any] = {"run": run.pk, "words": WORDS, "n": n_items}
    with connection.cursor() as cursor:
        cursor.execute(ROWS, told)
        cursor.execute(CHECKS, told)
        cursor.execute("VACUUM ANALYZE")
    return run


def clear() -> None:
    """Empty the tables of rows and results, so that each round begins alike."""
    with connection.cursor() as cursor:
        tables = ", ".join(f'"{model._meta.db_table}"' for model in (RunItem, CheckResult))
        cursor.execute(f"TRUNCATE {tables} CASCADE")
