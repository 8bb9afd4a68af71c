"""The cast of every access test.

Olga owns the team, Adam administers it, Eva and Emil evaluate, Tess tests; Otto owns another team.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from evalplatform.accounts.models import ApiKey, Membership, Team, User
from evalplatform.scoping.actor import Actor

_numbers = itertools.count(1)
PASSWORD = "a calm river 7"
PEOPLE = {
    "olga": "owner",
    "adam": "admin",
    "eva": "evaluator",
    "emil": "evaluator",
    "tess": "tester",
}


@dataclass(frozen=True)
class Cast:
    """Actors by first name; `team` is Olga's, `other_team` is Otto's."""

    team: Team
    other_team: Team
    olga: Actor
    adam: Actor
    eva: Actor
    emil: Actor
    tess: Actor
    otto: Actor

    def actor(self, name: str) -> Actor:
        """Return one of the six by name."""
        found = getattr(self, name)
        assert isinstance(found, Actor)
        return found


def make_cast() -> Cast:
    """Save two teams and the six people."""
    team = Team.all_rows.create(name="Lighthouse", slug="lighthouse")
    other = Team.all_rows.create(name="Harbour", slug="harbour")
    actors = {name: make_member(name, team=team, role=role) for name, role in PEOPLE.items()}
    otto = make_member("otto", team=other, role="owner")
    return Cast(team=team, other_team=other, otto=otto, **actors)


def make_member(name: str, *, team: Team, role: str) -> Actor:
    """Save a user with a membership and return their actor."""
    user = User(email=f"{name}@example.org", name=name.title())
    user.set_password(PASSWORD)
    user.save()
    return Membership.all_rows.create(user=user, team=team, role=role).act(via="page")


def make_key(actor: Actor, *, scopes: list[str] | None = None) -> str:
    """Save an API key for the actor and return its text."""
    _, text = ApiKey.issue(f"test key {next(_numbers)}", by=actor, scopes=scopes)
    return text
