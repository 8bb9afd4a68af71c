"""At most so many questions a minute to one endpoint, shared by all who ask."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection

from evalplatform.scoping.actor import Actor
from runs.asking import AskError, ask
from runs.models import ModelEndpoint
from runs.outbound.deadlines import Deadline
from runs.pacing import TooBusyError, reserve, turns_of
from tests.cast import Cast, make_cast
from tests.openai_server import OpenAIServer


def endpoint(owner: Actor, *, per_minute: int | None) -> ModelEndpoint:
    return ModelEndpoint.create(by=owner, name="Slow", kind="echo", per_minute=per_minute)


def test_turns_lie_apart_as_far_as_the_limit_says(cast: Cast) -> None:
    slow = endpoint(cast.eva, per_minute=60)

    waits = [reserve(slow.pk, 60) for _ in range(4)]

    assert waits == pytest.approx([0, 1, 2, 3], abs=0.3)


def test_a_free_endpoint_saves_no_turns_up(cast: Cast) -> None:
    slow = endpoint(cast.eva, per_minute=600)
    reserve(slow.pk, 600)
    time.sleep(0.35)

    assert [reserve(slow.pk, 600) for _ in range(2)] == pytest.approx([0, 0.1], abs=0.05)


def test_a_turn_too_far_off_is_said_and_not_taken(cast: Cast) -> None:
    slow = endpoint(cast.eva, per_minute=1)
    reserve(slow.pk, 1)

    for _ in range(3):
        with pytest.raises(TooBusyError) as busy:
            reserve(slow.pk, 1, longest=30)

    assert busy.value.reason == (
        "This endpoint may be asked 1 times a minute, and its next free turn is in 60 seconds: "
        "ask later, or raise its limit."
    )
    assert reserve(slow.pk, 1, longest=90) == pytest.approx(60, abs=1)


def test_an_endpoint_without_a_limit_has_no_turns(cast: Cast) -> None:
    assert turns_of(endpoint(cast.eva, per_minute=None).pk, None) is None


def test_an_endpoint_that_is_gone_is_said(cast: Cast) -> None:
    gone = endpoint(cast.eva, per_minute=60)
    pk = gone.pk
    ModelEndpoint.all_rows.filter(pk=pk).delete()

    with pytest.raises(AskError, match="endpoint was deleted"):
        reserve(pk, 60)


@pytest.mark.django_db(transaction=True)
def test_threads_share_one_limit_and_their_attempts_count(openai_server: OpenAIServer) -> None:
    eva = make_cast().eva
    limited = ModelEndpoint.create(
        by=eva, name="Limited", kind="openai", base_url=openai_server.url, model="small",
        per_minute=600,
    )  # fmt: skip

    def question() -> None:
        """Ask once, in a thread with a connection of its own."""
        try:
            messages = [{"role": "user", "content": "Hi"}]
            ask(limited.spec(), messages, deadline=Deadline.after(20), take_turn=limited.turns())
        finally:
            connection.close()

    question()  # the client library takes its time to load
    openai_server.forget()
    threads = [threading.Thread(target=question) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    times = sorted(openai_server.seen()["times"])
    assert len(times) == 8
    assert 0.6 <= times[-1] - times[0] <= 3
