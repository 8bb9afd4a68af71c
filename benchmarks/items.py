"""Dataset items of about 1 KB each to measure with, as a file or straight in the database."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection

from benchmarks.evidence import WORDS
from datasets.editing import edition
from datasets.models import Dataset, DatasetItem, DatasetVersion
from evalplatform.scoping.actor import Actor

COLUMNS = (
    *("id", "Human Message", "AI Response", "Datetime", "History", "Tags"),
    *("participant_data.name", "session_state", "context.city", "context.guest"),
)
# All are indexed for search, as they are soon after an import.
ITEMS = """
INSERT INTO datasets_datasetitem (dataset_id, level, key, public_id, position, input, output,
    expected_output, context, history, participant_data, session_state, summary, tags, created_at,
    checks, files, origin, arrived, created_by_id, added_at, from_version, search)
SELECT %(dataset)s, 'message', uuidv7(), 'bench-' || n, n::bigint << 20,
    left(repeat(%(words)s, 2), 320) || n, left(repeat(%(words)s, 3), 480) || n,
    CASE WHEN n %% 4 = 0 THEN 'It was late.' ELSE '' END, jsonb_build_object('city', 'Graz ' || n),
    '[{"role": "user", "content": "Is this the porter?"},
      {"role": "assistant", "content": "It is, and your bags are on their way up."}]',
    jsonb_build_object('name', 'Ann ' || n), jsonb_build_object('step', n), '',
    ARRAY['tag-' || n %% 20], now(),
    CASE WHEN n %% 10 = 0 THEN '[{"operator": "includes_exactly", "criteria": "late"}]'::jsonb
         WHEN n %% 1000 = 1 THEN '[{"operator": "equals_exactly", "criteria": "late"}]'::jsonb
         ELSE '[]' END,
    '{}', '', (ARRAY['csv', 'csv', 'suite', 'manual'])[1 + n %% 4], %(user)s, now(), %(version)s,
    to_tsvector('simple', 'bench-' || n || ' rare' || n %% 1000 || ' ' || left(%(words)s, 60))
FROM generate_series(1, %(n)s) n
"""


def objects(n_items: int, *, with_ids: bool = True) -> Iterator[dict[str, Any]]:
    """Items under the keys of the dataset JSON Lines."""
    for n in range(n_items):
        identifier = {"id": f"bench-{n}"} if with_ids else {}
        yield identifier | {
            "input": f"{WORDS[:160]} {n}?",
            "output": f"{WORDS}{WORDS} and {n}.",
            "context": {"city": f"Graz {n % 100}", "guest": f"Guest {n % 1000}"},
            "history": [
                {"role": "user", "content": f"Is this the porter of room {n}?"},
                {"role": "assistant", "content": f"It is, {WORDS[:100]}"},
            ],
            "participant_data": {"name": f"Ann {n % 1000}"},
            "session_state": {"step": n % 7, "seen": [1, 2, True]},
            "tags": [f"tag-{n % 20}", "bench"],
            "created_at": "2026-11-20T10:30:00Z",
        }


def write_file(path: Path, n_items: int, *, with_ids: bool = True) -> Path:
    """Write a file of items, a dataset CSV or JSON Lines by its suffix."""
    with path.open("w", newline="") as out:
        if path.suffix == ".csv":
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(COLUMNS)
            rows.writerows(cells(each) for each in objects(n_items, with_ids=with_ids))
        else:
            for each in objects(n_items, with_ids=with_ids):
                out.write(json.dumps(each) + "\n")
    return path


def cells(each: dict[str, Any]) -> tuple[str, ...]:
    """The item as a row of a dataset CSV, its history as lines."""
    history = "\n".join(f"{one['role']}: {one['content']}" for one in each["history"])
    return (
        *(each.get("id", ""), each["input"], each["output"], each["created_at"], history),
        *(json.dumps(each["tags"]), each["participant_data"]["name"]),
        *(json.dumps(each["session_state"]), each["context"]["city"], each["context"]["guest"]),
    )


def fill_dataset(actor: Actor, n_items: int) -> Dataset:
    """A dataset of so many items, made by PostgreSQL itself and indexed for search."""
    dataset = Dataset.create(name=f"Bench {n_items}", level=Dataset.Level.MESSAGE, by=actor)
    with edition(dataset, by=actor, kind=DatasetVersion.Kind.IMPORT) as changing:
        told: dict[str, Any] = {"dataset": dataset.pk, "words": WORDS, "user": actor.user.pk}
        with connection.cursor() as cursor:
            cursor.execute(ITEMS, told | {"n": n_items, "version": changing.number})
        changing.added(n_items)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return dataset


def clear() -> None:
    """Empty the table of items, so that each round begins alike."""
    with connection.cursor() as cursor:
        cursor.execute(f'TRUNCATE "{DatasetItem._meta.db_table}" CASCADE')
