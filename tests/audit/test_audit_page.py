"""The audit page: who may read it, what it shows, how it is narrowed and taken out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from evalplatform.accounts.models import Invitation
from evalplatform.audit import exporting
from evalplatform.audit.models import AuditEvent
from evalplatform.audit.recording import record, record_by_operator, record_many
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.counting import queries_of

SignIn = Callable[[Actor], Client]


def url(cast: Cast, name: str = "audit") -> str:
    return reverse(name, args=[cast.team.slug])


def happen(actor: Actor, verb: str = "team.rename", *, n: int = 1, **changes: Any) -> None:
    """Record n events of the actor on their team."""
    with transaction.atomic():
        record_many(actor, verb, [(actor.team, changes)] * n)


def body(answer: Any) -> str:
    """Return a streamed answer as text."""
    return b"".join(answer.streaming_content).decode()


def verbs(answer: Any) -> list[str]:
    return [item["event"].verb for item in answer.context["events"]]


@pytest.mark.parametrize(
    ("name", "status"),
    [("olga", 200), ("adam", 200), ("eva", 403), ("emil", 403), ("tess", 403), ("otto", 404)],
)
def test_the_log_is_for_those_who_read_audit(
    cast: Cast, sign_in: SignIn, name: str, status: int
) -> None:
    client = sign_in(cast.actor(name))

    assert client.get(url(cast)).status_code == status
    taken = client.post(url(cast, "audit-export"), {"format": "csv"})
    assert taken.status_code == status
    assert AuditEvent.all_rows.count() == (status == 200)


def test_another_teams_events_are_not_there(cast: Cast, sign_in: SignIn) -> None:
    happen(cast.otto, "team.rename")
    happen(cast.olga, "team.other")

    answer = sign_in(cast.olga).get(url(cast))

    assert verbs(answer) == ["team.other"]
    assert "otto" not in answer.content.decode()


def test_an_event_shows_each_changed_field_before_and_after_and_its_request(
    cast: Cast, sign_in: SignIn
) -> None:
    client = sign_in(cast.olga)
    client.post(reverse("team-settings", args=[cast.team.slug]), {"name": "Pharos"})

    answer = client.get(url(cast))

    text = answer.content.decode()
    event = AuditEvent.all_rows.get()
    assert answer.context["events"][0]["changes"] == [
        {"field": "name", "before": "Lighthouse", "after": "Pharos"}
    ]
    assert event.request_id in text
    assert "<del>Lighthouse</del>" in text


def test_what_people_wrote_is_shown_as_text(cast: Cast, sign_in: SignIn) -> None:
    happen(cast.olga, name=["<script>alert(1)</script>", {"a": [True, None]}])

    text = sign_in(cast.olga).get(url(cast)).content.decode()

    assert "<script>alert" not in text
    assert "a [true, null]" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"verb": "team.two"}, ["team.two"]),
        ({"person": "adam"}, ["team.two"]),
        ({"person": "operator"}, ["team.found"]),
        ({"object_type": "accounts.invitation"}, ["invitation.issue"]),
        ({"q": "NINA"}, ["invitation.issue"]),
        ({"q": "%"}, []),
        ({"q": "nina", "verb": "team.two"}, []),
    ],
)
def test_filters_narrow(
    cast: Cast, sign_in: SignIn, query: dict[str, str], expected: list[str]
) -> None:
    happen(cast.olga, "team.one")
    happen(cast.adam, "team.two")
    Invitation.issue("nina@example.org", "tester", by=cast.olga)
    with transaction.atomic():
        record_by_operator(cast.team, "team.found", cast.team)
    if query.get("person") == "adam":
        query = {"person": str(cast.adam.user.pk)}

    answer = sign_in(cast.olga).get(url(cast), query)

    assert verbs(answer) == expected


def test_an_object_has_its_own_history(cast: Cast, sign_in: SignIn) -> None:
    invitation, _ = Invitation.issue("nina@example.org", "tester", by=cast.olga)
    Invitation.issue("nora@example.org", "tester", by=cast.olga)
    invitation.revoke(by=cast.olga)

    answer = sign_in(cast.olga).get(url(cast), {"object_id": str(invitation.pk)})

    assert verbs(answer) == ["invitation.revoke", "invitation.issue"]


def test_dates_are_whole_days_with_the_last_included(cast: Cast, sign_in: SignIn) -> None:
    happen(cast.olga)
    today = timezone.now().date()
    client = sign_in(cast.olga)

    def n(**query: Any) -> int:
        return len(client.get(url(cast), query).context["events"])

    assert n(date_from=today, date_to=today) == 1
    assert n(date_from=today + timedelta(days=1)) == 0
    assert n(date_to=today - timedelta(days=1)) == 0


@pytest.mark.parametrize(
    "query",
    [
        {"date_from": "yesterday"},
        {"date_to": "9999-12-31"},
        {"date_from": "2026-02-02", "date_to": "2026-02-01"},
        {"person": "nobody"},
        {"verb": "no.such"},
        {"q": "x" * 201},
    ],
)
def test_a_filter_that_cannot_be_is_said_at_the_field_and_shows_nothing(
    cast: Cast, sign_in: SignIn, query: dict[str, str]
) -> None:
    happen(cast.olga)

    answer = sign_in(cast.olga).get(url(cast), query)

    assert answer.status_code == 200
    assert verbs(answer) == []
    assert set(answer.context["form"].errors) <= set(query)
    assert answer.context["form"].errors


def test_unknown_names_in_the_address_reach_no_column(cast: Cast, sign_in: SignIn) -> None:
    happen(cast.olga)

    answer = sign_in(cast.olga).get(
        url(cast), {"actor_user__password__startswith": "x", "_connector": "OR"}
    )

    assert len(verbs(answer)) == 1


def test_a_persons_own_choice_list_holds_people_of_this_team_only(
    cast: Cast, sign_in: SignIn
) -> None:
    text = sign_in(cast.olga).get(url(cast)).content.decode()

    assert "Otto" not in text
    assert str(cast.otto.user.pk) not in text


def test_pages_go_on_and_back_and_keep_the_filters(cast: Cast, sign_in: SignIn) -> None:
    happen(cast.olga, "team.many", n=120)
    happen(cast.olga, "team.other")
    client = sign_in(cast.olga)

    first = client.get(url(cast), {"verb": "team.many"})
    second = client.get(first.context["older_url"])
    third = client.get(second.context["older_url"])
    back = client.get(second.context["newer_url"])

    sizes = [len(verbs(page)) for page in (first, second, third)]
    ids = [item["event"].pk for page in (first, second, third) for item in page.context["events"]]
    assert sizes == [50, 50, 20]
    assert ids == sorted(set(ids), reverse=True)
    assert third.context["older_url"] == ""
    assert [i["event"].pk for i in back.context["events"]] == ids[:50]
    assert first.context["count"] == "120 events"


def test_a_broken_page_link_says_so(cast: Cast, sign_in: SignIn) -> None:
    happen(cast.olga)

    answer = sign_in(cast.olga).get(url(cast), {"page": "forged"})

    assert answer.status_code == 200
    assert "This page link is broken" in answer.content.decode()


def test_the_page_does_not_query_per_row(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.olga)
    happen(cast.olga)
    client.get(url(cast))
    few = queries_of(lambda: client.get(url(cast)))
    happen(cast.adam, "team.other", n=20)

    assert queries_of(lambda: client.get(url(cast))) == few


def test_csv_holds_the_filtered_events_and_no_cell_runs(cast: Cast, sign_in: SignIn) -> None:
    happen(cast.olga, "team.other")
    cast.team.name = "=HYPERLINK(1)"
    with transaction.atomic():
        record(cast.olga, "team.rename", cast.team, changes={"name": ["Lighthouse", "=x"]})

    answer = sign_in(cast.olga).post(
        url(cast, "audit-export"), {"format": "csv", "verb": "team.rename"}
    )

    rows = list(csv.DictReader(io.StringIO(body(answer), newline="")))
    assert [row["object_label"] for row in rows] == ["'=HYPERLINK(1)"]
    assert json.loads(rows[0]["changes"]) == {"name": ["Lighthouse", "=x"]}
    assert answer["Content-Disposition"].startswith('attachment; filename="audit-lighthouse-')
    assert answer["Content-Type"] == "text/csv; charset=utf-8"


def test_json_lines_hold_the_events_verbatim(cast: Cast, sign_in: SignIn) -> None:
    happen(cast.olga, name=["=a", "é\u2028"])

    answer = sign_in(cast.olga).post(
        url(cast, "audit-export"), {"format": "jsonl", "verb": "team.rename"}
    )

    lines = [json.loads(line) for line in body(answer).split("\n") if line]
    assert len(lines) == 1
    assert lines[0]["changes"] == {"name": ["=a", "é\u2028"]}
    assert lines[0]["actor_email"] == "olga@example.org"


def test_taking_the_log_out_is_itself_in_the_log(cast: Cast, sign_in: SignIn) -> None:
    happen(cast.olga)
    answer = sign_in(cast.adam).post(
        url(cast, "audit-export"), {"format": "csv", "verb": "team.rename"}
    )
    body(answer)

    event = AuditEvent.all_rows.get(verb="audit.export")
    assert event.actor_user == cast.adam.user
    assert event.changes == {
        "format": [None, "csv"],
        "filters": [None, {"verb": "team.rename"}],
    }


@pytest.mark.parametrize("fields", [{}, {"format": "xlsx"}, {"format": "csv", "verb": "no.such"}])
def test_an_export_that_cannot_be_is_refused_and_not_recorded(
    cast: Cast, sign_in: SignIn, fields: dict[str, str]
) -> None:
    assert sign_in(cast.olga).post(url(cast, "audit-export"), fields).status_code == 400
    assert not AuditEvent.all_rows.exists()


def test_an_export_asks_a_page_at_a_time(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 10)
    happen(cast.olga, n=35)
    answer = sign_in(cast.olga).post(
        url(cast, "audit-export"), {"format": "jsonl", "verb": "team.rename"}
    )

    with CaptureQueriesContext(connection) as queries:
        lines = body(answer).splitlines()

    assert len(lines) == 35
    assert len(queries) == 8  # four pages, and before each whether the right still holds


def test_an_export_ends_when_its_reader_is_removed(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 10)
    happen(cast.olga, n=35)
    answer = sign_in(cast.adam).post(url(cast, "audit-export"), {"format": "jsonl"})
    stream = iter(answer.streaming_content)
    next(stream)

    cast.adam.membership.change_role("tester", by=cast.olga)

    assert len(list(stream)) == 9


def test_the_operator_is_named_as_such(cast: Cast, sign_in: SignIn) -> None:
    with transaction.atomic():
        record_by_operator(cast.team, "team.found", cast.team)

    text = sign_in(cast.olga).get(url(cast)).content.decode()

    assert "Operator" in text
    assert "operator, command" in text


def test_counts_of_an_import_are_read_as_words() -> None:
    from evalplatform.audit.views import in_words

    assert in_words({"inserted": 2, "updated": 0}) == "inserted 2, updated 0"
    assert in_words({"ids": ["a", "b"], "limit": None}) == "ids a, b, limit -"


def test_many_events_say_what_a_single_one_says(cast: Cast) -> None:
    actor = replace(cast.eva, request_id="r" * 32, address="192.0.2.7")
    changes = {"name": ["a\tb\n\\", None], "at": [None, cast.team.created_at]}

    with transaction.atomic():
        record(actor, "one", cast.team, changes=changes)
        record_many(actor, "many", [(cast.team, changes)] * 60)

    unlike = {"id", "at", "verb"}
    kinds: dict[str, list[Any]] = {"one": [], "many": []}
    for row in AuditEvent.all_rows.values():
        kinds[row["verb"]].append({k: v for k, v in row.items() if k not in unlike})
    assert kinds["many"] == kinds["one"] * 60
