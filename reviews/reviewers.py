"""The people who may be asked to review in a queue."""

from __future__ import annotations

from typing import Any

from evalplatform.accounts.models import Membership
from evalplatform.accounts.roles import VERBS, Verb
from evalplatform.scoping.actor import Actor

REVIEWING = sorted(role for role, verbs in VERBS.items() if Verb.REVIEW in verbs)


def who_may_review(by: Actor) -> list[Any]:
    """The memberships of the actor's team that may review, by name.

    Whoever runs a queue may ask any colleague, so that their names are told to them.
    """
    if not by.may(Verb.MANAGE_QUEUES):
        return []
    living = Membership.all_rows.filter(team=by.team, ended_at=None, user__is_active=True)
    rows = living.filter(role__in=REVIEWING).select_related("user")
    return sorted(rows, key=lambda row: (row.user.name or row.user.email).casefold())
