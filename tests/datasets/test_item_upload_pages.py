"""The pages before an import of items: formats with examples, a file for a dataset or a new one."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datasets.formats import catalog
from datasets.formats.items import Item
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError
from datasets.import_examples import EXAMPLES, file_of
from datasets.item_upload_forms import UPLOADED
from datasets.models import DatasetImport, RememberedMapping
from tests.cast import Cast
from tests.datasets.dataset_imports import CSV, SUITE
from tests.datasets_made import make_dataset

UPLOAD = "/t/lighthouse/datasets/import/"
SignIn = Callable[..., Client]


def send(client: Client, data: bytes | str, *, url: str = UPLOAD, name: str, **fields: str) -> Any:
    data = data.encode() if isinstance(data, str) else data
    return client.post(url, {"file": SimpleUploadedFile(name, data), "format": ""} | fields)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("slug", UPLOADED)
def test_the_example_of_a_format_is_guessed_and_read_without_a_fault(slug: str) -> None:
    data = io.BytesIO(file_of(slug))
    known = UPLOADED[slug]
    assert catalog.guess_items(data, f"example{known.suffixes[0]}") == slug
    found = list(known.read(data, options=ReadOptions()))
    assert [each for each in found if isinstance(each, RowError)] == []
    assert any(isinstance(each, Item) for each in found)


def test_every_format_has_its_example() -> None:
    assert EXAMPLES.keys() == UPLOADED.keys()


def test_a_file_becomes_an_import_of_a_new_dataset(cast: Cast, sign_in: SignIn) -> None:
    response = send(sign_in(cast.eva), CSV, name="rivers.csv")
    row = DatasetImport.all_rows.get()
    assert response.headers["Location"] == row.get_absolute_url()
    assert (row.format, row.dataset, row.new_name) == ("dataset-csv", None, "rivers")


def test_a_file_for_a_dataset_says_so(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva)
    client, url = sign_in(cast.eva), f"/t/lighthouse/datasets/{dataset.pk}/import/"
    assert "Import items into Rivers" in text(client.get(url))
    send(client, SUITE, url=url, name="suite.csv", overwrite="on")
    row = DatasetImport.all_rows.get()
    assert (row.format, row.dataset, row.options["overwrite"]) == ("suite-csv", dataset, True)


def test_a_session_level_dataset_says_why_it_takes_no_file(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    client, url = sign_in(cast.eva), f"/t/lighthouse/datasets/{dataset.pk}/import/"
    page = text(client.get(url))
    assert "This dataset takes no files" in page
    assert "Clone sessions" in page
    assert 'type="file"' not in page
    send(client, CSV, url=url, name="rivers.csv")
    assert not DatasetImport.all_rows.exists()


def test_who_may_only_read_a_dataset_cannot_import_into_it(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva)
    dataset.change(by=cast.eva, is_shared=True)
    client, url = sign_in(cast.emil), f"/t/lighthouse/datasets/{dataset.pk}/import/"
    assert client.get(url).status_code == 403
    assert send(client, CSV, url=url, name="rivers.csv").status_code == 403
    assert not DatasetImport.all_rows.exists()


def test_what_is_wrong_stands_at_its_field(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    response = send(client, b"\x00\x01nonsense", name="picture.png")
    assert response.status_code == 422
    assert response.context["form"].errors["format"] == [
        "This file does not look like any of these: choose one."
    ]
    assert client.post(UPLOAD, {}).context["form"].errors.keys() == {"file"}
    answers = send(client, "Question,Answer\nWhere?,Here.\n", name="answers.csv")
    assert "choose Dataset CSV" in text(answers)
    assert send(client, CSV, name="a.csv", format="csv; DROP").status_code == 422
    assert send(client, CSV, name="a.csv", new_name="a\u202eb").status_code == 422
    assert not DatasetImport.all_rows.exists()


def test_a_header_that_was_mapped_before_is_mapped_as_last_time(
    cast: Cast, sign_in: SignIn
) -> None:
    mapping = {"Frage": "input", "Antwort": "output"}
    RememberedMapping.remember(["Frage", "Antwort"], mapping, by=cast.eva)
    send(sign_in(cast.eva), "frage, Antwort\nWo?,Hier.\n", name="x.csv", format="dataset-csv")
    assert DatasetImport.all_rows.get().options["mapping"] == {
        "frage": "input",
        "Antwort": "output",
    }


def test_a_colleagues_mapping_is_not_taken(cast: Cast, sign_in: SignIn) -> None:
    RememberedMapping.remember(["Frage", "Antwort"], {"Frage": "input"}, by=cast.emil)
    send(sign_in(cast.eva), "Frage,Antwort\nWo?,Hier.\n", name="x.csv", format="dataset-csv")
    assert DatasetImport.all_rows.get().options["mapping"] == {}


def test_one_sees_ones_own_imports(cast: Cast, sign_in: SignIn) -> None:
    send(sign_in(cast.eva), CSV, name="rivers.csv")
    url = "/t/lighthouse/datasets/imports/"
    assert "rivers.csv" in text(sign_in(cast.eva).get(url))
    assert "rivers.csv" not in text(sign_in(cast.adam).get(url))


def test_an_example_can_be_fetched(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    response = client.get(f"{UPLOAD}example/?format=suite-zip")
    assert response.content.startswith(b"PK")
    assert "example-suite-zip.zip" in response.headers["Content-Disposition"]
    assert client.get(f"{UPLOAD}example/?format=nothing").status_code == 404
