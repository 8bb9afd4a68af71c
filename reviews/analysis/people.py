"""Who is who in analysis: the people of the team, and names of ids that statements give."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from evalplatform.scoping.actor import Actor
from reviews.analysis.asking import asked

# Who left keeps the name that their work was done under.
NAMES = """
    SELECT DISTINCT u.id, u.name, u.email FROM accounts_membership m
    JOIN accounts_user u ON u.id = m.user_id
    WHERE m.team_id = %(team)s AND u.id = ANY(%(ids)s::uuid[])"""
MEMBERS = """
    SELECT u.id, u.name, u.email, m.role FROM accounts_membership m
    JOIN accounts_user u ON u.id = m.user_id
    WHERE m.team_id = %(team)s AND m.ended_at IS NULL"""
UNKNOWN = "Somebody"


def names_of(ids: Iterable[str], actor: Actor) -> dict[str, str]:
    """The names of these people of the team, by id."""
    wanted = list(ids)
    rows = asked(NAMES, actor, ids=[UUID(pk) for pk in wanted]) if wanted else []
    known = {str(row["id"]): row["name"] or row["email"] for row in rows}
    return {pk: known.get(pk, UNKNOWN) for pk in wanted}


def members(actor: Actor) -> dict[str, str]:
    """Everybody in the team by id, in order of their names."""
    rows = asked(MEMBERS, actor)
    people = {str(row["id"]): row["name"] or row["email"] for row in rows}
    return dict(sorted(people.items(), key=lambda each: each[1].casefold()))
