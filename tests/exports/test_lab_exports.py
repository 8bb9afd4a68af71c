"""The Lab session as JSON, CSV and Markdown (formats.md 3.3, 3.4), and the tables of evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pandas
import pytest

from exports import review_pages
from reviews.adjudicating import adjudicate
from reviews.figures.whole import figures_of
from reviews.lifecycle import finalise
from reviews.models import Queue, QueueItem, Review, Rubric, Seal
from reviews.saving import open_review, save_draft
from runs.models import Run
from tests.cast import Cast
from tests.exports.lab_schema import SESSION
from tests.exports.reviews_exported import (
    built,
    item_of,
    json_of,
    lab,
    make_session,
    reviewed,
    rows_of,
    text_of,
)
from tests.exports.test_run_exports import opened
from tests.reviews_made import make_queue, make_queue_with_verdicts
from tests.runs_made import make_run, make_run_item

pytestmark = pytest.mark.django_db(transaction=True)
TITLES = (
    "item_index,case_id,template_key,category,subcategory,prompt_text,lucia_response,run_status,"
    "run_error,status,priority,keep_talking,tone,usefulness,calming,naturalness,trust,"
    "understood_need,right_next_move,calming_effect,risk_or_confusion,senior_review,"
    "reusable_learning,emotional_validation,cognitive_understanding,actionability,"
    "tone_appropriateness,authenticity,review_state,canon_candidate,saved_at,saved_by_email"
)


def session_of(by: Any, **asked: Any) -> dict[str, Any]:
    """The Lab JSON, which is what its schema says."""
    found: dict[str, Any] = json_of("lab-json", by, **asked)
    jsonschema.Draft202012Validator(SESSION).validate(found)
    session = found["session"]
    assert list(session["cases"]) == list(session["promptResults"]) == session["caseOrder"]
    indexes = [case["orderIndex"] for case in session["cases"].values()]
    assert indexes == sorted(set(indexes))
    return found


def test_the_session_is_as_the_contract_shows_it(cast: Cast) -> None:
    run, queue = make_session(cast.eva)
    reviewed(item_of(queue), cast.tess, lab())
    found = session_of(cast.eva, run=run)
    assert found["exportedBy"]["email"] == "eva@example.org"
    assert found["suspiciousNulls"] == {"count": 0, "found": []}
    session = found["session"]
    told = session["metadata"]
    assert {name: told[name] for name in ("title", "mode", "runSource", "category", "status")} == {
        "title": "Late arrivals", "mode": "manual", "runSource": "custom",
        "category": "operations", "status": "ready",
    }  # fmt: skip
    assert (told["promptCount"], told["createdAt"]) == (2, "2026-02-03T07:00:00.000Z")
    assert [told[f"runFailure{name}"] for name in ("Type", "Reason", "At")] == [None] * 3
    assert told["reviewLifecycle"] == {
        "status": "ready_to_finalize", "finalizedAt": None, "finalizedBy": None,
    }  # fmt: skip
    first, second = session["cases"].values()
    assert (first["title"], first["promptLocked"], first["category"]) == (
        "Key code", True, "operations",
    )  # fmt: skip
    assert first["updatedAt"] == "2026-02-03T07:01:00.000Z"
    assert (second["luciaResponse"], second["runError"], second["title"]) == ("", "timeout", None)
    result = session["promptResults"]["case-001"]
    assert result["savedBy"]["email"] == "tess@example.org"
    saved = result["saved"]
    assert saved["ratings"] == {
        "tone": 8, "usefulness": 9, "calming": 7, "naturalness": 8, "trust": 8,
    }  # fmt: skip
    assert saved["employeeReview"]["reusableLearning"] is True
    assert saved["humanGuidanceEval"]["notes"] == ""
    assert (saved["canonCandidate"], saved["reviewState"]) == (True, "reviewed")
    assert saved["suggestedStatus"] in ("pass", "refine", "fail")
    assert saved["suggestedRatings"]["usefulness"] == 8
    assert saved["suggestedHumanGuidanceEval"]["actionability"] == 4
    assert session["promptResults"]["case-002"] == {
        "draft": {}, "saved": None, "savedAt": None, "savedBy": None, "allReviews": [],
    }  # fmt: skip


def test_suggestions_can_be_left_out(cast: Cast) -> None:
    run, queue = make_session(cast.eva)
    reviewed(item_of(queue), cast.tess, lab())
    saved = session_of(cast.eva, run=run, suggestions=False)
    found = saved["session"]["promptResults"]["case-001"]["saved"]
    assert [found[name] for name in found if name.startswith("suggested")] == [None] * 6


def test_a_run_that_nobody_reviews_is_a_session_too(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_pages, "A_PAGE", 2)
    run = make_run(owner=cast.eva, status="running", completed_at=None, source="auto_generated")
    for n in (0, 1, 2, 5):
        make_run_item(run, order_index=n, source_type="template", template_key="late")
    make_run_item(
        run, order_index=9, source_type="template", status="pending", response="",
        is_passed=None, n_checks=0, n_passed=0, n_done=0, finished_at=None,
    )  # fmt: skip
    session = session_of(cast.eva, run=run)["session"]
    assert session["caseOrder"] == ["q-1", "q-2", "q-3", "q-6", "q-10"]
    told = session["metadata"]
    assert (told["mode"], told["runSource"], told["status"]) == (
        "automated", "auto_generated", "running",
    )  # fmt: skip
    assert {case["sourceType"] for case in session["cases"].values()} == {"generated"}
    empty = make_run(owner=cast.eva)
    assert session_of(cast.eva, run=empty)["session"]["caseOrder"] == []
    text = text_of("lab-csv", cast.eva, run=empty)
    assert text == TITLES + "\n"


def test_suspicious_nulls_are_flagged(cast: Cast) -> None:
    run = make_run(owner=cast.eva, status="error")
    make_run_item(run, status="error", response="", is_passed=False)
    found = session_of(cast.eva, run=run)
    assert found["suspiciousNulls"]["found"][0]["where"] == "metadata.runFailureType"
    run = make_run(owner=cast.eva)
    make_run_item(run, response="")
    queue = make_queue_with_verdicts(owner=cast.eva, run=run, is_finalized=True)
    export = built("lab-json", cast.eva, run=run)
    assert export.manifest is not None
    assert export.manifest["suspiciousNulls"] == 3
    nulls = session_of(cast.eva, queue=queue)["suspiciousNulls"]
    assert {each["where"] for each in nulls["found"]} == {
        "metadata.reviewLifecycle.finalizedAt", "metadata.reviewLifecycle.finalizedBy",
        "cases.q-1.luciaResponse",
    }  # fmt: skip
    assert "values are missing" in text_of("lab-markdown", cast.eva, run=run)


def test_names_that_stand_for_two_cases_are_not_used(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    rows = [make_run_item(run, order_index=n, public_id="same") for n in range(2)]
    assert session_of(cast.eva, run=run)["session"]["caseOrder"] == [str(row.pk) for row in rows]
    lines = rows_of(text_of("lab-csv", cast.eva, run=run))
    assert [row[1] for row in lines[1:]] == [str(row.pk) for row in rows]


def test_the_primary_review_is_a_persons_that_was_saved_last(cast: Cast) -> None:
    _, queue = make_session(cast.eva, reviews_per_item=3)
    item = item_of(queue)
    reviewed(item, cast.emil, lab(status="fail", ratings__tone=1))
    reviewed(item, cast.tess, lab(status="refine", feltOff="Cold", owner="Bo"))
    machine = reviewed(item, cast.adam, lab())
    Review.all_rows.filter(pk=machine.pk).update(reviewer_kind="ai")
    result = session_of(cast.olga, queue=queue)["session"]["promptResults"]["case-001"]
    assert (result["savedBy"]["name"], result["saved"]["status"]) == ("Tess", "refine")
    assert (result["saved"]["feltOff"], result["saved"]["owner"]) == ("Cold", "Bo")
    told = [(each["reviewer"]["name"], each["reviewerKind"]) for each in result["allReviews"]]
    assert told == [("Emil", "human"), ("Tess", "human"), ("Adam", "ai")]
    assert result["saved"]["reviewState"] == "needs_adjudication"
    assert rows_of(text_of("lab-csv", cast.olga, queue=queue))[1][9] == "refine"


def test_drafts_are_ones_own_and_fill_no_saved_value(cast: Cast) -> None:
    _, queue = make_session(cast.eva)
    item = item_of(queue)
    reviewed(item, cast.tess, lab(status="pass"))
    mine = open_review(item, by=cast.tess)
    typed = {"answers": {"status": {"value": "fail"}}}
    save_draft(mine, typed, number=mine.draft_number, by=cast.tess)
    result = session_of(cast.tess, queue=queue)["session"]["promptResults"]["case-001"]
    assert (result["draft"]["status"], result["saved"]["status"]) == ("fail", "pass")
    assert result["draft"]["reviewState"] is None
    assert session_of(cast.olga, queue=queue)["session"]["promptResults"]["case-001"]["draft"] == {}
    assert rows_of(text_of("lab-csv", cast.tess, queue=queue))[1][9] == "pass"


def test_routing_of_one_review_is_said_until_all_are_there(cast: Cast) -> None:
    _, queue = make_session(cast.eva, reviews_per_item=2)
    given = lab(
        employeeReview__riskOrConfusion="slightly_off", employeeReview__reusableLearning=False
    )
    reviewed(item_of(queue), cast.tess, given)
    saved = session_of(cast.tess, queue=queue)["session"]["promptResults"]["case-001"]["saved"]
    assert (saved["reviewState"], saved["canonCandidate"]) == ("needs_review", False)


def test_the_settled_and_sealed_review_says_by_whom(cast: Cast) -> None:
    _, queue = make_session(cast.eva, reviews_per_item=2)
    item = item_of(queue)
    reviewed(item, cast.emil, lab(status="fail"))
    reviewed(item, cast.tess, lab())
    told = {"labels": {"guestIntent": "Noise", "followThroughRequired": True}, "cause": "other",
            "reason": "As the guide says."}  # fmt: skip
    adjudicate(item, lab() | told, by=cast.adam)
    QueueItem.all_rows.filter(pk=item.pk).update(reasons=[])
    finalise(Queue.all_rows.get(pk=queue.pk), {}, by=cast.eva)
    session = session_of(cast.olga, queue=Queue.all_rows.get(pk=queue.pk))["session"]
    life = session["metadata"]["reviewLifecycle"]
    assert (life["status"], life["finalizedBy"]["name"]) == ("finalized", "Eva")
    saved = session["promptResults"]["case-001"]["saved"]
    assert saved["reviewState"] == "reviewed"
    final = saved["adjudication"]
    assert (final["adjudicator"]["name"], final["reason"]) == ("Adam", "As the guide says.")
    assert final["finalLabels"] == {
        "guestIntent": "Noise", "followThroughRequired": True, "actionType": None,
        "emotionalRead": None, "ownerStressLevel": None,
    }  # fmt: skip
    assert Seal.all_rows.count() == 1
    text = text_of("lab-markdown", cast.eva, queue=queue)
    assert "### Final, by Adam, adam@example.org" in text
    assert "- guest intent: Noise" in text


def test_who_asked_and_who_saved_are_two_people_and_stay_so(cast: Cast) -> None:
    run, queue = make_session(cast.eva)
    reviewed(item_of(queue), cast.tess, lab())
    for slug in ("lab-json", "lab-markdown"):
        export = built(slug, cast.adam, run=run)
        assert export.manifest is not None
        assert export.manifest["exportedBy"]["email"] == "adam@example.org"
    found = session_of(cast.adam, run=run)
    saved_by = found["session"]["promptResults"]["case-001"]["savedBy"]
    assert (found["exportedBy"]["name"], saved_by["name"]) == ("Adam", "Tess")
    assert rows_of(text_of("lab-csv", cast.adam, run=run))[1][-1] == "tess@example.org"


def test_reviews_by_another_rubric_fill_no_layer_of_the_lab(cast: Cast) -> None:
    run = make_run(owner=cast.eva, n_items=1)
    shape = {"sections": [{"key": "a", "label": "A", "criteria": [
        {"key": "status", "label": "Status", "kind": "text"},
        {"key": "priority", "label": "P", "kind": "choice",
         "options": [{"value": "low"}, {"value": "high"}]},
    ]}]}  # fmt: skip
    rubric = Rubric.create(name="Own", shape=shape, by=cast.eva)
    queue = make_queue_with_verdicts(owner=cast.eva, run=run, rubric=rubric)
    Queue.all_rows.update(reviews_auto_evals=False)
    answers = {"status": {"value": "odd"}, "priority": {"value": "low"}}
    reviewed(item_of(queue), cast.eva, {"answers": answers})
    result = session_of(cast.eva, run=run)["session"]["promptResults"]["q-1"]
    saved = result["saved"]
    assert (saved["ratings"], saved["status"], saved["priority"]) == (None, None, "low")
    assert result["allReviews"][0]["answers"]["status"]["value"] == "odd"


def test_the_csv_has_the_columns_of_the_contract_and_twins_on_request(cast: Cast) -> None:
    run, queue = make_session(cast.eva)
    review = reviewed(item_of(queue), cast.tess, lab())
    Review.all_rows.filter(pk=review.pk).update(saved_at="2026-02-03T08:09:00Z")
    text = text_of("lab-csv", cast.eva, run=run)
    assert text == (
        TITLES + "\n"
        '0,case-001,,operations,arrivals,"The door code fails, guests arrive at nine.","Send the'
        ' backup code first, then call the locksmith.",success,,pass,low,yes,8,9,7,8,8,yes,yes,'
        "somewhat,no,false,true,4,5,5,4,4,reviewed,true,2026-02-03T08:09:00.000Z,tess@example.org\n"
        "1,case-002,,operations,arrivals,What did I forget?,,error,timeout,,,,,,,,,,,,,,,,,,,,"
        "unreviewed,false,,\n"
    )
    lines = rows_of(text_of("lab-csv", cast.eva, run=run, suggestions=True))
    assert lines[0][:32] == TITLES.split(",")
    assert lines[0][32:] == [f"suggested_{name}" for name in TITLES.split(",")[9:28]]
    assert lines[1][32:36] == ["pass", "low", "yes", "7"] or lines[1][32] in ("refine", "pass")
    assert lines[2][32:] == [""] * 19


def test_the_markdown_reads_well_and_its_texts_break_out_of_nothing(cast: Cast) -> None:
    _, queue = make_session(cast.eva)
    Run.all_rows.update(title="# [Late](x)")
    reviewed(item_of(queue), cast.tess, lab(feltOff="**bold**\n## x") | {"feedback": "```\n## y"})
    text = text_of("lab-markdown", cast.eva, run=Run.all_rows.get())
    assert text.startswith("# \\# \\[Late\\](x)\n")
    assert "## 1. case-001, Key code\n\n**Prompt**\n\n```text\nThe door code fails" in text
    assert "- Status: pass (suggested: " in text
    assert "- What felt off: \\*\\*bold\\*\\* \\#\\# x\n" in text
    assert "````text\n```\n## y\n````\n" in text
    assert "**No response** (error)" in text
    assert "Not reviewed." in text


# --- tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_hold_every_revision_what_was_shown_and_what_was_settled(
    cast: Cast, kind: str, tmp_path: Path
) -> None:
    _, queue = make_session(cast.eva, reviews_per_item=2)
    item = item_of(queue)
    reviewed(item, cast.emil, lab(status="fail", feltOff="=1") | {"feedback": ""})
    reviewed(item, cast.tess, lab())
    reviewed(item, cast.tess, lab(status="refine"))
    adjudicate(item, lab() | {"cause": "other", "reason": "=x"}, by=cast.adam)
    tables = opened(built("review-tables", cast.olga, queue=queue, tables=kind), tmp_path)
    assert sorted(tables) == ["adjudications", "agreement", "answers", "exposures", "reviews"]
    read = duckdb.read_csv if kind == "csv" else duckdb.read_parquet
    told = read(str(tables["reviews"])).order("reviewer_email")
    assert told.select("reviewer_email, revisions, is_counted, item_state").fetchall() == [
        ("emil@example.org", 1, True, "reviewed"), ("tess@example.org", 2, True, "reviewed"),
    ]  # fmt: skip
    said = read(str(tables["answers"])).filter("criterion = 'status'").order("saved_at")
    found = said.select("value, revision, is_latest, is_first_unexposed").fetchall()
    assert found == [
        ("fail", 1, True, True), ("pass", 1, False, True), ("refine", 2, True, False),
    ]  # fmt: skip
    shown = read(str(tables["exposures"])).order("saved_at").select("revision, colleagues")
    assert shown.fetchall() == [(1, False), (1, False), (2, True)]
    settled = read(str(tables["adjudications"])).select("adjudicator_email, reason, is_current")
    assert settled.fetchall() == [("adam@example.org", "=x", True)]
    figures = figures_of(queue, by=cast.olga)
    rates = read(str(tables["agreement"])).filter("figure = 'metrics.agreement'")
    found = dict(rates.select("metric, value").fetchall())
    assert found == {each.key: each.agreement.quantity.value for each in figures.metrics}
    assert found["criterion:status"] == 0
    whole = read(str(tables["agreement"])).filter("figure = 'auto'").select("value, reason, n")
    assert whole.fetchall() == [(None, figures.auto.quantity.reason, figures.auto.quantity.n)]
    panda = pandas.read_csv if kind == "csv" else pandas.read_parquet
    assert panda(tables["answers"]).shape[0] == 3 * len(lab()["answers"]) + 1


def test_tables_of_sessions_and_of_a_shuffled_queue(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(review_pages, "A_PAGE", 2)
    queue = make_queue(owner=cast.eva, n_items=5)
    for n, item in enumerate(QueueItem.all_rows.order_by("position")):
        QueueItem.all_rows.filter(pk=item.pk).update(position=(n * 7919) % 5 + n * 10**15)
        reviewed(item, cast.tess, {"answers": {"verdict": {"value": "pass", "note": "=1"}}})
    export = built("review-tables", cast.tess, queue=queue, spreadsheet_safe=True)
    tables = opened(export, tmp_path)
    found = duckdb.read_csv(str(tables["answers"])).select("note, session_id, test_result_id")
    assert [row[0] for row in found.fetchall()] == ["'=1"] * 5
    stratum = duckdb.read_csv(str(tables["reviews"])).select("inclusion_probability").fetchall()
    assert stratum == [(1.0,)] * 5
