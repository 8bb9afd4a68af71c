"""GET /api/export, to the letter of formats.md 1.4 and 1.5."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from evalplatform.accounts.models import ApiKey
from evalplatform.audit.models import AuditEvent
from tests.cast import Cast, make_key
from tests.sessions import make_label, make_session

Caller = Callable[..., APIClient]
TWO_TURNS = (("user", "Q1"), ("assistant", "A1"), ("user", "Q2"), ("assistant", "A2"))


def ready(owner: Any, **fields: Any) -> Any:
    label = {name: fields.pop(name) for name in ("status", "expected_output") if name in fields}
    label_tags = fields.pop("label_tags", [])
    session = make_session(owner=owner, **fields)
    make_label(session, tags=label_tags, **label)
    return session


def body(response: Any) -> bytes:
    return b"".join(response) if response.streaming else response.content


def error(response: Any) -> tuple[int, str, str]:
    told = response.json()["error"]
    return response.status_code, told["code"], told["message"]


def test_the_file_itself_comes_with_its_counts_and_name(cast: Cast, call_as: Caller) -> None:
    ready(cast.eva, messages=TWO_TURNS, expected_output="B2")

    response = call_as(cast.eva).get("/api/export?format=deepeval")

    text = body(response)
    assert response.status_code == 200
    assert json.loads(text) == [
        {"input": "Q1", "actual_output": "A1", "expected_output": None, "context": [],
         "retrieval_context": []},
        {"input": "Q2", "actual_output": "A2", "expected_output": "B2", "context": ["Q1", "A1"],
         "retrieval_context": []},
    ]  # fmt: skip
    today = datetime.now(UTC).date()
    assert {name: response[name] for name in EXPECTED} == EXPECTED | {
        "Content-Disposition": f'attachment; filename="evalplatform-deepeval-{today}.json"',
        "Content-Length": str(len(text)),
        "ETag": f'"{hashlib.sha256(text).hexdigest()}"',
    }


EXPECTED = {
    "Content-Type": "application/json",
    "X-Export-Sessions": "1",
    "X-Export-TestCases": "2",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox",
    "Content-Disposition": "",
    "Content-Length": "",
    "ETag": "",
}


@pytest.mark.parametrize(
    ("slug", "media_type", "text"),
    [
        ("openai", "application/x-ndjson",
         '{"messages": [{"role": "user", "content": "Q1"}, {"role": "assistant", "content": "A1"}'),
        ("text", "text/plain; charset=utf-8", "## Session: Loops\n\n**User:** Q1\n\n"),
    ],
)  # fmt: skip
def test_other_formats_have_their_own_types(
    cast: Cast, call_as: Caller, slug: str, media_type: str, text: str
) -> None:
    ready(cast.eva, title="Loops", messages=TWO_TURNS)

    response = call_as(cast.eva).get(f"/api/export?format={slug}", HTTP_ACCEPT="text/html")

    assert body(response).decode().startswith(text)
    assert response["Content-Type"] == media_type
    assert response["X-Export-TestCases"] == "2"


def test_limit_keeps_the_newest_sessions_after_the_filters(cast: Cast, call_as: Caller) -> None:
    ready(cast.eva, title="old golden", status="golden")
    ready(cast.eva, title="middle golden", status="golden")
    ready(cast.eva, title="new correct", status="correct")

    response = call_as(cast.eva).get("/api/export?format=text&status=golden&limit=1")

    assert body(response).decode().count("## Session: ") == 1
    assert response["X-Export-Sessions"] == "1"
    response = call_as(cast.eva).get("/api/export?format=text&limit=99999999999999999999")
    titles = [line[12:] for line in body(response).decode().splitlines() if line[:2] == "##"]
    assert titles == ["new correct", "middle golden", "old golden"]


def test_tags_of_session_or_label_match_and_repeat(cast: Cast, call_as: Caller) -> None:
    ready(cast.eva, tags=["a"])
    ready(cast.eva, label_tags=["b"])
    ready(cast.eva, tags=["c"])

    response = call_as(cast.eva).get("/api/export?format=openai&tag=a&tag=b")

    assert response["X-Export-Sessions"] == "2"


def test_a_session_that_is_not_eval_ready_is_never_in_the_file(cast: Cast, call_as: Caller) -> None:
    wanted = ready(cast.eva)
    unmarked = make_session(owner=cast.eva)
    make_label(unmarked, is_eval_ready=False)
    ids = f"{wanted.pk},{unmarked.pk}"

    by_ids = call_as(cast.eva).get(f"/api/export?format=openai&sessionIds={ids}")
    by_filter = call_as(cast.eva).get("/api/export?format=openai&eval_ready=0")

    assert by_ids["X-Export-Sessions"] == "1"
    assert by_filter.status_code == 404


def test_ids_that_the_key_may_not_see_are_ignored(cast: Cast, call_as: Caller) -> None:
    mine, colleagues, foreign = ready(cast.eva), ready(cast.emil), ready(cast.otto)
    ids = f"{mine.pk},{colleagues.pk},{foreign.pk},nonsense,"

    evaluator = call_as(cast.eva).get(f"/api/export?format=openai&sessionIds={ids}")
    owner = call_as(cast.olga).get(f"/api/export?format=openai&sessionIds={ids}")
    nothing = call_as(cast.eva).get(f"/api/export?format=openai&sessionIds={foreign.pk}")

    assert (evaluator["X-Export-Sessions"], owner["X-Export-Sessions"]) == ("1", "2")
    assert error(nothing) == (404, "NOT_FOUND", "No sessions match the specified filters")


@pytest.mark.parametrize("name", ["olga", "adam", "eva", "emil", "tess", "otto"])
def test_each_gets_what_they_may_see(cast: Cast, call_as: Caller, name: str) -> None:
    ready(cast.eva)
    ready(cast.tess)
    seen = {"olga": 2, "adam": 2, "eva": 1, "tess": 1}

    response = call_as(cast.actor(name)).get("/api/export?format=openai")

    if name in seen:
        assert response["X-Export-Sessions"] == str(seen[name])
    else:
        assert error(response) == (404, "NOT_FOUND", "No eval-ready sessions found")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "format is one of deepeval, openai, text."),
        ("format=", "format is one of deepeval, openai, text."),
        ("format=csv", "format is one of deepeval, openai, text."),
        ("format=json", "format is one of deepeval, openai, text."),
        ("format=text&status=good", "status is one of golden, correct, incorrect, needs_review."),
        ("format=text&status=unset", "status is one of golden, correct, incorrect, needs_review."),
        ("format=text&limit=0", "limit is a whole number, 1 or more."),
        ("format=text&limit=-1", "limit is a whole number, 1 or more."),
        ("format=text&limit=2.5", "limit is a whole number, 1 or more."),
        ("format=text&limit=٣", "limit is a whole number, 1 or more."),
        ("format=text&limit=", "limit is a whole number, 1 or more."),
        ("format=text&include_metadata=maybe", "include_metadata is true or false, not 'maybe'."),
    ],
)
def test_a_bad_parameter_is_refused_by_name(
    cast: Cast, call_as: Caller, query: str, message: str
) -> None:
    ready(cast.eva)

    response = call_as(cast.eva).get(f"/api/export?{query}")

    assert error(response) == (400, "INVALID_REQUEST", message)


@pytest.mark.parametrize("name", ["owner__password__startswith", "_connector", "tags", "sort"])
def test_a_parameter_that_does_not_exist_is_refused(cast: Cast, call_as: Caller, name: str) -> None:
    response = call_as(cast.eva).get("/api/export", {"format": "text", name: "x"})

    assert response.status_code == 400
    assert response.json()["error"]["errors"][0]["column"] == name


def test_only_a_living_key_opens_it(cast: Cast, sign_in: Callable[..., Any]) -> None:
    ready(cast.eva)
    text = make_key(cast.eva)
    client = APIClient()
    refused = (401, "UNAUTHORIZED", "Invalid or missing API key")

    assert error(client.get("/api/export?format=text")) == refused
    assert error(sign_in(cast.eva).get("/api/export?format=text")) == refused
    for header in (f"Basic {text}", "Bearer evp_short", f"Bearer {text[:-1]}!", text):
        client.credentials(HTTP_AUTHORIZATION=header)
        assert error(client.get("/api/export?format=text")) == refused
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    assert client.get("/api/export?format=text").status_code == 200
    ApiKey.find(text).revoke(by=cast.eva)  # type: ignore[union-attr]
    assert error(client.get("/api/export?format=text")) == refused


def test_a_key_without_the_scope_is_forbidden(cast: Cast, call_as: Caller) -> None:
    response = call_as(cast.eva, scopes=["read"]).get("/api/export?format=text")

    assert error(response)[:2] == (403, "FORBIDDEN")


def test_too_many_requests_are_told_when_to_come_back(cast: Cast, call_as: Caller) -> None:
    ready(cast.eva)
    client = call_as(cast.eva)

    with override_settings(API_REQUESTS_PER_MINUTE=2):
        answers = [client.get("/api/export?format=text") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert error(answers[2])[1] == "RATE_LIMITED"
    assert 1 <= int(answers[2]["Retry-After"]) <= 60


def test_metadata_is_there_when_asked_for(cast: Cast, call_as: Caller) -> None:
    session = ready(cast.eva, model="m-1", tags=["x"], status="correct", prompt_tokens=3)

    response = call_as(cast.eva).get("/api/export?format=deepeval&include_metadata=true")

    assert json.loads(body(response))[0]["metadata"] == {
        "session_id": str(session.pk), "model": "m-1", "tool": "helpdesk",
        "timestamp": session.started_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "tokens_input": 3, "tokens_output": None, "latency_ms": None, "project": None,
        "tags": ["x"], "eval_status": "correct",
    }  # fmt: skip


def test_a_caller_that_has_the_file_is_not_sent_it_again(cast: Cast, call_as: Caller) -> None:
    ready(cast.eva)
    client = call_as(cast.eva)
    first = client.get("/api/export?format=openai")

    again = client.get("/api/export?format=openai", HTTP_IF_NONE_MATCH=first["ETag"])
    head = client.head("/api/export?format=openai")

    assert (again.status_code, body(again)) == (304, b"")
    assert (head["ETag"], head["X-Export-Sessions"], body(head)) == (first["ETag"], "1", b"")


def test_one_event_says_what_went_out(cast: Cast, call_as: Caller) -> None:
    ready(cast.eva)

    call_as(cast.eva).get("/api/export?format=openai&limit=5")

    event = AuditEvent.all_rows.get(verb="export.direct")
    assert event.actor_user == cast.eva.user
    assert event.via == "key"
    assert event.changes["selection"] == [None, {"limit": 5}]
    assert event.changes["n_sessions"] == [None, 1]


def test_the_number_of_queries_does_not_follow_the_sessions(
    cast: Cast, call_as: Caller, django_assert_max_num_queries: Any
) -> None:
    client = call_as(cast.eva)
    ready(cast.eva)
    body(client.get("/api/export?format=openai"))  # notes the first use of the key
    with django_assert_max_num_queries(12) as few:
        body(client.get("/api/export?format=openai"))
    for _ in range(19):
        ready(cast.eva)

    with django_assert_max_num_queries(len(few)):
        body(client.get("/api/export?format=openai"))
