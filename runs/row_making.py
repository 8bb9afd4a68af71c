"""The SQL by which a run gets its rows, set-wise from what it pinned.

Nothing here decides who may; planning.py does, and holds the transaction.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from runs.models import Run, RunItem

COLUMNS = """id, run_id, order_index, item_id, item_key, public_id, source_type, title, prompt_text,
    prompt_locked, response, files, status, error, in_tokens, out_tokens, duration, input_context,
    output_context, category, subcategory, template_key, tags, n_checks, n_passed, n_done, n_low,
    n_skipped, n_errors, weight, weight_passed, attempts"""
ZEROS = "0, 0, 0, 0, 0, 0, 0, 0, 0"


def ordered_id(n: str) -> str:
    """A UUIDv7 for the n-th row: 4,096 rows share a millisecond, so that ids ascend with the rows.

    Indexes by these ids grow at their end. PostgreSQL makes such ids itself from 18 on.
    """
    milliseconds = f"(extract(epoch FROM now()) * 1000)::bigint + ({n} >> 12)"
    return f"""(lpad(to_hex({milliseconds}), 12, '0') || '7' || lpad(to_hex({n} & 4095), 3, '0')
        || substr(gen_random_uuid()::text, 20))::uuid"""


FILES = """CASE WHEN i.files = '{}' THEN '{}'::text[] ELSE COALESCE((
        SELECT array_agg(a.name ORDER BY f.n)
        FROM unnest(i.files) WITH ORDINALITY f (id, n)
        JOIN datasets_attachment a ON a.id = f.id), '{}') END"""
# The snapshot of a session holds what it was called and its last reply (datasets/cloning.py).
SESSION = "CASE WHEN i.level = 'session' AND i.summary IS JSON OBJECT THEN i.summary::json END"
PINNED = """i.dataset_id = %(dataset)s AND i.from_version <= %(version)s
        AND (i.until_version IS NULL OR i.until_version > %(version)s)"""
# The statements are made of our own names and of nothing that came from outside.
FROM_DATASET = f"""
    INSERT INTO runs_runitem ({COLUMNS})
    SELECT {ordered_id("i.n")}, %(run)s, i.n, i.id,
        i.key, i.public_id, 'dataset',
        COALESCE(left(s.told -> 'session' ->> 'title', 200), ''), i.input, false,
        CASE WHEN %(is_generated)s THEN '' WHEN i.level = 'session'
            THEN COALESCE(s.told ->> 'output', '') ELSE i.output END,
        {FILES}, 'pending', '', NULL, NULL, NULL, i.context, '{{}}', '', '', '', i.tags, {ZEROS}
    FROM (
        SELECT i.*, row_number() OVER (ORDER BY i.position, i.id) - 1 AS n
        FROM datasets_datasetitem i WHERE {PINNED}
            AND (%(keys)s::uuid[] IS NULL OR i.key = ANY(%(keys)s::uuid[]))
        ORDER BY i.position, i.id LIMIT %(limit)s
    ) i CROSS JOIN LATERAL (SELECT {SESSION} AS told) s"""  # noqa: S608
STAGE = """
    CREATE TEMP TABLE IF NOT EXISTS run_output (
        n int, item_key uuid, input text, title text, response text, in_tokens bigint,
        out_tokens bigint, duration float8, input_context jsonb, output_context jsonb
    ) ON COMMIT DROP"""
COPY_STAGED = """COPY run_output (n, item_key, input, title, response, in_tokens, out_tokens,
    duration, input_context, output_context) FROM STDIN"""
FROM_OUTPUTS = f"""
    INSERT INTO runs_runitem ({COLUMNS})
    SELECT {ordered_id("n")}, %(run)s, n, item_id, key, public_id, 'import', title, input, false,
        response, files, 'pending', '', in_tokens, out_tokens, duration, context, output_context,
        '', '', '', tags, {ZEROS}
    FROM (
        SELECT row_number() OVER (ORDER BY i.position, i.id, o.n) - 1 AS n, i.id AS item_id, i.key,
            i.public_id, o.title, i.input, o.response, {FILES} AS files, o.in_tokens, o.out_tokens,
            o.duration, i.context || o.input_context AS context, o.output_context, i.tags
        FROM run_output o JOIN datasets_datasetitem i ON {PINNED}
            AND CASE WHEN o.item_key IS NULL THEN i.input = o.input ELSE i.key = o.item_key END
        ORDER BY 1
    ) matched"""  # noqa: S608
FROM_OUTPUTS_ALONE = f"""
    INSERT INTO runs_runitem ({COLUMNS})
    SELECT {ordered_id("o.n")}, %(run)s, o.n, NULL, NULL, (o.n + 1)::text, 'import', o.title,
        o.input, false, o.response, '{{}}', 'pending', '', o.in_tokens, o.out_tokens, o.duration,
        o.input_context, o.output_context, '', '', '', '{{}}', {ZEROS}
    FROM run_output o"""  # noqa: S608
UNMATCHED = f"""
    SELECT o.input, o.item_key, count(*) OVER () FROM run_output o WHERE NOT EXISTS (
        SELECT FROM datasets_datasetitem i WHERE {PINNED}
        AND CASE WHEN o.item_key IS NULL THEN i.input = o.input ELSE i.key = o.item_key END)
    ORDER BY o.n LIMIT 1"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A prompt to be answered. A locked one is sent exactly as it stands; others are trimmed."""

    text: str
    title: str = ""
    locked: bool = False
    category: str = ""
    subcategory: str = ""
    template_key: str = ""
    source_type: str = RunItem.SourceType.PROMPT
    tags: Sequence[str] = ()

    @property
    def sent(self) -> str:
        """The text as it goes out."""
        return self.text if self.locked else self.text.strip()


@dataclass(frozen=True, kw_only=True)
class Output:
    """An output made elsewhere, for the item with this key, else for those with this input."""

    response: str
    input: str = ""
    item_key: uuid.UUID | None = None
    title: str = ""
    in_tokens: int | None = None
    out_tokens: int | None = None
    duration: float | None = None
    input_context: dict[str, Any] = field(default_factory=dict)
    output_context: dict[str, Any] = field(default_factory=dict)


def rows_of_dataset(
    run: Run, *, keys: Sequence[uuid.UUID] | None = None, limit: int | None = None
) -> int:
    """Give the run the items of its pinned version, in their order; how many."""
    told = pinned(run) | {
        "is_generated": bool(run.plan["generation"]),
        "keys": list(keys) if keys is not None else None,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(FROM_DATASET, told)
        return int(cursor.rowcount)


def pinned(run: Run) -> dict[str, Any]:
    return {"run": run.pk, "dataset": run.dataset_id, "version": run.version}


def rows_of_prompts(run: Run, prompts: Sequence[Prompt]) -> int:
    """Give the run these prompts, in their order; how many."""
    made = RunItem.all_rows.bulk_create(
        [
            RunItem(
                run=run,
                order_index=n,
                public_id=str(n + 1),
                source_type=each.source_type,
                title=each.title,
                prompt_text=each.sent,
                prompt_locked=each.locked,
                category=each.category,
                subcategory=each.subcategory,
                template_key=each.template_key,
                tags=list(each.tags),
            )
            for n, each in enumerate(prompts)
        ],
        batch_size=1000,
    )
    return len(made)


def rows_of_outputs(run: Run, outputs: Iterable[Output]) -> int:
    """Give the run the items that the outputs belong to, or the outputs alone; how many.

    Raises LookupError, with a sentence, when an output belongs to no item of the pinned version.
    """
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        cursor.execute("TRUNCATE run_output")
        with connection.wrap_database_errors, cursor.copy(COPY_STAGED) as target:
            for n, each in enumerate(outputs):
                target.write_row(_staged(n, each))
        cursor.execute("ANALYZE run_output")
        if not run.dataset_id:
            cursor.execute(FROM_OUTPUTS_ALONE, pinned(run))
            return int(cursor.rowcount)
        cursor.execute(UNMATCHED, pinned(run))
        if lost := cursor.fetchone():
            raise LookupError(_unmatched(*lost))
        cursor.execute(FROM_OUTPUTS, pinned(run))
        return int(cursor.rowcount)


def _staged(n: int, each: Output) -> tuple[Any, ...]:
    return (
        n, each.item_key, each.input, each.title[:200], each.response, each.in_tokens,
        each.out_tokens, each.duration, json.dumps(each.input_context),
        json.dumps(each.output_context),
    )  # fmt: skip


def _unmatched(said: str, key: Any, n_lost: int) -> str:
    which = f"“{said[:80]}”" if said else f"key {key}"
    more = f" and {n_lost - 1:,} more" if n_lost > 1 else ""
    return (
        f"No item of the dataset has this input: {which}{more}. Write it as the dataset does, or "
        "leave the row out."
    )
