"""Pages of runs: who sees them, what they say, and that a page of many rows asks no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from evalplatform.scoping.actor import Actor
from evalplatform.scoping.keyset import make_token
from evalplatform.scoping.patience import patience
from runs import run_item_listing
from runs.models import CheckResult, Run, RunItem
from runs.views import run as run_view
from tests.cast import Cast
from tests.counting import queries_of
from tests.datasets_made import items_of, make_dataset
from tests.pages.corpus import XSS
from tests.runs.run_pages import FAIL, PASS, make_dataset_run, metrics
from tests.runs_made import make_check_result, make_run, make_run_item

pytestmark = pytest.mark.django_db
SignIn = Callable[[Actor], Client]
RUNS = "/t/lighthouse/runs/"


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


# --- the list ----------------------------------------------------------------------------------


def test_empty_list_says_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    assert "No runs yet" in text_of(sign_in(cast.eva), RUNS)


def test_kinds_stand_side_by_side_with_their_rates(cast: Cast, sign_in: SignIn) -> None:
    for kind in Run.Kind.values:
        make_run(owner=cast.eva, title=f"The {kind} one", kind=kind, metrics=metrics())

    page = text_of(sign_in(cast.eva), RUNS)

    assert all(f"The {kind} one" in page for kind in Run.Kind.values)
    assert "<b>67%</b> 2 of 3" in page


def test_open_run_shows_how_far_it_is(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva, status=Run.Status.RUNNING, completed_at=None)
    Run.all_rows.filter(pk=run.pk).update(n_items=3)
    for n, status in enumerate(("success", "pending", "pending")):
        make_run_item(run, order_index=n, status=status)

    assert "1 of 3 done" in text_of(sign_in(cast.eva), RUNS)


def test_testers_see_own_and_shared_runs(cast: Cast, sign_in: SignIn) -> None:
    make_run(owner=cast.tess, title="Tess's own")
    make_run(owner=cast.eva, title="Shared one", is_shared=True)
    make_run(owner=cast.eva, title="Private one")

    page = text_of(sign_in(cast.tess), RUNS)

    assert "Tess&#x27;s own" in page
    assert "Shared one" in page
    assert "Private one" not in page


def test_dataset_of_a_shared_run_stays_unnamed_for_who_may_not_see_it(
    cast: Cast, sign_in: SignIn
) -> None:
    dataset = make_dataset(owner=cast.eva, items=1, name="Secret rivers")
    run = make_dataset_run(dataset, [PASS], owner=cast.eva, is_shared=True)
    client = sign_in(cast.emil)
    row = RunItem.all_rows.get(run=run)

    pages = [text_of(client, url) for url in (RUNS, address(run), address(run, row))]

    assert not any("Secret rivers" in page for page in pages)
    assert "not shared with you" in pages[0]
    assert "Question 1?" in pages[2]
    assert f"/datasets/{dataset.pk}/" not in pages[2]


def test_list_asks_the_same_of_1_run_and_of_40(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    make_run(owner=cast.eva, status=Run.Status.RUNNING, completed_at=None)
    client.get(RUNS)
    few = queries_of(lambda: client.get(RUNS))
    for _ in range(39):
        make_run(owner=cast.eva, status=Run.Status.RUNNING, completed_at=None)

    assert queries_of(lambda: client.get(RUNS)) <= few + 1  # the count of what is on later pages


def test_broken_page_link_is_said(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva, n_items=1)
    client = sign_in(cast.eva)

    assert "This page link is broken" in text_of(client, f"{RUNS}?page=x")
    assert "This page link is broken" in text_of(client, f"{address(run)}?page=x")


# --- one run -----------------------------------------------------------------------------------


def address(run: Run, row: RunItem | None = None) -> str:
    return f"{RUNS}{run.pk}/" + (f"items/{row.pk}/" if row else "")


def test_numbers_stand_with_what_they_are_of(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva, n_items=3, metrics=metrics())

    page = text_of(sign_in(cast.eva), address(run))

    assert '2 <span class="stat__of">of 3</span>' in page
    assert "66.7%, sd 27.2" in page
    assert "50.0%" in page  # weighted
    assert "33.3%" in page  # needs review
    assert "check_category=Correctness" in page
    assert "operator=includes" in page


def test_run_without_metrics_shows_its_rows(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva, n_items=2)

    page = text_of(sign_in(cast.eva), address(run))

    assert "Question 2?" in page
    assert "Answer 2." in page


def test_rows_show_verdicts_in_check_order(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva)
    row = make_run_item(run, n_checks=2, n_passed=1, n_done=3, n_skipped=1, n_errors=1)
    make_check_result(row, position=2, operator="grammar", auto_eval="7", is_passed=None)
    make_check_result(
        row, position=1, operator="language", auto_eval="fail", is_passed=False, confidence="low"
    )
    make_check_result(row, position=0)
    make_check_result(row, position=3, state="skipped", auto_eval="", is_passed=None)
    make_check_result(row, position=4, state="error", auto_eval="", is_passed=None)

    (shown,) = sign_in(cast.eva).get(address(run)).context["items"]

    assert [verdict["word"] for verdict in shown["verdicts"]] == [
        "pass", "fail", "7", "skipped", "error",
    ]  # fmt: skip
    assert shown["verdicts"][1]["is_low"]
    assert shown["n_more"] == 0


def test_narrowed_rows_stand_alone_and_keep_their_filter(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    run = make_dataset_run(dataset, [PASS, FAIL, FAIL], owner=cast.eva, metrics=metrics())

    response = sign_in(cast.eva).get(f"{address(run)}?show=failed")

    assert [row["public_id"] for row in response.context["items"]] == ["q-2", "q-3"]
    assert response.context["n_matching"] == "2"
    assert "?show=failed" in response.content.decode()
    assert "Checks by category" not in response.content.decode()


@pytest.mark.parametrize("query", ["", "?show=failed", "?operator=includes", "?q=Answer"])
def test_run_asks_the_same_of_10_rows_and_of_1000(
    cast: Cast, sign_in: SignIn, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_view, "patience", partial(patience, seconds=60))  # counts, no clock
    client = sign_in(cast.eva)
    few, many = make_failing_run(cast.eva, 60), make_failing_run(cast.eva, 1_000)
    know_sizes()
    text_of(client, address(few))

    counts = [queries_of(lambda run=run: text_of(client, address(run) + query))  # type: ignore[misc]
              for run in (few, many)]  # fmt: skip

    assert counts[0] == counts[1]


def know_sizes() -> None:
    """Let the database know how many rows there are, as it does by itself a while after they came.

    Else it takes each of these tables for a row or two, and compares every row with every check.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE runs_run, runs_runitem, runs_checkresult")


def make_failing_run(owner: Actor, n: int) -> Run:
    """A run of so many failing rows, saved at once."""
    run = make_run(owner=owner, metrics=metrics())
    Run.all_rows.filter(pk=run.pk).update(n_items=n)
    rows = RunItem.all_rows.bulk_create(
        RunItem(
            run=run, order_index=k, public_id=f"q-{k}", source_type="prompt", prompt_text="Why?",
            response=f"Answer {k}.", status="success", n_checks=1, n_done=1, is_passed=False,
        )
        for k in range(n)
    )  # fmt: skip
    CheckResult.all_rows.bulk_create(
        CheckResult(
            run=run, run_item=row, position=0, operator="includes", state="done",
            auto_eval="fail", is_passed=False,
        )
        for row in rows
    )  # fmt: skip
    return run


def test_rows_page_in_their_order(cast: Cast, sign_in: SignIn) -> None:
    run = make_failing_run(cast.eva, 120)
    client, seen, url = sign_in(cast.eva), [], address(run)
    while url:
        response = client.get(url)
        seen += [row["order_index"] for row in response.context["items"]]
        url = address(run) + response.context["older_url"] if response.context["older_url"] else ""

    assert seen == list(range(120))
    assert response.context["newer_url"]


def test_a_text_is_looked_for_a_stretch_at_a_time(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (run_item_listing, run_view):
        monkeypatch.setattr(module, "LOOKED", 100)
    run = make_failing_run(cast.eva, 250)
    RunItem.all_rows.filter(run=run, order_index__in=(7, 130, 249)).update(response="A heron.")
    client, url = sign_in(cast.eva), address(run)
    query, seen, looked = "?q=heron", [], []
    while query:
        context = client.get(url + query).context
        seen.append([row["order_index"] for row in context["items"]])
        looked.append(context["looked"])
        query, back = context["older_url"], context["newer_url"]

    assert seen == [[7], [130], [249]]
    assert looked == [(0, 100), (100, 200), (200, 250)]
    while back:
        context = client.get(url + back).context
        seen.append([row["order_index"] for row in context["items"]])
        back = context["newer_url"]
    assert [place for page in seen[3:] for place in page] == [130, 7]
    assert "Not in these rows" in text_of(client, f"{url}?q=nowhere")


def test_token_of_another_list_is_refused_or_harmless(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva, n_items=1)
    token = make_token("older", {"created_at": run.created_at, "id": run.pk}, ("created_at", "id"))

    assert sign_in(cast.eva).get(f"{address(run)}?page={token}").status_code == 200


# --- what is done to it -------------------------------------------------------------------------


def do(client: Client, run: Run, act: str, **said: str) -> Any:
    return client.post(f"{address(run)}act/", {"act": act, **said}, follow=True)


def test_owner_shares_renames_deletes_and_brings_back(cast: Cast, sign_in: SignIn) -> None:
    run, client = make_run(owner=cast.eva), sign_in(cast.eva)

    do(client, run, "share", is_shared="1")
    do(client, run, "rename", title=" Better ")
    run.refresh_from_db()
    assert (run.is_shared, run.title) == (True, "Better")

    page = do(client, run, "delete").content.decode()
    assert "Deleted Better." in page
    assert f"{address(run)}act/?act=restore" in page
    assert client.get(address(run)).status_code == 404
    assert client.post(f"{address(run)}act/?act=restore").status_code == 204
    assert client.get(address(run)).status_code == 200


def test_empty_title_is_refused_with_a_word(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva)

    page = do(sign_in(cast.eva), run, "rename", title=" ").content.decode()

    assert "cannot be blank" in page
    run.refresh_from_db()
    assert run.title == "Baseline"


def test_who_only_sees_a_run_changes_nothing(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva, n_items=1, is_shared=True)
    client = sign_in(cast.tess)

    page = text_of(client, address(run))

    assert 'value="delete"' not in page
    for act in ("share", "rename", "delete"):
        assert do(client, run, act, title="Mine").status_code == 403
    assert client.post(f"{address(run)}act/?act=restore").status_code == 404


def test_unknown_act_is_refused(cast: Cast, sign_in: SignIn) -> None:
    assert do(sign_in(cast.eva), make_run(owner=cast.eva), "explode").status_code == 422


# --- one row -----------------------------------------------------------------------------------


def test_row_shows_all_that_was_asked_and_said(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    run = make_dataset_run(dataset, [FAIL], owner=cast.eva)
    row = RunItem.all_rows.get(run=run)
    CheckResult.all_rows.filter(run_item=row).update(
        feedback="It names no river.", extracted="Linz", conditional_operator="grammar",
        conditional_criteria="if it is German", confidence="low",
    )  # fmt: skip
    RunItem.all_rows.filter(pk=row.pk).update(prompt_text="", output_context={"seed": 7})

    page = text_of(sign_in(cast.eva), address(run, row))

    for said in ("Question 1?", "Answer 1.", "It names no river.", "Linz", "if it is German"):
        assert said in page
    assert "low confidence" in page
    assert "&quot;seed&quot;: 7" in page
    item = items_of(dataset, by=cast.eva)[0]
    assert f"/datasets/{dataset.pk}/items/{item.key}/?version=2" in page


def test_neighbours_are_those_of_the_list_one_came_from(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=5)
    run = make_dataset_run(dataset, [FAIL, PASS, FAIL, PASS, FAIL], owner=cast.eva)
    rows = list(RunItem.all_rows.filter(run=run).order_by("order_index"))
    client = sign_in(cast.eva)

    plain = client.get(address(run, rows[2])).context
    failed = client.get(f"{address(run, rows[2])}?show=failed").context
    first = client.get(f"{address(run, rows[0])}?show=failed").context

    assert (plain["newer_url"], plain["older_url"]) == (
        address(run, rows[1]),
        address(run, rows[3]),
    )
    assert failed["older_url"] == f"{address(run, rows[4])}?show=failed"
    assert first["newer_url"] == ""


def test_row_of_another_run_is_absent(cast: Cast, sign_in: SignIn) -> None:
    run, other = make_run(owner=cast.eva, n_items=1), make_run(owner=cast.eva, n_items=1)
    row = RunItem.all_rows.get(run=other)

    assert sign_in(cast.eva).get(address(run, row)).status_code == 404


def test_long_output_is_cut_and_opened_as_plain_text(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva)
    row = make_run_item(run, response="<b>word</b> " * 10_000)
    client = sign_in(cast.eva)

    page = text_of(client, address(run, row))
    whole = client.get(f"{address(run, row)}?whole=response")

    assert "The first 100,000 of 120,000 characters" in page
    assert whole.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert len(whole.content) == 120_000
    assert client.get(f"{address(run, row)}?whole=secret").status_code == 404


@pytest.mark.parametrize("view", ["", "&view=raw"])
def test_stored_markup_is_inert(cast: Cast, sign_in: SignIn, view: str) -> None:
    hostile = "".join(XSS)
    run = make_run(
        owner=cast.eva, title="<script>1</script>", error_analysis=hostile, error_message=hostile,
        metrics=metrics(
            by_category=[{"name": "<img src=x>", "n": 3, "passed": 1}],
            by_tag=[{"name": "<img src=x>", "n": 3, "passed": 1}],
        ),
    )  # fmt: skip
    row = make_run_item(
        run, prompt_text=hostile, response=hostile, error=hostile, tags=["<img src=x>"],
        title="<img src=x>", output_context={"<img src=x>": hostile},
    )  # fmt: skip
    make_check_result(
        row, criteria=hostile, feedback=hostile, extracted=hostile, category="<img src=x>",
        evaluator="<img src=x>",
    )  # fmt: skip
    client = sign_in(cast.eva)

    pages = "".join(text_of(client, f"{url}?{view}") for url in (address(run), address(run, row)))

    assert "<img" not in pages.lower()
    assert "<script>1" not in pages
    assert not re.search(r"<[^>]*javascript:", pages, re.IGNORECASE)
