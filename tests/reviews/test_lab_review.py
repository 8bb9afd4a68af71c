"""The Lab review whole, through the page: every layer saved, drafts and suggestions kept apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from reviews.claiming import claim
from reviews.models import Queue, QueueItem, Review, ReviewAnswer, ReviewRevision, Rubric
from reviews.rubrics.answering import read_value
from reviews.rubrics.builtin import LAB_REVIEW
from reviews.suggesting import suggest
from tests.cast import Cast, make_cast
from tests.reviews_made import make_queue
from tests.runs_made import make_run, make_run_item

SignIn = Callable[..., Client]
JSON = "application/json"
# The saved review of formats.md 3.3, with a note and an owner.
CONTRACT: dict[str, Any] = {
    "ratings": {"tone": 8, "usefulness": 9, "calming": 7, "naturalness": 8, "trust": 8},
    "keepTalking": "yes",
    "status": "pass",
    "priority": "low",
    "feltOff": "The second step comes late.",
    "owner": "Front desk",
    "employeeReview": {
        "understoodNeed": "yes",
        "rightNextMove": "yes",
        "calmingEffect": "somewhat",
        "riskOrConfusion": "no",
        "seniorReview": False,
        "reusableLearning": False,
    },
    "humanGuidanceEval": {
        "emotionalValidation": 4,
        "cognitiveUnderstanding": 5,
        "actionability": 5,
        "toneAppropriateness": 4,
        "authenticity": 4,
        "notes": "Kind and short.",
    },
    "canonCandidate": False,
}
SURE = ("yes", "mostly", "no", "not_sure")
VOCABULARIES = {
    **{f"ratings.{name}": range(1, 11) for name in CONTRACT["ratings"]},
    "keepTalking": ("yes", "maybe", "no"),
    "status": ("pass", "refine", "fail"),
    "priority": ("low", "medium", "high"),
    "employeeReview.understoodNeed": SURE,
    "employeeReview.rightNextMove": ("yes", "mostly", "no", "not_needed", "not_sure"),
    "employeeReview.calmingEffect": ("yes", "somewhat", "no", "not_sure"),
    "employeeReview.riskOrConfusion": ("no", "slightly_off", "definitely_wrong", "not_sure"),
    "employeeReview.seniorReview": (True, False),
    "employeeReview.reusableLearning": (True, False),
    **{
        f"humanGuidanceEval.{name}": range(1, 6)
        for name in CONTRACT["humanGuidanceEval"]
        if name != "notes"
    },
    "canonCandidate": (True, False),
}
FREE = ("feltOff", "owner", "humanGuidanceEval.notes")


def flat(layers: dict[str, Any]) -> dict[str, Any]:
    """The layers as the keys of answers say them."""
    found: dict[str, Any] = {}
    for layer, held in layers.items():
        found |= {f"{layer}.{k}": v for k, v in held.items()} if isinstance(held, dict) else {
            layer: held
        }  # fmt: skip
    return found


FULL = flat(CONTRACT)


def body(values: dict[str, Any], number: int = 0) -> str:
    """What the page sends for these values."""
    answers = {key: {"value": value, "flagged": False, "note": ""} for key, value in values.items()}
    return json.dumps({"number": number, "draft": {"answers": answers}})


def values_of(answers: dict[str, Any]) -> dict[str, Any]:
    return {key: held["value"] for key, held in answers.items()}


def lab_queue(cast: Cast, **fields: Any) -> Queue:
    """One row of a run whose response calms and overclaims, asked of the Lab's rubric."""
    run = make_run(owner=cast.eva)
    row = make_run_item(
        run,
        prompt_text="The door code fails and I am worried.",
        response="Don't worry. First send the backup code, which always works.",
    )
    rubric = Rubric.of_the_product("lab-review", by=cast.eva)
    queue = make_queue(
        owner=cast.eva, n_items=0, target=Queue.Target.RUN_ITEM, run=run, rubric=rubric, **fields
    )
    QueueItem.all_rows.create(
        queue=queue, position=0, run_item=row, open_slots=queue.reviews_per_item
    )
    return queue


def address(queue: Queue, act: str = "") -> str:
    item = QueueItem.all_rows.get(queue=queue)
    return f"/t/lighthouse/queues/{queue.pk}/review/{item.key}/{act}"


def saved(client: Client, queue: Queue, values: dict[str, Any], number: int = 0) -> Any:
    """Take the next item as the page does, and save it."""
    client.get(f"/t/lighthouse/queues/{queue.pk}/review/")
    return client.post(address(queue, "save/"), body(values, number), JSON)


# --- the rubric ----------------------------------------------------------------------------------


def test_rubric_asks_every_field_of_the_contract_and_nothing_else() -> None:
    assert set(LAB_REVIEW.by_key) == set(FULL)
    assert set(VOCABULARIES) | set(FREE) == set(FULL)


@pytest.mark.parametrize("key", VOCABULARIES)
def test_criterion_takes_exactly_the_values_of_the_contract(key: str) -> None:
    criterion = LAB_REVIEW.by_key[key]
    values = list(VOCABULARIES[key])

    assert [str(value).lower() for value in values] == sorted(
        criterion.values, key=[str(value).lower() for value in values].index
    )
    assert [read_value(criterion, value) for value in values] == [(value, "") for value in values]


# --- saving through the page ---------------------------------------------------------------------


@pytest.mark.django_db
def test_every_layer_is_drafted_then_saved_and_a_later_draft_changes_no_answer(
    cast: Cast, sign_in: SignIn
) -> None:
    queue, client = lab_queue(cast), sign_in(cast.tess)
    client.get(f"/t/lighthouse/queues/{queue.pk}/review/")

    client.put(address(queue, "draft/"), body(FULL), JSON)
    drafted = Review.all_rows.get()
    assert values_of(drafted.draft["answers"]) == FULL
    assert not ReviewRevision.all_rows.exists()
    assert not ReviewAnswer.all_rows.exists()

    response = client.post(address(queue, "save/"), body(FULL, 1), JSON)
    assert response.status_code == 200
    review = Review.all_rows.get()
    assert (review.draft, review.n_revisions) == (None, 1)
    assert values_of(ReviewRevision.all_rows.get().answers) == FULL
    rows = dict(ReviewAnswer.all_rows.filter(is_latest=True).values_list("criterion", "value"))
    assert rows == {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in FULL.items()
    }

    again = FULL | {"status": "fail"}
    client.put(address(queue, "draft/"), body(again, review.draft_number), JSON)
    review.refresh_from_db()
    assert values_of(review.draft["answers"])["status"] == "fail"
    assert values_of(ReviewRevision.all_rows.get().answers) == FULL
    assert ReviewAnswer.all_rows.get(criterion="status").value == "pass"


@pytest.mark.django_db
def test_layer_that_is_missing_is_told_at_its_criteria_and_the_draft_stays(
    cast: Cast, sign_in: SignIn
) -> None:
    queue, client = lab_queue(cast), sign_in(cast.tess)
    client.get(f"/t/lighthouse/queues/{queue.pk}/review/")
    typed = {key: value for key, value in FULL.items() if not key.startswith("employeeReview")}
    client.put(address(queue, "draft/"), body(typed), JSON)

    response = client.post(address(queue, "save/"), body(typed, 1), JSON)

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {key for key in FULL if key.startswith("employee")}
    assert values_of(Review.all_rows.get().draft["answers"]) == typed
    assert not ReviewAnswer.all_rows.exists()


# --- suggestions ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("shows", [True, False])
def test_suggestions_are_offered_and_never_become_answers(
    cast: Cast, sign_in: SignIn, shows: bool
) -> None:
    queue, client = lab_queue(cast, shows_suggestions=shows), sign_in(cast.tess)
    html = client.get(f"/t/lighthouse/queues/{queue.pk}/review/").content.decode()
    needed = {key: value for key, value in FULL.items() if LAB_REVIEW.by_key[key].required}

    client.post(address(queue, "save/"), body(needed), JSON)

    assert ("It claims more than it can know" in html) is shows
    assert html.count("Suggested:") == (len(VOCABULARIES) if shows else 0)
    assert " checked" not in html
    revision = ReviewRevision.all_rows.get()
    assert values_of(revision.answers) == needed
    assert revision.exposure["suggestions"] is shows
    assert revision.is_exposed is shows
    assert set(ReviewAnswer.all_rows.values_list("criterion", flat=True)) == set(needed)
    assert ReviewAnswer.all_rows.filter(is_first_unexposed=shows).count() == 0


@given(prompt=st.text(), response=st.text(), status=st.sampled_from(["success", "error"]))
def test_every_suggestion_is_a_value_that_its_criterion_takes(
    prompt: str, response: str, status: str
) -> None:
    proposed = suggest(prompt, response, run_status=status)

    assert sorted(each.key for each in proposed) == sorted(VOCABULARIES)
    for each in proposed:
        assert read_value(LAB_REVIEW.by_key[each.key], each.value) == (each.value, "")


@pytest.mark.parametrize(
    ("prompt", "response", "expected"),
    [
        (
            "The door code fails",
            "No worries. First send the backup code for the door.",
            {"status": "pass", "employeeReview.reusableLearning": True, "canonCandidate": True,
             "employeeReview.understoodNeed": "yes", "humanGuidanceEval.actionability": 4},
        ),
        (
            "I am furious about the noise",
            "As an AI, I guarantee silence.",
            {"status": "refine", "employeeReview.seniorReview": True, "priority": "high",
             "employeeReview.calmingEffect": "no", "humanGuidanceEval.authenticity": 1,
             "humanGuidanceEval.emotionalValidation": 2},
        ),
        (
            "Towels?",
            "",
            {"status": "fail", "ratings.trust": 1, "employeeReview.understoodNeed": "no",
             "humanGuidanceEval.cognitiveUnderstanding": 1},
        ),
    ],
)  # fmt: skip
def test_suggestions_follow_what_the_heuristics_see_and_say_why(
    prompt: str, response: str, expected: dict[str, Any]
) -> None:
    proposed = {each.key: each for each in suggest(prompt, response)}

    assert {key: proposed[key].value for key in expected} == expected
    assert all(proposed[key].reasons for key in expected if key != "status") or not response


# --- routing -------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "state", "is_candidate"),
    [
        ({}, "reviewed", False),
        ({"employeeReview.seniorReview": True}, "needs_adjudication", False),
        ({"employeeReview.riskOrConfusion": "slightly_off"}, "needs_review", False),
        ({"employeeReview.riskOrConfusion": "definitely_wrong"}, "needs_review", False),
        ({"employeeReview.riskOrConfusion": "not_sure"}, "needs_review", False),
        ({"employeeReview.reusableLearning": True}, "reviewed", True),
        ({"canonCandidate": True}, "reviewed", True),
        (
            {
                "employeeReview.seniorReview": True,
                "employeeReview.riskOrConfusion": "definitely_wrong",
                "employeeReview.reusableLearning": True,
            },
            "needs_adjudication",
            True,
        ),
    ],
)
def test_saved_review_sends_its_item_where_the_rules_say(
    cast: Cast, sign_in: SignIn, said: dict[str, Any], state: str, is_candidate: bool
) -> None:
    queue, client = lab_queue(cast), sign_in(cast.tess)

    assert saved(client, queue, FULL | said).status_code == 200

    item = QueueItem.all_rows.get(queue=queue)
    assert (item.state, item.is_canon_candidate) == (state, is_candidate)


@pytest.mark.django_db
def test_reviewers_who_disagree_on_a_layer_send_it_to_adjudication_and_a_mend_takes_it_back(
    cast: Cast, sign_in: SignIn
) -> None:
    queue = lab_queue(cast, reviews_per_item=2)
    saved(sign_in(cast.tess), queue, FULL)
    assert QueueItem.all_rows.get().state == "in_review"

    saved(sign_in(cast.emil), queue, FULL | {"status": "refine", "feltOff": "Nothing."})
    assert QueueItem.all_rows.get().state == "needs_adjudication"
    assert QueueItem.all_rows.get().reasons == ["Reviewers disagree on status."]

    number = Review.all_rows.get(reviewer=cast.emil.user).draft_number
    sign_in(cast.emil).post(address(queue, "save/"), body(FULL, number), JSON)
    assert QueueItem.all_rows.get().state == "reviewed"
    assert ReviewRevision.all_rows.count() == 3


@pytest.mark.django_db
def test_draft_routes_nothing(cast: Cast, sign_in: SignIn) -> None:
    queue = lab_queue(cast)
    claim(queue, by=cast.tess)
    risky = FULL | {"employeeReview.seniorReview": True, "canonCandidate": True}

    sign_in(cast.tess).put(address(queue, "draft/"), body(risky), JSON)

    item = QueueItem.all_rows.get()
    assert (item.state, item.is_canon_candidate) == ("unreviewed", False)


# --- in the browser ------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_guidance_shows_its_mean_and_a_hard_fail_and_all_layers_are_saved(
    page: Page, live_server: Any, sign_in: SignIn
) -> None:
    cast = make_cast()
    queue = lab_queue(cast)
    value = sign_in(cast.tess).cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(f"{live_server.url}/t/lighthouse/queues/{queue.pk}/review/")
    mean = page.locator("[data-mean]")
    expect(mean).to_be_hidden()
    for key, said in FULL.items():
        field = page.locator(f'[data-field="{key}"]')
        if key in FREE:
            field.locator("[data-value]").fill(said)
        else:
            field.locator(f'input[value="{str(said).lower()}"]').check(force=True)

    expect(mean).to_have_text("Mean 4.4, 5 of 5 scored.")
    lowest = page.locator('[data-field="humanGuidanceEval.authenticity"] input[value="1"]')
    lowest.check(force=True)
    expect(mean).to_contain_text("Mean 3.8, 5 of 5 scored. Hard fail")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="You are done")).to_be_visible()
    said_all = FULL | {"humanGuidanceEval.authenticity": 1}
    assert values_of(ReviewRevision.all_rows.get().answers) == said_all
