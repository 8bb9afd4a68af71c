"""I12, I13: hostile archives through the whole import: refused early, and nothing is left."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datasets.formats import suite_zip
from datasets.formats.zip_members import ZipCaps, caps_in_force, configure, unpacked
from datasets.models import Attachment, Dataset, DatasetImport
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from tests.cast import Cast, make_cast
from tests.datasets.archives import suite
from tests.faults.workers import Worker, wait_until
from tests.hostile.hostile_archives import HOSTILE

SignIn = Callable[[Actor], Client]
UPLOAD = "/t/lighthouse/datasets/import/"
CAPS = ZipCaps(max_members=1_000, max_member_bytes=4_000_000, max_bytes=8_000_000)


@pytest.fixture
def small_caps() -> Iterator[None]:
    kept = caps_in_force()
    configure(CAPS)
    yield
    configure(kept)


def upload(client: Client, data: bytes) -> DatasetImport:
    """Send the archive as the page does."""
    file = SimpleUploadedFile("suite.zip", data, "application/zip")
    answer = client.post(UPLOAD, {"file": file, "format": "suite-zip", "new_name": "Hostile"})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    row: DatasetImport = DatasetImport.all_rows.latest("created_at")
    return row


def stored() -> set[Path]:
    """Every file of the installation, and what lies in its temporary folders."""
    folders = (settings.HOME / "files", settings.HOME / "tmp", Path(tempfile.gettempdir()) / "evil")
    return {path for folder in folders for path in folder.rglob("*") if path.is_file()}


def assert_nothing_came(before: set[Path]) -> None:
    assert stored() == before
    assert not (settings.HOME.parent / "evil").exists()
    assert not Path("/tmp/evil").exists()
    assert not Dataset.all_rows.exists()
    assert not Attachment.all_rows.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("fault", HOSTILE)
def test_i12_a_hostile_archive_is_refused_before_it_passes_the_cap(
    cast: Cast,
    sign_in: SignIn,
    small_caps: None,
    fault: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    n_unpacked = 0

    def counted(*args: Any) -> Iterator[bytes]:
        nonlocal n_unpacked
        for piece in unpacked(*args):
            n_unpacked += len(piece)
            yield piece

    monkeypatch.setattr(suite_zip, "unpacked", counted)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    client = sign_in(cast.eva)
    before = stored()
    row = upload(client, HOSTILE[fault]())

    run_job(row.check_job_id)

    row.refresh_from_db()
    assert row.state == row.State.REFUSED
    assert all(error["message"] for error in row.report["errors"])
    assert n_unpacked <= CAPS.max_bytes
    assert list(tmp_path.rglob("*")) == []
    assert client.get(row.get_absolute_url()).status_code == 200
    client.post(f"{row.get_absolute_url()}commit/")
    assert not Job.all_rows.filter(kind=DatasetImport.COMMIT_KIND).exists()
    row.discard(by=cast.eva)
    row.forget_file()
    assert_nothing_came(before)


@pytest.mark.django_db(transaction=True)
@pytest.mark.faults
@pytest.mark.slow
def test_i12_a_worker_that_saw_all_of_them_imports_a_sound_one(sign_in: SignIn) -> None:
    cast = make_cast()
    client = sign_in(cast.eva)
    before = stored()

    with Worker(lease_seconds=60) as worker:
        for make in HOSTILE.values():
            row = upload(client, make())
            ended(row, "checking")
            assert row.state == row.State.REFUSED
            row.discard(by=cast.eva)
        assert_nothing_came(before)
        row = upload(client, suite())
        ended(row, "checking")
        row.commit(by=cast.eva)
        ended(row, "committing")
        assert worker.process.poll() is None

    assert row.state == row.State.COMMITTED
    assert not Job.all_rows.filter(attempt__gt=1).exists()
    (attachment,) = Attachment.all_rows.all()
    assert {path.name for path in stored() - before} == {str(attachment.pk)}


def ended(row: DatasetImport, state: str) -> None:
    """Wait until the import is in that state no more."""

    def is_over() -> bool:
        row.refresh_from_db()
        return bool(row.state != state or row.stage == "failed")

    wait_until(is_over)
