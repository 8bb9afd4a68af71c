"""Delta runs: what a rule brings is scored by the configurations that ask for it."""

from __future__ import annotations

import pytest

from datasets.editing import edition
from datasets.formats.items import CheckRecord, ItemRecord
from datasets.models import Dataset, DatasetItem, PopulationRule
from evalplatform.notifications.models import Notification
from runs.models import EvaluationConfig, Run, RunItem
from tests.cast import Cast
from tests.datasets.clones import clone_into
from tests.datasets.test_population_rules import arrive, make_rule, poll
from tests.datasets_made import add_items, make_dataset
from tests.runs.engine import rows_of, work_off
from tests.runs_made import make_config, make_endpoint

pytestmark = pytest.mark.django_db(transaction=True)


def deltas() -> list[Run]:
    return list(Run.all_rows.filter(kind="delta").order_by("created_at"))


def make_scored(cast: Cast) -> tuple[PopulationRule, EvaluationConfig]:
    """Eva's rule, and her configuration that scores what it brings."""
    rule = make_rule(owner=cast.eva)
    with edition(rule.dataset, by=cast.eva) as changing:
        changing.set_global_checks([CheckRecord("includes_exactly", "Danube")])
    rule.refresh_from_db()
    config = make_config(owner=cast.eva, dataset=rule.dataset, auto_run=True)
    rule.dataset.refresh_from_db()
    return rule, config


def test_each_poll_scores_exactly_its_new_rows(cast: Cast) -> None:
    rule, config = make_scored(cast)
    for _ in range(2):
        arrive(cast.eva)
    poll(rule)
    arrive(cast.eva)
    poll(rule)
    work_off()

    first, second = deltas()
    assert DatasetItem.all_rows.filter(dataset=rule.dataset).count() == 3
    assert [len(rows_of(run)) for run in (first, second)] == [2, 1]
    new = DatasetItem.all_rows.get(dataset=rule.dataset, from_version=second.version)
    assert [row.item_key for row in rows_of(second)] == [new.key]
    assert (second.config, second.owner, second.status) == (config, cast.eva.user, "success")
    assert rows_of(second)[0].is_passed is True


def test_a_poll_that_brings_nothing_starts_nothing(cast: Cast) -> None:
    rule, _ = make_scored(cast)

    poll(rule)

    assert not deltas()


def test_only_configurations_with_auto_run_are_started(cast: Cast) -> None:
    rule, config = make_scored(cast)
    config.change(by=cast.eva, auto_run=False)
    deleted = make_config(owner=cast.eva, dataset=rule.dataset, auto_run=True, name="Gone")
    deleted.delete_for_all(by=cast.eva)
    arrive(cast.eva)

    poll(rule)

    assert not deltas()


def test_by_hand_clone_and_rule_free_changes_start_nothing(cast: Cast) -> None:
    _, config = make_scored(cast)
    arrive(cast.eva)
    clone_into(config.dataset, by=cast.eva)
    messages = make_dataset(owner=cast.eva, name="By hand")
    make_config(owner=cast.eva, dataset=messages)
    EvaluationConfig.all_rows.filter(dataset=messages).update(auto_run=True)  # none saves this
    add_items(messages, [ItemRecord(input="Q?")], by=cast.eva)

    work_off()

    assert not Run.all_rows.exists()


def test_failing_configuration_harms_neither_poll_nor_others_and_its_owner_is_told(
    cast: Cast,
) -> None:
    rule, _ = make_scored(cast)
    Dataset.all_rows.filter(pk=rule.dataset_id).update(is_shared=True)
    judge = make_endpoint(owner=cast.emil)
    broken = make_config(
        owner=cast.emil, dataset=rule.dataset, auto_run=True, judge=judge, name="Broken"
    )
    judge.delete_for_all(by=cast.emil)
    for _ in range(2):
        arrive(cast.eva)
        did = poll(rule)
        assert (did.n_added, did.error) == (1, "")

    assert [run.owner for run in deltas()] == [cast.eva.user, cast.eva.user]
    told = Notification.all_rows.get()
    assert (told.user, told.kind) == (cast.emil.user, "delta-run-failed")
    assert "is not there, or not shared with you" in told.body
    assert str(broken.pk) in told.url


def test_owner_who_left_or_sees_the_dataset_no_more_starts_nothing(cast: Cast) -> None:
    rule, config = make_scored(cast)
    Dataset.all_rows.filter(pk=rule.dataset_id).update(is_shared=True)
    make_config(owner=cast.emil, dataset=rule.dataset, auto_run=True)
    make_config(owner=cast.adam, dataset=rule.dataset, auto_run=True)
    Dataset.all_rows.filter(pk=rule.dataset_id).update(is_shared=False)
    cast.adam.membership.end(by=cast.olga)
    arrive(cast.eva)

    assert poll(rule).n_added == 1

    assert [run.config for run in deltas()] == [config]
    assert Notification.all_rows.get().user == cast.emil.user


def test_a_poll_that_fails_after_all_leaves_no_run(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, _ = make_scored(cast)
    arrive(cast.eva)

    def refuse(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("datasets.populated._listeners", [*listeners(), refuse])
    assert poll(rule).error.startswith("An unexpected error")

    assert not Run.all_rows.exists()
    assert not RunItem.all_rows.exists()
    assert not DatasetItem.all_rows.filter(dataset=rule.dataset).exists()


def listeners() -> list[object]:
    from datasets import populated

    return list(populated._listeners)
