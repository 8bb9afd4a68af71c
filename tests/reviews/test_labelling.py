"""Labels are saved set by set, by those who may, with one audit event for each."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets.models import Session
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from reviews.changes import LabelChange, LabelState
from reviews.labelling import StaleLabelError, ids_of, label_ids, label_session, take_back
from reviews.models import EvalLabel, EvalLabelRevision
from tests.cast import Cast
from tests.sessions import make_label, make_session

MARK = LabelChange(is_eval_ready=True)
UNMARK = LabelChange(is_eval_ready=False)


def state(session: Session) -> LabelState:
    return LabelState.of(EvalLabel.all_rows.filter(session=session).first())


def saved(session: Session) -> EvalLabel:
    return EvalLabel.all_rows.get(session=session)


def test_marking_sets_needs_review_when_there_is_no_status(cast: Cast) -> None:
    session = make_session(owner=cast.eva)

    label_session(session, MARK, by=cast.eva)

    label = saved(session)
    assert (label.is_eval_ready, label.status) == (True, "needs_review")
    assert label.marked_by == cast.eva.user
    assert label.reviewed_at is None


def test_marking_keeps_a_status(cast: Cast) -> None:
    session = make_session(owner=cast.eva)
    label_session(session, LabelChange(status="golden"), by=cast.eva)

    label_session(session, MARK, by=cast.eva)

    assert saved(session).status == "golden"


def test_unmarking_clears_neither_status_nor_review(cast: Cast) -> None:
    session = make_session(owner=cast.eva)
    label_session(session, LabelChange(is_eval_ready=True, status="correct"), by=cast.eva)

    label_session(session, UNMARK, by=cast.eva)

    label = saved(session)
    assert (label.is_eval_ready, label.status) == (False, "correct")
    assert label.reviewed_at is not None


@pytest.mark.parametrize(
    "change",
    [
        LabelChange(status="golden"),
        LabelChange(status=None),
        LabelChange(notes="Good."),
        LabelChange(tags=("a",)),
        LabelChange(add_tags=("a",)),
        LabelChange(expected_output="The Danube."),
    ],
)
def test_every_judgement_says_who_reviewed_and_when(cast: Cast, change: LabelChange) -> None:
    session = make_session(owner=cast.eva)

    label_session(session, change, by=cast.adam)

    label = saved(session)
    assert label.reviewed_by == cast.adam.user
    assert label.reviewed_at is not None


def test_a_cleared_status_is_unset(cast: Cast) -> None:
    session = make_session(owner=cast.eva)
    label_session(session, LabelChange(is_eval_ready=True, status="correct"), by=cast.eva)

    label_session(session, LabelChange(status=None), by=cast.eva)

    label = saved(session)
    assert (label.is_eval_ready, label.status) == (True, None)


def test_tags_are_trimmed_composed_and_not_repeated(cast: Cast) -> None:
    session = make_session(owner=cast.eva)
    make_label(session, tags=["late", "old"])
    change = LabelChange.cleaned(add_tags=[" late ", "café", "cafe\u0301", "", "two  words"])

    label_session(session, change, by=cast.eva)

    label = saved(session)
    assert label.tags == ["late", "old", "café", "two words"]


def test_tags_beyond_the_cap_fail_alone_in_a_bulk(cast: Cast) -> None:
    full, free = make_session(owner=cast.eva), make_session(owner=cast.eva)
    make_label(full, tags=[f"t{n}" for n in range(100)])

    outcome = label_ids([full.pk, free.pk], LabelChange(add_tags=("one more",)), by=cast.eva)

    assert outcome.updated == 1
    assert outcome.failed == [{"id": str(full.pk), "message": "A session has at most 100 tags."}]
    assert state(full).tags[0] == "t0"
    assert state(free).tags == ("one more",)


@pytest.mark.parametrize(
    ("values", "name", "message"),
    [
        ({"status": "silver"}, "status", "is none of golden"),
        ({"tags": ["x" * 201]}, "tags", "at most 200 characters"),
        ({"tags": [f"{n}" for n in range(101)]}, "tags", "at most 100 tags"),
        ({"tags": ["zero\u200bwidth"]}, "tags", "invisible character"),
        ({"notes": "x" * 100_001}, "notes", "at most 100,000 characters"),
        ({"expected_output": "x" * 1_000_001}, "expected_output", "at most 1,000,000"),
        ({}, "__all__", "Say what to change"),
    ],
)
def test_what_a_label_cannot_hold_is_refused_at_its_field(
    values: dict[str, Any], name: str, message: str
) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        LabelChange.cleaned(**values)

    assert list(caught.value.message_dict) == [name]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_expected_output_is_none_given(cast: Cast, text: str) -> None:
    session = make_session(owner=cast.eva)
    make_label(session, expected_output="Something")

    label_session(session, LabelChange.cleaned(expected_output=text), by=cast.eva)

    label = saved(session)
    assert label.expected_output is None


def test_each_label_changed_has_one_event_with_before_and_after(cast: Cast) -> None:
    sessions = [make_session(owner=cast.eva) for _ in range(3)]
    label_ids([sessions[0].pk], MARK, by=cast.eva)

    label_ids([s.pk for s in sessions], MARK, by=cast.adam)

    events = AuditEvent.all_rows.filter(actor_user=cast.adam.user, verb="label")
    assert {event.object_id for event in events} == {str(s.pk) for s in sessions[1:]}
    assert events[0].changes == {
        "is_eval_ready": [False, True],
        "status": [None, "needs_review"],
    }
    assert EvalLabelRevision.all_rows.filter(session=sessions[1]).count() == 1


SAVES = [
    MARK,
    LabelChange(status="golden"),
    LabelChange(status=None),
    LabelChange(notes="Good."),
    LabelChange(tags=("a",)),
    LabelChange(add_tags=("A",)),
    LabelChange(expected_output="The Danube."),
    LabelChange(is_eval_ready=True, status="golden", notes="Good.", tags=("a",)),
]


@pytest.mark.parametrize("change", SAVES)
def test_a_repeated_save_writes_no_event_no_revision_and_no_label(
    cast: Cast, change: LabelChange
) -> None:
    session = make_session(owner=cast.eva)
    label_session(session, change, by=cast.eva)
    label = EvalLabel.all_rows.filter(session=session)
    written = AuditEvent.all_rows.count(), EvalLabelRevision.all_rows.count(), label.values().get()

    for actor in (cast.eva, cast.adam):
        outcome = label_session(session, change, by=actor)
        assert (outcome.updated, outcome.tally.n_unchanged, outcome.undo) == (1, 1, "")

    again = AuditEvent.all_rows.count(), EvalLabelRevision.all_rows.count(), label.values().get()
    assert again == written


def test_the_first_judgement_is_kept_also_when_it_says_what_the_mark_did(cast: Cast) -> None:
    session = make_session(owner=cast.eva)
    label_session(session, MARK, by=cast.eva)  # which sets needs_review, and is no judgement

    label_session(session, LabelChange(status="needs_review"), by=cast.adam)

    assert saved(session).reviewed_by == cast.adam.user
    assert AuditEvent.all_rows.filter(verb="label").count() == 2


def test_texts_that_a_save_does_not_name_stay(cast: Cast) -> None:
    session = make_session(owner=cast.eva)
    make_label(session, notes="Long.", expected_output="The Danube.", tags=["a"])

    label_session(session, LabelChange(is_eval_ready=False, status="golden"), by=cast.eva)
    label_session(session, LabelChange(notes="Short."), by=cast.eva)

    assert state(session) == LabelState(False, "golden", "Short.", ("a",), "The Danube.")


def test_bulk_names_what_is_foreign_or_unknown_the_same_way(cast: Cast) -> None:
    mine, colleagues = make_session(owner=cast.eva), make_session(owner=cast.emil)
    outsiders, unknown = make_session(owner=cast.otto), uuid.uuid4()

    outcome = label_ids([mine.pk, colleagues.pk, outsiders.pk, unknown], MARK, by=cast.eva)

    assert outcome.updated == 1
    assert sorted(outcome.failed, key=lambda row: row["id"]) == [
        {"id": str(pk), "message": "Not found."}
        for pk in sorted([colleagues.pk, outsiders.pk, unknown])
    ]
    assert not EvalLabel.all_rows.filter(session__in=[colleagues, outsiders]).exists()


def test_all_of_a_filtered_view_is_labelled_and_nothing_else(cast: Cast) -> None:
    late = [make_session(owner=cast.eva, tags=["late"]) for _ in range(3)]
    other = make_session(owner=cast.eva)
    rows = Session.objects.visible_to(cast.eva).with_tags(["late"])

    ids = ids_of(rows, by=cast.eva)
    outcome = label_ids(ids, LabelChange(status="golden"), by=cast.eva)

    assert (outcome.updated, outcome.failed) == (3, [])
    assert {state(session).status for session in late} == {"golden"}
    assert state(other).status is None


def test_a_view_that_its_own_change_empties_is_labelled_whole(cast: Cast) -> None:
    for _ in range(5):
        make_label(make_session(owner=cast.eva), status="needs_review")
    rows = Session.objects.visible_to(cast.eva).with_statuses(["needs_review"])

    ids = ids_of(rows, by=cast.eva)
    assert label_ids(ids, LabelChange(status="golden"), by=cast.eva).updated == 5


def test_testers_see_but_may_not_label(cast: Cast) -> None:
    session = make_session(owner=cast.tess)

    with pytest.raises(PermissionDenied, match="may not label"):
        label_session(session, MARK, by=cast.tess)
    assert label_ids([session.pk], MARK, by=cast.tess).updated == 0
    assert not EvalLabel.all_rows.exists()


def test_a_stale_save_says_who_changed_what(cast: Cast) -> None:
    session = make_session(owner=cast.eva)
    base = LabelState().version
    label_session(session, LabelChange(status="golden"), by=cast.adam)

    with pytest.raises(StaleLabelError, match="Adam changed the status meanwhile"):
        label_session(session, LabelChange(status="incorrect"), by=cast.eva, version=base)

    assert state(session).status == "golden"


def test_saves_of_different_fields_do_not_clash(cast: Cast) -> None:
    session = make_session(owner=cast.eva)
    base = LabelState().version
    label_session(session, LabelChange(status="golden"), by=cast.adam)

    label_session(session, LabelChange(notes="Short."), by=cast.eva, version=base)

    assert (state(session).status, state(session).notes) == ("golden", "Short.")


def in_request(actor: Actor, request_id: str) -> Actor:
    return replace(actor, request_id=request_id)


def test_an_own_save_can_be_taken_back(cast: Cast) -> None:
    one, two = make_session(owner=cast.eva), make_session(owner=cast.eva)
    label_ids([one.pk], LabelChange(status="golden", tags=("a",)), by=in_request(cast.eva, "r1"))
    change = LabelChange(is_eval_ready=True, status="incorrect", add_tags=("b",))
    outcome = label_ids([one.pk, two.pk], change, by=in_request(cast.eva, "r2"))

    undone = take_back(outcome.undo, by=in_request(cast.eva, "r3"))

    assert undone.updated == 2
    assert state(one) == LabelState(status="golden", tags=("a",))
    assert state(two) == LabelState()


def test_what_has_moved_on_is_not_taken_back(cast: Cast) -> None:
    session = make_session(owner=cast.eva)
    outcome = label_session(session, LabelChange(status="golden"), by=in_request(cast.eva, "r1"))
    label_session(session, LabelChange(status="correct"), by=in_request(cast.adam, "r2"))

    take_back(outcome.undo, by=in_request(cast.eva, "r3"))

    assert state(session).status == "correct"


def test_nobody_takes_back_what_another_did(cast: Cast) -> None:
    session = make_session(owner=cast.eva)
    outcome = label_session(session, MARK, by=in_request(cast.eva, "r1"))

    with pytest.raises(ValidationError, match="too late to undo"):
        take_back(outcome.undo, by=cast.adam)


def test_labelling_many_takes_as_many_queries_as_labelling_one(cast: Cast) -> None:
    one, many = [make_session(owner=cast.eva)], [make_session(owner=cast.eva) for _ in range(20)]

    def n_queries(sessions: list[Session]) -> int:
        with CaptureQueriesContext(connection) as queries:
            label_ids([s.pk for s in sessions], MARK, by=cast.eva)
        return len(queries)

    assert n_queries(one) == n_queries(many)
