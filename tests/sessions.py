"""Factories of sessions and labels: plain functions, keyword only."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from datasets.models import Message, Session, Source
from evalplatform.scoping.actor import Actor
from reviews.models import EvalLabel

_numbers = itertools.count(1)
BEGIN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
EXCHANGE = (("user", "Which river crosses Vienna?"), ("assistant", "The Danube."))


def make_session(
    *,
    owner: Actor,
    messages: tuple[tuple[str, str], ...] = EXCHANGE,
    source: str = "helpdesk",
    **fields: Any,
) -> Session:
    """Save a session of the actor with its messages; later ones started later."""
    n = next(_numbers)
    at = BEGIN + timedelta(minutes=n)
    found, _ = Source.all_rows.get_or_create(team=owner.team, name=source)
    defaults = {"title": f"Session {n}", "external_id": f"s-{n}", "started_at": at}
    session = Session.all_rows.create(
        team=owner.team,
        source=found,
        owner=owner.user,
        created_at=at,
        updated_at=at,
        n_messages=len(messages),
        n_pairs=n_pairs([role for role, _ in messages]),
        **(defaults | fields),
    )
    Message.all_rows.bulk_create(
        Message(session=session, position=place, role=role, content=content, created_at=at)
        for place, (role, content) in enumerate(messages)
    )
    return session


def n_pairs(roles: list[str]) -> int:
    """Count user messages with a reply before the next user message (formats.md 1.1)."""
    spoken = [role for role in roles if role in {"user", "assistant"}]
    return sum(pair == ("user", "assistant") for pair in itertools.pairwise(spoken))


def make_label(
    session: Session,
    *,
    is_eval_ready: bool = True,
    status: str | None = "needs_review",
    **fields: Any,
) -> EvalLabel:
    """Save the label of a session as labelling would have left it."""
    return EvalLabel.all_rows.create(
        session=session, is_eval_ready=is_eval_ready, status=status, **fields
    )
