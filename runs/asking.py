"""Asks a model: one question in, an answer or a plain reason out, within a bounded time.

Three kinds of endpoint: a server that speaks the API of OpenAI, `echo` and `replay`, which need no
network. The client library is imported when a server is asked for the first time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from runs.outbound.deadlines import Deadline
from runs.outbound.secret import NO_SECRET, Secret
from runs.retrying import AttemptError, Retries
from runs.verdicts import Answer, CheckError

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Message = Mapping[str, Any]
TakeTurn = Callable[[Deadline], None]


class EndpointKind(StrEnum):
    """What answers."""

    OPENAI = "openai"
    ECHO = "echo"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """What asking needs to know of an endpoint; shows neither its key nor its answers.

    `answers` maps questions to answers, for replay. `timeout_seconds` is for one attempt.
    """

    kind: str
    base_url: str = ""
    model: str = ""
    key: Secret = NO_SECRET
    parameters: Mapping[str, Any] = field(default_factory=dict)
    timeout_seconds: float = 60.0
    max_attempts: int = 4
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)


class AskError(CheckError):
    """No answer; `reason` is short, plain, and holds no secret. `attempts` counts requests sent."""

    def __init__(self, reason: str, *, attempts: int = 0) -> None:
        self.reason, self.attempts = reason, attempts
        super().__init__(reason)


def ask(
    endpoint: EndpointSpec,
    messages: Sequence[Message],
    *,
    deadline: Deadline,
    take_turn: TakeTurn | None = None,
) -> Answer:
    """Return the model's answer, or raise AskError; never later than the deadline.

    The answer's duration is that of the attempt that brought it, without waits before it.
    `take_turn` is called before each attempt and waits until the endpoint may be asked again.
    """
    if endpoint.kind == EndpointKind.OPENAI:
        answer = _ask_server(endpoint, messages, deadline, take_turn)
    elif endpoint.kind == EndpointKind.ECHO:
        answer = Answer(question_of(messages))
    else:
        answer = Answer(_replayed(endpoint, question_of(messages)))
    return replace(answer, text=storable(answer.text))


def question_of(messages: Sequence[Message]) -> str:
    """Return what the user said last; nothing when no user spoke."""
    said = (message["content"] for message in reversed(messages) if message["role"] == "user")
    return str(next(said, ""))


def question_key(question: str) -> str:
    """Return how a question is matched: line ends and outer space make no difference."""
    return "\n".join(line.rstrip() for line in question.strip().splitlines())


def storable(text: str) -> str:
    """Return the text with what no database column holds replaced: NUL and half characters."""
    return UNSTORABLE.sub("\ufffd", text)


def _replayed(endpoint: EndpointSpec, question: str) -> str:
    if question in endpoint.answers:
        return endpoint.answers[question]
    try:
        return endpoint.answers[question_key(question)]
    except KeyError:
        shown = question if len(question) <= 60 else f"{question[:60]}…"
        raise AskError(f"There is no stored answer to “{shown}”.") from None


def _ask_server(
    endpoint: EndpointSpec,
    messages: Sequence[Message],
    deadline: Deadline,
    take_turn: TakeTurn | None,
) -> Answer:
    """Ask until an answer comes, a failure will not pass, or attempts or time end."""
    from runs.outbound.chat import complete

    retries = Retries(endpoint.max_attempts, deadline)
    while True:
        if take_turn:
            take_turn(deadline)
        retries.begin()
        try:
            return complete(endpoint, messages, seconds=retries.seconds(endpoint.timeout_seconds))
        except AttemptError as failure:
            wait = retries.wait_after(failure)
            if wait is None:
                raise AskError(retries.reason(failure), attempts=retries.n_begun) from None
        time.sleep(wait)
