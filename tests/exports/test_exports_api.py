"""/api/v1/exports: asking, looking, fetching; each for the person who asked and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from evalplatform.accounts.models import ApiKey, Membership
from evalplatform.audit.models import AuditEvent
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from exports.models import Export
from tests.cast import Cast, make_cast
from tests.sessions import make_label, make_session

Caller = Callable[..., APIClient]
URL = "/api/v1/exports"
FOLDER = Path(settings.HOME) / "files" / "exports"


@pytest.fixture
def built_cast(transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture(autouse=True)
def empty_folder() -> Iterator[None]:
    yield
    for path in FOLDER.glob("*"):
        path.unlink()


def post(client: APIClient, body: Any, **headers: str) -> Any:
    return client.post(URL, body, format="json", headers=headers)


def built(cast: Cast, client: APIClient, slug: str = "openai") -> Export:
    make_label(make_session(owner=cast.eva))
    made = post(client, {"format": slug}).json()
    run_job(Export.all_rows.get(pk=made["id"]).job_id)
    return Export.all_rows.get(pk=made["id"])


def body(response: Any) -> bytes:
    return b"".join(response) if response.streaming else response.content


def error(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["message"]


def test_asking_answers_at_once_with_where_to_look(cast: Cast, call_as: Caller) -> None:
    client = call_as(cast.eva)

    made = post(client, {"format": "deepeval", "filters": {"tag": ["b", "a"]}, "limit": 5})

    assert made.status_code == 202
    assert made["Location"] == f"{URL}/{made.json()['id']}"
    found = client.get(made["Location"]).json()
    assert found == made.json()
    assert found | {
        "state": "ready", "format": "deepeval", "formatVersion": "1",
        "filters": {"tag": ["a", "b"]}, "sessionIds": None, "limit": 5, "rowsDone": 0,
        "rowsExpected": None, "rows": None, "sha256": "", "error": "", "expiresAt": None,
        "downloadUrl": None,
        "exportedBy": {"id": str(cast.eva.user.pk), "email": "eva@example.org", "name": "Eva"},
    } == found  # fmt: skip
    assert found["options"]["include_system"] is True


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "This field is required."),
        ({"format": "csv"}, '"csv" is not a valid choice.'),
        ({"format": "text", "sort": "x"}, "There is no such field; there are format, options, "
         "filters, sessionIds, limit, dataset, version, run, queue, bundle."),
        ({"format": "text", "options": {"turn_mode": "x"}},
         "turn_mode is one of per_turn, full, final_only, not 'x'."),
        ({"format": "text", "options": {"x": 1}}, "There is no option 'x'; there are turn_mode, "
         "include_system, context_from_turns, anonymise_paths, code_blocks_only, "
         "include_metadata."),
        ({"format": "text", "filters": {"owner__password": "x"}},
         "There is no such parameter; known: "),
        ({"format": "text", "filters": {"status": "good"}}, "“good” is none of "),
        ({"format": "text", "limit": 0}, "Ensure this value is greater than or equal to 1."),
        ({"format": "text", "filters": {}, "sessionIds": []},
         "Give filters or sessionIds, not both."),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_reason(
    cast: Cast, call_as: Caller, asked: Any, message: str
) -> None:
    status, told = error(post(call_as(cast.eva), asked))

    assert status == 400
    assert told.startswith(message)
    assert not Job.all_rows.exists()


def test_the_same_idempotency_key_gives_the_same_export(cast: Cast, call_as: Caller) -> None:
    client, colleague = call_as(cast.eva), call_as(cast.emil)
    key = {"Idempotency-Key": "k" * 200}

    first = post(client, {"format": "text"}, **key)
    again = post(client, {"format": "text"}, **key)
    other = post(client, {"format": "openai"}, **key)
    colleagues = post(colleague, {"format": "text"}, **key)

    assert (first.status_code, again.status_code, colleagues.status_code) == (202, 200, 202)
    assert first.json()["id"] == again.json()["id"] != colleagues.json()["id"]
    assert error(other) == (
        409, "This Idempotency-Key was used for another file: choose a new one.",
    )  # fmt: skip
    assert Export.all_rows.count() == 2
    assert AuditEvent.all_rows.filter(verb="export.request").count() == 2


@pytest.mark.parametrize("key", ["", " ", "x" * 201])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(
    cast: Cast, call_as: Caller, key: str
) -> None:
    response = post(call_as(cast.eva), {"format": "text"}, **{"Idempotency-Key": key})

    assert error(response) == (400, "Write 1 to 200 printable characters.")


def test_a_person_cannot_queue_exports_without_end(
    cast: Cast, call_as: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Export, "MAX_OPEN", 2)
    client = call_as(cast.eva)
    key = {"Idempotency-Key": "k"}

    answers = [post(client, {"format": "text"}, **key), post(client, {"format": "text"})]
    refused, again = post(client, {"format": "text"}), post(client, {"format": "text"}, **key)

    assert [answer.status_code for answer in answers] == [202, 202]
    assert (refused.status_code, again.status_code) == (409, 200)


def test_a_signed_in_person_needs_the_csrf_token(cast: Cast) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.eva.user, backend="django.contrib.auth.backends.ModelBackend")

    refused = post(client, {"format": "text"}, **{"X-Team": "lighthouse"})
    client.cookies["csrftoken"] = token = "a" * 32
    made = post(client, {"format": "text"}, **{"X-Team": "lighthouse", "X-CSRFToken": token})

    assert (refused.status_code, made.status_code) == (403, 202)


@pytest.mark.parametrize("name", ["olga", "adam", "emil", "tess", "otto"])
def test_nobody_else_sees_an_export(built_cast: Cast, call_as: Caller, name: str) -> None:
    cast = built_cast
    export = built(cast, call_as(cast.eva))
    client = call_as(cast.actor(name))

    listed = client.get(URL).json()["results"]
    answers = [client.get(f"{URL}/{export.pk}{end}") for end in ("", "/download", "/manifest")]

    assert listed == []
    assert [error(answer) for answer in answers] == [(404, "Not found.")] * 3


def test_the_list_goes_by_pages_and_does_not_query_per_row(
    cast: Cast, call_as: Caller, django_assert_num_queries: Any
) -> None:
    client = call_as(cast.eva)
    made = [post(client, {"format": "text"}).json()["id"] for _ in range(3)]
    client.get(URL)
    with django_assert_num_queries(3):
        client.get(f"{URL}?limit=1")

    with django_assert_num_queries(3):
        first = client.get(f"{URL}?limit=2").json()
    second = client.get(f"{URL}?limit=2&page={first['next']}").json()

    assert [row["id"] for row in first["results"] + second["results"]] == made[::-1]
    assert second["next"] is None


def test_a_built_file_is_fetched_with_its_proof(built_cast: Cast, call_as: Caller) -> None:
    client = call_as(built_cast.eva)
    export = built(built_cast, client)

    found = client.get(f"{URL}/{export.pk}").json()
    response = client.get(found["downloadUrl"], HTTP_ACCEPT="text/html")

    data = body(response)
    assert (found["state"], found["rows"], found["bytes"]) == ("done", 1, len(data))
    assert response["ETag"] == f'"{found["sha256"]}"'
    assert response["Content-Disposition"].startswith('attachment; filename="evalplatform-openai-')
    assert response["Content-Security-Policy"] == "sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    manifest = client.get(found["manifestUrl"])
    beside = (FOLDER / f"{export.pk}.1.jsonl.manifest.json").read_bytes()
    assert body(manifest) == beside
    assert 'manifest.json"' in manifest["Content-Disposition"]


def test_a_download_is_recorded_once_however_often_it_is_resumed(
    built_cast: Cast, call_as: Caller
) -> None:
    client = call_as(built_cast.eva)
    export = built(built_cast, client)
    url = f"{URL}/{export.pk}/download"

    body(client.get(url, HTTP_RANGE="bytes=0-9"))
    body(client.get(url, HTTP_RANGE="bytes=10-"))
    client.head(url)
    client.get(url, HTTP_IF_NONE_MATCH=f'"{export.sha256}"')

    event = AuditEvent.all_rows.get(verb="export.download")
    assert event.object_id == str(export.pk)


@pytest.mark.parametrize("change", ["expired", "not built", "file gone", "member", "key", "role"])
def test_permission_is_asked_at_the_download(
    built_cast: Cast, call_as: Caller, change: str
) -> None:
    cast = built_cast
    client = call_as(cast.adam)
    make_label(make_session(owner=cast.eva))
    export = built(cast, client)
    url = f"{URL}/{export.pk}/download"
    assert body(client.get(url))

    if change == "expired":
        Export.all_rows.filter(pk=export.pk).update(expires_at="2020-01-01T00:00Z")
    elif change == "not built":
        Export.all_rows.filter(pk=export.pk).update(built_at=None)
    elif change == "file gone":
        Path(export.file.path).unlink()
    elif change == "member":
        cast.adam.membership.end(by=cast.olga)
    elif change == "key":
        ApiKey.all_rows.get().revoke(by=cast.olga)
    else:  # sees less than when the file was built
        Membership.all_rows.filter(pk=cast.adam.membership.pk).update(role="tester")

    expected = 401 if change in {"member", "key"} else 404
    assert client.get(url).status_code == expected


def test_a_key_without_the_scope_reaches_nothing(cast: Cast, call_as: Caller) -> None:
    client = call_as(cast.eva, scopes=["read"])

    assert post(client, {"format": "text"}).status_code == 403
    assert client.get(URL).status_code == 403
