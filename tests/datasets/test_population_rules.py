"""Auto-population as domain.md says it: what a rule takes, what waits, and when it is stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from datasets.editing import edition
from datasets.models import Dataset, DatasetVersion, PopulationRule, RulePoll, Session, Source
from datasets.populating import forget_old_polls, poll_due
from evalplatform.accounts.models import Membership
from evalplatform.audit.models import AuditEvent
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from evalplatform.notifications.models import Notification
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.datasets_made import items_of, make_dataset
from tests.sessions import make_session

pytestmark = pytest.mark.django_db


def make_rule(
    *,
    owner: Actor,
    dataset: Dataset | None = None,
    age: timedelta = timedelta(days=90),
    **said: Any,
) -> PopulationRule:
    """Save a rule of the actor, as old as said."""
    into = dataset or make_dataset(owner=owner, level="session")
    rule = PopulationRule.create(into, by=owner, **({"name": "All of it"} | said))
    PopulationRule.all_rows.filter(pk=rule.pk).update(created_at=timezone.now() - age)
    rule.refresh_from_db()
    return rule


def arrive(
    owner: Actor,
    *,
    ago: timedelta = timedelta(hours=1),
    quiet: timedelta | None = None,
    **said: Any,
) -> Session:
    """Save a session that came in so long ago, and has been quiet since or for so long."""
    session = make_session(owner=owner, **said)
    now = timezone.now()
    when = {"created_at": now - ago, "updated_at": now - (ago if quiet is None else quiet)}
    Session.all_rows.filter(pk=session.pk).update(**when)
    return session


def poll(rule: PopulationRule) -> RulePoll:
    """Poll as the beat and a worker do; return what it did."""
    PopulationRule.all_rows.filter(pk=rule.pk).update(due_at=timezone.now() - timedelta(hours=1))
    poll_due()
    rule.refresh_from_db()
    if rule.job:
        run_job(rule.job.pk)
    rule.refresh_from_db()
    return RulePoll.all_rows.filter(rule=rule).latest("id")


def counts(did: RulePoll) -> tuple[int, int, int, int]:
    return did.n_seen, did.n_added, did.n_already, did.n_waiting


def sessions_in(rule: PopulationRule, by: Actor) -> list[Any]:
    return [item.session for item in items_of(rule.dataset, by=by)]


def test_rules_are_for_session_level_only(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, level="message")

    with pytest.raises(ValidationError, match="Rules fill datasets of whole sessions only"):
        PopulationRule.create(dataset, by=cast.eva, name="All")
    for level in ("session", "message"):
        with pytest.raises(IntegrityError), transaction.atomic():
            PopulationRule.all_rows.create(
                dataset=dataset, level=level, name="All", created_by=cast.eva.user
            )


def test_only_sessions_created_after_the_rule_are_taken(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva, age=timedelta(days=2))
    arrive(cast.eva, ago=timedelta(days=3))
    new = arrive(cast.eva, ago=timedelta(days=1))

    assert counts(poll(rule)) == (1, 1, 0, 0)
    assert sessions_in(rule, cast.eva) == [new]


def test_only_sessions_within_the_lookback_window_are_taken(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva)
    assert rule.lookback_days == 30
    arrive(cast.eva, ago=timedelta(days=31))
    new = arrive(cast.eva, ago=timedelta(days=29))

    assert counts(poll(rule)) == (1, 1, 0, 0)
    assert sessions_in(rule, cast.eva) == [new]


def test_sessions_made_by_runs_are_never_taken(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva)
    arrive(cast.eva, source="a run")
    Source.all_rows.filter(name="a run").update(kind=Source.Kind.RUN)

    assert counts(poll(rule)) == (0, 0, 0, 0)


def test_a_session_still_being_written_waits_for_the_next_poll(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva)
    assert rule.quiet_minutes == 10
    busy = arrive(cast.eva, quiet=timedelta(minutes=9))
    calm = arrive(cast.eva, quiet=timedelta(minutes=11))

    assert counts(poll(rule)) == (2, 1, 0, 1)
    assert sessions_in(rule, cast.eva) == [calm]
    Session.all_rows.filter(pk=busy.pk).update(updated_at=timezone.now() - timedelta(minutes=11))
    assert counts(poll(rule)) == (2, 1, 1, 0)


def test_only_sessions_that_fit_the_filters_are_taken(cast: Cast) -> None:
    filters = {"source": ["shop"], "tag": ["good"], "channel": ["web"], "participant": ["ann"]}
    fits = {"source": "shop", "tags": ["good", "x"], "channel": "web",
            "participant_identifier": "ann"}  # fmt: skip
    rule = make_rule(owner=cast.eva, filters=filters)
    wanted = arrive(cast.eva, **fits)
    for other in ({"source": "desk"}, {"tags": []}, {"channel": "phone"},
                  {"participant_identifier": "bob"}):  # fmt: skip
        arrive(cast.eva, **(fits | other))

    assert counts(poll(rule)) == (1, 1, 0, 0)
    assert sessions_in(rule, cast.eva) == [wanted]


def test_a_date_range_narrows_by_the_start_of_the_conversation(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva, filters={"date_from": "2026-03-02T00:00:00+00:00"})
    arrive(cast.eva, started_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    later = arrive(cast.eva, started_at=timezone.now())

    poll(rule)

    assert sessions_in(rule, cast.eva) == [later]


def test_a_rule_takes_what_its_owner_sees(cast: Cast) -> None:
    theirs, mine = arrive(cast.emil), arrive(cast.eva)
    of_eva, of_olga = (make_rule(owner=who) for who in (cast.eva, cast.olga))

    poll(of_eva)
    poll(of_olga)

    assert sessions_in(of_eva, cast.eva) == [mine]
    assert set(sessions_in(of_olga, cast.olga)) == {mine, theirs}


def test_a_poll_makes_one_version_of_its_kind_and_one_that_adds_nothing_makes_none(
    cast: Cast,
) -> None:
    rule = make_rule(owner=cast.eva, name="New ones")
    arrive(cast.eva)
    arrive(cast.eva)

    first, second = poll(rule), poll(rule)

    assert (first.version, second.version) == (2, None)
    made = DatasetVersion.all_rows.get(dataset=rule.dataset, number=2)
    assert (made.kind, made.title, made.n_created) == ("rule", "Rule: New ones", 2)
    assert counts(second) == (2, 0, 2, 0)
    assert {item.arrived for item in items_of(rule.dataset, by=cast.eva)} == {"rule"}


def test_what_a_person_took_out_does_not_come_back_by_itself(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva)
    arrive(cast.eva)
    poll(rule)
    with edition(rule.dataset, by=cast.eva) as changing:
        changing.remove([item.key for item in items_of(rule.dataset, by=cast.eva)])

    assert counts(poll(rule)) == (1, 0, 1, 0)
    assert items_of(rule.dataset, by=cast.eva) == []


def test_three_failures_in_a_row_disable_the_rule_and_notify_its_owner(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva)
    well = make_rule(owner=cast.eva)
    PopulationRule.all_rows.filter(pk=rule.pk).update(filters={"nonsense": "x"})
    arrive(cast.eva)

    for n in (1, 2, 3):
        did = poll(rule)
        assert did.error.startswith("Its filter is not understood: nonsense")
        assert (rule.n_failures, rule.is_enabled) == (n, n < 3)

    assert rule.disabled_reason.startswith("It failed 3 times in a row, the last time so: Its")
    told = Notification.all_rows.get()
    assert (told.user, told.url) == (cast.eva.user, rule.get_absolute_url())
    assert told.title == "The rule “All of it” was disabled"
    assert counts(poll(well)) == (1, 1, 0, 0)
    n_polls = RulePoll.all_rows.filter(rule=rule).count()
    poll(rule)
    assert RulePoll.all_rows.filter(rule=rule).count() == n_polls


def test_failures_that_are_not_in_a_row_do_not_disable(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva)
    for filters in ({"nonsense": "x"}, {"nonsense": "x"}, {}, {"nonsense": "x"}):
        PopulationRule.all_rows.filter(pk=rule.pk).update(filters=filters)
        poll(rule)

    assert (rule.is_enabled, rule.n_failures) == (True, 1)


def test_enabling_by_hand_forgets_the_failures(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva)
    PopulationRule.all_rows.filter(pk=rule.pk).update(filters={"nonsense": "x"})
    for _ in range(3):
        poll(rule)

    rule.change(by=cast.eva, filters={})
    rule.enable(by=cast.eva)

    arrive(cast.eva)
    assert counts(poll(rule)) == (1, 1, 0, 0)
    assert (rule.is_enabled, rule.n_failures, rule.disabled_reason) == (True, 0, "")
    verbs = AuditEvent.all_rows.filter(verb__startswith="rule.").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == [
        "rule.create",
        "rule.change",
        "rule.enable",
    ]


def test_a_rule_stops_at_once_when_its_owner_may_not_change_the_dataset(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva)
    arrive(cast.eva)
    Membership.all_rows.filter(pk=cast.eva.membership.pk).update(role="tester")

    did = poll(rule)

    assert not rule.is_enabled
    assert did.error == rule.disabled_reason
    assert "owner may not change this dataset any more" in rule.disabled_reason
    assert Notification.all_rows.get().user == cast.eva.user


def test_a_rule_stops_when_its_owner_has_left_and_the_datasets_owner_is_told(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    rule = make_rule(owner=cast.adam, dataset=dataset)
    Membership.all_rows.filter(pk=cast.adam.membership.pk).update(ended_at=timezone.now())

    poll_due()

    rule.refresh_from_db()
    assert not rule.is_enabled
    assert "not in the team any more" in rule.disabled_reason
    assert Notification.all_rows.get().user == cast.eva.user


def test_a_rule_is_polled_once_while_it_is_not_due_and_while_a_poll_is_open(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva)

    assert (poll_due(), poll_due()) == (1, 0)
    PopulationRule.all_rows.update(due_at=timezone.now() - timedelta(seconds=1))
    poll_due()

    assert Job.all_rows.filter(kind="poll_rule", arguments__rule=str(rule.pk)).count() == 1


def test_rules_of_deleted_datasets_rest(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva)
    rule.dataset.delete_for_all(by=cast.eva)

    assert poll_due() == 0


def test_polls_are_kept_for_thirty_days(cast: Cast) -> None:
    rule = make_rule(owner=cast.eva)
    poll(rule)
    RulePoll.all_rows.update(at=timezone.now() - timedelta(days=31))
    kept = poll(rule)

    assert forget_old_polls() == 1
    assert list(RulePoll.all_rows.all()) == [kept]


def test_what_a_rule_takes_is_changed_by_its_owner_only(cast: Cast) -> None:
    """Eva would read through Adam's rule what she may not see; she may stop it."""
    dataset = make_dataset(owner=cast.eva, level="session")
    rule = make_rule(owner=cast.adam, dataset=dataset)

    with pytest.raises(PermissionDenied):
        rule.change(by=cast.eva, filters={})
    rule.disable(by=cast.eva)
    with pytest.raises(PermissionDenied):
        rule.enable(by=cast.eva)
    rule.enable(by=cast.olga)
    for stranger in (cast.emil, cast.otto):
        with pytest.raises(PopulationRule.DoesNotExist):
            rule.disable(by=stranger)
    with pytest.raises(PermissionDenied):
        rule.disable(by=cast.tess)
    rule.remove(by=cast.eva)
    assert not PopulationRule.all_rows.exists()
