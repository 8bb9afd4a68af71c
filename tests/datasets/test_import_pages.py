"""The pages of imports: upload, look, save, discard; each person sees their own."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client

from datasets.models import Session, SessionImport
from tests.cast import Cast
from tests.datasets.imports import after, chat_file, chat_line, checked, committed, uploaded

UPLOAD = "/t/lighthouse/sessions/upload/"
IMPORTS = "/t/lighthouse/sessions/imports/"
SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def no_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's transaction is invisible to the pulse's own connection: it must not beat."""
    monkeypatch.setattr("evalplatform.jobs.pulse.RENEW_EVERY", 3600)


def send(client: Client, data: bytes, *, name: str = "chats.jsonl", **fields: str) -> Any:
    file = SimpleUploadedFile(name, data, content_type="text/html")
    return client.post(UPLOAD, {"file": file, "format": "", "source_name": ""} | fields)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_a_file_is_uploaded_checked_looked_at_and_saved(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)

    response = send(client, chat_file(3))

    row = SessionImport.all_rows.get()
    assert response.headers["Location"] == row.get_absolute_url()
    assert (row.format, row.file_name, row.n_bytes) == (
        "openai-chat",
        "chats.jsonl",
        len(chat_file(3)),
    )
    assert "The file is being checked" in text(client.get(row.get_absolute_url()))
    assert row.check_job is not None
    after(row, row.check_job)
    page = text(client.get(row.get_absolute_url()))
    assert "Nothing is saved yet" in page
    assert "Save 3 sessions" in page
    assert "Question 1" in page

    client.post(row.get_absolute_url() + "commit/")
    row.refresh_from_db()
    assert row.commit_job is not None
    assert "The sessions are being saved" in text(client.get(row.get_absolute_url()))
    after(row, row.commit_job)

    assert "Open the sessions" in text(client.get(row.get_absolute_url()))
    assert Session.all_rows.count() == 3


def test_the_upload_carries_its_hash_and_leaves_no_temporary_file(
    cast: Cast, sign_in: SignIn
) -> None:
    import hashlib

    send(sign_in(cast.eva), chat_file(3))

    row = SessionImport.all_rows.get()
    assert row.sha256 == hashlib.sha256(chat_file(3)).hexdigest()
    with default_storage.open(str(row.file.name)) as stored:
        assert stored.read() == chat_file(3)


def test_the_source_given_stands_in_where_a_conversation_names_none(
    cast: Cast, sign_in: SignIn
) -> None:
    send(sign_in(cast.eva), chat_file(1), source_name=" Hotline ")

    row = SessionImport.all_rows.get()
    assert row.check_job is not None
    assert after(row, row.check_job).report["sources"] == ["Hotline"]


@pytest.mark.parametrize(
    ("name", "data", "guessed"),
    [
        ("a.json", b'{"sessions": []}', "session-json"),
        ("a.json", b'[{"conversations": [{"from": "human", "value": "Hi"}]}]', "sharegpt"),
        ("a.jsonl", b'{"type": "user", "uuid": "1", "parentUuid": null}', "claude-code"),
    ],
)
def test_the_format_is_told_from_the_file(
    cast: Cast, sign_in: SignIn, name: str, data: bytes, guessed: str
) -> None:
    send(sign_in(cast.eva), data, name=name)

    assert SessionImport.all_rows.get().format == guessed


def test_a_file_of_no_known_format_asks_for_one(cast: Cast, sign_in: SignIn) -> None:
    response = send(sign_in(cast.eva), b"Dear diary", name="notes.txt")

    assert response.status_code == 422
    assert "does not look like any of these: choose one." in text(response)
    assert not SessionImport.all_rows.exists()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"format": "docx"}, "Select a valid choice."),
        ({"source_name": "x" * 201}, "at most 200 characters"),
        ({"source_name": "a\u202eb"}, "invisible"),
    ],
)
def test_a_wrong_field_is_told_at_the_field(
    cast: Cast, sign_in: SignIn, fields: dict[str, str], problem: str
) -> None:
    response = send(sign_in(cast.eva), chat_file(1), **fields)

    assert response.status_code == 422
    assert problem in text(response)
    assert not SessionImport.all_rows.exists()


def test_an_empty_file_and_no_file_are_refused(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)

    assert "empty" in text(send(client, b""))
    assert client.post(UPLOAD, {"format": ""}).status_code == 422


def test_a_file_over_the_cap_is_dropped_while_it_comes(
    cast: Cast, sign_in: SignIn, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 100_000
    data = b" " * 150_000

    response = send(sign_in(cast.eva), data)

    assert response.status_code == 422
    assert "larger than 0.1 MB. Split it" in text(response)
    assert not SessionImport.all_rows.exists()


def test_far_too_large_an_upload_is_not_even_read(
    cast: Cast, sign_in: SignIn, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 1000

    assert send(sign_in(cast.eva), b" " * 200_000).status_code in (403, 422)
    assert not SessionImport.all_rows.exists()


def test_a_full_disk_while_the_upload_comes_is_told(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryUploadedFile, "__init__", full)

    response = send(sign_in(cast.eva), chat_file(1))

    assert response.status_code == 422
    assert "no room for this file" in text(response)


def test_a_full_disk_of_the_storage_is_told_and_nothing_is_left(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("django.core.files.storage.filesystem.file_move_safe", full)

    response = send(sign_in(cast.eva), chat_file(1))

    assert response.status_code == 422
    assert "no room for this file" in text(response)
    assert not SessionImport.all_rows.exists()


def test_a_file_name_is_only_a_label(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    send(client, chat_file(1), name='<script>alert(1)</script> "x"\u202e.jsonl')

    row = SessionImport.all_rows.get()
    page = client.get(row.get_absolute_url()).content.decode()
    assert "<script>alert(1)" not in page
    assert "\u202e" not in row.file_name
    assert row.file.name == f"imports/{row.pk}.upload"


def test_errors_stand_with_row_column_value_and_remedy(cast: Cast, sign_in: SignIn) -> None:
    data = "\n".join([chat_line(1), '{"messages": [{"role": "user", "content": 7}]}'])
    row = checked(data.encode(), cast.eva)

    page = text(sign_in(cast.eva).get(row.get_absolute_url()))

    assert "The file was not taken, and nothing was saved" in page
    assert "1 problem<" in page
    assert "messages[0].content" in page
    assert "Save" not in page.split("<main")[1]


def test_the_same_file_again_says_nothing_to_change(cast: Cast, sign_in: SignIn) -> None:
    committed(checked(chat_file(2), cast.eva), cast.eva)

    row = checked(chat_file(2), cast.eva)

    page = text(sign_in(cast.eva).get(row.get_absolute_url()))
    assert "Nothing to change" in page
    assert "Check again" in page
    assert "commit/" not in page


def test_a_preview_shows_text_as_text(cast: Cast, sign_in: SignIn) -> None:
    row = checked(chat_line(1, "<img src=x onerror=alert(1)>").encode(), cast.eva)

    page = sign_in(cast.eva).get(row.get_absolute_url()).content.decode()

    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_discarding_leads_back_to_the_page(cast: Cast, sign_in: SignIn) -> None:
    row = checked(chat_file(1), cast.eva)
    client = sign_in(cast.eva)

    response = client.post(row.get_absolute_url() + "discard/", follow=True)

    assert "The file is deleted" in text(response)


def test_saving_what_was_discarded_in_another_tab_is_told(cast: Cast, sign_in: SignIn) -> None:
    row = checked(chat_file(1), cast.eva)
    row.discard(by=cast.eva)

    response = sign_in(cast.eva).post(row.get_absolute_url() + "commit/", follow=True)

    assert "There is nothing to save in this import" in text(response)


@pytest.mark.parametrize("name", ["emil", "olga"])
def test_a_colleague_sees_no_trace_of_an_import(cast: Cast, sign_in: SignIn, name: str) -> None:
    row = checked(chat_file(1), cast.eva)
    client = sign_in(cast.actor(name))

    assert client.get(row.get_absolute_url()).status_code == 404
    for act in ("commit/", "check/", "discard/"):
        assert client.post(row.get_absolute_url() + act).status_code == 404
    assert "chats.jsonl" not in text(client.get(IMPORTS))
    row.refresh_from_db()
    assert row.state == "ready"


def test_a_tester_does_not_reach_the_pages(cast: Cast, sign_in: SignIn) -> None:
    row = uploaded(chat_file(1), cast.eva)
    client = sign_in(cast.tess)

    for url in (UPLOAD, IMPORTS, row.get_absolute_url()):
        assert client.get(url).status_code == 403
    assert send(client, chat_file(2)).status_code == 403
    assert sign_in(cast.otto).get(UPLOAD).status_code == 404


def test_the_list_asks_no_more_for_twenty_imports_than_for_one(
    cast: Cast, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    client = sign_in(cast.eva)
    uploaded(chat_file(1), cast.eva)
    client.get(IMPORTS)
    with django_assert_num_queries(8, exact=False) as one:
        client.get(IMPORTS)
    for n in range(2, 15):
        uploaded(chat_file(n), cast.eva)

    with django_assert_num_queries(len(one)):
        assert "chats.jsonl" in text(client.get(IMPORTS))


def test_the_first_visit_says_what_imports_are_for(cast: Cast, sign_in: SignIn) -> None:
    assert "No imports yet" in text(sign_in(cast.eva).get(IMPORTS))
