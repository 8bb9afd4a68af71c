"""Any export as a bundle: built by the worker, reconciled with the database, the same each time."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import InMemoryStorage, default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from datasets.formats.items import ItemRecord
from datasets.models import Attachment, Session
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from exports.bundles import building, verify
from exports.catalog import FORMATS
from exports.formats.options import ExportOptions
from exports.item_catalog import ITEM_FORMATS, ItemOptions
from exports.models import Export
from exports.review_catalog import REVIEW_FORMATS, ReviewOptions
from exports.run_catalog import RUN_FORMATS, RunOptions
from exports.selection import Selection
from reviews.lifecycle import finalise
from tests.cast import Cast, make_cast
from tests.datasets_made import make_dataset
from tests.exports.bundles_made import members
from tests.exports.runs_exported import make_example_run
from tests.reviews.sealed import make_finished
from tests.sessions import make_label, make_session

DOCUMENTS = ("no table.parquet", 'a "list" ‍?.csv')
FOLDER = Path(settings.HOME) / "files" / "exports"
HOSTILE = 'a "quoted"\nline, and\r\nmore'
ITEMS = [ItemRecord(public_id=f"r-{n}", input=HOSTILE, output=f"answer {n}") for n in range(5)]


@pytest.fixture
def cast(transactional_db: None) -> Cast:  # the file is read on a connection of its own
    return make_cast()


@pytest.fixture(autouse=True)
def empty_folder() -> Iterator[None]:
    yield
    for path in FOLDER.glob("*"):
        path.unlink()


def make_ready(owner: Actor, n: int = 3) -> list[Session]:
    made = [make_session(owner=owner) for _ in range(n)]
    for each in made:
        make_label(each)
    make_label(make_session(owner=owner, messages=()))  # selected, and nothing to show
    return made


def asked_sessions(slug: str, by: Actor) -> Export:
    selection = Selection.checked(by)
    return Export.request(FORMATS[slug], ExportOptions(), selection, is_bundle=True, by=by)[0]


def built(export: Export) -> Export:
    run_job(export.job_id)
    found: Export = Export.all_rows.select_related("job", "run", "dataset").get(pk=export.pk)
    assert found.state == "done", found.job.error
    return found


def path_of(export: Export) -> Path:
    return FOLDER / Path(export.file.name).name


def manifest_in(export: Export) -> Any:
    return json.loads(members(path_of(export))["manifest.json"])


def data_parts(export: Export) -> dict[str, int | None]:
    """Of each part of the evidence its rows, as the manifest tells them."""
    parts = manifest_in(export)["content"]["parts"]
    return {part["name"]: part["rows"] for part in parts if part["name"].startswith("data/")}


def whole(export: Export) -> None:
    """The bundle is whole by its own program and by the platform's command."""
    assert verify.check(str(path_of(export)), export.bundle["bundleDigest"])[1] == []
    call_command("verify_export", str(path_of(export)), digest=export.bundle["bundleDigest"])


def test_sessions_in_every_format(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    make_ready(cast.eva)
    for slug, chosen in FORMATS.items():
        export = built(asked_sessions(slug, cast.eva))

        whole(export)
        name = f"data/{slug}{chosen.suffix}"
        assert data_parts(export) == {name: export.n_rows}
        content = manifest_in(export)["content"]
        assert content["database"] == {
            "of": "sessions", "counted": 4, "written": 3, "leftOut": 1,
        }  # fmt: skip
        assert f"{name} {export.n_rows} rows" in capsys.readouterr().out


def test_a_dataset_in_every_format(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=ITEMS)
    for name in DOCUMENTS:
        file = Attachment(dataset=dataset, name=name, n_bytes=3, sha256=sha256(b"abc").hexdigest())
        file.file.save(str(file.pk), BytesIO(b"abc"), save=False)  # type: ignore[arg-type]
        file.save()
    for slug, chosen in ITEM_FORMATS.items():
        request = Export.request_dataset(
            chosen, ItemOptions(), dataset, is_bundle=True, by=cast.eva
        )
        export = built(request[0])

        whole(export)
        rows = data_parts(export)
        documents = dict.fromkeys((f"data/documents/{name}" for name in DOCUMENTS), None)
        assert rows | (documents if slug == "suite-zip" else {}) == rows
        assert sum(filter(None, rows.values())) == 5, slug
        content = manifest_in(export)["content"]
        version = {"id": str(dataset.pk), "version": dataset.version}
        assert content["versions"] == {"dataset": version}
        assert content["database"]["counted"] == 5


@pytest.mark.parametrize("tables", ["csv", "parquet"])
def test_a_run_in_every_format(cast: Cast, tables: str) -> None:
    run = make_example_run(cast.eva)
    for slug, chosen in RUN_FORMATS.items():
        options = RunOptions.parse({"tables": tables})
        export = built(Export.request_run(chosen, options, run, is_bundle=True, by=cast.eva)[0])

        whole(export)
        if slug == "run-tables":
            assert data_parts(export) == {
                f"data/run.{tables}": 1, f"data/metrics.{tables}": 2,
                f"data/items.{tables}": 1, f"data/checks.{tables}": 2,
            }  # fmt: skip
        else:
            assert [*data_parts(export).values()] == [1]
        versions = manifest_in(export)["content"]["versions"]
        assert versions["run"] == {"id": str(run.pk), "status": "success"}
        assert versions["dataset"] == {"id": str(run.dataset_id), "version": run.version}


def test_who_made_it_of_what_moment(cast: Cast) -> None:
    make_ready(cast.eva)
    export = built(asked_sessions("deepeval", cast.eva))
    manifest = manifest_in(export)

    made = manifest["made"]
    assert made["exportedBy"] == {
        "id": str(cast.eva.user.pk), "email": "eva@example.org", "name": "Eva",
    }  # fmt: skip
    assert made["exportedAt"] == made["watermark"]["takenAt"]
    assert made["watermark"]["snapshot"].count(":") == 2
    assert set(manifest) == {"schema", "content", "contentDigest", "made", "bundleDigest"}
    assert export.bundle == {
        name: manifest[name] for name in ("schema", "contentDigest", "bundleDigest")
    }
    assert json.loads(Path(f"{path_of(export)}.manifest.json").read_text()) == export.manifest


def test_the_same_asked_twice_is_the_same_but_for_who_and_when(cast: Cast) -> None:
    make_ready(cast.eva)
    one, other = (built(asked_sessions("deepeval", cast.eva)) for _ in range(2))
    first, second = members(path_of(one)), members(path_of(other))

    manifests = [json.loads(held.pop("manifest.json")) for held in (first, second)]
    assert [*first.items()] == [*second.items()]
    assert manifests[0]["content"] == manifests[1]["content"]
    assert one.bundle["contentDigest"] == other.bundle["contentDigest"]
    assert one.bundle["bundleDigest"] != other.bundle["bundleDigest"]


def test_what_the_database_counts_otherwise_is_not_delivered(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_ready(cast.eva)
    export = asked_sessions("openai", cast.eva)
    monkeypatch.setattr(building.Watch, "__call__", lambda watch, using: None)

    run_job(export.job_id)

    export = Export.all_rows.select_related("job").get(pk=export.pk)
    assert (export.state, export.file.name) == ("failed", "")
    assert "The database counted 0 sessions, the file came to hold 3" in export.job.error
    assert list(FOLDER.glob("*")) == []


def test_a_storage_that_is_no_folder_gets_the_whole_bundle(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    memory = InMemoryStorage()
    monkeypatch.setattr(default_storage, "_wrapped", memory)
    make_ready(cast.eva)

    export = built(asked_sessions("openai", cast.eva))

    with memory.open(export.file.name) as kept:
        (tmp_path / "bundle.zip").write_bytes(kept.read())
    assert verify.check(str(tmp_path / "bundle.zip"), export.bundle["bundleDigest"])[1] == []


def test_a_row_changed_in_the_file_is_named_by_the_command(cast: Cast) -> None:
    make_ready(cast.eva)
    export = built(asked_sessions("openai", cast.eva))
    path = path_of(export)
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"role"', b'"rule"', 1))

    told = "data/openai.jsonl was changed: row 1 is not what was written"
    for arguments in ([str(path)], [str(path), f"{path}.manifest.json"]):
        with pytest.raises(CommandError, match=told):
            call_command("verify_export", *arguments)


def test_the_api_takes_and_tells_it(
    cast: Cast, call_as: Callable[..., APIClient], tmp_path: Path
) -> None:
    make_ready(cast.eva)
    client = call_as(cast.eva)
    asked = {"format": "openai", "bundle": True}
    headers = {"Idempotency-Key": "one"}
    made = client.post("/api/v1/exports", asked, format="json", headers=headers).json()
    assert (made["bundle"], made["bundleDigest"]) == (True, None)
    other = client.post("/api/v1/exports", {"format": "openai"}, format="json", headers=headers)
    assert other.status_code == 409
    run_job(Export.all_rows.get(pk=made["id"]).job_id)

    told = client.get(f"/api/v1/exports/{made['id']}").json()
    whole = client.get(told["downloadUrl"])
    part = client.get(told["downloadUrl"], headers={"Range": "bytes=0-9"})

    data = b"".join(whole)
    assert whole["Content-Type"] == "application/zip"
    assert whole["Content-Disposition"].endswith('-bundle.zip"')
    assert (part.status_code, b"".join(part)) == (206, data[:10])
    assert part["ETag"] == whole["ETag"]
    (tmp_path / "bundle.zip").write_bytes(data)
    assert verify.check(str(tmp_path / "bundle.zip"), told["bundleDigest"])[1] == []


def test_the_dialogs_have_the_switch(cast: Cast) -> None:
    make_ready(cast.eva)
    client = Client()
    client.force_login(cast.eva.user)
    dataset, run = make_dataset(owner=cast.eva, items=ITEMS), make_example_run(cast.eva)
    token = "6b1b7a0c-1111-4111-8111-00000000000{}"
    forms = {
        "exports/": {"format": "openai", "turn_mode": "per_turn", "scope": "all"},
        f"datasets/{dataset.pk}/export/": {"format": "suite-zip", "version": "1"},
        f"runs/{run.pk}/export/": {"format": "run-json", "tables": "csv"},
    }
    for number, (address, form) in enumerate(forms.items()):
        said = form | {"token": token.format(number), "is_bundle": "on"}
        answer = client.post(f"/t/lighthouse/{address}", said)
        assert answer.status_code == 302, answer.content
        export = built(Export.all_rows.get(job__idempotency_key=f"page:{said['token']}"))
        assert export.is_bundle
        page = client.get(answer["Location"]).content.decode()
        assert f"python3 verify.py {export.download_name} --digest" in page
        assert zipfile.is_zipfile(BytesIO(path_of(export).read_bytes()))


def test_reviews_name_their_queue_their_rubric_and_their_seal(cast: Cast) -> None:
    queue = make_finished(cast)
    chosen = REVIEW_FORMATS["review-tables"]

    def versions() -> dict[str, Any]:
        asked = Export.request_reviews(
            chosen, ReviewOptions(), queue=queue, is_bundle=True, by=cast.olga
        )
        export = built(asked[0])
        whole(export)
        found: dict[str, Any] = manifest_in(export)["content"]["versions"]
        return found

    version = queue.rubric_version
    assert versions() == {
        "queue": {"id": str(queue.pk), "status": "active"},
        "rubric": {"id": str(version.rubric_id), "version": version.number},
    }
    seal = finalise(queue, by=cast.olga)
    assert versions()["seal"] == {"number": 1, "digest": seal.digest}
