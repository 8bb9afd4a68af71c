"""Starting runs by hand: typed prompts, a dataset, templates, batches, and the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from datasets.formats.items import ItemRecord
from runs.models import PromptTemplate, Run, RunBatch, RunItem
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.runs.engine import work_off
from tests.runs_made import make_endpoint, make_evaluator

pytestmark = pytest.mark.django_db
URL = "/t/lighthouse/runs/new/"
SignIn = Callable[..., Client]


def rows_of(run: Run) -> list[RunItem]:
    return list(RunItem.all_rows.filter(run=run).order_by("order_index"))


def echo(cast: Cast) -> str:
    return str(make_endpoint(owner=cast.eva, is_shared=True).pk)


def prompts(*texts: str, locked: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {"what": "prompts", "prompts_text": list(texts),
            "prompts_locked": locked or []} | more  # fmt: skip


@pytest.mark.parametrize("name", ["olga", "adam", "eva", "tess"])
def test_everybody_who_may_has_typed_prompts_answered_in_their_order(
    cast: Cast, sign_in: SignIn, name: str
) -> None:
    body = prompts("One?", " ", "  Two?  ", "  Three?  ", locked=["3"], generation=echo(cast))

    response = sign_in(cast.actor(name)).post(f"{URL}custom/", body)

    run = Run.all_rows.get()
    assert response.url == f"/t/lighthouse/runs/{run.pk}/"
    assert (run.kind, run.source, run.mode, run.prompt_count) == ("launched", "custom", "manual", 3)
    assert run.owner == cast.actor(name).user
    assert run.title.startswith("Custom run of ")
    work_off()
    assert [(row.order_index, row.prompt_text, row.prompt_locked, row.response)
            for row in rows_of(run)] == [
        (0, "One?", False, "One?"),
        (1, "Two?", False, "Two?"),
        (2, "  Three?  ", True, "  Three?  "),
    ]  # fmt: skip


def test_one_to_ten_prompts_are_taken(cast: Cast, sign_in: SignIn) -> None:
    client, endpoint = sign_in(cast.tess), echo(cast)

    none = client.post(f"{URL}custom/", prompts(" ", generation=endpoint))
    many = client.post(f"{URL}custom/", prompts(*"abcdefghijk", generation=endpoint))
    unanswered = client.post(f"{URL}custom/", prompts("a"))
    ten = client.post(f"{URL}custom/", prompts(*"abcdefghij", generation=endpoint))

    assert "Write at least one prompt" in none.content.decode()
    assert "more than 10 prompts" in many.content.decode()
    assert ">k</textarea>" in many.content.decode()
    assert "Choose the endpoint" in unanswered.content.decode()
    assert ten.status_code == 302
    assert Run.all_rows.get().prompt_count == 10


def test_a_tester_runs_a_shared_dataset_as_it_is(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=[ItemRecord(input="Q", output="A")])
    dataset.change(is_shared=True, by=cast.eva)
    client = sign_in(cast.tess)

    page = client.get(f"{URL}custom/", {"dataset": dataset.pk}).content.decode()
    client.post(f"{URL}custom/", {"what": "dataset", "dataset": dataset.pk, "title": "Try"})

    assert 'value="dataset" checked' in page
    run = Run.all_rows.get()
    assert (run.source, run.title, run.dataset, run.version) == ("custom", "Try", dataset, 2)
    assert [row.response for row in rows_of(run)] == ["A"]


def test_what_is_wrong_with_a_dataset_is_said(cast: Cast, sign_in: SignIn) -> None:
    mine = make_dataset(owner=cast.eva)
    tone = make_evaluator(owner=cast.eva, is_shared=True)
    sessions = make_dataset(owner=cast.eva, level="session")
    client = sign_in(cast.eva)

    def told(**said: Any) -> str:
        response = client.post(f"{URL}custom/", {"what": "dataset"} | said)
        assert response.status_code == 422
        return response.content.decode()

    assert "Choose the dataset" in told()
    assert "There is nothing to run" in told(dataset=mine.pk)
    assert "judges rows of level message" in told(dataset=sessions.pk, evaluators=[tone.pk])
    assert "outputs are generated" in told(dataset=sessions.pk, generation=echo(cast))
    foreign = make_dataset(owner=cast.emil)
    assert "Select a valid choice" in told(dataset=foreign.pk)


def test_evaluators_of_sessions_are_shown_disabled_for_prompts(cast: Cast, sign_in: SignIn) -> None:
    make_evaluator(owner=cast.eva, level="session", prompt="{full_history}")

    page = sign_in(cast.eva).get(f"{URL}custom/").content.decode()

    assert "Judges whole sessions. Prompts are single messages." in page


def test_an_auto_generated_run_has_the_fifty_prompts_that_were_shown(
    cast: Cast, sign_in: SignIn
) -> None:
    client, endpoint = sign_in(cast.tess), echo(cast)
    shown = client.get(f"{URL}auto/", {"seed": "7", "keys": ["door-code", "refund-request"]})

    response = client.post(f"{URL}auto/", {"seed": "7", "keys": ["door-code", "refund-request"],
                                           "generation": endpoint})  # fmt: skip

    assert response.status_code == 302
    run = Run.all_rows.get()
    assert (run.source, run.mode, run.n_items) == ("auto_generated", "automated", 50)
    assert run.parameters["seed"] == 7
    assert (run.category, run.template_key) == ("", "")
    rows = rows_of(run)
    assert [row.order_index for row in rows] == list(range(50))
    assert [row.prompt_text for row in rows] == [each.text for each in shown.context["made"]]
    assert {row.template_key for row in rows} == {"door-code", "refund-request"}
    assert {row.source_type for row in rows} == {"template"}


def test_a_run_of_one_kind_says_which(cast: Cast, sign_in: SignIn) -> None:
    body = {"seed": "1", "keys": ["door-code"], "generation": echo(cast)}

    sign_in(cast.eva).post(f"{URL}auto/", body)

    run = Run.all_rows.get()
    assert (run.category, run.subcategory, run.template_key) == ("Check-in", "Access", "door-code")


def test_switched_off_templates_and_unknown_keys_are_not_used(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    client.get(f"{URL}auto/")
    PromptTemplate.all_rows.filter(template_key="door-code").update(is_enabled=False)

    page = client.get(f"{URL}auto/").content.decode()
    refused = client.post(f"{URL}auto/", {"seed": "1", "keys": ["door-code"],
                                          "generation": echo(cast)})  # fmt: skip
    none = client.post(f"{URL}auto/", {"seed": "1", "generation": echo(cast)})

    assert "door-code" not in page
    assert refused.status_code == 422
    assert "Choose at least one kind of prompt" in none.content.decode()


def test_a_batch_starts_its_runs_with_other_prompts_each(cast: Cast, sign_in: SignIn) -> None:
    body = {"seed": "1", "keys": ["door-code", "late-arrival"], "generation": echo(cast),
            "n_runs": "3", "title": "May"}  # fmt: skip

    response = sign_in(cast.eva).post(f"{URL}batch/", body)

    batch = RunBatch.all_rows.get()
    assert response.url == f"/t/lighthouse/runs/batches/{batch.pk}/"
    runs = list(Run.all_rows.filter(batch=batch).order_by("batch_position"))
    assert [(run.source, run.batch_position, run.n_items) for run in runs] == [
        ("controlled_batch", n, 50) for n in range(3)
    ]
    assert runs[2].title == "May · 3 of 3"
    assert len({row.prompt_text for run in runs for row in rows_of(run)}) == 150
    work_off()
    page = sign_in(cast.eva).get(response.url).content.decode()
    assert "May · 3 of 3" in page
    assert 'hx-trigger="every 3s"' not in page
    sums = sign_in(cast.eva).get(response.url).context["sums"]
    assert (sums.n_runs, sums.n_ended, sums.n_rows, sums.n_done, sums.n_nonempty) == (
        3, 3, 150, 150, 150,
    )  # fmt: skip


AUTO = {"seed": "1", "keys": ["door-code"]}


@pytest.mark.parametrize(
    ("way", "said", "change"),
    [
        ("custom", prompts("One?"), {"prompts_text": ["Two?"]}),
        ("auto", AUTO, {"seed": "2"}),
        ("batch", AUTO | {"n_runs": "1"}, {"title": "Other"}),
    ],
)
def test_a_form_sent_twice_starts_once_and_with_other_values_another(
    cast: Cast, sign_in: SignIn, way: str, said: dict[str, Any], change: dict[str, Any]
) -> None:
    client, url = sign_in(cast.eva), f"{URL}{way}/"
    body = said | {"generation": echo(cast), "token": token_in(client.get(url))}

    first = client.post(url, body)
    again = client.post(url, body, follow=True)

    assert again.redirect_chain == [(first.url, 302)]
    assert "This form was sent before" in again.content.decode()
    assert (Run.all_rows.count(), RunBatch.all_rows.count()) == (1, int(way == "batch"))
    assert client.post(url, body | change).url != first.url
    assert client.post(url, body | {"token": token_in(client.get(url))}).url != first.url
    assert Run.all_rows.count() == 3


def token_in(page: Any) -> str:
    """What the page's form says so that it is told from others."""
    (token,) = set(re.findall(r'name="token" value="([-0-9a-f]{36})"', page.content.decode()))
    return str(token)


def test_a_form_whose_run_is_deleted_says_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    body = prompts("One?", generation=echo(cast), token="t")
    client.post(f"{URL}custom/", body)
    Run.all_rows.get().delete_for_all(by=cast.eva)

    again = client.post(f"{URL}custom/", body)

    assert again.status_code == 422
    assert "Load the page anew to start another" in again.content.decode()
    assert Run.all_rows.count() == 1


def test_only_the_sizes_of_a_controlled_batch_are_taken(cast: Cast, sign_in: SignIn) -> None:
    body = {"seed": "1", "keys": ["door-code"], "generation": echo(cast), "n_runs": "2"}

    response = sign_in(cast.eva).post(f"{URL}batch/", body)

    assert response.status_code == 422
    assert "Select a valid choice" in response.content.decode()
    assert not RunBatch.all_rows.exists()


def test_testers_start_no_batches(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.tess)

    assert client.get(f"{URL}batch/").status_code == 403
    assert "Several runs at once" in client.get(URL).content.decode()


def run_command(**said: Any) -> str:
    out = StringIO()
    options = {"team": "lighthouse", "user": "eva@example.org", "runs": 4, "endpoint": "Echo"}
    call_command("launch_batch", **(options | said), stdout=out)
    return out.getvalue()


def test_the_command_line_starts_a_batch_of_any_size(cast: Cast) -> None:
    echo(cast)

    said = run_command(prompts=50, evaluator=[])

    batch = RunBatch.all_rows.get()
    assert f"/t/lighthouse/runs/batches/{batch.pk}/" in said
    assert Run.all_rows.filter(batch=batch).count() == 4
    assert RunItem.all_rows.values("prompt_text").distinct().count() == 200


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"user": "nobody@example.org"}, "is no member of a team"),
        ({"user": "otto@example.org"}, "is no member of a team"),
        ({"user": "tess@example.org"}, "may not start controlled batches"),
        ({"endpoint": "Nowhere"}, "There is not one"),
        ({"runs": 0}, "--runs is 1 to 200"),
        ({"key": ["unknown"]}, "Choose at least one kind"),
    ],
)
def test_the_command_line_says_what_is_wrong(cast: Cast, said: dict[str, Any], told: str) -> None:
    echo(cast)

    with pytest.raises(CommandError, match=told):
        run_command(**said)
    assert not Run.all_rows.exists()
