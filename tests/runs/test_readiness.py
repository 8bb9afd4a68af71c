"""The readiness gate: what agrees, and what it says when something does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from evalplatform.scoping.actor import Actor
from runs import readiness as gate
from runs.models import CheckResult, Run, RunBatch, RunItem
from runs.readiness import Reviewed, readiness
from tests.cast import Cast
from tests.runs_made import make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody_counts_reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate as it is before something counts reviews."""
    monkeypatch.setattr(gate, "_count_reviews", [])


def reviewed(reviewer: Actor, runs: Any, n: int) -> Reviewed:
    """Somebody who reviewed so many rows of each run."""
    return Reviewed(reviewer.user.pk, reviewer.user.name, dict.fromkeys(ids(runs), n))


def ids(runs: Any) -> list[Any]:
    return list(runs.values_list("pk", flat=True))


def make_batch(owner: Actor, *, n_runs: int = 3, n_prompts: int = 4) -> RunBatch:
    """A batch whose runs are done, as many as it says."""
    batch: RunBatch = RunBatch.all_rows.create(
        team=owner.team, owner=owner.user, title="Nightly", n_runs=n_runs
    )
    for n in range(n_runs):
        make_run(
            owner=owner, title=f"Run {n + 1}", source="controlled_batch", batch=batch,
            batch_position=n, n_items=n_prompts, prompt_count=n_prompts,
        )  # fmt: skip
    return batch


def runs_of(batch: RunBatch) -> Any:
    return Run.all_rows.filter(batch=batch)


@pytest.mark.usefixtures("nobody_counts_reviews")
def test_what_agrees_is_ready(cast: Cast) -> None:
    found = readiness(runs_of(make_batch(cast.eva)), n_wanted=3)
    assert (found.line, found.reasons) == ("ready | 3 | 12 | 12 | 12", ())


@pytest.mark.usefixtures("nobody_counts_reviews")
def test_an_empty_response_is_named_with_its_run(cast: Cast) -> None:
    batch = make_batch(cast.eva)
    RunItem.all_rows.filter(run__batch_position=1, order_index=2).update(response="")
    found = readiness(runs_of(batch), n_wanted=3)
    assert found.line == "not ready | 3 | 12 | 12 | 11"
    assert found.reasons == (
        "11 responses that are not empty for 12 expected prompts.",
        "“Run 2” (success): 4 prompts, 4 items, 3 responses.",
    )


@pytest.mark.usefixtures("nobody_counts_reviews")
def test_a_row_too_many_in_one_run_does_not_hide_one_too_few_in_another(cast: Cast) -> None:
    batch = make_batch(cast.eva, n_runs=2)
    first, second = runs_of(batch).order_by("batch_position")
    row = RunItem.all_rows.filter(run=first, order_index=3)
    CheckResult.all_rows.filter(run_item__in=row).update(run=second)
    row.update(run=second, order_index=4)
    found = readiness(runs_of(batch), n_wanted=2)
    assert found.line == "not ready | 2 | 8 | 8 | 8"
    assert found.reasons[0] == "“Run 1” (success): 4 prompts, 3 items, 3 responses."


@pytest.mark.usefixtures("nobody_counts_reviews")
def test_a_run_that_is_missing_is_said(cast: Cast) -> None:
    batch = make_batch(cast.eva)
    found = readiness(runs_of(batch).exclude(batch_position=2), n_wanted=3)
    assert found.reasons == ("2 runs of 3 are there.",)


@pytest.mark.usefixtures("nobody_counts_reviews")
def test_no_runs_are_not_ready(cast: Cast) -> None:
    found = readiness(Run.all_rows.none())
    assert (found.line, found.reasons) == ("not ready | 0 | 0 | 0 | 0", ("There are no runs.",))


def test_reviews_are_those_of_who_reviewed_most_or_is_asked_about(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_count_reviews", [])
    batch = make_batch(cast.eva)
    gate.reviews_are_counted_by(
        lambda runs: [reviewed(cast.emil, runs, 1), reviewed(cast.tess, runs, 4)]
    )
    found = readiness(runs_of(batch), n_wanted=3)
    assert (found.line, found.reasons) == ("ready | 3 | 12 | 12 | 12 | 12", ())
    other = readiness(runs_of(batch), reviewer=cast.emil.user.pk)
    assert other.line == "not ready | 3 | 12 | 12 | 12 | 3"
    assert other.reasons == (
        "3 reviews by Emil for 12 expected prompts.",
        *(f"“Run {n}” (success): 4 prompts, 4 items, 4 responses, 1 reviews." for n in (1, 2, 3)),
    )
    gate.reviews_are_counted_by(lambda runs: [])
    nobody = readiness(runs_of(batch))
    assert (nobody.line, nobody.reasons) == (
        "not ready | 3 | 12 | 12 | 12 | 0", ("0 reviews for 12 expected prompts.",),
    )  # fmt: skip


@pytest.mark.usefixtures("nobody_counts_reviews")
def test_the_command_prints_the_line_and_ends_with_1_when_not_ready(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = make_batch(cast.eva)
    call_command("readiness", "--batch", str(batch.pk))
    call_command("readiness", "--team", "lighthouse")
    assert capsys.readouterr().out == "ready | 3 | 12 | 12 | 12\n" * 2
    RunItem.all_rows.filter(run__batch_position=0, order_index=0).update(response="")
    with pytest.raises(CommandError, match="11 responses that are not empty") as caught:
        call_command("readiness", "--batch", str(batch.pk))
    assert caught.value.returncode == 1
    assert capsys.readouterr().out == "not ready | 3 | 12 | 12 | 11\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--batch", "nine"), "There is no batch 'nine'."),
        (("--team", "nobody"), "There is no team 'nobody'."),
        (("--reviewer", "nobody@x"), "There is nobody with the address 'nobody@x' in a team."),
    ],
)
def test_the_command_says_what_is_not_there(arguments: tuple[str, str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("readiness", *arguments)


@pytest.mark.usefixtures("nobody_counts_reviews")
def test_the_page_shows_a_batch_to_who_administers(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    batch = make_batch(cast.eva)
    page = sign_in(cast.adam).get(f"/t/lighthouse/runs/readiness/?batch={batch.pk}")
    assert "ready | 3 | 12 | 12 | 12" in page.content.decode()
    whole = sign_in(cast.adam).get("/t/lighthouse/runs/readiness/")
    assert "ready | 3 | 12 | 12 | 12" in whole.content.decode()
    other = sign_in(cast.adam).get("/t/lighthouse/runs/readiness/?source=custom")
    assert "There are no runs." in other.content.decode()
    assert sign_in(cast.adam).get("/t/lighthouse/runs/readiness/?batch=x").status_code == 404
    assert sign_in(cast.eva).get("/t/lighthouse/runs/readiness/").status_code == 403
