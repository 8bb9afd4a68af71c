"""The one door of analysis to the database: statements over a team, for who sees all of it.

Each statement narrows to `team_id = %(team)s` itself. What people said is read of items that are
revealed only: before, a number would tell reviewers about each other.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor

# Where a reviewed item comes from. `q` queue, `i` item, `x` row of a run, `run`, `o` source.
EVIDENCE = """
    LEFT JOIN runs_runitem x ON x.id = i.run_item_id
    LEFT JOIN runs_run run ON run.id = x.run_id
    LEFT JOIN datasets_session s ON s.id = i.session_id
    LEFT JOIN datasets_source o ON o.id = s.source_id"""
CATEGORY = "coalesce(nullif(x.category, ''), run.category, '')"
SOURCE = "CASE WHEN run.id IS NULL THEN 'session/' || o.name ELSE run.source END"
NARROWED = f"""q.team_id = %(team)s AND (run.id IS NULL OR run.deleted_at IS NULL)
        AND (%(category)s::text IS NULL OR {CATEGORY} = %(category)s)
        AND (%(source)s::text IS NULL OR {SOURCE} = %(source)s)"""


def require_analysis(actor: Actor) -> None:
    """403 unless the actor sees analysis, and all that it is made of."""
    if not (actor.may(Verb.SEE_ANALYSIS) and actor.may(Verb.SEE_ALL)):
        raise PermissionDenied("Your role does not see analysis.")


def asked(statement: str, actor: Actor, **values: Any) -> list[dict[str, Any]]:
    """The rows of a statement about the actor's team, by the names of its columns."""
    require_analysis(actor)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"team": actor.team.pk, **values})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
