"""The front door refuses every query until it knows who asks."""

import pytest
from django.db import DatabaseError, transaction

from datasets.models import Session
from evalplatform.accounts.models import Membership
from evalplatform.audit.models import AuditEvent
from evalplatform.audit.recording import NotInTransactionError, record
from evalplatform.scoping.managers import UnscopedQueryError
from reviews.models import EvalLabel, EvalLabelRevision
from tests.cast import Cast
from tests.sessions import make_label, make_session


@pytest.mark.parametrize("question", ["all", "count", "first", "exists"])
def test_front_door_refuses_a_query_that_does_not_say_who_asks(question: str) -> None:
    with pytest.raises(UnscopedQueryError, match=r"Session\.objects does not know who asks"):
        getattr(Session.objects, question)()


def test_owner_and_admin_see_all_sessions_others_their_own(cast: Cast) -> None:
    session = make_session(owner=cast.eva)

    seen = {
        name: Session.objects.visible_to(cast.actor(name)).filter(pk=session.pk).exists()
        for name in ("olga", "adam", "eva", "emil", "tess", "otto")
    }

    assert seen == {
        "olga": True, "adam": True, "eva": True, "emil": False, "tess": False, "otto": False,
    }  # fmt: skip


def test_tester_cannot_edit_what_an_evaluator_can(cast: Cast) -> None:
    session = make_session(owner=cast.eva)

    assert Session.objects.editable_by(cast.eva).filter(pk=session.pk).exists()
    assert not Session.objects.editable_by(cast.tess).exists()


def test_last_owner_cannot_leave(cast: Cast) -> None:
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match="keeps at least one owner"):
        cast.olga.membership.end(by=cast.olga)

    assert Membership.all_rows.get(pk=cast.olga.membership.pk).ended_at is None


def test_database_refuses_to_change_or_delete_an_audit_event(cast: Cast) -> None:
    with transaction.atomic():
        record(cast.olga, "team.rename", cast.team)

    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        AuditEvent.all_rows.update(verb="nothing")
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        AuditEvent.all_rows.all().delete()


@pytest.mark.django_db(transaction=True)
def test_an_audit_event_outside_its_transaction_is_refused() -> None:
    from tests.cast import make_cast

    cast = make_cast()
    with pytest.raises(NotInTransactionError):
        record(cast.olga, "team.rename", cast.team)


def test_every_state_of_a_label_is_kept_by_the_database(cast: Cast) -> None:
    label = make_label(make_session(owner=cast.eva))
    EvalLabel.all_rows.filter(pk=label.pk).update(status="golden")

    states = EvalLabelRevision.objects.visible_to(cast.eva).order_by("pgh_id")

    assert [state.status for state in states] == ["needs_review", "golden"]
