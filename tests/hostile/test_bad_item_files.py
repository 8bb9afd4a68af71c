"""I1-I5, I8, I16-I18: bad files of items through the whole import: told by row, or stored as is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datasets.models import Dataset, DatasetImport, DatasetItem
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.datasets.archives import Entry, archive
from tests.datasets.dataset_imports import CSV, SUITE, checked, imported
from tests.datasets_made import items_of

SignIn = Callable[[Actor], Client]
# Of each format: its file around a text in JSON's own writing, or around a cell.
IN_JSON = {
    "dataset-json": '[{"input": %s, "output": "a"}]',
    "dataset-jsonl": '{"input": "q", "output": "a", "context": {"k": %s}}\n',
    "suite-json": '{"tests": [{"input_under_test": %s}]}',
    "chat-items": '{"messages": [{"role": "user", "content": %s}]}\n',
    "langsmith": '{"inputs": {"question": %s}, "outputs": {"answer": "a"}}\n',
    "langfuse": '[{"input": %s, "expectedOutput": "a"}]',
}
IN_CSV = {
    "dataset-csv": "Human Message,AI Response\n%s,a\n",
    "suite-csv": "Test Input,Operator\n%s,grammar\n",
}
BAD_VALUES = {
    "i1 NUL": '"a\\u0000b"',
    "i1 NUL in a key": '{"a\\u0000b": 1}',
    "i2 lone surrogate": '"\\ud800"',
    "i2 swapped surrogates": '"\\udc00\\ud800"',
    "i3 NaN": "NaN",
    "i3 infinity": "-Infinity",
    "i3 beyond floats": "1e400",
    "i3 30 digits": "1" * 30,
    "i3 5,000 digits": "1" * 5_000,
    "i5 a key twice": '{"a": 1, "a": 2}',
}
DEEP = {"i4 100,000 deep": "[" * 100_000 + "]" * 100_000, "i4 a megabyte of [": "[" * 1_000_000}


def refused(data: str | bytes, by: Actor, slug: str) -> list[dict[str, Any]]:
    """The errors of a file of which nothing may be taken."""
    row = checked(data, by, format_slug=slug, name=f"file.{slug.rpartition('-')[2]}")
    assert row.state == row.State.REFUSED, row.check_job
    assert not Dataset.all_rows.exists()
    errors: list[dict[str, Any]] = row.report["errors"]
    assert all(each["message"].rstrip().endswith((".", '"', "?")) for each in errors), errors
    return errors


@pytest.mark.parametrize("slug", IN_JSON)
@pytest.mark.parametrize("what", BAD_VALUES)
def test_i1_i2_i3_i5_what_json_cannot_mean_is_an_error_of_its_row(
    cast: Cast, slug: str, what: str
) -> None:
    errors = refused(IN_JSON[slug] % BAD_VALUES[what], cast.eva, slug)
    assert errors[0]["row"] in (1, None)


@pytest.mark.parametrize("slug", IN_CSV)
def test_i1_a_nul_in_a_cell_or_title_is_an_error_of_its_row(cast: Cast, slug: str) -> None:
    (error, *_) = refused(IN_CSV[slug] % "a\0b", cast.eva, slug)
    assert (error["row"], error["column"]) == (2, IN_CSV[slug].split(",")[0])
    assert refused("title\0b," + IN_CSV[slug] % "x", cast.eva, slug)[0]["row"] == 1


@pytest.mark.parametrize("slug", IN_CSV)
def test_i2_bytes_that_only_surrogates_have_are_an_error(cast: Cast, slug: str) -> None:
    data = b"\xef\xbb\xbf" + IN_CSV[slug].encode() % "\ud800".encode("utf-8", "surrogatepass")
    assert refused(data, cast.eva, slug)
    data = b"\xff\xfe" + (IN_CSV[slug] % "\ud800").encode("utf-16-le", "surrogatepass")
    assert refused(data, cast.eva, slug)


@pytest.mark.parametrize("slug", IN_JSON)
@pytest.mark.parametrize("what", DEEP)
def test_i4_deep_json_is_refused_at_once(cast: Cast, slug: str, what: str) -> None:
    began = time.perf_counter()
    refused(IN_JSON[slug] % DEEP[what], cast.eva, slug)
    assert time.perf_counter() - began < 20  # a second where nobody else works


@pytest.mark.parametrize("slug", IN_CSV)
def test_i8_a_cell_over_the_cap_and_a_hundred_thousand_columns_are_refused(
    cast: Cast, sign_in: SignIn, slug: str
) -> None:
    (error, *_) = refused(IN_CSV[slug] % ("x" * 10_500_000), cast.eva, slug)
    assert error["row"] == 2
    wide = ",".join(["Human Message", "AI Response", *(f"c{n}" for n in range(100_000))])
    (error, *_) = refused(f"{wide}\nq,a\n", cast.eva, slug)
    assert error["row"] == 1
    client = sign_in(cast.eva)
    file = SimpleUploadedFile("wide.csv", f"{wide}\nq,a,z\n".encode(), "text/csv")
    asked = {"file": file, "format": slug, "new_name": "Wide"}
    assert client.post("/t/lighthouse/datasets/import/", asked).status_code == 302
    row = DatasetImport.all_rows.latest("created_at")
    run_job(row.check_job_id)
    page = client.get(row.get_absolute_url())
    assert (page.status_code, len(page.content) < 2_000_000) == (200, True)


def rows_reversed(text: str) -> str:
    head, *rows = text.strip().split("\n")
    return "\n".join([head, *reversed(rows)]) + "\n"


def zipped(text: str) -> bytes:
    return archive(Entry("suite.csv", text.encode()), Entry("documents/a.txt", b"A"))


FILES = "Test Input,Files\nWhich?,a.txt\nWhat?,\nWhich?,a.txt\n"
LINES = [{"input": f"q{n % 3}", "output": "a", "context": {"k": n % 2}} for n in range(9)]
AGAIN: dict[str, tuple[str | bytes, str | bytes]] = {
    "dataset-csv": (CSV, rows_reversed(CSV)),
    "dataset-jsonl": (
        "\n".join(map(json.dumps, LINES)), "\n".join(map(json.dumps, reversed(LINES))),
    ),
    "suite-csv": (SUITE.replace("geo-1", ""), SUITE.replace("geo-1", "") + "\n"),
    "suite-zip": (zipped(FILES), zipped(rows_reversed(FILES))),
    "chat-items": (
        IN_JSON["chat-items"] % '"q"' + IN_JSON["chat-items"] % '"r"',
        IN_JSON["chat-items"] % '"r"' + IN_JSON["chat-items"] % '"q"',
    ),
}  # fmt: skip


@pytest.mark.parametrize("slug", AGAIN)
def test_i16_the_same_file_again_or_in_another_order_brings_nothing_new(
    cast: Cast, slug: str
) -> None:
    first, reordered = AGAIN[slug]
    dataset = imported(first, cast.eva, format_slug=slug)
    n_items = dataset.n_items
    assert n_items > 0
    for data in (first, reordered):
        row = checked(data, cast.eva, into=dataset, format_slug=slug)
        assert row.report["items"] == {"create": 0, "update": 0, "unchanged": n_items}
        assert row.report["global_checks"]["create"] == 0
        assert not row.may_commit


def test_i17_a_pattern_that_would_explode_is_taken_and_dear_ones_are_refused(cast: Cast) -> None:
    head = "Test Input,Operator,Criteria\n"
    began = time.perf_counter()
    dataset = imported(f"{head}{'a' * 50_000}!,regex,(a+)+$\n", cast.eva, format_slug="suite-csv")
    assert dataset.n_items == 1
    row = checked(
        f'{head}x,regex,"{"(a{1,1000}){1,1000}" * 9}"\nx,regex,(?=a)\nx,regex,(a)\\1\n',
        cast.eva, format_slug="suite-csv",
    )  # fmt: skip
    assert [(each["row"], each["column"]) for each in row.report["errors"]] == [
        (2, "Criteria"), (3, "Criteria"), (4, "Criteria"),
    ]  # fmt: skip
    assert time.perf_counter() - began < 20  # a second where nobody else works


PLACEHOLDERS = ("{input.__class__}", "{0.__init__.__globals__}", "{unknown}", "{", "}}{", "%(x)s",
                "{{ 7|add:7 }}", "{% load x %}", "${7*7}", "%s%n")  # fmt: skip


def test_i18_what_looks_like_a_template_is_text_and_nothing_is_looked_up_in_it(cast: Cast) -> None:
    text = " ".join(PLACEHOLDERS)
    items = [
        {"input": text, "output": text, "context": {text: text}, "tags": [text],
         "history": [{"role": "user", "content": text}]}
    ]  # fmt: skip
    dataset = imported(json.dumps(items), cast.eva, format_slug="dataset-json")
    (item,) = items_of(dataset, by=cast.eva)
    assert (item.input, item.output, item.context) == (text, text, {text: text})
    assert (item.tags, item.history[0]["content"]) == ([text], text)
    (error,) = refused_in(dataset, f"id,Human Message,AI Response\n{text[:60]},q,a\n", cast.eva)
    assert error["value"] == text[:60]
    assert DatasetItem.all_rows.count() == 1


def refused_in(dataset: Dataset, data: str, by: Actor) -> list[dict[str, Any]]:
    errors: list[dict[str, Any]] = checked(data, by, into=dataset).report["errors"]
    return errors
