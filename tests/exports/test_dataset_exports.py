"""Exports of datasets: the same catalog, jobs and API as sessions; what comes back is the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, TestCase
from rest_framework.test import APIClient

from datasets.editing import edition
from datasets.formats.items import CheckRecord, Example, ItemRecord
from datasets.models import Attachment, Dataset, DatasetItem
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from exports.item_catalog import ITEM_FORMATS, ItemOptions
from exports.models import Export
from exports.verifying import verify
from tests.cast import Cast
from tests.datasets.dataset_imports import checked, imported
from tests.datasets_made import items_of, make_dataset

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = '=1+1, "quoted"\nuser: a line\r\n- dash 🦀 \u202bשלום\u202c 0012'
ITEMS = [
    ItemRecord(
        public_id="r-1",
        input="Which river crosses Vienna?",
        output=HOSTILE,
        expected_output="The Danube",
        context={"topic": "rivers", "year": 2026, "nested": {"a": [1, None, "x"]}, "code": "0012"},
        history=({"role": "user", "content": "user: odd"}, {"role": "assistant", "content": ""}),
        participant_data={"name": "Jane", "ok": True},
        session_state={"count": 1},
        tags=("rivers", "a;b"),
        created_at=datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC),
        checks=(
            CheckRecord("includes", "Danube", weight=2, examples=(Example("positive", "Yes"),)),
            CheckRecord("grammar"),
        ),
    ),
    ItemRecord(public_id="r-2", input="Name a sea.", output="'=SUM(A1)", context={"n": "[1]"}),
    ItemRecord(public_id="r-3", input="Why?", output="Because.", tags=("=cmd",)),
]
TABULAR = ("dataset-csv", "dataset-json", "dataset-jsonl")
SUITES = ("suite-csv", "suite-json", "suite-zip")
CARRIED = {
    **dict.fromkeys(
        TABULAR,
        ("input", "output", "context", "history", "participant_data", "session_state", "tags",
         "created_at"),
    ),
    **dict.fromkeys(SUITES, ("input", "expected_output", "tags", "context", "checks", "files")),
}  # fmt: skip


def built(dataset: Dataset, slug: str, by: Actor, **options: Any) -> Export:
    """Return the export once the worker has built it."""
    export, _ = Export.request_dataset(ITEM_FORMATS[slug], ItemOptions(**options), dataset, by=by)
    with TestCase.captureOnCommitCallbacks(execute=True):
        run_job(export.job_id)
    found: Export = Export.all_rows.select_related("job", "dataset").get(pk=export.pk)
    assert found.state == "done", found.job.error
    return found


def content(export: Export) -> bytes:
    with export.file.open("rb") as handle:
        return bytes(handle.read())


def carried(row: DatasetItem, slug: str) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in CARRIED[slug]}
    if slug == "suite-csv":  # numbers come back as text: the manifest says how many
        values["context"] = {k: str(v) if k == "year" else v for k, v in row.context.items()}
    return values


@pytest.mark.parametrize("slug", [*TABULAR, *SUITES])
def test_what_is_exported_and_imported_is_the_same(cast: Cast, slug: str) -> None:
    dataset = make_dataset(owner=cast.eva, items=ITEMS)
    data = content(built(dataset, slug, cast.eva))
    again = imported(data, cast.eva, format_slug=slug, name="again")
    expected = [carried(row, slug) for row in items_of(dataset, by=cast.eva)]
    assert [carried(row, slug) for row in items_of(again, by=cast.eva)] == expected
    assert [row.public_id for row in items_of(again, by=cast.eva)] == ["r-1", "r-2", "r-3"]


@pytest.mark.parametrize("slug", [*TABULAR, "suite-json", "suite-zip"])
@pytest.mark.parametrize("safe", [False, True])
def test_a_download_uploaded_again_is_no_change(cast: Cast, slug: str, safe: bool) -> None:
    dataset = make_dataset(owner=cast.eva, items=ITEMS)
    data = content(built(dataset, slug, cast.eva, spreadsheet_safe=safe))
    row = checked(data, cast.eva, into=dataset, format_slug=slug, name="x", overwrite=True)
    assert row.report["errors"] == []
    assert row.report["changes"] == []
    assert row.report["items"] == {"create": 0, "update": 0, "unchanged": 3}


@pytest.mark.parametrize("slug", ITEM_FORMATS)
def test_the_same_request_gives_the_same_bytes_and_a_manifest_that_proves_it(
    cast: Cast, slug: str, tmp_path: Path
) -> None:
    dataset = make_dataset(owner=cast.eva, items=ITEMS)
    first, second = built(dataset, slug, cast.eva), built(dataset, slug, cast.eva)
    assert first.sha256 == second.sha256
    manifest = first.manifest
    assert manifest is not None
    path = tmp_path / first.download_name
    path.write_bytes(content(first))
    assert f"{manifest['rows']:,} items" in verify(path, manifest)
    assert (manifest["version"], manifest["dataset"]["name"]) == (2, "Rivers")
    assert manifest["rows"] + manifest["itemsSkipped"] == 3


def test_a_version_that_was_exported_never_changes(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=ITEMS)
    first = built(dataset, "dataset-jsonl", cast.eva)
    with edition(dataset, by=cast.eva) as changing:
        changing.remove([items_of(dataset, by=cast.eva)[0].key])
    assert dataset.version == 3
    export, _ = Export.request_dataset(
        ITEM_FORMATS["dataset-jsonl"], ItemOptions(), dataset, version=2, by=cast.eva
    )
    run_job(export.job_id)
    export.refresh_from_db()
    assert export.sha256 == first.sha256


def test_files_of_items_travel_in_the_archive(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=ITEMS)
    file = Attachment(dataset=dataset, name="documents/map.pdf", n_bytes=3)
    file.sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    file.file.save(str(file.pk), BytesIO(b"abc"), save=False)  # type: ignore[arg-type]
    file.save()
    with edition(dataset, by=cast.eva) as changing:
        changing.revise(items_of(dataset, by=cast.eva)[0], files=[file.pk])
    data = content(built(dataset, "suite-zip", cast.eva))
    again = imported(data, cast.eva, format_slug="suite-zip", name="again.zip")
    kept = Attachment.all_rows.get(dataset=again)
    assert (kept.name, kept.sha256) == (file.name, file.sha256)
    with kept.file.open("rb") as handle:
        assert handle.read() == b"abc"
    assert items_of(again, by=cast.eva)[0].files == [kept.pk]
    row = checked(
        data, cast.eva, into=dataset, format_slug="suite-zip", name="x.zip", overwrite=True
    )
    assert row.report["items"]["unchanged"] == 3


def test_global_checks_reach_the_tests_of_promptfoo(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=ITEMS)
    with edition(dataset, by=cast.eva) as changing:
        changing.set_global_checks([CheckRecord("excludes_exactly", "Elbe")])
    lines = content(built(dataset, "promptfoo", cast.eva)).decode().split("\n")
    assert [json.loads(line)["assert"][-1] for line in lines] == [
        {"type": "not-contains", "value": "Elbe"}
    ] * len(ITEMS)


@pytest.mark.parametrize("slug", TABULAR)
def test_numbers_keep_all_digits_and_read_back(cast: Cast, slug: str) -> None:
    numbers = [10**20, 1.2345678901234568e22, 2**64 - 1, -(2**63), 1e300, 0.1, 1e-7, 5.5]
    text = "12345678901234567890123, no number"
    item = ITEMS[0]._replace(context={"n": numbers, "t": text, "x": {"a": 1e25}})
    dataset = make_dataset(owner=cast.eva, items=[item])
    data = content(built(dataset, slug, cast.eva))
    assert b"100000000000000000000e0, 12345678901234568000000e0, 18446744073709551615" in data
    assert text.encode() in data
    row = checked(data, cast.eva, into=dataset, format_slug=slug, name="x", overwrite=True)
    assert row.report["items"] == {"create": 0, "update": 0, "unchanged": 1}
    again = imported(data, cast.eva, format_slug=slug, name="again")
    [one], [other] = (items_of(each, by=cast.eva) for each in (dataset, again))
    assert one.context == other.context


@pytest.mark.parametrize("slug", TABULAR)
def test_what_lines_break_at_comes_back(cast: Cast, slug: str) -> None:
    odd = "a\u2028b\rc\x85d\r\ne"
    history = ({"role": "user", "content": f"assistant: {odd}"}, {"role": "user", "content": odd})
    item = ItemRecord(
        "u", odd, odd, odd, {"k": odd, "0": "0012", "1": "1.50"}, history, summary=odd
    )
    dataset = make_dataset(owner=cast.eva, items=[item])
    data = content(built(dataset, slug, cast.eva))
    again = imported(data, cast.eva, format_slug=slug, name="again")
    [row] = items_of(again, by=cast.eva)
    assert (row.input, row.context, row.history) == (odd, item.context, list(history))


def test_the_api_exports_any_version_of_a_visible_dataset(
    cast: Cast, call_as: Callable[..., APIClient]
) -> None:
    dataset = make_dataset(owner=cast.eva, items=ITEMS)
    body = {"format": "dataset-csv", "dataset": str(dataset.pk), "version": 2}
    answer = call_as(cast.eva).post("/api/v1/exports", body, format="json")
    assert answer.status_code == 202, answer.json()
    assert (answer.json()["dataset"], answer.json()["version"]) == (str(dataset.pk), 2)
    assert call_as(cast.emil).post("/api/v1/exports", body, format="json").status_code == 404
    wrong = body | {"version": 9}
    assert call_as(cast.eva).post("/api/v1/exports", wrong, format="json").status_code == 400
    for mixed in ({"limit": 3}, {"filters": {}}):
        answer = call_as(cast.eva).post("/api/v1/exports", body | mixed, format="json")
        assert answer.status_code == 400


def test_who_may_not_see_the_dataset_any_more_gets_no_file(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=ITEMS)
    dataset.change(is_shared=True, by=cast.eva)
    export = built(dataset, "dataset-csv", cast.tess)
    assert Export.objects.visible_to(cast.tess).filter(pk=export.pk).exists()
    dataset.change(is_shared=False, by=cast.eva)
    assert not Export.objects.visible_to(cast.tess).filter(pk=export.pk).exists()


def test_the_page_asks_once_however_often_it_is_sent(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    dataset = make_dataset(owner=cast.eva, items=ITEMS)
    client = sign_in(cast.eva)
    url = f"/t/lighthouse/datasets/{dataset.pk}/export/"
    page = client.get(url)
    assert page.status_code == 200
    form = {
        "format": "suite-csv",
        "version": "2",
        "spreadsheet_safe": "on",
        "token": str(page.context["form"]["token"].value()),
    }
    first, second = client.post(url, form), client.post(url, form)
    assert first.status_code == 302
    assert first.url == second.url  # type: ignore[attr-defined]
    export = Export.all_rows.get()
    assert export.options == {"spreadsheet_safe": True}
    assert "Rivers, version 2" in client.get(first.url).content.decode()  # type: ignore[attr-defined]
