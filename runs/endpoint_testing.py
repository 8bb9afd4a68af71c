"""The "Test" button of an endpoint: one question, and what came of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from django.core.cache import cache

from evalplatform.scoping.actor import Actor
from runs.asking import AskError, ask
from runs.models import ModelEndpoint
from runs.outbound.deadlines import Deadline

QUESTION = "Say OK"
MOST_SECONDS = 20.0  # a page waits for it
MOST_SHOWN = 2000  # characters


@dataclass(frozen=True, slots=True)
class Tried:
    """What was asked and what came back: an answer, or why there is none."""

    question: str
    answer: str = ""
    error: str = ""
    seconds: float = 0.0

    @property
    def is_ok(self) -> bool:
        return not self.error


def try_out(endpoint: ModelEndpoint, *, by: Actor) -> Tried:
    """Ask the endpoint once, within seconds; a person has one such question open at a time."""
    question = question_for(endpoint)
    turn = f"endpoint-test:{by.user.pk}"
    if not cache.add(turn, 1, timeout=int(MOST_SECONDS) + 5):
        return Tried(question, error="Your last test is still running: wait for its answer.")
    try:
        return _tried(endpoint, question)
    finally:
        cache.delete(turn)


def question_for(endpoint: ModelEndpoint) -> str:
    """Return what is asked: a replay is asked the first question it knows."""
    known = endpoint.answers if endpoint.kind == ModelEndpoint.Kind.REPLAY else {}
    return next(iter(known), QUESTION)


def _tried(endpoint: ModelEndpoint, question: str) -> Tried:
    deadline = Deadline.after(MOST_SECONDS)
    try:
        spec = dataclasses.replace(endpoint.spec(), max_attempts=1)
        messages = [{"role": "user", "content": question}]
        answer = ask(spec, messages, deadline=deadline, take_turn=endpoint.turns())
    except AskError as error:
        return Tried(question, error=error.reason, seconds=MOST_SECONDS - deadline.left)
    return Tried(question, answer=answer.text[:MOST_SHOWN], seconds=answer.duration)
