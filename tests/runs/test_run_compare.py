"""Comparing two runs: which may meet, the numbers of each direction, and what flipped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from datasets.editing import edition
from evalplatform.scoping.actor import Actor
from runs import metrics
from runs.comparing import Comparison, flips
from runs.models import CheckResult, Run
from runs.overriding import override
from tests.cast import Cast
from tests.counting import queries_of
from tests.datasets_made import items_of, make_dataset
from tests.runs.run_pages import FAIL, PASS, make_dataset_run
from tests.runs_made import make_check_result, make_run, make_run_item

pytestmark = pytest.mark.django_db
SignIn = Callable[[Actor], Client]


def older(run: Run) -> Run:
    """The run, made an hour earlier."""
    run.created_at -= timedelta(hours=1)
    Run.all_rows.filter(pk=run.pk).update(created_at=run.created_at)
    return run


def compared(before: Run, after: Run, actor: Actor) -> Comparison:
    found = Comparison.of(after, before, actor)
    assert found is not None
    return found


def ids_of(comparison: Comparison, direction: str) -> list[str]:
    return [row["public_id"] for row in comparison.page(direction, "")[1]]


def test_numbers_of_each_direction_and_its_rows(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=6)
    before = older(make_dataset_run(dataset, [PASS, PASS, FAIL, FAIL, None, PASS], owner=cast.eva))
    after = make_dataset_run(dataset, [PASS, FAIL, PASS, FAIL, PASS], owner=cast.eva)
    comparison = compared(before, after, cast.eva)

    assert comparison.before == before
    assert comparison.counts() == {
        "worse": 1, "better": 1, "both_pass": 1, "both_fail": 1, "unclear": 1, "only_before": 1,
        "only_after": 0, "same": 2, "changed": 2, "both": 5,
    }  # fmt: skip
    assert ids_of(comparison, "worse") == ["q-2"]
    assert ids_of(comparison, "better") == ["q-3"]
    assert ids_of(comparison, "changed") == ["q-2", "q-3"]
    assert ids_of(comparison, "same") == ["q-1", "q-4"]
    assert ids_of(comparison, "unclear") == ["q-5"]
    assert ids_of(comparison, "only_before") == ["q-6"]
    assert ids_of(comparison, "only_after") == []


def test_items_meet_across_versions_and_say_so(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    before = older(make_dataset_run(dataset, [PASS, PASS], owner=cast.eva))
    with edition(dataset, by=cast.olga) as changing:
        changing.revise(items_of(dataset, by=cast.eva)[0], input="Which one?")
    after = make_dataset_run(dataset, [FAIL, FAIL], owner=cast.eva, version=3)

    _, rows = compared(before, after, cast.eva).page("worse", "")

    assert {row["public_id"]: row["is_other_revision"] for row in rows} == {
        "q-1": True,
        "q-2": False,
    }


def test_prompts_meet_by_place_and_words(cast: Cast) -> None:
    before, after = (
        older(make_run(owner=cast.eva, n_items=2)),
        make_run(owner=cast.eva, n_items=2),
    )
    make_run_item(before, order_index=2, prompt_text="And this?")
    make_run_item(after, order_index=2, prompt_text="Or that?")

    comparison = compared(before, after, cast.eva)

    assert comparison.counts()["both"] == 2
    assert comparison.counts()["only_before"] == comparison.counts()["only_after"] == 1
    assert ids_of(comparison, "only_after") == ["q-3"]


def test_numbers_are_kept_until_a_verdict_is_overridden(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    before = older(make_dataset_run(dataset, [PASS], owner=cast.eva))
    after = make_dataset_run(dataset, [FAIL], owner=cast.eva)
    result = CheckResult.all_rows.get(run=after)
    for run in (before, after):
        metrics.renew(run)
    assert compared(before, after, cast.eva).counts()["worse"] == 1
    assert queries_of(compared(before, after, cast.eva).counts) == 1

    override(result, by=cast.eva, verdict="pass", feedback="It does.")

    counts = compared(before, after, cast.eva).counts()
    assert (counts["worse"], counts["both_pass"]) == (0, 1)


def test_checks_that_flipped_are_named(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    before = older(make_dataset_run(dataset, [PASS], owner=cast.eva))
    after = make_dataset_run(dataset, [FAIL], owner=cast.eva)
    for run, verdict in ((before, True), (after, True)):
        row = Comparison.of(before, after, cast.eva).items(run).get()  # type: ignore[union-attr]
        make_check_result(row, position=1, operator="grammar", criteria="", is_passed=verdict)
    make_check_result(row, position=2, operator="grammar", criteria="", evaluator="Polite?")

    _, [found] = compared(before, after, cast.eva).page("changed", "")

    told = [
        (flip["name"], flip["before"] and flip["before"]["word"], flip["after"]["word"])
        for flip in found["flips"]
    ]
    assert told == [("Includes", "pass", "fail"), ("Polite?", None, "pass")]


def test_same_checks_in_another_order_do_not_flip() -> None:
    said = {"criteria": "", "evaluator": "", "state": "done", "auto_eval": "pass", "stands": True}
    one, other = {**said, "operator": "grammar"}, {**said, "operator": "language"}

    assert flips([one, other], [other, one]) == []


def test_runs_of_other_datasets_and_the_run_itself_are_not_compared(cast: Cast) -> None:
    one = make_dataset_run(make_dataset(owner=cast.eva, items=1), [PASS], owner=cast.eva)
    other = make_dataset_run(make_dataset(owner=cast.eva, items=1), [PASS], owner=cast.eva)

    assert Comparison.of(one, other, cast.eva) is None
    assert Comparison.of(one, one, cast.eva) is None


def test_page_compares_with_visible_runs_only(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    dataset.change(is_shared=True, by=cast.eva)
    shared = make_dataset_run(dataset, [PASS, FAIL], owner=cast.eva, is_shared=True, title="Theirs")
    hidden = make_dataset_run(dataset, [PASS, FAIL], owner=cast.eva, title="Hidden")
    own = make_dataset_run(dataset, [FAIL, FAIL], owner=cast.emil, title="Own")
    client = sign_in(cast.emil)
    url = f"/t/lighthouse/runs/{own.pk}/compare/"

    choices = client.get(url).content.decode()

    assert "Theirs" in choices
    assert "Hidden" not in choices
    assert client.get(f"{url}?with={hidden.pk}").status_code == 404
    assert client.get(f"{url}?with=nothing").status_code == 404
    page = client.get(f"{url}?with={shared.pk}").content.decode()
    assert "Passed, now fail" in page


def test_page_of_a_run_of_another_dataset_says_why_not(cast: Cast, sign_in: SignIn) -> None:
    one = make_dataset_run(make_dataset(owner=cast.eva, items=1), [PASS], owner=cast.eva)
    other = make_run(owner=cast.eva, n_items=1)

    page = sign_in(cast.eva).get(f"/t/lighthouse/runs/{one.pk}/compare/?with={other.pk}")

    assert "These two cannot be compared" in page.content.decode()


def test_comparison_asks_the_same_of_2_rows_and_of_60(cast: Cast, sign_in: SignIn) -> None:
    small = make_dataset(owner=cast.eva, items=2)
    large = make_dataset(owner=cast.eva, items=60)
    pairs = []
    for dataset, n in ((small, 2), (large, 60)):
        before = older(make_dataset_run(dataset, [PASS] * n, owner=cast.eva))
        pairs.append((before, make_dataset_run(dataset, [FAIL] * n, owner=cast.eva)))
    client = sign_in(cast.eva)
    urls = [f"/t/lighthouse/runs/{after.pk}/compare/?with={before.pk}" for before, after in pairs]
    client.get(urls[0])  # the first page of a session notes the team

    few, many = (queries_of(lambda url=url: client.get(url)) for url in urls)  # type: ignore[misc]

    assert few == many


def test_rows_of_a_direction_page_in_order(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=45)
    before = older(make_dataset_run(dataset, [PASS] * 45, owner=cast.eva))
    after = make_dataset_run(dataset, [FAIL] * 45, owner=cast.eva)
    comparison = compared(before, after, cast.eva)

    seen, token = [], ""
    while True:
        page, rows = comparison.page("worse", token)
        seen += [row["public_id"] for row in rows]
        if not page.older:
            break
        token = page.older

    assert seen == [f"q-{n}" for n in range(1, 46)]
