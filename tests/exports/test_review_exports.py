"""Exports of human reviews: the contract's own example, its rates, and who gets what."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from evalplatform.scoping.actor import Actor
from evalplatform.spreadsheets import safe_cell
from exports import review_pages
from exports.counting import NotWholeError
from exports.models import Export
from exports.review_catalog import REVIEW_FORMATS
from exports.verifying import verify, verify_bundle
from reviews.models import BehavioralLabel, Queue, QueueItem, Review, Rubric
from reviews.saving import open_review, save, save_draft
from runs.models import CheckResult, Run, RunItem
from tests.cast import Cast
from tests.exports.reviews_exported import (
    SHAPE,
    built,
    content,
    item_of,
    json_of,
    lab,
    make_example,
    make_session,
    reviewed,
    rows_of,
    text_of,
)
from tests.exports.runs_exported import TEXTS
from tests.reviews_made import NO, YES, make_queue, make_queue_with_verdicts
from tests.runs_made import make_check_result, make_run, make_run_item

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[Actor], Client]
CallAs = Callable[..., APIClient]
EXAMPLE = """\
Run Id,Run Name,Run Review Status,Run Review Created By,Run Review Created At,Run Review Completion Time,Number Of Reviews,Assigned Reviewers,Pass Rate,Flagged Rate,Auto Eval ↔ Reviewer Agreement,Reviewer ↔ Reviewer Agreement
RUN,baseline,completed,adam@example.org,2026-01-16T09:00:00+00:00,2026-01-16T11:30:00+00:00,2,adam@example.org; emil@example.org,0.6667,0.25,0.25,0.0

Test Result Id,Test Input,LLM Output,Files,Completed At,Completed By,Test Review Feedback,Check Type,Metric Name,Operator,Criteria,Auto Eval,Reviewer Response
RESULT,Which river crosses Vienna?,The Danube.,documents/map.pdf,2026-01-16T10:00:00+00:00,adam@example.org,Criteria is wrong,Auto-eval review,,includes,Elbe,fail,pass
,,,,,,,Auto-eval review,,grammar,,pass,pass
,,,,,,,Numerical,Helpfulness,,,,4
RESULT,Which river crosses Vienna?,The Danube.,documents/map.pdf,2026-01-16T11:30:00+00:00,emil@example.org,,Auto-eval review,,includes,Elbe,fail,flagged
,,,,,,,Auto-eval review,,grammar,,pass,fail
,,,,,,,Free text,Comment,,,,Answer is fine
"""  # noqa: E501


def test_the_human_review_csv_is_the_example_of_the_contract(cast: Cast) -> None:
    queue = make_example(cast.adam, cast.adam, cast.emil)
    text = text_of("human-review-csv", cast.olga, run=queue.run)
    item = RunItem.all_rows.get()
    assert text.replace(str(queue.run_id), "RUN").replace(str(item.pk), "RESULT") == EXAMPLE


def test_rates_are_empty_where_there_is_nothing_to_count(cast: Cast) -> None:
    run = make_run(owner=cast.eva, n_items=1)
    queue = make_queue_with_verdicts(owner=cast.eva, run=run, reviews_per_item=2)
    assert rows_of(text_of("human-review-csv", cast.eva, queue=queue))[1][8:] == [""] * 4
    check = str(CheckResult.all_rows.get().pk)
    reviewed(item_of(queue), cast.eva, YES | {"checks": {check: {"flagged": True}}})
    rows = rows_of(text_of("human-review-csv", cast.eva, queue=queue))
    assert rows[1][8:] == ["", "1.0", "", ""]
    assert (rows[1][2], rows[1][5]) == ("pending", "")
    reviewed(item_of(queue), cast.tess, YES | {"checks": {check: {"value": "pass"}}})
    rows = rows_of(text_of("human-review-csv", cast.eva, queue=queue))
    assert rows[1][8:] == ["1.0", "0.5", "1.0", "0.0"]
    Queue.all_rows.update(reviews_auto_evals=False)
    queue.refresh_from_db()
    rows = rows_of(text_of("human-review-csv", cast.eva, queue=queue))
    assert rows[1][8:] == [""] * 4


def test_only_completed_reviews_are_in_it_and_agreement_is_of_what_was_said_before_reveal(
    cast: Cast,
) -> None:
    run = make_run(owner=cast.eva, n_items=1)
    queue = make_queue_with_verdicts(owner=cast.eva, run=run, reviews_per_item=2)
    item, check = item_of(queue), str(CheckResult.all_rows.get().pk)
    reviewed(item, cast.emil, YES | {"checks": {check: {"value": "pass"}}})
    reviewed(item, cast.tess, NO | {"checks": {check: {"value": "fail"}}})
    save(item, YES | {"checks": {check: {"value": "pass"}}}, by=cast.tess)  # after the reveal
    rows = rows_of(text_of("human-review-csv", cast.olga, queue=queue))
    assert rows[1][8:] == ["1.0", "0.0", "0.5", "0.0"]
    mine = open_review(item, by=cast.tess)
    save_draft(mine, {"feedback": "Hm"}, number=mine.draft_number, by=cast.tess)
    open_review(item_of(queue), by=cast.emil)
    rows = rows_of(text_of("human-review-csv", cast.olga, queue=queue))
    assert [row[5] for row in rows[4:] if row[0]] == ["emil@example.org"]


def test_files_and_answers_go_down_beside_each_other(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    names = ["documents/a.pdf", "documents/b, c.pdf", "documents/d.pdf"]
    make_run_item(run, files=names)
    make_run_item(run, order_index=1, files=names[:2], prompt_text="=1+1", response="two\nlines")
    rubric = Rubric.create(name="T", shape=SHAPE, by=cast.eva)
    queue = make_queue_with_verdicts(owner=cast.eva, run=run, rubric=rubric)
    first, second = QueueItem.all_rows.order_by("position")
    reviewed(first, cast.eva, {"answers": {"topics": {"value": ["a", "b"]}}, "checks": {}})
    answers = {"topics": {"value": []}, "comment": {"value": "@x"}, "helpfulness": {"note": "?"}}
    reviewed(second, cast.eva, {"answers": answers, "checks": {}, "feedback": "-1"})
    text = text_of("human-review-csv", cast.eva, queue=queue, spreadsheet_safe=True)
    rows = rows_of(text)[4:]
    assert [row[3] for row in rows] == [*names, *names[:2]]
    assert [row[7:9] + row[12:] for row in rows] == [
        ["Categorical", "Topics", "a, b"], ["", "", ""], ["", "", ""],
        ["Free text", "Comment", "'@x"], ["Categorical", "Topics", ""],
    ]  # fmt: skip
    assert rows[3][1] == "'=1+1"
    assert rows[3][2] == "two\nlines"
    assert rows[3][6] == "'-1"


@pytest.mark.parametrize("safe", [False, True])
def test_every_text_comes_through(cast: Cast, monkeypatch: pytest.MonkeyPatch, safe: bool) -> None:
    monkeypatch.setattr(review_pages, "A_PAGE", 3)
    run = make_run(owner=cast.eva)
    for n, text in enumerate(TEXTS):
        item = make_run_item(run, order_index=2 * n, prompt_text=text, response=text)
        make_check_result(item, criteria=text)
    queue = make_queue_with_verdicts(owner=cast.eva, run=run)
    for each in QueueItem.all_rows.order_by("position"):
        text = TEXTS[each.position // 2]
        check = str(CheckResult.all_rows.get(run_item=each.run_item_id).pk)
        given = YES | {"checks": {check: {"value": "fail"}}, "feedback": text}
        reviewed(each, cast.eva, given)
    guarded = safe_cell if safe else str
    rows = rows_of(text_of("human-review-csv", cast.eva, queue=queue, spreadsheet_safe=safe))
    begun = [row for row in rows[4:] if row[0]]
    assert [row[1] for row in begun] == [guarded(text) for text in TEXTS]
    assert [row[6] for row in begun] == [guarded(text) for text in TEXTS]
    assert [row[10] for row in begun] == [guarded(text) for text in TEXTS]
    found = json_of("lab-json", cast.eva, queue=queue, suggestions=False)["session"]
    assert [case["promptText"] for case in found["cases"].values()] == list(TEXTS)
    told = [result["allReviews"][0]["feedback"] for result in found["promptResults"].values()]
    assert told == list(TEXTS)
    lines = rows_of(text_of("lab-csv", cast.eva, queue=queue, spreadsheet_safe=safe))
    assert [row[5] for row in lines[1:]] == [guarded(text) for text in TEXTS]


def test_the_manifest_proves_each_file(cast: Cast, tmp_path: Path) -> None:
    _, queue = make_session(cast.eva, reviews_per_item=2)
    reviewed(item_of(queue), cast.eva, lab() | {"feedback": "## no heading\n```\n## here"})
    reviewed(item_of(queue), cast.tess, lab(status="fail", feltOff="## no"))
    label(cast.eva, queue, intent="Noise", notes="a\n  {")
    path = tmp_path / "file"
    for slug in REVIEW_FORMATS:
        export = built(slug, cast.olga, queue=queue)
        assert export.manifest is not None
        assert export.manifest["queue"]["rubric"]["version"] == 1
        path.write_bytes(content(export))
        assert verify(path, export.manifest)
        broken = path.read_bytes()[: (export.n_bytes or 0) // 2]
        path.write_bytes(broken)
        told = export.manifest | {"bytes": len(broken), "sha256": sha256(broken).hexdigest()}
        with pytest.raises(NotWholeError):
            verify(path, told)
        bundle = built(slug, cast.olga, queue=queue, is_bundle=True)
        path.write_bytes(content(bundle))
        assert verify_bundle(path, bundle.bundle["bundleDigest"])


def label(by: Actor, queue: Queue, **fields: Any) -> BehavioralLabel:
    row: BehavioralLabel = BehavioralLabel.all_rows.create(
        run_id=queue.run_id, run_item=item_of(queue).run_item, reviewer=by.user,
        status="saved", **fields,
    )  # fmt: skip
    return row


# --- behavioral labels ----------------------------------------------------------------------------


def test_labels_are_ones_own_and_for_leads_what_colleagues_saved(cast: Cast) -> None:
    _, queue = make_session(cast.eva)
    reviewed(item_of(queue), cast.tess, lab())
    label(cast.eva, queue, intent="Noise", guest_affect="Upset", humanness=5, notes="=x")
    label(cast.tess, queue, intent="Billing", payload={"shown": ["suggestions"]})
    draft = label(cast.emil, queue, notes="otter-draft")
    BehavioralLabel.all_rows.filter(pk=draft.pk).update(status="draft")
    lines = rows_of(text_of("behavior-csv", cast.olga, queue=queue, spreadsheet_safe=True))
    assert lines[0] == [
        "run_id", "run_item_id", "owner_user_id", "reviewer_user_id", "intent", "guest_affect",
        "response_strategy", "humanness", "notes", "status", "payload", "created_at", "updated_at",
    ]  # fmt: skip
    assert [row[4:10] for row in lines[1:]] == [
        ["Noise", "Upset", "", "5", "'=x", "saved"], ["Billing", "", "", "", "", "saved"],
    ]  # fmt: skip
    assert lines[1][2:4] == [str(cast.eva.user.pk)] * 2
    mine = json_of("behavior-json", cast.tess, queue=queue)
    assert [(each["intent"], each["humanness"], each["guest_affect"]) for each in mine] == [
        ("Billing", None, None)
    ]
    assert mine[0]["payload"] == {"shown": ["suggestions"]}
    assert mine[0]["updated_at"].endswith("Z")
    assert json_of("behavior-json", cast.emil, queue=queue)[0]["status"] == "draft"


# --- who gets what --------------------------------------------------------------------------------

MARK = "otter-colleague"


@pytest.mark.parametrize("name", ["tess", "eva", "olga"])
def test_before_reveal_no_file_of_a_reviewer_has_anything_of_colleagues(
    cast: Cast, name: str
) -> None:
    _, queue = make_session(cast.eva, reviews_per_item=3)
    item, me = item_of(queue), cast.actor(name)
    reviewed(item, me, lab(owner="mine"))
    said = lab(feltOff=MARK, owner=MARK, employeeReview__seniorReview=True, status="fail")
    reviewed(item, cast.emil, said | {"feedback": MARK})
    label(cast.emil, queue, notes=MARK)
    told = [MARK, "emil", str(cast.emil.user.pk), "needs_adjudication"]
    for slug in REVIEW_FORMATS:
        if name == "olga" and slug.startswith("behavior"):
            continue  # labels are no part of the blind review: leads read those that are saved
        text = content(built(slug, me, queue=queue)).decode(errors="ignore")
        assert [word for word in told if word in text] == [], slug


def test_after_reveal_the_owner_of_a_queue_has_all_and_a_reviewer_their_own(cast: Cast) -> None:
    _, queue = make_session(cast.eva, reviews_per_item=2)
    item = item_of(queue)
    reviewed(item, cast.tess, lab())
    reviewed(item, cast.emil, lab() | {"feedback": MARK})
    queue.refresh_from_db()
    for who, n in (("eva", 2), ("olga", 2), ("tess", 1), ("emil", 1)):
        found = json_of("lab-json", cast.actor(who), queue=queue)["session"]["promptResults"]
        assert len(found["case-001"]["allReviews"]) == n
        rows = (
            rows_of(text_of("human-review-csv", cast.actor(who), queue=queue))[4:]
            if who != "nobody"
            else []
        )
        assert len({row[5] for row in rows if row[0]}) == n
    assert list(json_of("lab-json", cast.tess, queue=queue)["session"]["cases"]) == ["case-001"]


def test_who_still_has_to_say_theirs_gets_nothing_of_the_item(cast: Cast) -> None:
    """An extra place is open after the reveal: what others said would be told too early."""
    from reviews.models import Slot

    _, queue = make_session(cast.eva, reviews_per_item=1)
    item = item_of(queue)
    reviewed(item, cast.tess, lab() | {"feedback": MARK})
    for who in (cast.olga, cast.emil):
        Slot.all_rows.create(queue_item=item, queue=queue, reviewer=who.user, state="skipped")
        for slug in ("lab-json", "human-review-csv", "lab-markdown"):
            assert MARK not in text_of(slug, who, queue=queue)
    assert MARK in text_of("lab-json", cast.adam, queue=queue)


def test_verdicts_and_suggestions_are_for_who_sees_the_run_or_was_shown_them(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    check = make_check_result(make_run_item(run), auto_eval="otter", is_passed=None)
    rubric = Rubric.of_the_product("lab-review", by=cast.eva)
    queue = make_queue_with_verdicts(owner=cast.eva, run=run, rubric=rubric, name="Evening")
    given = lab() | {"checks": {str(check.pk): {"value": "pass"}}}
    reviewed(item_of(queue), cast.tess, given)

    text = text_of("human-review-csv", cast.tess, queue=queue)
    assert "otter" not in text
    assert rows_of(text)[1][:2] == ["", "Evening"]
    assert rows_of(text)[1][7] == ""
    found = json_of("lab-json", cast.tess, queue=queue)
    assert str(run.pk) not in str(found)
    saved = found["session"]["promptResults"]["q-1"]["saved"]
    assert (saved["status"], saved["suggestedStatus"]) == ("pass", None)
    assert "otter" in text_of("human-review-csv", cast.eva, queue=queue)
    found = json_of("lab-json", cast.eva, queue=queue)["session"]["promptResults"]["q-1"]
    assert found["saved"]["suggestedStatus"] in ("pass", "refine", "fail")
    Run.all_rows.update(is_shared=True)
    assert "otter" in text_of("human-review-csv", cast.tess, queue=queue)


def test_who_lost_the_right_to_see_all_does_not_see_the_file_any_more(cast: Cast) -> None:
    run, queue = make_session(cast.eva)
    Run.all_rows.update(is_shared=True)
    export = built("lab-json", cast.adam, run=run)
    assert Export.objects.visible_to(cast.adam).filter(pk=export.pk).exists()
    membership = cast.adam.membership
    membership.role = "tester"
    membership.save()
    demoted = membership.act(via="page")
    assert not Export.objects.visible_to(demoted).filter(pk=export.pk).exists()
    own = built("lab-json", cast.tess, queue=queue)
    Queue.all_rows.update(is_for_everyone=False)
    assert not Export.objects.visible_to(cast.tess).filter(pk=own.pk).exists()


# --- pages and API --------------------------------------------------------------------------------


def test_the_api_exports_reviews_of_a_visible_run_or_queue(cast: Cast, call_as: CallAs) -> None:
    run, queue = make_session(cast.eva)
    alone = make_run(owner=cast.eva, n_items=1)
    sessions = make_queue(owner=cast.eva, n_items=1)
    ask = lambda who, **body: call_as(who).post("/api/v1/exports", body, format="json")  # noqa: E731

    answer = ask(cast.eva, format="lab-json", run=str(run.pk))
    assert answer.status_code == 202, answer.json()
    assert (answer.json()["run"], answer.json()["queue"]) == (str(run.pk), str(queue.pk))
    assert ask(cast.tess, format="lab-csv", queue=str(queue.pk)).json()["run"] is None
    assert ask(cast.tess, format="lab-csv", run=str(run.pk)).status_code == 404
    assert ask(cast.otto, format="lab-csv", queue=str(queue.pk)).status_code == 404
    for wrong, says in (
        ({"format": "lab-json"}, "Name either the run or the queue."),
        ({"format": "lab-json", "run": str(run.pk), "queue": str(queue.pk)}, "Name either"),
        ({"format": "human-review-csv", "run": str(alone.pk)}, "make a queue over it first"),
        ({"format": "lab-json", "queue": str(sessions.pk)}, "take review-tables"),
        ({"format": "lab-json", "run": str(run.pk), "limit": 2}, "does not take it"),
        ({"format": "run-csv", "queue": str(queue.pk)}, "does not take it"),
        ({"format": "lab-csv", "run": str(run.pk), "options": {"suggestions": "x"}}, "true or"),
    ):
        answer = ask(cast.eva, **wrong)
        assert answer.status_code == 400
        assert says in answer.json()["error"]["errors"][0]["message"]
    assert ask(cast.eva, format="lab-json", run=str(alone.pk)).status_code == 202
    assert ask(cast.eva, format="review-tables", queue=str(sessions.pk)).status_code == 202


def test_the_pages_ask_once_and_say_what_will_be_in_it(cast: Cast, sign_in: SignIn) -> None:
    run, queue = make_session(cast.eva)
    reviewed(item_of(queue), cast.tess, lab())
    client = sign_in(cast.tess)
    assert client.get(f"/t/lighthouse/runs/{run.pk}/reviews/export/").status_code == 404
    url = f"/t/lighthouse/queues/{queue.pk}/export/"
    page = client.get(url)
    assert "Your own reviews" in page.content.decode()
    assert f"{url}" in client.get(f"/t/lighthouse/queues/{queue.pk}/").content.decode()
    form = {"format": "lab-csv", "suggestions": "on", "spreadsheet_safe": "on",
            "token": str(page.context["form"]["token"].value())}  # fmt: skip
    first, second = client.post(url, form), client.post(url, form)
    assert first.status_code == 302, first.content
    assert first.url == second.url  # type: ignore[attr-defined]
    export = Export.all_rows.get()
    assert export.options["suggestions"] is True
    text = client.get(first.url).content.decode()  # type: ignore[attr-defined]
    assert "Suggestions: yes" in text
    assert "Reviews of Morning" in text
    eva = sign_in(cast.eva)
    assert f"/runs/{run.pk}/reviews/export/" in eva.get(
        f"/t/lighthouse/runs/{run.pk}/").content.decode()  # fmt: skip
    page = eva.get(f"/t/lighthouse/runs/{run.pk}/reviews/export/")
    assert "What reviewers saved" in page.content.decode()
    assert "human-review-csv" in page.content.decode()
    lonely = make_run(owner=cast.eva, n_items=1)
    page = eva.get(f"/t/lighthouse/runs/{lonely.pk}/reviews/export/").content.decode()
    assert "lab-json" in page
    assert "human-review-csv" not in page


def test_again_asks_for_the_same(cast: Cast, sign_in: SignIn) -> None:
    _, queue = make_session(cast.eva)
    export = built("lab-csv", cast.eva, queue=queue, suggestions=True)
    url = f"/t/lighthouse/exports/{export.pk}/again/"
    answer = sign_in(cast.eva).post(url, {"token": "0f" * 16})
    assert answer.status_code == 302
    again = Export.all_rows.exclude(pk=export.pk).get()
    assert (again.format, again.options, again.filters) == (
        export.format, export.options, export.filters,
    )  # fmt: skip
    assert Review.all_rows.count() == 0
