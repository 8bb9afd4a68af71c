"""F11: the disk fills up while an import of items stores its files; it says so, leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from datasets.models import DatasetImport
from evalplatform.scoping.actor import Actor
from tests.cast import make_cast
from tests.datasets.dataset_imports import after, checked, committed
from tests.faults.dataset_imports import (
    ATTACHMENTS,
    TEMPORARY,
    assert_attachments_whole,
    assert_nothing_left,
    large_archive,
    saved,
    stored_files,
)

SmallDisk = Callable[[Path, str], None]
TOLD = "No space left on device: free space"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]


def uploaded_archive(by: Actor) -> DatasetImport:
    data = large_archive(n_tests=30, n_files=3, n_bytes=600_000)
    return checked(data, by, format_slug="suite-zip", name="suite.zip")


@pytest.mark.parametrize("size", ["4k", "700k", "1500k"])
def test_files_that_do_not_fit_are_refused_with_the_reason_and_none_is_left(
    small_disk: SmallDisk, size: str
) -> None:
    eva = make_cast().eva
    row = uploaded_archive(eva)
    small_disk(ATTACHMENTS, size)

    row = committed(row, eva)

    assert row.stage == "failed"
    assert row.commit_job is not None
    assert row.commit_job.error.startswith(TOLD)
    assert stored_files() == set()
    assert saved() == (0, 0, 0, 0)
    small_disk(ATTACHMENTS, "20m")
    row = committed(row, eva)
    assert row.state == row.State.COMMITTED
    assert saved() == (1, 2, 30, 3)
    assert_attachments_whole()
    assert_nothing_left(row)


def test_a_check_without_room_for_what_it_unpacks_says_so_and_works_again(
    small_disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    eva = make_cast().eva
    small_disk(TEMPORARY, "8k")
    monkeypatch.setattr("tempfile.tempdir", str(TEMPORARY))
    row = uploaded_archive(eva)

    assert row.stage == "failed"
    assert row.check_job is not None
    assert row.check_job.error.startswith(TOLD)
    small_disk(TEMPORARY, "20m")
    row.check_again(by=eva)
    row.refresh_from_db()
    assert row.check_job is not None
    assert after(row, row.check_job).state == row.State.READY
