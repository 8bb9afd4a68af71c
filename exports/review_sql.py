"""Parts of the statements that write reviews as text: JSON values, times, people.

Nothing in them comes from outside but ids and the texts of a rubric, written as constants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reviews.rubrics.builtin import LAB_REVIEW
from reviews.rubrics.shape import Shape

# COPY that quotes nothing: JSON as text holds none of these characters.
RAW = r"(FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01')"
CELLS = "(FORMAT csv)"


def constant(text: object) -> str:
    """The text as a constant, in a statement without parameters."""
    return "'" + str(text).replace("'", "''") + "'"


def json(value: str) -> str:
    """A text as JSON; an empty one and none are null."""
    return f"COALESCE(to_json(NULLIF({value}, ''))::text, 'null')"


def whole(value: str) -> str:
    """A text as JSON, the empty one too."""
    return f"to_json({value})::text"


def moment(value: str) -> str:
    """A time in UTC as ISO 8601, to the millisecond."""
    return f"""to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


def json_moment(value: str) -> str:
    return f"""COALESCE('"' || {moment(value)} || '"', 'null')"""


def offset_moment(value: str) -> str:
    """A time as programs of other people write it: 2026-01-16T10:00:00+00:00."""
    written = f"""to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
    return f"replace({written}, '.000000+', '+')"


def ids_of(rows: Iterable[str]) -> str:
    """Ids, as the database gave them, as an array to compare with."""
    return f"'{{{','.join(rows)}}}'::uuid[]"


def person(alias: str) -> str:
    """The three fields of an identity as JSON."""
    return (
        f"""concat('{{"clerkUserId": "', {alias}.id, '", "email": ', {whole(f"{alias}.email")}, """
        f"""', "name": ', {json(f"{alias}.name")}, '}}')"""
    )


def joined(parts: Iterable[str]) -> str:
    """Constants and expressions put together; none is nothing."""
    return f"concat({', '.join(parts)})"


def members(pairs: Mapping[str, str]) -> list[str]:
    """The inside of a JSON object, its values given as expressions of JSON text."""
    parts = []
    for n, (name, value) in enumerate(pairs.items()):
        parts += [constant(f'{", " if n else ""}"{name}": '), value]
    return parts


def json_object(pairs: Mapping[str, str]) -> str:
    return joined(["'{'", *members(pairs), "'}'"])


# --- rubrics --------------------------------------------------------------------------------------


def lab_keys(shape: Shape | None) -> frozenset[str]:
    """The keys of a rubric that mean what the Lab's review means by them."""
    if shape is None:
        return frozenset()
    return frozenset(
        key
        for key, own in LAB_REVIEW.by_key.items()
        if (asked := shape.by_key.get(key)) is not None
        and asked.kind == own.kind
        and set(asked.values) <= set(own.values)
    )
