"""Building of an export: one snapshot, hashed, whole or not there at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import InMemoryStorage, default_storage
from django.db import InternalError, connections, transaction

from datasets.models import Session
from evalplatform.audit.models import AuditEvent
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import Turn, run_job, take
from evalplatform.scoping.actor import Actor
from exports import building, expiring, source, storing
from exports.catalog import FORMATS
from exports.formats.options import ExportOptions
from exports.models import Export
from exports.selection import Selection
from tests.cast import Cast, make_cast
from tests.sessions import make_label, make_session

FOLDER = Path(settings.HOME) / "files" / "exports"
LONG = tuple((role, f"{role} {n}") for n in range(30) for role in ("user", "assistant"))


@pytest.fixture
def cast(transactional_db: None) -> Cast:  # the file is read on a connection of its own
    return make_cast()


@pytest.fixture(autouse=True)
def empty_folder() -> Iterator[None]:
    yield
    for path in FOLDER.glob("*"):
        path.unlink()


def ready(owner: Actor, **fields: Any) -> Session:
    session = make_session(owner=owner, **fields)
    make_label(session)
    return session


def ask(by: Actor, slug: str = "openai", **chosen: Any) -> Export:
    options = ExportOptions.parse(chosen.pop("options", {}))
    selection = Selection.checked(by, **chosen)
    export, _ = Export.request(FORMATS[slug], options, selection, by=by)
    return export


def built(by: Actor, slug: str = "openai", **chosen: Any) -> Export:
    export = ask(by, slug, **chosen)
    run_job(export.job_id)
    return fresh(export)


def fresh(export: Export) -> Export:
    return Export.all_rows.select_related("job", "exported_by").get(pk=export.pk)


def elsewhere(act: Callable[[], None]) -> None:
    """Do it on another connection, as another process would."""

    def with_own_connection() -> None:
        try:
            act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as pool:
        pool.submit(with_own_connection).result()


def files() -> set[str]:
    return {path.name for path in FOLDER.glob("*")} if FOLDER.exists() else set()


def test_a_built_file_is_what_its_row_and_manifest_say(cast: Cast) -> None:
    for _ in range(3):
        ready(cast.eva, messages=LONG)
    make_session(owner=cast.eva)  # not eval-ready
    ready(cast.eva, messages=())  # nothing to show

    export = built(cast.eva, "deepeval", filters={"status": ["needs_review"]}, limit=10)

    data = export.file.read()
    assert export.state == "done"
    assert (export.n_rows, export.n_sessions, export.n_bytes) == (90, 3, len(data))
    assert len(json.loads(data)) == 90
    assert export.sha256 == hashlib.sha256(data).hexdigest()
    manifest = json.loads((FOLDER / f"{Path(export.file.name).name}.manifest.json").read_text())
    assert manifest == export.manifest
    assert manifest | EXPECTED == manifest
    assert manifest["exportedBy"] == {
        "id": str(cast.eva.user.pk), "email": "eva@example.org", "name": "Eva",
    }  # fmt: skip
    assert manifest["sha256"] == export.sha256
    assert (export.job.n_done, export.job.n_expected, export.job.state) == (90, 90, "done")


EXPECTED = {
    "manifestVersion": 1,
    "format": "deepeval",
    "formatVersion": "1",
    "rows": 90,
    "rowsAre": "test cases",
    "sessions": 3,
    "sessionsSkipped": 1,
    "testCases": 90,
    "filters": {"status": ["needs_review"]},
    "sessionIds": None,
    "limit": 10,
    "options": ExportOptions().canonical(),
}


def test_only_the_file_and_its_manifest_stay_and_only_for_their_owner(cast: Cast) -> None:
    ready(cast.eva)
    shutil.rmtree(FOLDER, ignore_errors=True)  # a test may have made it

    export = built(cast.eva)

    name = f"{export.pk}.1.jsonl"
    assert files() == {name, f"{name}.manifest.json"}
    assert [(FOLDER / name).stat().st_mode & 0o777, FOLDER.stat().st_mode & 0o777] == [0o600, 0o700]


@pytest.mark.parametrize("slug", FORMATS)
def test_the_same_request_on_unchanged_data_gives_the_same_bytes(cast: Cast, slug: str) -> None:
    same_time = ready(cast.eva, messages=LONG).started_at
    for _ in range(5):
        ready(cast.eva, started_at=same_time)

    first, second = built(cast.eva, slug), built(cast.eva, slug)

    assert first.sha256 == second.sha256
    assert first.pk != second.pk


@pytest.mark.parametrize(("page", "batch"), [(1, 1), (2, 3), (3, 60), (500, 2000)])
def test_pages_and_batches_lose_and_repeat_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, page: int, batch: int
) -> None:
    monkeypatch.setattr(source, "SESSIONS_A_PAGE", page)
    monkeypatch.setattr(source, "MESSAGES_A_BATCH", batch)
    at = ready(cast.eva, title="first", messages=LONG).started_at
    expected = ["first"]
    for n in range(6):
        ready(cast.eva, title=f"n{n}", started_at=at if n < 3 else at.replace(year=2027 + n))
        expected.append(f"n{n}")

    export = built(cast.eva, "text")

    text = export.file.read().decode()
    titles = [line[12:] for line in text.splitlines() if line.startswith("## Session: ")]
    order = Session.all_rows.order_by("-started_at", "-id").values_list("title", flat=True)
    assert titles == list(order)
    assert sorted(titles) == sorted(expected)
    assert text.count("**User:** user ") == 30


def test_the_file_is_one_moments_state(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "SESSIONS_A_PAGE", 1)
    older, newer = ready(cast.eva, title="older"), ready(cast.eva, title="newer")
    first_page = source.read_messages

    def change() -> None:
        Session.all_rows.filter(pk=older.pk).update(title="changed")
        ready(cast.eva, title="added", started_at=older.started_at.replace(year=2000))

    def changed_meanwhile(*args: Any) -> Any:
        elsewhere(change)
        return first_page(*args)

    monkeypatch.setattr(source, "read_messages", changed_meanwhile)

    text = built(cast.eva, "text").file.read().decode()

    assert [line[12:] for line in text.splitlines() if line.startswith("## ")] == [
        newer.title, "older",
    ]  # fmt: skip


def test_the_snapshot_changes_nothing(cast: Cast) -> None:
    with (
        pytest.raises(InternalError, match="read-only transaction"),
        source.snapshot() as using,
        transaction.atomic(using=using),
    ):
        Session.all_rows.using(using).update(title="x")


def test_an_empty_selection_gives_an_empty_file(cast: Cast) -> None:
    assert built(cast.eva, "deepeval").file.read() == b"[]"
    assert built(cast.eva, "openai").n_bytes == 0


def test_a_second_turn_after_the_file_was_kept_changes_nothing(cast: Cast) -> None:
    ready(cast.eva)
    export = built(cast.eva)
    Job.all_rows.filter(pk=export.job_id).update(state="ready", finished_at=None)

    run_job(export.job_id)

    again = fresh(export)
    assert (again.sha256, again.built_at, again.state) == (export.sha256, export.built_at, "done")
    assert again.job.state == "done"
    assert len(files()) == 2


def test_what_a_dead_attempt_left_is_removed_by_the_next(cast: Cast) -> None:
    ready(cast.eva)
    export, other = ask(cast.eva), ask(cast.eva)
    job = take(export.job_id)
    assert job
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in (f"{export.pk}.1.jsonl.part", f"{export.pk}.1.jsonl", f"{other.pk}.1.jsonl.part"):
        (FOLDER / name).write_text("half")
    Job.all_rows.filter(pk=job.pk).update(lease_until="2020-01-01T00:00Z")

    run_job(export.job_id)

    name = f"{export.pk}.2.jsonl"
    assert files() == {name, f"{name}.manifest.json", f"{other.pk}.1.jsonl.part"}


def test_a_turn_that_lost_its_lease_leaves_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(cast.eva)
    export = ask(cast.eva)
    write = building.write_attempt

    def overtaken(turn: Turn, *args: Any) -> Any:
        found = write(turn, *args)
        Job.all_rows.filter(pk=turn.job.pk).update(attempt=2)
        return found

    monkeypatch.setattr(building, "write_attempt", overtaken)

    run_job(export.job_id)

    assert fresh(export).built_at is None
    assert files() == set()


@pytest.mark.parametrize("change", ["member", "key", "role"])
def test_rights_that_end_stop_the_file(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    from evalplatform.accounts.models import ApiKey
    from evalplatform.jobs import running

    monkeypatch.setattr(running, "RENEW_EVERY", 0.0)
    monkeypatch.setattr("exports.writing.CHUNK", 1)
    ready(cast.adam)
    ready(cast.eva)
    key, _ = ApiKey.issue("k", by=cast.adam)
    export = ask(key.act())
    read = source.read_messages

    def end() -> None:
        if change == "member":
            cast.adam.membership.end(by=cast.olga)
        elif change == "key":
            key.revoke(by=cast.olga)
        else:
            type(cast.adam.membership).all_rows.filter(pk=cast.adam.membership.pk).update(
                role="evaluator"
            )

    def ended(*args: Any) -> Any:
        elsewhere(end)
        return read(*args)

    monkeypatch.setattr(source, "read_messages", ended)

    run_job(export.job_id)

    job = fresh(export).job
    assert job.state == "failed"
    assert job.error in {
        "The person or key that asked for this has no access any more.",
        "Your role changed while this file was built: ask for it again.",
    }
    assert files() == set()


def test_a_full_disk_fails_the_job_with_its_reason(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(cast.eva)
    export = ask(cast.eva)

    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    run_job(export.job_id)

    job = fresh(export).job
    assert job.state == "failed"
    assert job.error.startswith("No space left on device: free space")
    assert files() == set()


def test_a_storage_that_is_no_folder_gets_the_whole_file(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = InMemoryStorage()
    monkeypatch.setattr(default_storage, "_wrapped", memory)
    ready(cast.eva)

    export = built(cast.eva)

    with memory.open(f"exports/{export.pk}.1.jsonl") as kept:
        data = kept.read()
    assert hashlib.sha256(data).hexdigest() == export.sha256
    assert len(storing.names_in_storage()) == 2
    assert list((Path(settings.HOME) / "tmp").iterdir()) == []


def test_expiry_deletes_the_file_and_keeps_the_row(cast: Cast) -> None:
    ready(cast.eva)
    export, younger = built(cast.eva), built(cast.eva)
    Export.all_rows.filter(pk=export.pk).update(expires_at="2020-01-01T00:00Z")

    assert (expiring.expire(), expiring.expire()) == (1, 0)

    assert (fresh(export).state, fresh(younger).state) == ("expired", "done")
    assert fresh(export).sha256 == export.sha256
    assert {name.split(".")[0] for name in files()} == {str(younger.pk)}


def test_the_sweep_removes_only_what_nobody_has_or_writes(cast: Cast) -> None:
    ready(cast.eva)
    kept, running, failed = built(cast.eva), ask(cast.eva), ask(cast.eva)
    take(running.job_id)
    Job.all_rows.filter(pk=failed.job_id).update(state="failed", finished_at="2026-01-01T00:00Z")
    wanted = {f"{running.pk}.1.jsonl.part", "notes.txt", *files()}
    leftovers = {
        f"{kept.pk}.7.jsonl.part", f"{running.pk}.0.jsonl.part", f"{failed.pk}.1.jsonl",
        f"{failed.pk}.1.jsonl.manifest.json", f"{cast.team.pk}.1.json",
    }  # fmt: skip
    for name in wanted - files() | leftovers:
        (FOLDER / name).write_text("x")

    assert expiring.remove_leftovers() == len(leftovers)

    assert files() == wanted


def test_one_event_on_the_request_and_none_on_the_building(cast: Cast) -> None:
    ready(cast.eva)

    built(cast.eva, limit=3)

    events = AuditEvent.all_rows.filter(verb__startswith="export.")
    assert [event.verb for event in events] == ["export.request"]
    assert events[0].changes["filters"] == [None, {"limit": 3}]
