"""A person is told once, in their inbox of that team, and nobody else reads it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from evalplatform.audit.recording import NotInTransactionError
from evalplatform.jobs.models import Job
from evalplatform.notifications.models import COUNTED, Notification
from evalplatform.notifications.notifying import OutsideTeamError, notify
from evalplatform.notifications.pruning import prune
from tests.cast import Cast, make_member
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


def tell_eva(cast: Cast, **said: str | None) -> Notification | None:
    given = {"kind": "rule_disabled", "title": "A rule was disabled"} | said
    return notify(cast.eva.user, cast.team, **given)  # type: ignore[arg-type]


def test_notification_is_in_its_recipients_inbox_and_in_no_other(cast: Cast) -> None:
    made = tell_eva(cast, body="Three failures in a row.", url="/t/lighthouse/sessions/?tag=a")

    assert list(Notification.objects.visible_to(cast.eva)) == [made]
    for name in ("olga", "adam", "emil", "tess", "otto"):
        assert not Notification.objects.visible_to(cast.actor(name)).exists()


def test_notification_stays_in_the_team_it_is_about(cast: Cast) -> None:
    tell_eva(cast)
    place = cast.eva.membership
    elsewhere = type(place).all_rows.create(
        user=cast.eva.user, team=cast.other_team, role="evaluator"
    )

    assert not Notification.objects.visible_to(elsewhere.act(via="page")).exists()


def test_same_key_is_told_once_while_unread(cast: Cast) -> None:
    first = tell_eva(cast, key="rule 1")

    assert tell_eva(cast, key="rule 1", title="Again") == first
    assert tell_eva(cast, key="rule 2") != first
    assert tell_eva(cast, key="rule 1", kind="rule_enabled") != first
    assert Notification.n_unread(cast.eva) == 3


def test_same_key_is_told_again_after_it_was_read(cast: Cast) -> None:
    first = tell_eva(cast, key="rule 1")
    assert first is not None
    first.mark_read(by=cast.eva)

    second = tell_eva(cast, key="rule 1")

    assert second is not None
    assert second.pk != first.pk
    assert Notification.n_unread(cast.eva) == 1


def test_without_a_key_each_is_told(cast: Cast) -> None:
    tell_eva(cast)
    tell_eva(cast)

    assert Notification.n_unread(cast.eva) == 2


def test_who_left_and_who_was_never_there_are_not_told(cast: Cast) -> None:
    cast.eva.membership.end(by=cast.olga)

    assert tell_eva(cast) is None
    assert notify(cast.otto.user, cast.team, "rule_disabled", "A rule was disabled") is None
    assert not Notification.all_rows.exists()


def test_notification_falls_with_the_change_it_tells_of(cast: Cast) -> None:
    with transaction.atomic():
        tell_eva(cast)
        transaction.set_rollback(True)

    assert not Notification.all_rows.exists()


@pytest.mark.django_db(transaction=True)
def test_notifying_outside_a_transaction_is_refused(cast: Cast) -> None:
    assert not connection.in_atomic_block

    with pytest.raises(NotInTransactionError, match="rule_disabled: open atomic"):
        tell_eva(cast)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "//example.org/t/lighthouse/",
        "/t/harbour/",
        "/t/lighthouse",
        "/t/lighthouse/../harbour/",
        "/t/lighthouse/%2e%2e/harbour/",
        "/t/lighthouse/%2E./harbour/",
        "/t/lighthouse/%252e%252e/\n",
        "/t/lighthouse/..\\harbour/",
        "/t/lighthouse/a b",
        "javascript:alert(1)",
        "/t/lighthouse/" + "a" * 500,
    ],
)
def test_address_outside_the_team_is_refused(cast: Cast, url: str) -> None:
    with pytest.raises(OutsideTeamError, match="is no path of /t/lighthouse/"):
        tell_eva(cast, url=url)


def test_kind_is_a_slug(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="slug"):
        tell_eva(cast, kind="rule disabled!")


def test_long_and_broken_text_is_made_to_fit(cast: Cast) -> None:
    made = tell_eva(cast, title="a\r\nBcc: b" + "x" * 300, body=" \n" + "y" * 3000)

    assert made is not None
    assert made.title.startswith("a Bcc: bxxx")
    assert (len(made.title), len(made.body)) == (200, 2000)
    assert made.title.endswith("…")


def test_without_a_mail_server_no_job_is_made(cast: Cast) -> None:
    tell_eva(cast)

    assert not Job.all_rows.exists()


def test_unread_are_counted_in_one_query_and_no_further_than_needed(cast: Cast) -> None:
    for _ in range(COUNTED + 5):
        tell_eva(cast)

    assert Notification.n_unread(cast.eva) == COUNTED + 1
    assert queries_of(lambda: Notification.n_unread(cast.eva)) == 1


def test_nobody_marks_a_colleagues_notification_read(cast: Cast) -> None:
    made = tell_eva(cast)
    assert made is not None

    for name in ("olga", "emil", "otto"):
        made.mark_read(by=cast.actor(name))

    assert Notification.n_unread(cast.eva) == 1


def test_reading_twice_keeps_the_first_time(cast: Cast) -> None:
    made = tell_eva(cast)
    assert made is not None
    made.mark_read(by=cast.eva)
    made.refresh_from_db()
    first = made.read_at

    made.mark_read(by=cast.eva)

    made.refresh_from_db()
    assert made.read_at == first


def test_read_ones_go_after_90_days_and_unread_ones_stay(cast: Cast) -> None:
    vera = make_member("vera", team=cast.team, role="tester")
    for days in (89, 91, 92):
        made = notify(vera.user, cast.team, "note", f"read {days} days ago")
        assert made is not None
        read_at = timezone.now() - timedelta(days=days)
        Notification.all_rows.filter(pk=made.pk).update(read_at=read_at, created_at=read_at)
    tell_eva(cast)
    Notification.all_rows.filter(read_at=None).update(
        created_at=timezone.now() - timedelta(days=400)
    )

    assert prune(batch=1) == 2
    assert prune() == 0

    left = Notification.all_rows.values_list("title", flat=True)
    assert sorted(left) == ["A rule was disabled", "read 89 days ago"]
