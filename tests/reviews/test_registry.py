"""Registry diagnostics: formats.md 3.6, rule by rule, and what is read for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from reviews.analysis.registry import Evidence, Lane, diagnose, summarise
from reviews.analysis.registry_reading import registry
from reviews.analysis.scope import read_scope
from reviews.claiming import claim
from reviews.models import BehavioralLabel, Queue, QueueItem, Review, Rubric
from reviews.saving import open_review, save, save_draft
from runs.models import Run, RunItem
from tests.cast import Cast
from tests.reviews_made import make_queue_with_verdicts
from tests.runs_made import make_run

CALM = "Please try the backup code first. Don't worry, we will sort it."  # pass is suggested
BOLD = "Our promise holds, guaranteed. It never fails."  # trust 4 is suggested, and refine


def row(**said: Any) -> Evidence:
    return Evidence("1", "q-1", "r", "Run", **({"prompt": "The code?", "response": CALM} | said))


@pytest.mark.parametrize(
    ("said", "lane"),
    [
        ({"state": "needs_adjudication", "saved": {"employeeReview.riskOrConfusion": "no"}},
         "senior_adjudication"),
        ({"state": "needs_adjudication", "run_status": "error"}, "senior_adjudication"),
        ({"state": "needs_review", "saved": {"employeeReview.riskOrConfusion": "slightly_off"}},
         "risk_review"),
        ({"response": ""}, "risk_review"),
        ({"response": "", "run_status": "error"}, "run_failure"),
        ({"response": "", "run_status": "error", "is_canon": True}, "canon_candidate"),
        ({"state": "reviewed", "is_canon": True}, "canon_candidate"),
        ({"state": "reviewed", "saved": {"canonCandidate": True}}, "canon_candidate"),
        ({}, "standard_review"),
        ({"state": "in_review"}, "standard_review"),
        ({"state": "reviewed", "saved": {"employeeReview.riskOrConfusion": "no"}}, "done"),
    ],
)  # fmt: skip
def test_the_first_lane_that_fits_is_taken(said: dict[str, Any], lane: str) -> None:
    assert diagnose(row(**said)).lane == lane


def memberships(**said: Any) -> dict[str, tuple[str, str]]:
    found = diagnose(row(**said), ["Noise", "Billing"]).memberships
    return {each.dataset: (each.confidence, each.source) for each in found}


@pytest.mark.parametrize(
    ("said", "dataset", "told"),
    [
        ({"category": "Noise"}, "category: Noise", ("high", "category")),
        ({"run_category": "Noise"}, "category: Noise", ("high", "run.category")),
        ({"prompt": "A billing question"}, "category: Billing", ("low", "promptText")),
        ({"saved": {"ratings.trust": 4}}, "low_trust", ("high", "saved.ratings.trust")),
        ({"draft": {"ratings.trust": 2}}, "low_trust", ("medium", "draft.ratings.trust")),
        ({"response": BOLD}, "low_trust", ("medium", "suggested.ratings.trust")),
        ({"affect": "Upset"}, "overwhelm", ("high", "label.guestAffect")),
        ({"affect_draft": "Upset"}, "overwhelm", ("medium", "labelDraft.guestAffect")),
        ({"prompt": "Unacceptable!"}, "overwhelm", ("medium", "suggested.guestAffect")),
        ({"prompt": "I am scared."}, "overwhelm", ("low", "promptText")),
        ({"saved": {"status": "fail"}}, "human_suggestion_gap", ("high", "saved.status")),
        ({"draft": {"status": "refine"}}, "human_suggestion_gap", ("medium", "draft.status")),
        ({"run_status": "error", "response": ""}, "run_failures", ("high", "runStatus")),
    ],
)  # fmt: skip
def test_each_dataset_says_from_which_field_and_how_surely(
    said: dict[str, Any], dataset: str, told: tuple[str, str]
) -> None:
    assert memberships(**said)[dataset] == told


@pytest.mark.parametrize(
    "said",
    [
        {"saved": {"ratings.trust": 5}, "draft": {"ratings.trust": 1}, "response": BOLD},
        {"affect": "Neutral", "prompt": "Unacceptable! I am scared."},
        {"saved": {"status": "pass"}, "draft": {"status": "fail"}},
    ],
)
def test_what_is_said_more_surely_counts_alone(said: dict[str, Any]) -> None:
    assert memberships(**said) == {}


def test_watch_lists_overmatching_weak_matches_and_rows_in_too_many() -> None:
    many = row(
        category="Noise", affect="Upset", saved={"ratings.trust": 1, "status": "fail"}
    )  # 4 datasets
    rows = [many, row(affect="Upset"), row(prompt="A billing question")]
    found = summarise([diagnose(each, ["Billing"]) for each in rows])
    assert [(each.kind, each.about, each.n) for each in found.watch] == [
        ("overmatching", "overwhelm", 2),
        ("weak_matches", "category: Billing", 1),
        ("too_many_datasets", "q-1 of Run", 4),
    ]
    assert (found.n_items, found.n_runs, found.n_memberships) == (3, 1, 6)
    assert found.confidence == {"high": 5, "medium": 0, "low": 1}
    assert set(found.lanes) == set(Lane)


def make_lab_queue(cast: Cast, run: Run) -> Queue:
    queue = make_queue_with_verdicts(owner=cast.eva, run=run)
    version = Rubric.of_the_product("lab-review", by=cast.eva).newest()
    Queue.all_rows.filter(pk=queue.pk).update(rubric_version=version, reviews_auto_evals=False)
    queue.refresh_from_db()
    return queue


def said_lab(**changed: Any) -> dict[str, Any]:
    """A whole Lab review, all well unless said else."""
    values: dict[str, Any] = dict.fromkeys(
        (f"ratings.{name}" for name in ("tone", "usefulness", "calming", "naturalness", "trust")), 8
    )
    values |= {"keepTalking": "yes", "status": "pass", "priority": "low"}
    employee = {"understoodNeed": "yes", "rightNextMove": "yes", "calmingEffect": "yes"}
    employee |= {"riskOrConfusion": "no", "seniorReview": False, "reusableLearning": False}
    values |= {f"employeeReview.{key}": value for key, value in employee.items()}
    return {"answers": {key: {"value": value} for key, value in (values | changed).items()}}


@pytest.mark.django_db
def test_the_registry_reads_saved_reviews_labels_and_own_drafts_alone(
    cast: Cast, call_as: Callable[..., APIClient]
) -> None:
    run = make_run(owner=cast.eva, n_items=3, category="Arrivals")
    RunItem.all_rows.filter(run=run).update(response=CALM, prompt_text="The code?")
    queue = make_lab_queue(cast, run)
    slot = claim(queue, by=cast.tess)
    assert slot is not None
    save(slot.queue_item, said_lab(**{"ratings.trust": 2, "status": "fail"}), by=cast.tess)
    items = list(QueueItem.all_rows.filter(queue=queue).order_by("position"))
    typed = {"answers": {"ratings.trust": {"value": 1}}}
    for person in (cast.tess, cast.olga):
        held = claim(queue, by=person)
        assert held is not None
        save_draft(open_review(held.queue_item, by=person), typed, number=0, by=person)
    BehavioralLabel.all_rows.create(
        run=run, run_item=items[0].run_item, reviewer=cast.tess.user, guest_affect="Upset",
        status="saved", saved_at=items[0].added_at,
    )  # fmt: skip
    scope, _ = read_scope({})
    found = registry(scope, cast.olga)
    told = {
        each.evidence.public_id: {one.dataset: one.confidence for one in each.memberships}
        for each in found.rows
    }
    assert told == {
        "q-1": {"category: Arrivals": "high", "low_trust": "high", "overwhelm": "high",
                "human_suggestion_gap": "high"},
        "q-2": {"category: Arrivals": "high"},  # a colleague's draft is nobody's
        "q-3": {"category: Arrivals": "high", "low_trust": "medium"},
    }  # fmt: skip
    assert found.summary.lanes["standard_review"] == 2
    assert Review.all_rows.filter(draft__isnull=False).count() == 2

    answer = call_as(cast.adam).get("/api/v1/analysis/registry?dataset=low_trust").json()
    assert [(each["publicId"], each["lane"]) for each in answer["rows"]] == [("q-1", "done")]
    assert (answer["matching"], answer["memberships"], answer["runs"]) == (1, 6, 1)
    wrong = call_as(cast.adam).get("/api/v1/analysis/registry?lane=fast")
    assert wrong.status_code == 400


@pytest.mark.django_db
def test_a_review_that_is_not_revealed_says_nothing_to_the_registry(cast: Cast) -> None:
    run = make_run(owner=cast.eva, n_items=1)
    queue = make_lab_queue(cast, run)
    Queue.all_rows.filter(pk=queue.pk).update(reviews_per_item=2)
    QueueItem.all_rows.filter(queue=queue).update(open_slots=2)
    queue.refresh_from_db()
    slot = claim(queue, by=cast.tess)
    assert slot is not None
    said = said_lab(**{"ratings.trust": 1, "employeeReview.seniorReview": True})
    save(slot.queue_item, said, by=cast.tess)
    scope, _ = read_scope({})
    (row_,) = registry(scope, cast.olga).rows
    assert (row_.lane, row_.evidence.saved) == (Lane.STANDARD_REVIEW, {})
