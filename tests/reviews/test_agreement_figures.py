"""Figures of agreement from the database, against a recomputation in plain Python."""

from __future__ import annotations

import csv
import random
import threading
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from evalplatform.scoping.actor import Actor
from reviews.claiming import claim
from reviews.figures.items import items_behind
from reviews.figures.reading import Which
from reviews.figures.shapes import AgreementFigures
from reviews.figures.whole import figures_of
from reviews.lifecycle import gates
from reviews.models import Queue, QueueItem, Review, Rubric, Slot
from reviews.queueing import change_queue
from reviews.saving import note_shown, open_review, save, save_draft
from runs.models import CheckResult
from tests.cast import Cast, make_cast, make_key
from tests.exports import reviews_exported, runs_exported
from tests.reviews import recomputed
from tests.reviews.recomputed import Evidence, of_rows, of_tables
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
KINDS = {each["key"]: each["kind"] for each in SHAPE["sections"][0]["criteria"]}  # type: ignore[index]
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


def check_all(evidence: Evidence, found: AgreementFigures) -> None:
    """Every figure that a definition gives is what plain Python makes of the evidence."""
    cells = evidence.cells
    close = pytest.approx
    assert found.reviewers.quantity.value == close(recomputed.between_reviewers(cells), abs=1e-12)
    assert found.auto.quantity.value == close(recomputed.with_the_machine(evidence), abs=1e-12)
    for rate, machine, people in (
        (found.false_pass, "pass", "fail"),
        (found.false_fail, "fail", "pass"),
    ):
        expected = recomputed.false_rate(evidence, machine, people)
        assert rate.quantity.value == close(expected, abs=1e-12)
    assert found.n_ratings == sum(map(len, cells.values()))
    assert (found.n_cells, found.n_items) == (len(cells), len({item for item, _ in cells}))
    for metric in found.metrics:
        part = evidence.of_metric(metric.key)
        mine = part.cells
        assert metric.n_ratings == sum(map(len, mine.values()))
        expected = recomputed.between_reviewers(mine)
        assert metric.agreement.quantity.value == close(expected, abs=1e-12)
        if metric.alpha.value is not None:
            alpha = recomputed.alpha(recomputed.compared(mine), LEVELS[metric.key])
            assert metric.alpha.value == close(alpha, abs=1e-9), metric.key
        if metric.auto:
            expected = recomputed.with_the_machine(part)
            assert metric.auto.agreement.quantity.value == close(expected, abs=1e-12)


@pytest.mark.django_db
def test_every_figure_is_what_the_definitions_make_of_the_rows(cast: Cast) -> None:
    queue = of_all_kinds(cast)
    review(queue, cast.eva, cast.emil, cast.tess)
    found = figures_of(queue, by=cast.olga)
    evidence = of_rows(queue)
    check_all(evidence, found)
    assert {metric.key: metric.level for metric in found.metrics} == LEVELS
    cells = evidence.cells
    people = {str(each.user.pk) for each in (cast.eva, cast.emil, cast.tess)}
    assert {person.id for person in found.people} == people
    for person in found.people:
        alone = recomputed.against_the_others(cells, person.id)
        assert person.leave_one_out.value == pytest.approx(alone, abs=1e-12)
        for key, quantity in person.alpha_without.items():
            if quantity.value is not None:
                left = recomputed.without(evidence.of_metric(key).cells, person.id)
                alpha = recomputed.alpha(left, LEVELS[key])
                assert quantity.value == pytest.approx(alpha, abs=1e-9)
    for pair in found.pairs:
        expected = recomputed.pair(cells, pair.first, pair.second)
        assert pair.agreement.value == pytest.approx(expected, abs=1e-12)
    assert len(found.pairs) == 3
    for metric in found.metrics:
        if metric.alpha.value is not None:
            cost = sum(item.costs.get(metric.key, 0) for item in found.disputed)
            assert cost == pytest.approx(1 - metric.alpha.value, abs=1e-9)


@pytest.mark.django_db(transaction=True)
def test_every_figure_is_what_the_definitions_make_of_the_exported_tables(cast: Cast) -> None:
    queue = of_all_kinds(cast)
    items = list(QueueItem.all_rows.filter(queue=queue).order_by("position"))
    rng = random.Random(2)
    review(queue, cast.eva)
    save(items[5], somebody(rng, items[5]), by=cast.eva)  # corrected before anybody else spoke
    review(queue, cast.emil)
    for _ in range(len(items) - 2):  # two items stay closed
        slot = claim(queue, by=cast.tess)
        assert slot is not None
        save(slot.queue_item, somebody(rng, slot.queue_item), by=cast.tess)
    for item, person in zip(items[:3], (cast.eva, cast.emil, cast.tess), strict=True):
        save(item, somebody(rng, item), by=person)  # open to all: it rates no more
    typed = open_review(items[4], by=cast.eva)
    save_draft(typed, YES, number=typed.draft_number, by=cast.eva)
    run = reviews_exported.content(runs_exported.built(queue.run, "run-tables", cast.olga))
    told = reviews_exported.content(reviews_exported.built("review-tables", cast.olga, queue=queue))
    evidence = of_tables(told, run, kinds=KINDS, is_blind=queue.is_blind)
    found = figures_of(queue, by=cast.olga)
    assert found.n_items == len(items) - 2
    assert {each.reason for each in found.left_out} >= {
        *("draft", "unrevealed", "superseded", "after_reveal", "text")
    }
    check_all(evidence, found)


@pytest.mark.django_db
def test_an_item_that_comes_while_ratings_are_read_stays_hidden(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = make_queue(owner=cast.olga, n_items=1, reviews_per_item=2)
    slot = claim(queue, by=cast.eva)
    assert slot is not None
    save(slot.queue_item, YES, by=cast.eva)
    monkeypatch.setattr(Which, "hides", lambda which: False)  # as it was a moment before
    assert figures_of(queue, by=cast.olga).n_ratings == 0


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


@pytest.mark.django_db
def test_typed_and_unread_is_left_out_with_its_reason(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=2, reviews_per_item=2)
    for person in (cast.eva, cast.emil):
        while (slot := claim(queue, by=person)) is not None:
            flag = {"answers": {"verdict": {"value": None, "flagged": True}}}
            save(slot.queue_item, flag if person is cast.emil else YES, by=person)
    found = figures_of(queue, by=cast.olga)
    assert (found.reviewers.quantity.value, found.n_ratings) == (0.0, 4)  # a flag is an answer
    review = Review.all_rows.filter(queue=queue, reviewer=cast.eva.user).first()
    assert review is not None
    save_draft(review, NO, number=review.draft_number, by=cast.eva)
    found = figures_of(queue, by=cast.olga)
    assert (found.n_ratings, found.reviewers.n_cells) == (3, 1)
    assert {each.reason: each.n for each in found.left_out} == {"draft": 1}


@pytest.mark.django_db
def test_what_was_in_view_and_how_items_were_drawn_is_told_apart(cast: Cast) -> None:
    queue = of_all_kinds(cast, 20, reviews_per_item=2)
    QueueItem.all_rows.filter(queue=queue, position__lt=4).update(inclusion_probability=0.25)
    rng = random.Random(5)
    for person in (cast.eva, cast.emil):
        while (slot := claim(queue, by=person)) is not None:
            if slot.queue_item.position % 2:
                note_shown(open_review(slot.queue_item, by=person), "auto_verdict")
            save(slot.queue_item, somebody(rng, slot.queue_item), by=person)
    found = figures_of(queue, by=cast.olga)
    assert found.is_weighted
    evidence = of_rows(queue)
    expected = recomputed.weighted_between(evidence)
    assert found.reviewers.quantity.value == pytest.approx(expected, abs=1e-12)
    alphas = {each.key: each.alpha.value for each in found.metrics}
    shown = {key: value for key, value in alphas.items() if value is not None}
    assert {LEVELS[key] for key in shown} > {"nominal"}  # the rest may be answered too rarely
    for key, value in shown.items():
        cells = recomputed.compared(evidence.of_metric(key).cells)
        expected = recomputed.alpha(cells, LEVELS[key], evidence.chances)
        assert value == pytest.approx(expected, abs=1e-9), key
    odd = QueueItem.all_rows.filter(queue=queue, position__in=range(1, 20, 2))
    odd_keys = set(map(str, odd.values_list("key", flat=True)))
    for side, is_exposed in ((found.exposed, True), (found.blind, False)):
        mine = {c: v for c, v in evidence.cells.items() if (c[0] in odd_keys) == is_exposed}
        expected = recomputed.weighted_between(replace(evidence, cells=mine))
        assert side.reviewers.quantity.value == pytest.approx(expected, abs=1e-12)
        assert side.n_ratings == sum(map(len, mine.values()))
    assert "exposed" in {each.code for each in found.warnings}


@pytest.mark.django_db
def test_api_and_csv_say_the_same_and_each_figure_leads_to_its_items(
    cast: Cast, client: Any
) -> None:
    queue = of_all_kinds(cast, 6, reviews_per_item=2)
    review(queue, cast.eva, cast.emil)
    found = figures_of(queue, by=cast.olga)
    url = f"/api/v1/queues/{queue.pk}/agreement"
    auth = {"authorization": f"Bearer {make_key(cast.olga)}"}
    told = client.get(url, headers=auth).json()
    assert told == found.as_json()

    lines = client.get(f"{url}.csv", headers=auth).content.decode().splitlines()
    rows = {(r["figure"], r["metric"], r["about"]): r for r in csv.DictReader(lines)}
    for metric in told["metrics"]:
        row = rows["alpha", metric["key"], ""]
        for name in ("value", "ci_low", "ci_high", "n"):
            held = metric["alpha"][name]
            assert row[name] == ("" if held is None else repr(held))
    assert rows["reviewers", "", ""]["value"] == repr(told["reviewers"]["quantity"]["value"])
    assert float(rows["auto", "", ""]["value"]) == told["auto"]["quantity"]["value"]

    evidence = of_rows(queue)
    for metric in told["metrics"]:
        mine = evidence.of_metric(metric["key"]).cells
        disputed = {item for (item, _), said in mine.items() if len(set(said.values())) > 1}
        asked = {"cells": "disputed", **metric["filter"]}
        rows_behind = client.get(f"{url}/items", asked, headers=auth).json()["results"]
        assert {row["key"] for row in rows_behind} == disputed
    for asked in ({"cells": "all"}, {"metric": "x"}, {"reviewer": "me"}, {"value": "pass"}):
        assert client.get(f"{url}/items", asked, headers=auth).status_code == 400


@pytest.mark.django_db
def test_who_only_reviews_is_told_of_what_they_did_and_of_nobody_else(
    cast: Cast, client: Any
) -> None:
    queue = of_all_kinds(cast, 4, reviews_per_item=2)
    rng = random.Random(3)
    for person, n in ((cast.eva, 4), (cast.emil, 2), (cast.tess, 1)):
        for _ in range(n):
            slot = claim(queue, by=person)
            assert slot is not None
            save(slot.queue_item, somebody(rng, slot.queue_item), by=person)
    whole = figures_of(queue, by=cast.olga)
    assert (whole.scope, whole.n_items, len(whole.people)) == ("queue", 3, 3)
    emil = figures_of(queue, by=cast.emil)
    assert (emil.scope, emil.n_items, emil.n_reviewers) == ("own", 2, 2)
    assert [person.name for person in emil.people] == ["Emil"]
    assert not emil.pairs
    told = str(emil.as_json())
    assert str(cast.eva.user.pk) not in told
    assert "Eva" not in told
    with pytest.raises(ValidationError):
        items_behind(queue, {"reviewer": str(cast.eva.user.pk)}, by=cast.emil)
    assert len(items_behind(queue, {"cells": "compared"}, by=cast.tess)) == 1
    auth = {"authorization": f"Bearer {make_key(cast.otto)}"}
    for tail in ("", ".csv", "/items"):
        url = f"/api/v1/queues/{queue.pk}/agreement{tail}"
        assert client.get(url, headers=auth).status_code == 404


@pytest.mark.django_db
def test_a_floor_stands_in_the_way_until_it_is_reached(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=4, reviews_per_item=2)
    floors = {"reviewers": 0.9, "agreement:criterion:verdict": 0.5}
    change_queue(queue, by=cast.olga, floors=floors)
    for person in (cast.eva, cast.emil):
        while (slot := claim(queue, by=person)) is not None:
            is_other = person is cast.emil and slot.queue_item.position == 2
            save(slot.queue_item, NO if is_other else YES, by=person)
    assert {gate.name: gate.n_blocking for gate in gates(queue)}["floors"] == 1
    met = {floor.figure: floor.is_met for floor in figures_of(queue, by=cast.olga).floors}
    assert met == {"agreement:criterion:verdict": True, "reviewers": False}
    change_queue(queue, by=cast.olga, floors={"reviewers": 0.75})
    assert {gate.name: gate.n_blocking for gate in gates(queue)}["floors"] == 0
    for wrong in ({"kappa": 0.5}, {"reviewers": 1.5}, {"alpha:criterion:none": 0.1}):
        with pytest.raises(ValidationError):
            change_queue(queue, by=cast.olga, floors=wrong)


@pytest.mark.django_db(transaction=True)
def test_c11_after_concurrent_edits_figures_equal_a_recomputation() -> None:
    cast = make_cast()
    queue = of_all_kinds(cast, 5, reviews_per_item=3)
    barrier, faults = threading.Barrier(3), []

    def work(person: Actor, seed: int) -> None:
        try:
            barrier.wait(20)
            review(queue, person, seed=seed)
            rng = random.Random(seed)
            for slot in Slot.all_rows.filter(queue=queue, reviewer=person.user):
                item = slot.queue_item
                save(item, somebody(rng, item), by=person)  # before the reveal or after it
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=work, args=(person, seed))
        for seed, person in enumerate((cast.eva, cast.emil, cast.tess))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults
    review(queue, cast.eva, cast.emil, cast.tess)  # items that were held by another meanwhile
    found = figures_of(queue, by=cast.olga)
    assert found.n_items == 5
    check_all(of_rows(queue), found)
    assert figures_of(queue, by=cast.olga) == found
