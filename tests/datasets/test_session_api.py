"""Sessions out of the API: the contract's names, keyset pages, the filters and no others."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests.cast import Cast
from tests.sessions import make_label, make_session

CallAs = Callable[..., APIClient]
LIST = "/api/v1/sessions"


def test_a_session_has_the_contracts_names_and_epoch_milliseconds(
    cast: Cast, call_as: CallAs
) -> None:
    at = datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)
    session = make_session(
        owner=cast.eva, title="Rivers", started_at=at, external_id="x-1", model="m", tags=["a"],
        participant={"identifier": "p", "plan": "gold"}, participant_identifier="p", cost="0.0125",
        session_state={"step": 2},
    )  # fmt: skip
    make_label(session, status="golden", tags=["t"], notes="n", expected_output="e")

    body = call_as(cast.eva).get(f"{LIST}/{session.pk}").json()

    messages = body.pop("messages")
    assert body.pop("updatedAt") > 0
    assert body == {
        "id": str(session.pk), "externalId": "x-1", "source": "helpdesk", "title": "Rivers",
        "projectPath": "", "projectName": "", "model": "m", "provider": "", "channel": "",
        "participant": "p", "participantData": {"identifier": "p", "plan": "gold"}, "tags": ["a"],
        "promptTokens": None, "completionTokens": None, "cost": 0.0125, "durationMs": None,
        "createdAt": 1772355600123, "messageCount": 2, "testCaseCount": 1,
        "sessionState": {"step": 2}, "evalReady": True, "evalStatus": "golden", "evalNotes": "n",
        "evalTags": ["t"], "expectedOutput": "e", "reviewedAt": None,
    }  # fmt: skip
    assert [(m["position"], m["role"], m["content"]) for m in messages] == [
        (0, "user", "Which river crosses Vienna?"),
        (1, "assistant", "The Danube."),
    ]


def test_a_session_without_a_label_says_so(cast: Cast, call_as: CallAs) -> None:
    make_session(owner=cast.eva)

    (row,) = call_as(cast.eva).get(LIST).json()["results"]

    assert (row["evalReady"], row["evalStatus"], row["evalTags"]) == (False, None, [])
    assert (row["evalNotes"], row["expectedOutput"], row["reviewedAt"]) == ("", None, None)
    assert "messages" not in row


def test_the_list_goes_by_keyset_newest_first(cast: Cast, call_as: CallAs) -> None:
    sessions = [make_session(owner=cast.eva) for _ in range(5)]
    client = call_as(cast.eva)

    first = client.get(LIST, {"limit": 2}).json()
    second = client.get(LIST, {"limit": 2, "page": first["next"]}).json()
    third = client.get(LIST, {"limit": 2, "page": second["next"]}).json()
    back = client.get(LIST, {"limit": 2, "page": second["previous"]}).json()

    shown = [row["id"] for page in (first, second, third) for row in page["results"]]
    assert shown == [str(session.pk) for session in reversed(sessions)]
    assert (first["previous"], third["next"]) == (None, None)
    assert back["results"] == first["results"]


def test_the_list_has_the_filters_of_the_pages(cast: Cast, call_as: CallAs) -> None:
    late = make_session(owner=cast.eva, tags=["late"])
    make_label(make_session(owner=cast.eva), status="golden")

    client = call_as(cast.eva)

    assert [r["id"] for r in client.get(LIST, {"tag": "late"}).json()["results"]] == [str(late.pk)]
    assert len(client.get(LIST, {"status": ["golden", "unset"]}).json()["results"]) == 2


@pytest.mark.parametrize(
    ("query", "column"),
    [
        ("owner__password__startswith=a", "owner__password__startswith"),
        ("_connector=OR", "_connector"),
        ("ordering=title", "ordering"),
        ("pk__in=1,2", "pk__in"),
        ("status=silver", "status"),
        ("date_from=soon", "date_from"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
    ],
)
def test_unknown_parameters_and_bad_values_are_refused(
    cast: Cast, call_as: CallAs, query: str, column: str
) -> None:
    answer = call_as(cast.eva).get(f"{LIST}?{query}")

    assert answer.status_code == 400
    assert [error["column"] for error in answer.json()["error"]["errors"]] == [column]


@pytest.mark.parametrize("token", ["x", "x:y", "WyJvbGRlciJd:abc"])
def test_a_page_token_of_somebody_elses_making_is_refused(
    cast: Cast, call_as: CallAs, token: str
) -> None:
    answer = call_as(cast.eva).get(LIST, {"page": token})

    assert answer.status_code == 400
    assert "This page link is broken" in answer.json()["error"]["message"]


def test_invisible_and_absent_are_the_same(cast: Cast, call_as: CallAs) -> None:
    session = make_session(owner=cast.eva)
    answers = [call_as(cast.actor(name)).get(f"{LIST}/{session.pk}") for name in ("emil", "otto")]
    absent = call_as(cast.eva).get(f"{LIST}/{cast.eva.user.pk}")

    assert [answer.status_code for answer in answers] == [404, 404]
    assert {answer.content for answer in (*answers, absent)} == {absent.content}
    assert call_as(cast.emil).get(LIST).json()["results"] == []


def test_the_list_does_not_query_per_row(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)

    def n_queries() -> int:
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    make_session(owner=cast.eva)
    one = n_queries()
    for n in range(19):
        session = make_session(owner=cast.eva)
        if n % 2:
            make_label(session)
    assert n_queries() == one
