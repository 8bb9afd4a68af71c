"""What the filters of analysis offer: categories and sources of the days that are looked at."""

from __future__ import annotations

from dataclasses import dataclass

from evalplatform.scoping.actor import Actor
from reviews.analysis.asking import asked
from reviews.analysis.people import members
from reviews.analysis.quality import label_of
from reviews.analysis.scope import Scope

MOST = 200
OFFERED = """
    WITH run AS (
        SELECT source, category, metrics FROM runs_run
        WHERE team_id = %(team)s AND deleted_at IS NULL AND kind <> 'preview'
            AND created_at >= %(start)s AND created_at < %(end)s
    )
    (SELECT 'category' AS by, name FROM run CROSS JOIN LATERAL jsonb_to_recordset(
            run.metrics -> 'by_item_category') AS c (name text)
        UNION SELECT 'category', category FROM run WHERE category <> '' LIMIT %(most)s)
    UNION ALL SELECT DISTINCT 'source', source FROM run
    UNION ALL (SELECT 'source', 'session/' || name FROM datasets_source
        WHERE team_id = %(team)s AND kind <> 'run' ORDER BY name LIMIT %(most)s)"""


@dataclass(frozen=True, slots=True)
class Choices:
    """Values with their labels; what is chosen is offered even when nothing of it is there."""

    categories: list[tuple[str, str]]
    sources: list[tuple[str, str]]
    reviewers: list[tuple[str, str]]


def choices_of(scope: Scope, actor: Actor) -> Choices:
    """What the scope's days offer; two statements."""
    found: dict[str, set[str]] = {"category": set(), "source": set()}
    for row in asked(OFFERED, actor, start=scope.start, end=scope.end, most=MOST):
        found[row["by"]].add(row["name"])
    for by, chosen in (("category", scope.category), ("source", scope.source)):
        found[by] |= {chosen} - {None}  # type: ignore[arg-type]
    told = {
        by: sorted(((name, label_of(by, name)) for name in names), key=lambda each: each[1])
        for by, names in found.items()
    }
    return Choices(told["category"], told["source"], list(members(actor).items()))
