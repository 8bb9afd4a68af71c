"""Figures of agreement from the database, against a recomputation in plain Python."""

from __future__ import annotations

import random
from typing import Any

import pytest

from evalplatform.scoping.actor import Actor
from reviews.agreement_figures import figures_of
from reviews.agreement_shapes import AgreementFigures
from reviews.claiming import claim
from reviews.models import Queue, QueueItem, Rubric
from reviews.saving import save
from tests.cast import Cast
from tests.reviews import recomputed
from tests.reviews_made import NO, YES, make_queue, make_queue_with_verdicts
from tests.runs_made import make_check_result, make_run, make_run_item

OPTIONS = [{"value": each} for each in ("kind", "plain", "rude")]
SHAPE = {
    "sections": [
        {"key": "all", "label": "All", "criteria": [
            {"key": "verdict", "label": "Verdict", "kind": "pass_fail"},
            {"key": "tone", "label": "Tone", "kind": "choice", "options": OPTIONS},
            {"key": "useful", "label": "Useful", "kind": "rating", "min": 1, "max": 5},
            {"key": "seconds", "label": "Seconds", "kind": "number", "required": False},
            {"key": "topics", "label": "Topics", "kind": "multi_choice", "options": OPTIONS},
            {"key": "safe", "label": "Safe", "kind": "boolean", "required": False},
            {"key": "why", "label": "Why", "kind": "text", "required": False},
        ]}
    ]
}  # fmt: skip
LEVELS = {
    "criterion:verdict": "nominal",
    "criterion:tone": "nominal",
    "criterion:useful": "ordinal",
    "criterion:seconds": "interval",
    "criterion:topics": "sets",
    "criterion:safe": "nominal",
    "check:includes": "nominal",
    "check:equals": "nominal",
}


def of_all_kinds(cast: Cast, n_items: int = 12, **fields: Any) -> Queue:
    """A queue over a run with two checks a row, three reviews an item, every kind of question."""
    run = make_run(owner=cast.olga)
    for n in range(n_items):
        row = make_run_item(run, order_index=n)
        for place, operator in enumerate(("includes", "equals")):
            passed = (n + place) % 3 != 0
            make_check_result(
                row, position=place, operator=operator, is_passed=passed,
                auto_eval="pass" if passed else "fail",
            )  # fmt: skip
    rubric = Rubric.create(name="All kinds", shape=SHAPE, by=cast.olga)
    said = {"rubric": rubric, "reviews_per_item": 3} | fields
    return make_queue_with_verdicts(owner=cast.olga, run=run, **said)


def somebody(rng: random.Random, item: QueueItem) -> dict[str, Any]:
    """What a person might say of an item: like the others more often than not."""
    usual = random.Random(item.pk)

    def choose(*values: Any) -> dict[str, Any]:
        of = usual if rng.random() < 0.7 else rng
        return {"value": of.choice(values), "flagged": rng.random() < 0.06}

    from runs.models import CheckResult

    answers = {
        "verdict": choose("pass", "fail"),
        "tone": choose("kind", "plain", "rude"),
        "useful": choose(1, 2, 3, 4, 5),
        "seconds": choose(0.5, 1, 2.25, None),
        "topics": choose([], ["kind"], ["kind", "rude"], ["plain"]),
        "safe": choose(True, False),
        "why": {"value": "Because."},
    }
    checks = CheckResult.all_rows.filter(run_item=item.run_item_id)
    return {"answers": answers, "checks": {str(pk): choose("pass", "fail") for pk in
                                           checks.values_list("pk", flat=True)}}  # fmt: skip


def review(queue: Queue, *people: Actor, seed: int = 1) -> None:
    """Everybody reviews what they are given."""
    rng = random.Random(seed)
    for person in people:
        while (slot := claim(queue, by=person)) is not None:
            save(slot.queue_item, somebody(rng, slot.queue_item), by=person)


def check_all(queue: Queue, found: AgreementFigures) -> None:
    """Every figure that a definition gives is what plain Python makes of the rows."""
    cells = recomputed.eligible(queue)
    close = pytest.approx
    assert found.reviewers.quantity.value == close(recomputed.between_reviewers(cells), abs=1e-12)
    assert found.auto.quantity.value == close(recomputed.with_the_machine(queue, cells), abs=1e-12)
    for rate, machine, people in (
        (found.false_pass, "pass", "fail"),
        (found.false_fail, "fail", "pass"),
    ):
        expected = recomputed.false_rate(queue, cells, machine, people)
        assert rate.quantity.value == close(expected, abs=1e-12)
    assert found.n_ratings == sum(map(len, cells.values()))
    assert (found.n_cells, found.n_items) == (len(cells), len({item for item, _ in cells}))
    for metric in found.metrics:
        mine = recomputed.of_metric(queue, cells, metric.key)
        assert metric.n_ratings == sum(map(len, mine.values()))
        expected = recomputed.between_reviewers(mine)
        assert metric.agreement.quantity.value == close(expected, abs=1e-12)
        if metric.alpha.value is not None:
            alpha = recomputed.alpha(recomputed.compared(mine), LEVELS[metric.key])
            assert metric.alpha.value == close(alpha, abs=1e-9), metric.key
        if metric.auto:
            expected = recomputed.with_the_machine(queue, mine)
            assert metric.auto.agreement.quantity.value == close(expected, abs=1e-12)


@pytest.mark.django_db
def test_every_figure_is_what_the_definitions_make_of_the_rows(cast: Cast) -> None:
    queue = of_all_kinds(cast)
    review(queue, cast.eva, cast.emil, cast.tess)
    found = figures_of(queue, by=cast.olga)
    check_all(queue, found)
    assert {metric.key: metric.level for metric in found.metrics} == LEVELS
    cells = recomputed.eligible(queue)
    people = {str(each.user.pk): each.user for each in (cast.eva, cast.emil, cast.tess)}
    for person in found.people:
        user = people[person.id]
        alone = recomputed.against_the_others(cells, user.pk)
        assert person.leave_one_out.value == pytest.approx(alone, abs=1e-12)
        for key, quantity in person.alpha_without.items():
            if quantity.value is not None:
                left = recomputed.without(recomputed.of_metric(queue, cells, key), user.pk)
                alpha = recomputed.alpha(left, LEVELS[key])
                assert quantity.value == pytest.approx(alpha, abs=1e-9)
    for pair in found.pairs:
        first, second = people[pair.first].pk, people[pair.second].pk
        expected = recomputed.pair(cells, first, second)
        assert pair.agreement.value == pytest.approx(expected, abs=1e-12)
    assert len(found.pairs) == 3
    for metric in found.metrics:
        if metric.alpha.value is not None:
            cost = sum(item.costs.get(metric.key, 0) for item in found.disputed)
            assert cost == pytest.approx(1 - metric.alpha.value, abs=1e-9)


@pytest.mark.django_db
def test_the_newest_version_before_the_reveal_rates_and_none_after_it(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=1, reviews_per_item=2)
    slot = claim(queue, by=cast.eva)
    assert slot is not None
    save(slot.queue_item, YES, by=cast.eva)
    save(slot.queue_item, NO, by=cast.eva)  # a slip, corrected before anybody else spoke
    assert figures_of(queue, by=cast.olga).n_ratings == 0  # not revealed
    claim(queue, by=cast.emil)
    save(slot.queue_item, NO, by=cast.emil)
    save(slot.queue_item, YES, by=cast.emil)  # after the reveal
    found = figures_of(queue, by=cast.olga)
    assert (found.reviewers.quantity.value, found.n_ratings) == (1.0, 2)
    left = {each.reason: each.n for each in found.left_out}
    assert left == {"superseded": 1, "after_reveal": 1}
