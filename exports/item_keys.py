"""What the keys of items' JSON are used for, asked of the database in as few looks as it takes."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from datasets.formats.columns import OBJECTS
from datasets.models import Dataset
from exports.formats.dataset_columns import KeyUse
from exports.sql_cells import SPACE, literal

FEW = 60  # keys that are looked up in each item sooner than all that it has are listed
_ITEMS = """datasets_datasetitem i
    WHERE i.dataset_id = %(dataset)s AND i.from_version <= %(version)s
        AND (i.until_version IS NULL OR i.until_version > %(version)s)"""
# An object or a list comes back from a cell, a text that is neither blank nor begins like them,
# nothing else.
_COMES_BACK = """bool_and(CASE jsonb_typeof({value})
    WHEN 'string' THEN ({value} #>> '{{}}') !~ %(unfit)s
    WHEN 'object' THEN true WHEN 'array' THEN true ELSE {value} IS NULL END)"""
# Side by side, each list going down on its own: more rows than FEW hold more keys, as a rule.
_HELD = f"""
    SELECT DISTINCT {", ".join(f"jsonb_object_keys(i.{name})" for name in OBJECTS)}
    FROM {_ITEMS} LIMIT {FEW + 1}"""  # noqa: S608 (constants)
_ALL = f"""
    SELECT f.name, k.key, {_COMES_BACK.format(value="k.value")}
    FROM (SELECT * FROM {_ITEMS}) i,
        LATERAL (VALUES {", ".join(f"('{name}', i.{name})" for name in OBJECTS)}) f (name, value),
        jsonb_each(f.value) k
    GROUP BY f.name, k.key"""  # noqa: S608 (constants)


def key_uses(dataset: Dataset, version: int, using: str = DEFAULT_DB_ALIAS) -> list[KeyUse]:
    """What the keys of the JSON fields are used for in a version of a dataset that was visible.

    To look up a few keys takes a quarter of what listing every item's keys does.
    """
    told: dict[str, Any] = {
        "dataset": dataset.pk,
        "version": version,
        "unfit": rf"^[{SPACE}]*(?:[\[{{]|$)",
    }
    with connections[using].cursor() as cursor:
        cursor.execute(_HELD, told)
        rows = cursor.fetchall()
        if len(rows) > FEW:
            cursor.execute(_ALL, told)
            return [KeyUse(*row) for row in cursor.fetchall()]
        held = [
            (name, key)
            for name, keys in zip(OBJECTS, zip(*rows, strict=True), strict=False)
            for key in sorted(set(keys) - {None})
        ]
        if not held:
            return []
        looks = [_COMES_BACK.format(value=f"(i.{name} -> {literal(key)})") for name, key in held]
        cursor.execute(f"SELECT {', '.join(looks)} FROM {_ITEMS}", told)  # noqa: S608 (quoted)
        return [KeyUse(*use, back) for use, back in zip(held, cursor.fetchone(), strict=True)]
