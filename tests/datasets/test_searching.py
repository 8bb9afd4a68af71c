"""What came in is found soon after: by title and by messages, after changes too."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from django.db import connection, transaction

from datasets.formats.records import MessageRecord, SessionRecord
from datasets.intake import take_now
from datasets.models import Message, Session
from datasets.searching import KIND, SESSIONS
from evalplatform.accounts.models import Membership
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.sessions import make_session


def take(by: Actor, text: str, external_id: str = "s-1", title: str = "") -> None:
    record = SessionRecord(external_id, "helpdesk", (MessageRecord("user", text),), title=title)
    take_now([(1, record)], by=by, kind="api")


def run_jobs() -> None:
    for job in Job.all_rows.filter(kind=KIND, state="ready"):
        run_job(job.pk)


def found(words: str, by: Actor) -> list[str]:
    rows = Session.objects.visible_to(by).with_text(words)
    return sorted(rows.values_list("external_id", flat=True))


def test_a_session_is_found_by_title_and_by_message_after_its_job(cast: Cast) -> None:
    take(cast.eva, "Which river crosses Vienna?", title="Geography lesson")
    assert found("river", cast.eva) == []

    run_jobs()

    assert found("river", cast.eva) == ["s-1"]
    assert found("geography", cast.eva) == ["s-1"]
    assert found('"crosses vienna"', cast.eva) == ["s-1"]
    assert found("river -vienna", cast.eva) == []
    assert found("river", cast.emil) == []


def test_a_changed_session_is_found_by_its_new_words(cast: Cast) -> None:
    take(cast.eva, "Danube")
    run_jobs()

    take(cast.eva, "Elbe")
    run_jobs()

    assert found("elbe", cast.eva) == ["s-1"]
    assert found("danube", cast.eva) == []


def test_one_waiting_job_serves_all_intakes(cast: Cast) -> None:
    for n in range(4):
        take(cast.eva, f"word{n}", external_id=f"s-{n}")
    assert Job.all_rows.filter(kind=KIND).count() == 1

    run_jobs()

    assert Job.all_rows.get(kind=KIND).result == {"sessions": 4}
    take(cast.eva, "later", external_id="s-9")
    assert Job.all_rows.filter(kind=KIND, state="ready").count() == 1


def test_an_intake_that_changes_nothing_asks_for_no_index(cast: Cast) -> None:
    take(cast.eva, "Danube")
    run_jobs()

    take(cast.eva, "Danube")

    assert not Job.all_rows.filter(kind=KIND, state="ready").exists()


def test_what_its_persons_job_could_not_do_is_done_all_the_same(cast: Cast) -> None:
    take(cast.eva, "Danube")
    Membership.all_rows.filter(user=cast.eva.user).update(ended_at="2026-01-01T00:00:00Z")
    run_jobs()
    assert found("danube", cast.olga) == []

    assert SESSIONS.index_what_waits() == 1

    assert found("danube", cast.olga) == ["s-1"]


def test_batches_reach_every_session_of_the_team_and_of_no_other(cast: Cast) -> None:
    by_twos = replace(SESSIONS, batch=2)
    for owner in (cast.eva, cast.emil, cast.olga, cast.otto):
        make_session(owner=owner)

    assert [by_twos.index_batch(cast.team.pk) for _ in range(3)] == [2, 1, 0]

    assert len(found("danube", cast.olga)) == 3
    assert found("danube", cast.otto) == []


def test_text_that_bursts_a_search_vector_is_cut(cast: Cast) -> None:
    numbers = random.Random(7)
    words = " ".join(f"{numbers.getrandbits(60):x}-{n}" for n in range(60_000))
    make_session(owner=cast.eva, external_id="big", messages=(("user", "first " + words),))
    make_session(owner=cast.eva, external_id="small", messages=(("user", "first"),))

    assert SESSIONS.index_batch(cast.team.pk) == 2

    assert found("first", cast.eva) == ["big", "small"]


def test_only_the_beginning_of_a_very_long_session_is_searched(cast: Cast) -> None:
    texts = (("user", "alpha"), ("user", "beta gamma delta epsilon"), ("user", "omega"))
    make_session(owner=cast.eva, external_id="long", title="T", messages=texts)

    SESSIONS.fill([Session.all_rows.get().pk], (20, 10))

    assert found("alpha beta", cast.eva) == ["long"]
    assert found("omega", cast.eva) == []


def test_a_session_without_messages_is_found_by_its_title(cast: Cast) -> None:
    make_session(owner=cast.eva, external_id="e", title="Lonely", messages=())

    SESSIONS.index_batch(cast.team.pk)

    assert found("lonely", cast.eva) == ["e"]


@pytest.mark.django_db(transaction=True)
def test_a_session_that_an_intake_holds_is_left_to_that_intakes_job() -> None:
    from tests.cast import make_cast

    cast = make_cast()
    session = make_session(owner=cast.eva)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM datasets_session WHERE id = %s FOR UPDATE", [session.pk])
            assert SESSIONS.index_batch(cast.team.pk) == 0
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert SESSIONS.index_batch(cast.team.pk) == 1
    assert Message.all_rows.count() == 2
    with transaction.atomic():
        SESSIONS.request(cast.eva)
