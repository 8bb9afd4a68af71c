"""What the figures of a queue can still become, and the corrected pass rate, from the database."""

from __future__ import annotations

from typing import Any

import pytest

from reviews.adjudicating import adjudicate
from reviews.figures.as_csv import as_csv
from reviews.figures.shapes import Outlook
from reviews.figures.whole import figures_of
from reviews.models import Queue, QueueItem
from runs.models import CheckResult
from tests.agreement_made import Told, add_reviews
from tests.cast import Cast
from tests.reviews_made import make_queue, make_queue_with_verdicts
from tests.runs_made import make_check_result, make_run, make_run_item

pytestmark = pytest.mark.django_db


def outlook(queue: Queue, cast: Cast) -> Outlook:
    found = figures_of(queue, by=cast.olga).outlook
    assert found is not None
    return found


def said(queue: Queue, *rows: str, by: list[Any]) -> None:
    """Verdicts of the first items: a text an item, a letter a reviewer, p or f."""
    items = QueueItem.all_rows.filter(queue=queue).order_by("position")
    words = {"p": "pass", "f": "fail"}
    add_reviews(
        queue,
        [
            Told(item, who, {"verdict": words[letter]})
            for item, row in zip(items, rows, strict=False)
            for letter, who in zip(row, by, strict=False)
        ],
    )


def test_items_that_wait_can_end_anyhow_and_few_decide_a_floor(cast: Cast) -> None:
    floors = {"reviewers": 0.7, "agreement:criterion:verdict": 0.25, "alpha:criterion:verdict": 0.6}
    queue = make_queue(owner=cast.olga, n_items=4, reviews_per_item=2, floors=floors)
    said(queue, "pp", "pf", "p", by=[cast.eva, cast.emil])

    found = outlook(queue, cast)
    assert (found.reviewers.low, found.reviewers.high) == (0.25, 0.75)
    assert (found.reviewers.n_open, found.reviewers.n_items) == (2, 4)
    deciding = found.deciding["reviewers"]
    assert (deciding.state, deciding.n_to_reach, deciding.n_to_miss) == ("open", 2, 1)
    assert found.deciding["agreement:criterion:verdict"].state == "met"
    assert "alpha:criterion:verdict" not in found.deciding
    assert (found.auto.low, found.corrected) == (None, None)


def test_few_items_decide_a_floor_on_one_kind_of_check(cast: Cast) -> None:
    run = make_run(owner=cast.olga)
    for n, operators in enumerate(["includes", "includes equals", "includes equals", "equals"]):
        row = make_run_item(run, order_index=n)
        for place, operator in enumerate(operators.split()):
            make_check_result(row, position=place, operator=operator)
    named = {"includes": 0.5, "equals": 0.2, "regex": 0.5}
    floors = {f"agreement:check:{name}": least for name, least in named.items()}
    queue = make_queue_with_verdicts(
        owner=cast.olga, run=run, reviews_per_item=2, floors=floors | {"alpha:check:equals": 0.5}
    )
    checks = list(CheckResult.all_rows.filter(run=run).order_by("run_item", "position"))
    items = {item.run_item_id: item for item in QueueItem.all_rows.filter(queue=queue)}
    first = min(items, key=lambda pk: items[pk].position)
    (its,) = [each.pk for each in checks if each.run_item_id == first]
    for who in (cast.eva, cast.emil):
        add_reviews(queue, [Told(items[first], who, {"verdict": "pass"}, {its: "pass"})])

    deciding = outlook(queue, cast).deciding

    # "includes": one of three cells agrees; "equals": all three are open; nothing has "regex".
    assert sorted(deciding) == ["agreement:check:equals", "agreement:check:includes"]
    includes, equals = (deciding[f"agreement:check:{name}"] for name in ("includes", "equals"))
    assert (includes.state, includes.n_to_reach, includes.n_to_miss) == ("open", 1, 2)
    assert (equals.state, equals.n_to_reach, equals.n_to_miss) == ("open", 1, 3)


def test_items_that_came_in_by_chance_weigh_more(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=4, reviews_per_item=2)
    said(queue, "pp", "pf", by=[cast.eva, cast.emil])
    for position, chance in enumerate((1.0, 0.5, 0.25, 0.25)):
        rows = QueueItem.all_rows.filter(queue=queue, position=position)
        rows.update(inclusion_probability=chance)
    figures = figures_of(queue, by=cast.olga)
    assert figures.is_weighted
    assert figures.reviewers.quantity.value == pytest.approx(1 / 3)
    found = outlook(queue, cast).reviewers
    assert (found.low, found.high) == pytest.approx((1 / 11, 9 / 11))


def test_what_was_said_of_a_hidden_item_moves_no_range(cast: Cast) -> None:
    told = []
    for letters in ("p", "f"):
        queue = make_queue(owner=cast.olga, n_items=2, reviews_per_item=2, name=letters)
        said(queue, "pp", letters, by=[cast.eva, cast.emil])
        told.append(outlook(queue, cast))
    assert told[0] == told[1]


def test_in_an_open_queue_what_is_there_bounds_the_item(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=1, reviews_per_item=3, is_blind=False)
    said(queue, "pf", by=[cast.eva, cast.emil])
    found = outlook(queue, cast).reviewers
    # The third is a flag, or on one of both sides: no or one of three pairs agrees.
    assert (found.low, found.high) == (0.0, pytest.approx(1 / 3))


def test_when_every_review_is_there_the_range_is_the_rate(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=3, reviews_per_item=2)
    said(queue, "pp", "pf", "ff", by=[cast.eva, cast.emil])
    figures = figures_of(queue, by=cast.olga)
    assert figures.outlook is not None
    assert figures.outlook.reviewers.is_final
    assert figures.outlook.reviewers.low == pytest.approx(figures.reviewers.quantity.value)
    assert figures_of(queue, by=cast.eva).outlook is None


def checked(cast: Cast, *, n_items: int = 40, kept: int | None = None) -> Queue:
    """A run of which every fourth row fails, its verdicts reviewed by Eva, who thinks that the
    fifth, tenth... verdict is wrong; only the first rows are in the queue when `kept`."""
    run = make_run(owner=cast.olga)
    for n in range(n_items):
        row = make_run_item(run, order_index=n)
        make_check_result(row, is_passed=n % 4 > 0, auto_eval="pass" if n % 4 else "fail")
    queue = make_queue_with_verdicts(owner=cast.olga, run=run)
    if kept is not None:
        QueueItem.all_rows.filter(queue=queue, position__gte=kept).delete()
    checks = dict(CheckResult.all_rows.filter(run=run).values_list("run_item", "pk"))
    told = []
    for item in QueueItem.all_rows.filter(queue=queue):
        n = item.position
        verdict = "pass" if bool(n % 4) != (n % 5 == 0) else "fail"
        told.append(Told(item, cast.eva, {"verdict": "pass"}, {checks[item.run_item_id]: verdict}))
    add_reviews(queue, told)
    return queue


def test_the_pass_rate_is_corrected_by_reviews_and_final_answers(cast: Cast) -> None:
    queue = checked(cast)
    found = outlook(queue, cast).corrected
    assert found is not None
    assert found.raw.value == pytest.approx(30 / 40)
    # Of 8 wrong verdicts, 0, 5, 10 ... 35, two are fails: 30 - 6 + 2 pass.
    assert found.rate.value == pytest.approx(26 / 40)
    assert (found.rate.n, found.n_items, found.n_drawn) == (40, 40, 40)
    assert found.false_pass.value == pytest.approx(6 / 30)
    assert found.false_fail.value == pytest.approx(2 / 10)

    item = QueueItem.all_rows.get(queue=queue, position=5)
    check = CheckResult.all_rows.get(run_item=item.run_item_id)
    yes = {"value": "pass"}
    final = {"answers": {"verdict": yes}, "checks": {str(check.pk): yes}, "cause": "other"}
    adjudicate(item, final, by=cast.olga)
    settled = outlook(queue, cast).corrected
    assert settled is not None
    assert settled.rate.value == pytest.approx(27 / 40)
    assert "pass_rate_corrected,,,0.675," in as_csv(figures_of(queue, by=cast.olga))


def test_rows_picked_by_hand_correct_nothing(cast: Cast) -> None:
    found = outlook(checked(cast, kept=30), cast).corrected
    assert found is not None
    assert (found.rate.value, found.rate.reason) == (None, "not_random")
    assert found.raw.value == pytest.approx(30 / 40)
