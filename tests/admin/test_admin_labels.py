"""Labelling in the admin is the labelling of the pages: same rule, same events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from reviews.models import EvalLabel
from tests.cast import Cast
from tests.sessions import make_label, make_session

SignIn = Callable[[Actor], Client]
SESSIONS = "admin:datasets_session_changelist"
LABELS = "admin:reviews_evallabel_changelist"


def act(client: Client, place: str, action: str, *rows: Any, **said: str) -> str:
    """Run a bulk action and return the page that follows."""
    form = {"action": action, "_selected_action": [row.pk for row in rows], **said}
    return client.post(reverse(place), form, follow=True).content.decode()


def test_marking_sets_needs_review_and_writes_one_event_each(cast: Cast, sign_in: SignIn) -> None:
    sessions = [make_session(owner=cast.eva) for _ in range(2)]

    page = act(sign_in(cast.eva), SESSIONS, "mark_eval_ready", *sessions)

    assert "Labelled: 2 of 2." in page
    assert (
        list(EvalLabel.all_rows.values_list("is_eval_ready", "status", "marked_by"))
        == [(True, "needs_review", cast.eva.user.pk)] * 2
    )
    assert AuditEvent.all_rows.filter(object_type="reviews.evallabel").count() == 2


def test_status_and_tags_are_set_from_the_action_bar(cast: Cast, sign_in: SignIn) -> None:
    label = make_label(make_session(owner=cast.eva), tags=["old"])
    client = sign_in(cast.adam)

    act(client, LABELS, "set_status", label, status="golden")
    act(client, LABELS, "add_tags", label, tags="billing, old")

    label.refresh_from_db()
    assert (label.status, label.tags) == ("golden", ["old", "billing"])
    assert label.reviewed_by == cast.adam.user


def test_adding_no_tags_says_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    label = make_label(make_session(owner=cast.eva))

    page = act(sign_in(cast.eva), LABELS, "add_tags", label, tags=" , ")

    assert "Type the tags first" in page


def test_colleagues_and_outsiders_rows_stay_as_they_are(cast: Cast, sign_in: SignIn) -> None:
    of_eva = make_session(owner=cast.eva)
    of_otto = make_session(owner=cast.otto)

    act(sign_in(cast.emil), SESSIONS, "mark_eval_ready", of_eva, of_otto)

    assert not EvalLabel.all_rows.exists()


def test_tester_is_offered_no_action(cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.tess)
    client = sign_in(cast.tess)

    act(client, SESSIONS, "mark_eval_ready", session)

    assert not EvalLabel.all_rows.exists()
    assert "Mark eval-ready" not in client.get(reverse(SESSIONS)).content.decode()


def test_saving_the_form_labels_what_changed(cast: Cast, sign_in: SignIn) -> None:
    label = make_label(make_session(owner=cast.eva), notes="As before")
    url = reverse("admin:reviews_evallabel_change", args=[label.pk])
    said = {"is_eval_ready": "on", "status": "incorrect", "notes": "As before"}

    sign_in(cast.eva).post(url, {**said, "expected_output": "The Danube."})

    label.refresh_from_db()
    assert (label.status, label.expected_output) == ("incorrect", "The Danube.")
    assert label.reviewed_by == cast.eva.user
    event = AuditEvent.all_rows.get(object_type="reviews.evallabel")
    assert set(event.changes) == {"status", "expected_output"}


@pytest.mark.parametrize("name", ["emil", "tess", "otto"])
def test_label_of_somebody_else_does_not_exist(cast: Cast, sign_in: SignIn, name: str) -> None:
    label = make_label(make_session(owner=cast.eva))
    url = reverse("admin:reviews_evallabel_change", args=[label.pk])

    assert sign_in(cast.actor(name)).get(url).status_code == 404
