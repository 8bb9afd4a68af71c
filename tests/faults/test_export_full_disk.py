"""F11: the disk is full at some byte of an export; it says so, leaves nothing, works later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from evalplatform.jobs.running import run_job
from exports.models import Export
from tests.faults.exports import (
    FOLDER,
    TEMPORARY,
    ask,
    assert_whole,
    empty_folder,
    files,
    make_sessions,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]


@pytest.fixture(autouse=True)
def no_files_after() -> Iterator[None]:
    yield
    empty_folder()


@pytest.mark.parametrize("size", ["4k", "64k", "1m", "2300k"])
def test_an_export_onto_a_full_disk_fails_with_its_reason_and_leaves_nothing(
    small_disk: Callable[[Path, str], None], size: str
) -> None:
    actor = make_sessions(n_messages=2_000)  # 2.2 MB
    small_disk(FOLDER, size)
    export = ask(actor)

    run_job(export.job_id)

    job = Export.all_rows.select_related("job").get(pk=export.pk).job
    if size == "2300k":  # the file just fits, the manifest beside it too
        assert_whole(export, actor)
        return
    assert job.state == "failed"
    assert job.error.startswith("No space left on device: free space")
    assert files() == []
    small_disk(FOLDER, "50m")
    again = ask(actor)
    run_job(again.job_id)
    assert_whole(again, actor)


def test_a_direct_export_onto_a_full_disk_is_an_error_and_not_half_a_file(
    small_disk: Callable[[Path, str], None], call_as: Callable[..., APIClient]
) -> None:
    client = call_as(make_sessions(n_messages=2_000))
    small_disk(TEMPORARY, "1m")

    refused = client.get("/api/export?format=openai")
    small_disk(TEMPORARY, "50m")
    answered = client.get("/api/export?format=openai")
    assert b"".join(answered)

    assert refused.status_code == 503
    assert refused.json()["error"]["message"].startswith("The server has no room")
    assert (answered.status_code, answered["X-Export-Sessions"]) == (200, "100")
