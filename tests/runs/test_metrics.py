"""The numbers of a run, against the examples of formats.md 2.7 and an own count in Python."""

from __future__ import annotations

import random
import statistics
from collections import defaultdict
from typing import Any

import pytest

from runs import metrics
from runs.models import CheckResult, Run, RunItem
from runs.saving import recount
from tests.cast import Cast
from tests.runs_made import make_check_result, make_run, make_run_item

pytestmark = pytest.mark.django_db

CATEGORIES = ("Correctness", "Format", "Style", "")
CHECKS = [("includes", "a", "Correctness"), ("grammar", "", "Style"), ("regex", "x", "Format"),
          ("custom_operator", "Warmth", "")]  # fmt: skip


def test_half_of_two_deviates_by_35_36() -> None:
    assert metrics.deviation(2, 1) == 35.36
    assert metrics.rate(2, 1) == {"n": 2, "passed": 1, "percent": 0.5, "sd": 35.36}


@pytest.mark.parametrize(("n", "passed"), [(0, 0), (1, 1), (5, 0), (7, 7)])
def test_all_or_none_deviate_by_nothing(n: int, passed: int) -> None:
    assert metrics.deviation(n, passed) == 0.0


def test_four_tests_of_two_checks_with_2_2_1_0_passes(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    for n, n_passed in enumerate((2, 2, 1, 0)):
        item = make_run_item(run, order_index=n)
        for position in range(2):
            passes = position < n_passed
            told = {"auto_eval": "pass" if passes else "fail", "is_passed": passes}
            make_check_result(item, position=position, **told)
        recount([item.pk])

    told = metrics.compute(run)

    assert told["items"]["percent"] == 0.5
    assert told["checks"]["percent"] == 0.625


def test_half_of_the_checks_with_low_confidence_is_50_percent(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    item = make_run_item(run)
    make_check_result(item, confidence="low")
    make_check_result(item, position=1)
    recount([item.pk])

    assert metrics.compute(run)["needs_review"] == 50.0


def test_a_run_without_rows_has_numbers(cast: Cast) -> None:
    told = metrics.compute(make_run(owner=cast.eva))

    assert (told["n_items"], told["checks"]["percent"], told["needs_review"]) == (0, 0.0, 0.0)
    assert (told["by_check"], told["by_tag"], told["by_category"]) == ([], [], [])


@pytest.mark.parametrize("seed", range(3))
def test_numbers_of_a_random_run_are_those_of_an_own_count(cast: Cast, seed: int) -> None:
    rng = random.Random(seed)
    run = make_random(cast, rng)

    told = metrics.compute(run)

    for name, wanted in counted(run).items():
        assert told[name] == wanted, name


def make_random(cast: Cast, rng: random.Random) -> Run:
    """Forty rows with checks of every kind and state, some of them overridden, some in error."""
    run = make_run(owner=cast.eva)
    for n in range(40):
        status = rng.choices(["success", "error", "pending"], [8, 1, 1])[0]
        item = make_run_item(
            run, order_index=n, status=status, response="x" * rng.randint(0, 2),
            tags=rng.sample(["a", "b", "c"], rng.randint(0, 2)),
            category=rng.choice(["Travel", ""]), in_tokens=rng.choice([None, 7]), out_tokens=3,
            duration=rng.choice([None, 0.25, 1.5]), n_checks=0, n_passed=0, n_done=0,
        )  # fmt: skip
        for position in range(rng.randint(0, 4) if status == "success" else 0):
            make_check_result(item, position=position, **random_result(cast, rng))
    recount(list(RunItem.all_rows.filter(run=run).values_list("pk", flat=True)))
    return run


def random_result(cast: Cast, rng: random.Random) -> dict[str, Any]:
    operator, criteria, category = rng.choice(CHECKS)
    told: dict[str, Any] = {
        "operator": operator, "criteria": criteria, "category": category,
        "weight": rng.randint(0, 5), "confidence": rng.choice(["high", "low"]),
        "state": rng.choices(["done", "skipped", "error"], [8, 1, 1])[0],
    }  # fmt: skip
    if told["state"] != "done":
        return told | {"auto_eval": "", "is_passed": None, "confidence": ""}
    if operator == "custom_operator":
        told |= {"auto_eval": str(rng.randint(1, 5)), "is_passed": rng.choice([None, True, False])}
    else:
        passes = rng.random() < 0.6
        told |= {"auto_eval": "pass" if passes else "fail", "is_passed": passes}
    if rng.random() < 0.2:
        told |= {"edited_auto_eval": rng.choice(["pass", "fail"]), "edited_by": cast.eva.user}
        told |= {"edited_at": "2026-01-15T10:00:00Z"}
    return told


def counted(run: Run) -> dict[str, Any]:
    """The metrics again, from plain rows and without a line of the product."""
    items = list(RunItem.all_rows.filter(run=run))
    results = list(CheckResult.all_rows.filter(run=run))
    by_item: dict[Any, list[CheckResult]] = defaultdict(list)
    for each in results:
        by_item[each.run_item_id].append(each)
    done = [each for each in results if each.state == "done"]
    in_rate = [each for each in done if verdict(each) is not None]
    passed = [each for each in in_rate if verdict(each)]
    said = [verdict_of_row(item, by_item[item.pk]) for item in items]
    low = [each for each in done if each.confidence == "low"]
    return {
        "n_items": 40,
        "n_success": sum(item.status == "success" for item in items),
        "n_error": sum(item.status == "error" for item in items),
        "n_pending": sum(item.status == "pending" for item in items),
        "n_responses": sum(item.response != "" for item in items),
        "items": share(sum(s is not None for s in said), sum(s is True for s in said)),
        "checks": share(len(in_rate), len(passed)) | {
            "done": len(done),
            "skipped": sum(each.state == "skipped" for each in results),
            "errors": sum(each.state == "error" for each in results),
            "low": len(low),
            "weighted": sum(e.weight for e in passed) / sum(e.weight for e in in_rate),
        },
        "needs_review": round(100 * len(low) / len(done), 2),
        "by_category": [category(name, results) for name in sorted({r.category for r in results})],
        "by_tag": [tag(name, items, by_item) for name in ("a", "b", "c")],
        "tokens": {"in": sum(i.in_tokens or 0 for i in items), "out": 120},
    }  # fmt: skip


def verdict(each: CheckResult) -> bool | None:
    if each.state != "done":
        return None
    return each.edited_auto_eval == "pass" if each.edited_auto_eval else each.is_passed


def verdict_of_row(item: RunItem, results: list[CheckResult]) -> bool | None:
    if item.status == "error" or any(each.state == "error" for each in results):
        return False
    said = [verdict(each) for each in results if verdict(each) is not None]
    return all(said) if said else None


def share(n: int, n_passed: int) -> dict[str, Any]:
    spread = statistics.pstdev([1.0] * n_passed + [0.0] * (n - n_passed)) / n**0.5
    return {"n": n, "passed": n_passed, "percent": n_passed / n, "sd": round(100 * spread, 2)}


def category(name: str, results: list[CheckResult]) -> dict[str, Any]:
    own = [each for each in results if each.category == name]
    return {
        "name": name,
        "n": sum(verdict(each) is not None for each in own),
        "passed": sum(verdict(each) is True for each in own),
        "low": sum(each.state == "done" and each.confidence == "low" for each in own),
        "skipped": sum(each.state == "skipped" for each in own),
        "errors": sum(each.state == "error" for each in own),
    }


def tag(name: str, items: list[RunItem], by_item: dict[Any, list[CheckResult]]) -> dict[str, Any]:
    own = [item for item in items if name in item.tags]
    results = [each for item in own for each in by_item[item.pk]]
    said = [verdict_of_row(item, by_item[item.pk]) for item in own]
    return {
        "name": name,
        "n": sum(verdict(each) is not None for each in results),
        "passed": sum(verdict(each) is True for each in results),
        "n_items": sum(each is not None for each in said),
        "items_passed": sum(each is True for each in said),
    }


def test_numbers_have_a_mean_and_a_spread_by_check(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    for n, score in enumerate(("1", "2.5", "4")):
        item = make_run_item(run, order_index=n)
        make_check_result(
            item, operator="custom_operator", criteria="Warmth", auto_eval=score, is_passed=None
        )
        recount([item.pk])

    (told,) = metrics.compute(run)["by_check"]

    assert (told["n"], told["done"], told["mean"], told["spread"]) == (0, 3, 2.5, 1.5)
