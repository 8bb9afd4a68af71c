"""The page of an import of items: what would be, how the file is read, saving and undoing it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datasets.editing import edition
from datasets.import_showing import readable
from datasets.models import Dataset, DatasetImport, DatasetVersion, RememberedMapping
from tests.cast import Cast
from tests.datasets.dataset_imports import CSV, SUITE, after, checked, committed, imported
from tests.datasets_made import items_of

FOREIGN = "Frage,Antwort,Land,Quelle\nWo?,Hier.,AT,web\nWann?,Jetzt.,DE,\n"
SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def no_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's transaction is invisible to the pulse's own connection: it must not beat."""
    monkeypatch.setattr("evalplatform.jobs.pulse.RENEW_EVERY", 3600)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def act(client: Client, row: DatasetImport, name: str, **fields: str) -> Any:
    return client.post(f"{row.get_absolute_url()}{name}/", fields)


def chosen(*uses: tuple[str, str], **switches: str) -> dict[str, str]:
    """The fields of the form for so many columns."""
    fields = {f"use-{n}": use for n, (use, _) in enumerate(uses)}
    return fields | {f"name-{n}": name for n, (_, name) in enumerate(uses)} | switches


MAPPED = chosen(("input", ""), ("output", ""), ("context.", "country"), ("drop", ""))


def test_the_page_says_exactly_what_saving_does(cast: Cast, sign_in: SignIn) -> None:
    client, row = sign_in(cast.eva), checked(CSV, cast.eva)
    page = text(client.get(row.get_absolute_url()))
    assert "Nothing is saved yet" in page
    assert "Create 2 items</button>" in page
    assert "Name of the Black Sea" not in page
    assert "Which river crosses Vienna?" in page


def test_saving_names_the_version_and_offers_to_undo_it(cast: Cast, sign_in: SignIn) -> None:
    client, row = sign_in(cast.eva), checked(CSV, cast.eva)
    act(client, row, "commit", title="Rivers of spring")
    row.refresh_from_db()
    assert row.commit_job is not None
    row = after(row, row.commit_job)
    version = DatasetVersion.all_rows.get(dataset=row.dataset, number=2)
    assert version.title == "Rivers of spring"
    page = text(client.get(row.get_absolute_url()))
    assert "Open the dataset" in page
    assert "Undo this import" in page
    response = act(client, row, "undo")
    assert response.headers["Location"] == f"/t/lighthouse/datasets/{row.dataset_id}/"
    assert Dataset.all_rows.get().n_items == 0


def test_undoing_is_offered_only_while_nothing_came_after(cast: Cast, sign_in: SignIn) -> None:
    client, row = sign_in(cast.eva), committed(checked(CSV, cast.eva), cast.eva)
    assert row.dataset is not None
    with edition(row.dataset, by=cast.eva) as changing:
        changing.revise(items_of(row.dataset, by=cast.eva)[0], output="The Inn.")
    page = text(client.get(row.get_absolute_url()))
    assert "Undo this import" not in page
    assert "has changed since" in page
    act(client, row, "undo")
    assert Dataset.all_rows.get().n_items == 2


def test_a_name_is_kept_and_one_with_hidden_characters_is_refused_at_the_field(
    cast: Cast, sign_in: SignIn
) -> None:
    client, row = sign_in(cast.eva), checked(CSV, cast.eva)
    act(client, row, "name", title="Spring")
    assert 'value="Spring"' in text(client.get(row.get_absolute_url()))
    for name in ("name", "commit"):
        response = act(client, row, name, title="a\u202eb")
        assert response.status_code == 422
        assert 'id="title_error"' in text(response)
    row.refresh_from_db()
    assert (row.title, row.state) == ("Spring", row.State.READY)


def test_updates_are_shown_before_and_after_with_the_words_that_change(
    cast: Cast, sign_in: SignIn
) -> None:
    dataset = imported(CSV, cast.eva)
    item = items_of(dataset, by=cast.eva)[0]
    data = f"id,Human Message,AI Response\n{item.public_id},{item.input},The Inn.\n"
    row = checked(data, cast.eva, into=dataset)
    page = text(sign_in(cast.eva).get(row.get_absolute_url()))
    assert "Update 1 item</button>" in page
    assert "The <del>Danube</del>." in page
    assert "The <ins>Inn</ins>." in page


def test_every_problem_is_a_row_and_can_be_fetched_as_a_table(cast: Cast, sign_in: SignIn) -> None:
    rows = "".join(f",=Question {n}?,\n" for n in range(120))
    client, row = sign_in(cast.eva), checked(CSV + rows, cast.eva)
    page = text(client.get(row.get_absolute_url()))
    assert "120 problems" in page
    assert "20 more are not listed" in page
    assert "Create" not in page
    response = client.get(f"{row.get_absolute_url()}errors/")
    lines = list(csv.reader(response.content.decode().splitlines()))
    assert len(lines) == 101
    assert lines[1][:2] == ["4", "AI Response"]


def test_columns_without_a_known_title_are_asked_for(cast: Cast, sign_in: SignIn) -> None:
    client, row = sign_in(cast.eva), checked(FOREIGN, cast.eva)
    assert row.state == row.State.REFUSED
    page = text(client.get(row.get_absolute_url()))
    assert "There is no column &quot;Human Message&quot;" in page
    assert "Use of “Frage”" in page
    assert "Hier." in page


def test_mapping_the_columns_checks_the_file_again_and_is_remembered(
    cast: Cast, sign_in: SignIn
) -> None:
    client, row = sign_in(cast.eva), checked(FOREIGN, cast.eva)
    assert act(client, row, "options", **MAPPED, automatic_history="on").status_code == 302
    row.refresh_from_db()
    assert row.options["automatic_history"] is True
    assert row.check_job is not None
    row = after(row, row.check_job)
    assert row.report["items"]["create"] == 2
    assert row.report["preview"][0]["context"] == {"country": "AT"}
    titles = ["Frage", "Antwort", "Land", "Quelle"]
    assert RememberedMapping.of(titles, by=cast.eva) == {
        "Frage": "input", "Antwort": "output", "Land": "context.country", "Quelle": "drop",
    }  # fmt: skip
    second = checked(FOREIGN + "Wer?,Ich.,,\n", cast.eva, mapping=row.options["mapping"])
    assert "mapped as last time" in text(client.get(second.get_absolute_url()))
    assert "mapped as last time" not in text(client.get(row.get_absolute_url()))


def test_a_mapping_that_cannot_be_is_refused_at_its_column(cast: Cast, sign_in: SignIn) -> None:
    client, row = sign_in(cast.eva), checked(FOREIGN, cast.eva)
    twice = chosen(("input", ""), ("input", ""), ("context.", "__proto__"), ("drop", ""))
    response = act(client, row, "options", **twice)
    assert response.status_code == 422
    page = text(response)
    assert "are for the same place" in page
    assert page.count('class="is-wrong"') == 2
    row.refresh_from_db()
    assert row.options["mapping"] == {}
    assert not RememberedMapping.all_rows.exists()


@pytest.mark.parametrize("use", ["nonsense", "context", "'; DROP TABLE", "key:"])
def test_nonsense_for_a_mapping_is_refused(cast: Cast, sign_in: SignIn, use: str) -> None:
    client, row = sign_in(cast.eva), checked(FOREIGN, cast.eva)
    fields = chosen(("input", ""), ("output", ""), (use, ""), (use, "x" * 600))
    assert act(client, row, "options", **fields).status_code == 422
    assert act(client, row, "options").status_code == 422


def test_the_first_rows_are_shown_without_saving_a_mapping(cast: Cast, sign_in: SignIn) -> None:
    client, row = sign_in(cast.eva), checked(FOREIGN, cast.eva)
    part = text(act(client, row, "options", **MAPPED, preview="1"))
    assert "<html" not in part
    assert "country" in part
    assert "web" not in part
    missing = text(act(client, row, "options", **chosen(("input", "")), preview="1"))
    assert "This field is required" in missing
    row.refresh_from_db()
    assert row.options["mapping"] == {}
    assert row.state == row.State.REFUSED


def test_overwriting_tests_is_a_tick_of_suites(cast: Cast, sign_in: SignIn) -> None:
    dataset = imported(SUITE, cast.eva, format_slug="suite-csv")
    client = sign_in(cast.eva)
    row = checked(SUITE.replace("The Danube", "Danube"), cast.eva, into=dataset,
                  format_slug="suite-csv")  # fmt: skip
    page = text(client.get(row.get_absolute_url()))
    assert "Overwrite tests with matching ids" in page
    assert "<li>Includes" in page
    act(client, row, "options", overwrite="on")
    row.refresh_from_db()
    assert row.check_job is not None
    row = after(row, row.check_job)
    assert row.report["items"] == {"create": 0, "update": 1, "unchanged": 0}


def test_changed_checks_and_histories_are_read_as_lines() -> None:
    check = {"operator": "includes", "criteria": "Danube", "weight": 2}
    assert readable("checks", [check]) == "Includes: Danube; weight 2"
    assert readable("history", [{"role": "user", "content": "Hi"}]) == "user: Hi"
    assert readable("history", "user: too lo…") == "user: too lo…"


def test_another_format_is_read_when_the_guess_was_wrong(cast: Cast, sign_in: SignIn) -> None:
    client, row = sign_in(cast.eva), checked(CSV, cast.eva, format_slug="suite-csv")
    assert "read as Suite CSV" in text(client.get(row.get_absolute_url()))
    assert act(client, row, "options", format="no-such").status_code == 422
    assert "in this format" in text(act(client, row, "options", format="dataset-csv", preview="1"))
    act(client, row, "options", format="dataset-csv")
    row.refresh_from_db()
    assert (row.format, row.state) == ("dataset-csv", row.State.CHECKING)
    assert row.check_job is not None
    row = after(row, row.check_job)
    assert row.report["items"]["create"] == 2
    act(client, row, "options", format="suite-csv")
    row.refresh_from_db()
    assert row.format == "suite-csv"


def test_options_of_a_saved_import_stay(cast: Cast, sign_in: SignIn) -> None:
    client, row = sign_in(cast.eva), committed(checked(CSV, cast.eva), cast.eva)
    response = act(client, row, "options", automatic_history="on")
    assert response.status_code == 302
    row.refresh_from_db()
    assert (row.state, row.options["automatic_history"]) == (row.State.COMMITTED, False)


def test_a_file_that_is_gone_is_told(cast: Cast, sign_in: SignIn) -> None:
    client, row = sign_in(cast.eva), checked(CSV, cast.eva)
    row.forget_file()
    assert client.get(row.get_absolute_url()).status_code == 200


def test_a_dataset_that_may_not_be_seen_any_more_is_not_named(cast: Cast, sign_in: SignIn) -> None:
    dataset = imported(CSV, cast.eva)
    row = checked(CSV, cast.eva, into=dataset)
    dataset.change(by=cast.eva, name="Secret lakes")
    dataset.delete_for_all(by=cast.eva)
    client = sign_in(cast.eva)
    assert "Secret lakes" not in text(client.get(row.get_absolute_url()))
    assert "Secret lakes" not in text(client.get("/t/lighthouse/datasets/imports/"))


def test_a_colleague_gets_none_of_it(cast: Cast, sign_in: SignIn) -> None:
    row, client = checked(CSV, cast.eva), sign_in(cast.adam)
    assert client.get(row.get_absolute_url()).status_code == 404
    assert client.get(f"{row.get_absolute_url()}errors/").status_code == 404
    for name in ("commit", "name", "options", "undo"):
        assert act(client, row, name, title="x").status_code == 404
