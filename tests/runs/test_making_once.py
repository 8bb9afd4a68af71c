"""The same idempotency key makes one run, also when the calls come together."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.test import RequestFactory

from evalplatform.errors import Conflict
from runs import planning
from runs.launching import Launch, launch_batch, sources_of
from runs.making_once import make_once, make_once_by_form
from runs.models import EvaluationConfig, Run, RunBatch, RunItem
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.hostile.test_at_once import at_once
from tests.runs_made import make_config, make_endpoint

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def config(cast: Cast) -> EvaluationConfig:
    return make_config(owner=cast.eva, dataset=make_dataset(owner=cast.eva, items=3))


def test_the_same_key_gives_the_run_there_is(cast: Cast, config: EvaluationConfig) -> None:
    make = partial(planning.start_config, config, by=cast.eva)

    first, is_new = make_once(make, by=cast.eva, key="k", asked=[1])
    again, is_newer = make_once(make, by=cast.eva, key="k", asked=[1])

    assert (is_new, is_newer) == (True, False)
    assert first == again == Run.all_rows.get()


def test_the_same_key_for_another_run_is_a_conflict(cast: Cast, config: EvaluationConfig) -> None:
    make = partial(planning.start_config, config, by=cast.eva)
    make_once(make, by=cast.eva, key="k", asked=[1])

    with pytest.raises(Conflict, match="was used for another run"):
        make_once(make, by=cast.eva, key="k", asked=[2])


def test_the_key_of_a_deleted_run_is_not_taken_again(cast: Cast, config: EvaluationConfig) -> None:
    make = partial(planning.start_config, config, by=cast.eva)
    run, _ = make_once(make, by=cast.eva, key="k", asked=[1])
    run.delete_for_all(by=cast.eva)

    with pytest.raises(Conflict, match="made is deleted"):
        make_once(make, by=cast.eva, key="k", asked=[1])


def test_without_a_key_and_for_another_member_it_is_another_run(
    cast: Cast, config: EvaluationConfig
) -> None:
    for by, key in ((cast.eva, "k"), (cast.olga, "k"), (cast.eva, None), (cast.eva, None)):
        make_once(partial(planning.start_config, config, by=by), by=by, key=key, asked=[1])

    assert Run.all_rows.count() == 4


def test_calls_at_one_moment_make_one_run(cast: Cast, config: EvaluationConfig) -> None:
    make = partial(planning.start_config, config, by=cast.eva)

    found = at_once(4, lambda _: make_once(make, by=cast.eva, key="k", asked=[1]))

    run = Run.all_rows.get()
    assert [made for made, _ in found] == [run] * 4
    assert sum(is_new for _, is_new in found) == 1
    assert RunItem.all_rows.count() == 3


def test_a_form_sent_at_one_moment_starts_one_batch(cast: Cast) -> None:
    endpoint = make_endpoint(owner=cast.eva)
    sources = sources_of(cast.eva)
    # Each call reads a request of its own: one that threads share is read by the first alone.
    requests = [RequestFactory().post("/", {"n_runs": "3"}) for _ in range(4)]

    def make(**columns: Any) -> RunBatch:
        launch = Launch(title="May", generation=endpoint)
        return launch_batch(sources, launch, n_runs=3, seed=1, n_prompts=2, by=cast.eva, **columns)

    found = at_once(
        4,
        lambda n: make_once_by_form(RunBatch, make, by=cast.eva, token="t", request=requests[n]),
    )

    batch = RunBatch.all_rows.get()
    assert [made for made, _ in found] == [batch] * 4
    assert sum(is_new for _, is_new in found) == 1
    assert Run.all_rows.filter(batch=batch).count() == 3
