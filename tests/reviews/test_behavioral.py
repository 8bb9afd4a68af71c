"""Behavioral labels: who may, drafts apart from saves, one for each person, spread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from evalplatform.audit.models import AuditEvent
from reviews.behaviour import (
    StaleLabelError,
    drop_draft,
    labelable,
    may_label,
    own_label,
    save_label,
)
from reviews.behaviour_spread import distributions, labelled_by
from reviews.behaviour_suggesting import suggest_label
from reviews.claiming import claim, give_back
from reviews.models import BehavioralLabel, Queue, Slot
from runs.models import Run, RunItem
from tests.cast import Cast
from tests.reviews_made import make_queue_with_verdicts
from tests.runs_made import make_run, make_run_item

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
WHOLE = {
    "intent": "Noise",
    "guest_affect": "Upset",
    "response_strategy": "Apology",
    "humanness": 5,
    "notes": "calls at night",
}


@pytest.fixture
def queue(cast: Cast) -> Queue:
    """Three rows of a run of Eva's, under review by Tess and Emil, two reviews each."""
    run = make_run(owner=cast.eva, n_items=3)
    reviewers = [cast.tess, cast.emil]
    return make_queue_with_verdicts(
        owner=cast.eva, run=run, reviewers=reviewers, reviews_per_item=2
    )


def given(queue: Queue, by: Any) -> RunItem:
    slot = claim(queue, by=by)
    assert slot is not None
    row: RunItem = slot.queue_item.run_item
    return row


# --- who may -------------------------------------------------------------------------------------


def test_reviewers_label_the_rows_they_have_a_place_on_and_overseers_all(
    cast: Cast, queue: Queue
) -> None:
    row = given(queue, cast.tess)
    rows = RunItem.all_rows.filter(run=queue.run)

    assert list(labelable(cast.tess)) == [row]
    assert labelable(cast.olga).filter(run=queue.run).count() == rows.count() == 3
    assert not labelable(cast.emil).exists()
    assert not labelable(cast.eva).exists()
    assert not labelable(cast.otto).exists()


@pytest.mark.parametrize(("name", "error"), [
    ("eva", PermissionDenied), ("emil", RunItem.DoesNotExist), ("otto", RunItem.DoesNotExist),
])  # fmt: skip
def test_nobody_else_can_label(cast: Cast, queue: Queue, name: str, error: type[Exception]) -> None:
    row = given(queue, cast.tess)

    with pytest.raises(error):
        save_label(row, WHOLE, status="saved", by=cast.actor(name))

    assert not BehavioralLabel.all_rows.exists()


def test_who_declined_or_is_no_longer_asked_may_not_label(cast: Cast, queue: Queue) -> None:
    row = given(queue, cast.tess)
    slot = Slot.all_rows.get(reviewer=cast.tess.user)
    save_label(row, WHOLE, status="saved", by=cast.tess)
    give_back(slot.pk, slot.token, "declined", by=cast.tess, reason="no time")

    assert not may_label(row, cast.tess)
    assert own_label(row, cast.tess) is not None


# --- drafts and saves ----------------------------------------------------------------------------


def test_draft_of_a_new_label_is_the_label_and_counts_nowhere(cast: Cast, queue: Queue) -> None:
    row = given(queue, cast.tess)

    label = save_label(row, {"intent": "Noise"}, status="draft", by=cast.tess)

    assert (label.status, label.intent, label.draft) == ("draft", "Noise", None)
    assert distributions(queue.run, cast.olga).n_labels == 0


def test_saving_again_updates_the_one_label_and_the_audit_log_keeps_both(
    cast: Cast, queue: Queue
) -> None:
    row = given(queue, cast.tess)
    first = save_label(row, WHOLE, status="saved", by=cast.tess)
    again = save_label(row, {"humanness": 2}, status="saved", by=cast.tess)

    assert again.pk == first.pk
    assert BehavioralLabel.all_rows.get().saved_values == {**WHOLE, "humanness": 2}
    events = AuditEvent.all_rows.filter(verb="behavior.save").order_by("pk")
    assert [event.changes["humanness"] for event in events] == [[None, 5], [5, 2]]
    assert events[0].actor_user == cast.tess.user


def test_draft_over_a_saved_label_waits_beside_it(cast: Cast, queue: Queue) -> None:
    row = given(queue, cast.tess)
    save_label(row, WHOLE, status="saved", by=cast.tess)

    label = save_label(row, {"intent": "Billing"}, status="draft", by=cast.tess)

    assert (label.status, label.intent) == ("saved", "Noise")
    assert label.newest_values["intent"] == "Billing"
    spread = {each.name: dict(each.counts) for each in distributions(queue.run, cast.olga).fields}
    assert (spread["intent"]["Noise"], spread["intent"]["Billing"]) == (1, 0)
    drop_draft(row, by=cast.tess)
    assert own_label(row, cast.tess).newest_values["intent"] == "Noise"  # type: ignore[union-attr]
    saved = save_label(row, {"intent": "Billing"}, status="saved", by=cast.tess)
    assert (saved.intent, saved.draft) == ("Billing", None)


def test_second_device_does_not_write_over_what_it_has_not_seen(cast: Cast, queue: Queue) -> None:
    row = given(queue, cast.tess)
    save_label(row, {"intent": "Noise"}, status="draft", by=cast.tess, number=0)

    with pytest.raises(StaleLabelError) as refused:
        save_label(row, {"intent": "Billing"}, status="saved", by=cast.tess, number=0)

    assert refused.value.label.intent == "Noise"
    assert BehavioralLabel.all_rows.get().intent == "Noise"


@pytest.mark.parametrize(("values", "field"), [
    ({"intent": "Weather"}, "intent"),
    ({"humanness": 8}, "humanness"),
    ({"humanness": 0}, "humanness"),
    ({"humanness": True}, "humanness"),
    ({"humanness": "5"}, "humanness"),
    ({"guest_affect": ["Upset"]}, "guest_affect"),
    ({"notes": "a\x00b"}, "notes"),
    ({"notes": "a" * 10_001}, "notes"),
    ({"mood": "good"}, "mood"),
])  # fmt: skip
@pytest.mark.parametrize("status", ["draft", "saved"])
def test_what_is_not_of_the_contract_is_refused_at_its_field(
    cast: Cast, queue: Queue, values: dict[str, Any], field: str, status: str
) -> None:
    row = given(queue, cast.tess)

    with pytest.raises(ValidationError) as refused:
        save_label(row, {**WHOLE, **values}, status=status, by=cast.tess)

    assert set(refused.value.message_dict) == {field}
    assert not BehavioralLabel.all_rows.exists()


def test_save_says_what_is_missing_and_keeps_nothing(cast: Cast, queue: Queue) -> None:
    row = given(queue, cast.tess)

    with pytest.raises(ValidationError) as refused:
        save_label(row, {"response_strategy": "Offer"}, status="saved", by=cast.tess)

    assert set(refused.value.message_dict) == {"intent", "guest_affect", "humanness"}
    assert not BehavioralLabel.all_rows.exists()


def test_row_without_a_response_needs_no_humanness(cast: Cast) -> None:
    row = make_run_item(make_run(owner=cast.eva), response="", status="error")
    said = {"intent": "Other", "guest_affect": "Neutral"}

    assert save_label(row, said, status="saved", by=cast.olga).is_saved


# --- distributions -------------------------------------------------------------------------------


def test_distributions_count_saved_labels_with_a_denominator_for_each_field(
    cast: Cast, queue: Queue
) -> None:
    row = given(queue, cast.tess)
    other = RunItem.all_rows.filter(run=queue.run).exclude(pk=row.pk).first()
    assert other is not None
    save_label(row, WHOLE, status="saved", by=cast.tess)
    save_label(row, {**WHOLE, "humanness": 2}, status="saved", by=cast.olga)
    save_label(other, {**WHOLE, "response_strategy": ""}, status="saved", by=cast.olga)
    save_label(other, WHOLE, status="draft", by=cast.adam)

    found = distributions(queue.run, cast.adam)
    alone = distributions(queue.run, cast.adam, cast.tess.user.pk)

    assert (found.n_labels, found.n_items, found.n_run_items, found.n_reviewers) == (3, 2, 3, 2)
    by_name = {each.name: each for each in found.fields}
    assert (by_name["intent"].n, by_name["response_strategy"].n) == (3, 2)
    assert dict(by_name["humanness"].counts)[5] == 2
    assert by_name["humanness"].mean == 4
    assert (alone.n_labels, alone.fields[0].n) == (1, 1)
    assert [(each.name, each.n) for each in labelled_by(queue.run, cast.olga)] == [
        ("Olga", 2),
        ("Tess", 1),
    ]


@pytest.mark.parametrize("name", ["eva", "emil", "tess"])
def test_reviewers_and_the_runs_owner_see_no_distribution(
    cast: Cast, queue: Queue, name: str
) -> None:
    with pytest.raises(PermissionDenied):
        distributions(queue.run, cast.actor(name))


def test_another_team_is_told_nothing(cast: Cast, queue: Queue) -> None:
    save_label(given(queue, cast.tess), WHOLE, status="saved", by=cast.tess)
    run = Run.all_rows.get(pk=queue.run_id)

    assert distributions(run, cast.otto).n_labels == 0
    assert distributions(run, cast.otto).n_run_items == 0


# --- suggestions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("prompt", "response", "expected"), [
    ("The party next door is so loud, this is unacceptable!", "I am so sorry about that.",
     {"intent": "Noise", "guest_affect": "Upset", "response_strategy": "Apology"}),
    ("Thanks! What is the door code for check-in?", "The code is 12.",
     {"intent": "Check-In", "guest_affect": "Grateful"}),
    ("The shower is broken", "A plumber will be there at nine.",
     {"intent": "Room Issue", "guest_affect": "Neutral", "response_strategy": "Escalation"}),
    ("Hm", "We can offer a voucher.", {"intent": "Other", "response_strategy": "Offer"}),
])  # fmt: skip
def test_suggestions_follow_from_words_and_say_which(
    prompt: str, response: str, expected: dict[str, str]
) -> None:
    found = suggest_label(prompt, response)
    values = {each.key: each.value for each in found}

    assert values | expected == values
    assert all(each.reasons for each in found)


def test_machine_like_language_lowers_the_suggested_humanness_and_no_response_has_none() -> None:
    robotic = suggest_label("Hi", "As an AI, I am unable to help. Please be advised.")
    human = suggest_label("I am worried", "No worries, we will sort it. First, call me.")
    silent = suggest_label("Hi", "", run_status="error")

    value = {each.key: each.value for each in robotic}["humanness"]
    assert value < {each.key: each.value for each in human}["humanness"]
    assert {each.key for each in silent} == {"intent", "guest_affect"}
