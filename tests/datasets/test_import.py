"""An import shows all it would do, then saves all of it or nothing."""

from __future__ import annotations

import errno
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.test import TestCase

from datasets import import_turns, importing
from datasets.formats.records import MessageRecord, SessionRecord
from datasets.import_turns import forget_old_files
from datasets.intake import take_now
from datasets.models import Message, Session, SessionImport, Source
from datasets.models import file_import as model
from evalplatform.accounts.models import Membership
from evalplatform.audit.models import AuditEvent
from evalplatform.errors import Conflict
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from tests.cast import Cast
from tests.datasets.imports import after, chat_file, chat_line, checked, committed, uploaded


@pytest.fixture(autouse=True)
def no_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's transaction is invisible to the pulse's own connection: it must not beat."""
    monkeypatch.setattr("evalplatform.jobs.pulse.RENEW_EVERY", 3600)


def is_stored(row: SessionImport) -> bool:
    return default_storage.exists(str(row.file.name))


def test_the_dry_run_shows_what_a_file_would_do_and_saves_nothing(cast: Cast) -> None:
    row = checked(chat_file(5), cast.eva)

    assert (row.state, row.stage, row.n_changes) == ("ready", "ready", 5)
    report = row.report
    assert report["counts"] == {"sessions": 5, "messages": 10}
    assert report["sessions"] == {"create": 5, "update": 0, "unchanged": 0}
    assert report["messages"] == {"create": 10, "update": 0, "unchanged": 0}
    assert report["sources"] == ["openai-chat"]
    assert [each["externalId"] for each in report["preview"]] == ["chat-1", "chat-2", "chat-3"]
    assert report["preview"][0]["messages"][1] == {"role": "assistant", "content": "Answer 1"}
    assert not Session.all_rows.exists()
    assert not Source.all_rows.exists()


def test_a_commit_saves_what_was_shown_with_one_event(cast: Cast) -> None:
    row = committed(checked(chat_file(5), cast.eva), cast.eva)

    assert row.state == "committed"
    assert (Session.all_rows.count(), Message.all_rows.count()) == (5, 10)
    assert set(Session.all_rows.values_list("owner", flat=True)) == {cast.eva.user.pk}
    assert Source.all_rows.get().kind == "file"
    event = AuditEvent.all_rows.get(verb="session_import.commit")
    assert event.changes["sessions"] == [None, {"inserted": 5, "updated": 0, "unchanged": 0}]
    assert (event.object_id, event.actor_user) == (str(row.pk), cast.eva.user)
    assert not AuditEvent.all_rows.filter(verb="session.intake").exists()
    assert not is_stored(row)
    assert Job.all_rows.filter(kind="index_sessions").count() == 1


def test_the_same_file_again_has_nothing_to_change(cast: Cast) -> None:
    committed(checked(chat_file(5), cast.eva), cast.eva)
    before = list(Session.all_rows.order_by("pk").values())

    again = checked(chat_file(5), cast.eva)

    assert again.report["sessions"] == {"create": 0, "update": 0, "unchanged": 5}
    assert (again.n_changes, again.may_commit) == (0, False)
    with pytest.raises(Conflict, match="nothing to save"):
        again.commit(by=cast.eva)
    assert list(Session.all_rows.order_by("pk").values()) == before


def test_the_same_rows_in_another_order_change_nothing(cast: Cast) -> None:
    committed(checked(chat_file(5), cast.eva), cast.eva)

    again = checked(b"\n".join(chat_file(5).split(b"\n")[::-1]), cast.eva)

    assert again.report["sessions"] == {"create": 0, "update": 0, "unchanged": 5}


def test_a_longer_file_adds_only_what_is_new(cast: Cast) -> None:
    committed(checked(chat_file(2), cast.eva), cast.eva)
    lines = [chat_line(1), chat_line(2, "Question 2", "Answer 2", "And?"), chat_line(3)]

    row = committed(checked("\n".join(lines).encode(), cast.eva), cast.eva)

    assert row.report["sessions"] == {"create": 1, "update": 1, "unchanged": 1}
    assert row.report["messages"] == {"create": 3, "update": 0, "unchanged": 4}
    assert Session.all_rows.get(external_id="chat-2").n_messages == 3


def test_a_file_with_a_fault_is_refused_with_every_row_and_saves_nothing(cast: Cast) -> None:
    lines = [chat_line(1), '{"messages": 7}', "", chat_line(1), "{", chat_line(9, "\0")]

    row = checked("\n".join(lines).encode(), cast.eva)

    assert (row.state, row.may_commit) == ("refused", False)
    assert [each["row"] for each in row.report["errors"]] == [2, 4, 5, 6]
    assert not Session.all_rows.exists()
    with pytest.raises(Conflict):
        row.commit(by=cast.eva)


def test_a_hundred_faults_are_listed_and_the_rest_counted(cast: Cast) -> None:
    row = checked(b"{}\n" * 150, cast.eva)

    assert len(row.report["errors"]) == 100
    assert (row.report["n_errors"], row.report["n_more_errors"]) == (150, 50)


def test_a_colleagues_id_refuses_the_file_with_its_row(cast: Cast) -> None:
    committed(checked(chat_file(2), cast.emil), cast.emil)

    row = checked("\n".join([chat_line(7), chat_line(2)]).encode(), cast.eva)

    (error,) = row.report["errors"]
    assert (error["row"], error["column"], error["value"]) == (2, "externalId", "chat-2")
    assert error["message"].startswith('This id cannot be used in the source "openai-chat".')


def test_what_changed_after_the_look_is_shown_again_before_it_is_saved(cast: Cast) -> None:
    row = checked(chat_file(3), cast.eva)
    said = (MessageRecord("user", "Question 1"), MessageRecord("assistant", "Answer 1"))
    take_now([(1, SessionRecord("chat-1", "openai-chat", said))], by=cast.eva, kind="api")

    row = committed(row, cast.eva)

    assert (row.state, Session.all_rows.count()) == ("checking", 1)
    assert row.check_job is not None
    row = after(row, row.check_job)
    assert (row.state, row.report["looks_again"]) == ("ready", True)
    assert row.report["sessions"] == {"create": 2, "update": 0, "unchanged": 1}
    assert committed(row, cast.eva).state == "committed"
    assert Session.all_rows.count() == 3


def test_what_a_colleague_took_meanwhile_saves_nothing(cast: Cast) -> None:
    row = checked(chat_file(3), cast.eva)
    committed(checked(chat_line(2).encode(), cast.emil), cast.emil)

    row = committed(row, cast.eva)
    assert row.check_job is not None
    row = after(row, row.check_job)

    assert row.state == "refused"
    assert Session.all_rows.count() == 1


def test_pressing_save_twice_saves_once(cast: Cast) -> None:
    row = checked(chat_file(3), cast.eva)
    row.commit(by=cast.eva)
    row.commit(by=cast.eva)
    job = Job.all_rows.get(kind="commit_import")

    run_job(job.pk)
    run_job(job.pk)
    row.commit(by=cast.eva)

    assert Session.all_rows.count() == 3
    assert Job.all_rows.filter(kind="commit_import").count() == 1
    assert AuditEvent.all_rows.filter(verb="session_import.commit").count() == 1


def test_a_person_who_left_saves_nothing(cast: Cast) -> None:
    row = checked(chat_file(3), cast.eva)
    row.commit(by=cast.eva)
    Membership.all_rows.filter(user=cast.eva.user).update(ended_at="2026-01-01T00:00:00Z")

    run_job(Job.all_rows.get(kind="commit_import").pk)

    assert SessionImport.all_rows.get().stage == "failed"
    assert not Session.all_rows.exists()


def test_a_person_who_became_a_tester_saves_nothing(cast: Cast) -> None:
    row = checked(chat_file(3), cast.eva)
    row.commit(by=cast.eva)
    Membership.all_rows.filter(user=cast.eva.user).update(role="tester")

    run_job(Job.all_rows.get(kind="commit_import").pk)

    row = SessionImport.all_rows.get()
    assert row.job is not None
    assert (row.stage, row.job.error) == (
        "failed",
        "Your role may not bring conversations in any more.",
    )
    assert not Session.all_rows.exists()


def test_discarding_deletes_the_file_and_stops_the_check(cast: Cast) -> None:
    row = uploaded(chat_file(3), cast.eva)
    assert is_stored(row)

    with TestCase.captureOnCommitCallbacks(execute=True):
        row.discard(by=cast.eva)
        row.discard(by=cast.eva)

    row.refresh_from_db()
    assert row.state == "discarded"
    assert not is_stored(row)
    assert Job.all_rows.get().state == "cancelled"
    assert AuditEvent.all_rows.filter(verb="session_import.discard").count() == 1
    with pytest.raises(Conflict):
        row.commit(by=cast.eva)


def test_what_is_saved_cannot_be_discarded(cast: Cast) -> None:
    row = committed(checked(chat_file(1), cast.eva), cast.eva)

    with pytest.raises(Conflict, match="saved already"):
        row.discard(by=cast.eva)


@pytest.mark.parametrize("act", ["commit", "discard", "check_again"])
def test_a_colleague_an_admin_and_an_outsider_cannot_touch_it(cast: Cast, act: str) -> None:
    row = checked(chat_file(1), cast.eva)

    for name in ("emil", "olga", "otto"):
        with pytest.raises(SessionImport.DoesNotExist):
            getattr(row, act)(by=cast.actor(name))
    with pytest.raises(PermissionDenied):
        getattr(row, act)(by=cast.tess)
    assert SessionImport.all_rows.get().state == "ready"


def test_a_file_that_vanished_is_told(cast: Cast) -> None:
    row = checked(chat_file(1), cast.eva)
    default_storage.delete(str(row.file.name))

    row = committed(row, cast.eva)

    assert row.stage == "failed"
    assert row.job is not None
    assert row.job.error == "The uploaded file is gone: upload it again."


def test_a_disk_that_fails_while_reading_is_told_and_can_be_tried_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = uploaded(chat_file(3), cast.eva)
    assert row.check_job is not None

    def fail(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(importing, "records", fail)
    row = after(row, row.check_job)
    assert (row.stage, row.may_check) == ("failed", True)
    assert row.job is not None
    assert "free space" in row.job.error

    monkeypatch.undo()
    row.check_again(by=cast.eva)
    row.refresh_from_db()
    assert row.check_job is not None
    assert after(row, row.check_job).state == "ready"


def test_uploading_the_same_file_twice_is_one_import(cast: Cast) -> None:
    first = uploaded(chat_file(3), cast.eva)

    assert uploaded(chat_file(3), cast.eva) == first
    assert uploaded(chat_file(3), cast.emil) != first
    assert uploaded(chat_file(4), cast.eva) != first


def test_a_person_has_only_so_many_uploads_waiting(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "MAX_WAITING", 1)
    uploaded(chat_file(1), cast.eva)

    with pytest.raises(ValidationError, match="save or discard"):
        uploaded(chat_file(2), cast.eva)


def test_a_tester_uploads_nothing(cast: Cast) -> None:
    with pytest.raises(PermissionDenied):
        uploaded(chat_file(1), cast.tess)
    assert not SessionImport.all_rows.exists()


def test_files_that_outlived_their_import_are_deleted(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(django_settings.HOME) / "files" / "imports"
    waiting = uploaded(chat_file(1), cast.eva)
    orphan = folder / "orphan.upload"
    orphan.write_bytes(b"x")
    assert forget_old_files((SessionImport,)) == 0  # an upload may be on its way

    monkeypatch.setattr(import_turns, "SPARED", timedelta(seconds=-5))

    assert forget_old_files((SessionImport,)) >= 1
    assert not orphan.exists()
    assert is_stored(waiting)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_are_read_as_the_reader_reads_them(cast: Cast, encoding: str) -> None:
    data = chat_file(2).decode().encode(encoding)

    assert checked(data, cast.eva).report["counts"] == {"sessions": 2, "messages": 4}
