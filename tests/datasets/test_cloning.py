"""Cloning as domain.md says it, sentence by sentence: messages, whole sessions, once each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404

from datasets.clone_writing import Wanted
from datasets.cloning import request_clone
from datasets.editing import edition
from datasets.models import Dataset, DatasetItem, DatasetVersion, Message, Session
from datasets.restoring import restore
from evalplatform.audit.models import AuditEvent
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from tests.cast import Cast
from tests.datasets.clones import assistant, at, clone_into, make_conversation, user
from tests.datasets_made import items_of, make_dataset
from tests.sessions import make_session

pytestmark = pytest.mark.django_db


def counts(result: dict[str, Any]) -> tuple[int, int, int]:
    return result["sessions"], result["created"], result["already"]


def test_each_user_message_and_the_reply_that_follows_it_make_an_item(cast: Cast) -> None:
    session = make_conversation(
        user("Q1"), assistant("A1"), user("Q2"), assistant("A2"), owner=cast.eva
    )
    dataset = make_dataset(owner=cast.eva)

    result = clone_into(dataset, by=cast.eva)

    items = items_of(dataset, by=cast.eva)
    assert [(item.input, item.output) for item in items] == [("Q1", "A1"), ("Q2", "A2")]
    said = list(Message.all_rows.filter(session=session).order_by("position"))
    assert [(i.session, i.user_message, i.assistant_message) for i in items] == [
        (session, said[0], said[1]),
        (session, said[2], said[3]),
    ]
    assert {item.arrived for item in items} == {"clone"}
    assert len({item.public_id for item in items}) == 2
    assert (counts(result), result["version"]) == ((1, 2, 0), 2)


def test_the_reply_is_the_one_that_exports_take(cast: Cast) -> None:
    make_conversation(
        user("Q"), assistant(" "), {"role": "tool", "content": "42"}, assistant("A"),
        assistant("More"), owner=cast.eva,
    )  # fmt: skip
    dataset = make_dataset(owner=cast.eva)

    clone_into(dataset, by=cast.eva)

    assert [(i.input, i.output) for i in items_of(dataset, by=cast.eva)] == [("Q", "A")]


def test_history_is_every_earlier_message_with_its_role_content_and_summary(cast: Cast) -> None:
    make_conversation(
        {"role": "system", "content": "Be kind"},
        user("Q1", summary="so far"),
        assistant("A1"),
        {"role": "tool", "content": "7"},
        user("Q2"),
        assistant("A2"),
        owner=cast.eva,
    )
    dataset = make_dataset(owner=cast.eva)

    clone_into(dataset, by=cast.eva)

    first, second = items_of(dataset, by=cast.eva)
    assert first.history == [{"role": "system", "content": "Be kind"}]
    assert second.history == [
        {"role": "system", "content": "Be kind"},
        {"role": "user", "content": "Q1", "summary": "so far"},
        {"role": "assistant", "content": "A1"},
        {"role": "tool", "content": "7"},
    ]


def test_context_has_the_user_messages_time_and_comments_and_tags_of_either_message(
    cast: Cast,
) -> None:
    make_conversation(
        user("Q", comments=["odd"], tags=["river", "evalplatform:seen"]),
        assistant("A", comments=["right", "odd"], tags=["short", "river"]),
        user("later", created_at=None),
        owner=cast.eva,
    )
    dataset = make_dataset(owner=cast.eva)

    clone_into(dataset, by=cast.eva)

    first, second = items_of(dataset, by=cast.eva)
    assert first.context == {
        "current_datetime": "2026-03-01T09:00:00+00:00",
        "comments": ["odd", "right"],
        "tags": ["river", "short"],
    }
    assert first.created_at == at(0)
    assert second.context == {}


def test_participant_data_and_session_state_come_from_the_trace(cast: Cast) -> None:
    make_conversation(
        user("Q", participant_data={"name": "Ann", "none": None}),
        assistant("A", participant_data={"name": "Bob"}, session_state={"step": 2}),
        owner=cast.eva,
        participant={"name": "of the session"},
        session_state={"step": "last"},
    )
    dataset = make_dataset(owner=cast.eva)

    clone_into(dataset, by=cast.eva)

    (item,) = items_of(dataset, by=cast.eva)
    assert (item.participant_data, item.session_state) == (
        {"name": "Ann", "none": None},
        {"step": 2},
    )


def test_a_user_message_without_a_reply_makes_an_item_with_an_empty_output(cast: Cast) -> None:
    make_conversation(user("Q1"), user("Q2"), assistant("A2"), owner=cast.eva)
    dataset = make_dataset(owner=cast.eva)

    clone_into(dataset, by=cast.eva)

    items = items_of(dataset, by=cast.eva)
    assert [(item.input, item.output) for item in items] == [("Q1", ""), ("Q2", "A2")]
    assert items[0].assistant_message is None


def test_an_assistant_message_with_no_user_message_before_it_makes_one_with_an_empty_input(
    cast: Cast,
) -> None:
    make_conversation(assistant("Hello!"), user("Q"), assistant("A"), owner=cast.eva)
    dataset = make_dataset(owner=cast.eva)

    clone_into(dataset, by=cast.eva)

    greeting, exchange = items_of(dataset, by=cast.eva)
    assert (greeting.input, greeting.output, greeting.history) == ("", "Hello!", [])
    assert greeting.context["current_datetime"] == "2026-03-01T09:00:00+00:00"
    assert exchange.history == [{"role": "assistant", "content": "Hello!"}]


def test_cloning_again_repeats_nothing_these_included(cast: Cast) -> None:
    make_conversation(assistant("Hi"), user("Q1"), assistant("A"), user("Q2"), owner=cast.eva)
    dataset = make_dataset(owner=cast.eva)
    assert counts(clone_into(dataset, by=cast.eva)) == (1, 3, 0)

    again = clone_into(dataset, by=cast.eva)

    assert (counts(again), again["version"]) == ((1, 0, 3), None)
    assert (dataset.version, dataset.n_items) == (2, 3)
    assert DatasetVersion.all_rows.filter(dataset=dataset).count() == 2


def test_cloning_again_adds_only_what_was_said_since(cast: Cast) -> None:
    session = make_conversation(user("Q1"), assistant("A1"), owner=cast.eva)
    dataset = make_dataset(owner=cast.eva)
    clone_into(dataset, by=cast.eva)
    Message.all_rows.create(session=session, position=2, **user("Q2"))

    assert counts(clone_into(dataset, by=cast.eva)) == (1, 1, 1)
    assert [item.input for item in items_of(dataset, by=cast.eva)] == ["Q1", "Q2"]


def test_an_edited_item_is_not_cloned_again_and_a_removed_one_is(cast: Cast) -> None:
    make_conversation(user("Q1"), assistant("A1"), user("Q2"), owner=cast.eva)
    dataset = make_dataset(owner=cast.eva)
    clone_into(dataset, by=cast.eva)
    first, second = items_of(dataset, by=cast.eva)
    with edition(dataset, by=cast.eva) as changing:
        revised = changing.revise(first, input="Q1, better put")
        changing.remove([second.key])
    assert (revised.session, revised.user_message) == (None, None)

    assert counts(clone_into(dataset, by=cast.eva)) == (1, 1, 1)
    assert [i.input for i in items_of(dataset, by=cast.eva)] == ["Q1, better put", "Q2"]


def test_filtered_messages_only_takes_a_pair_when_either_half_matches(cast: Cast) -> None:
    make_conversation(
        assistant("Welcome", tags=["good"]),
        user("Q1", tags=["good"]), assistant("A1"),
        user("Q2"), assistant("A2", tags=["good", "other"]),
        user("Q3", tags=["other"]), assistant("A3"),
        owner=cast.eva,
    )  # fmt: skip
    dataset = make_dataset(owner=cast.eva)

    result = clone_into(dataset, by=cast.eva, wanted=Wanted(tags=("good",)))

    assert [item.output for item in items_of(dataset, by=cast.eva)] == ["Welcome", "A1", "A2"]
    assert counts(result) == (1, 3, 0)
    assert counts(clone_into(dataset, by=cast.eva)) == (1, 1, 3)


def test_filtered_by_text_means_the_letters_as_they_are(cast: Cast) -> None:
    make_conversation(
        user("50% off?"), assistant("Yes"), user("500 off?"), assistant("NO, 50% OFF"),
        user("a_b"), user("a\\b"), owner=cast.eva,
    )  # fmt: skip
    for text, found in (("50% OFF", ["50% off?", "500 off?"]), ("a_b", ["a_b"]), ("\\", ["a\\b"])):
        dataset = make_dataset(owner=cast.eva)
        clone_into(dataset, by=cast.eva, wanted=Wanted(text=text))
        assert [item.input for item in items_of(dataset, by=cast.eva)] == found


def test_items_stand_in_the_order_of_time_behind_those_there_are(cast: Cast) -> None:
    make_conversation(user("later 1"), user("later 2"), owner=cast.eva, started_at=at(60))
    make_conversation(user("sooner"), owner=cast.eva, started_at=at(1))
    dataset = make_dataset(owner=cast.eva, items=1)

    clone_into(dataset, by=cast.eva)

    inputs = [item.input for item in items_of(dataset, by=cast.eva)]
    assert inputs == ["Question 1?", "sooner", "later 1", "later 2"]


def test_a_session_level_item_is_a_snapshot_of_the_session(cast: Cast) -> None:
    session = make_conversation(
        user("Q1"),
        assistant("A1"),
        user("Q2", summary="so far"),
        assistant("A2"),
        user("Thanks", participant_data={"mood": "good"}, session_state={"step": 3}),
        owner=cast.eva,
        title="About rivers",
        tags=["river", "evalplatform:seen"],
        participant={"name": "Ann"},
        participant_identifier="ann",
    )
    dataset = make_dataset(owner=cast.eva, level="session")

    result = clone_into(dataset, by=cast.eva)

    (item,) = items_of(dataset, by=cast.eva)
    assert (item.input, item.output, item.history) == ("", "", [])
    snapshot = json.loads(item.summary)
    assert snapshot["session"]["title"] == "About rivers"
    assert snapshot["session"]["id"] == str(session.pk)
    assert snapshot["session"]["source"] == "helpdesk"
    assert snapshot["session"]["tags"] == ["river"]
    assert snapshot["session"]["participant"] == {"identifier": "ann", "data": {"name": "Ann"}}
    assert [each["content"] for each in snapshot["messages"]] == ["Q1", "A1", "Q2", "A2", "Thanks"]
    assert snapshot["messages"][2]["summary"] == "so far"
    assert snapshot["output"] == "A2"
    assert item.context == {"current_datetime": "2026-03-01T09:04:00+00:00"}
    assert (item.participant_data, item.session_state) == ({"mood": "good"}, {"step": 3})
    assert (item.session, item.user_message) == (session, None)
    assert item.assistant_message is not None
    assert item.assistant_message.content == "A2"
    assert counts(result) == (1, 1, 0)
    assert counts(clone_into(dataset, by=cast.eva)) == (1, 0, 1)


def test_a_session_without_messages_is_a_snapshot_too_and_no_exchange(cast: Cast) -> None:
    make_session(owner=cast.eva, messages=())
    sessions, messages = (make_dataset(owner=cast.eva, level=x) for x in ("session", "message"))

    assert counts(clone_into(sessions, by=cast.eva)) == (1, 1, 0)
    assert counts(clone_into(messages, by=cast.eva)) == (1, 0, 0)
    (item,) = items_of(sessions, by=cast.eva)
    snapshot = json.loads(item.summary)
    assert (snapshot["messages"], snapshot["output"], item.context) == ([], None, {})


def test_a_clone_is_one_version_that_can_be_undone(cast: Cast) -> None:
    make_conversation(user("Q"), assistant("A"), owner=cast.eva)
    dataset = make_dataset(owner=cast.eva, items=2)
    clone_into(dataset, by=cast.eva)
    made = DatasetVersion.all_rows.get(dataset=dataset, number=3)
    assert (made.kind, made.is_open, made.n_created, made.n_items) == ("clone", False, 1, 3)
    assert made.title == "Cloned 1 session"
    assert AuditEvent.all_rows.filter(verb="dataset.clone").count() == 1

    restore(dataset, 2, by=cast.eva)

    assert len(items_of(dataset, by=cast.eva)) == 2
    assert clone_into(dataset, by=cast.eva)["created"] == 1


def test_what_was_asked_for_is_frozen_when_the_button_is_pressed(cast: Cast) -> None:
    make_conversation(user("there"), owner=cast.eva)
    dataset = make_dataset(owner=cast.eva)
    job = request_clone(dataset, Session.objects.visible_to(cast.eva), by=cast.eva)
    make_conversation(user("came later"), owner=cast.eva)

    run_job(job.pk)

    assert [item.input for item in items_of(dataset, by=cast.eva)] == ["there"]


def test_sessions_that_vanished_meanwhile_are_counted(cast: Cast) -> None:
    gone = make_conversation(user("gone"), owner=cast.eva)
    make_conversation(user("there"), owner=cast.eva)
    dataset = make_dataset(owner=cast.eva)
    job = request_clone(dataset, Session.objects.visible_to(cast.eva), by=cast.eva)
    Session.all_rows.filter(pk=gone.pk).update(owner=cast.emil.user)

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.result["sessions"], job.result["gone"], job.result["created"]) == (1, 1, 1)


def test_a_conversation_too_long_to_be_written_message_by_message_is_left_out_and_named(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.cloning.HEAVIEST", 2_000)
    long = make_conversation(*[user("x" * 100)] * 20, owner=cast.eva)
    make_conversation(user("short"), owner=cast.eva)
    dataset = make_dataset(owner=cast.eva)

    result = clone_into(dataset, by=cast.eva)

    assert (result["tooLong"], result["tooLongIds"]) == (1, [str(long.pk)])
    assert [item.input for item in items_of(dataset, by=cast.eva)] == ["short"]


def test_nobody_clones_into_a_dataset_they_may_not_change(cast: Cast) -> None:
    make_session(owner=cast.emil)
    make_session(owner=cast.eva)
    dataset = make_dataset(owner=cast.eva)
    theirs = {name: Session.objects.visible_to(cast.actor(name)) for name in ("emil", "otto")}

    for name, rows in theirs.items():
        with pytest.raises(Http404):
            request_clone(dataset, rows, by=cast.actor(name))
    dataset.change(is_shared=True, by=cast.eva)
    with pytest.raises(PermissionDenied):
        request_clone(dataset, theirs["emil"], by=cast.emil)
    with pytest.raises(ValidationError, match="at least one"):
        request_clone(dataset, theirs["emil"].none(), by=cast.eva)


def test_a_clone_stops_when_the_dataset_is_not_ones_own_any_more(cast: Cast) -> None:
    make_session(owner=cast.eva)
    dataset = make_dataset(owner=cast.eva)
    job = request_clone(dataset, Session.objects.visible_to(cast.eva), by=cast.eva)
    Dataset.all_rows.update(owner=cast.emil.user, is_shared=True)

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "Your role may not change this.")
    assert not DatasetItem.all_rows.exists()
