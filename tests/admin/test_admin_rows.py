"""The admin shows and changes what the pages would, in one team at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from datasets.models import Session
from evalplatform.accounts.models import ApiKey, Membership
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from tests.cast import Cast, make_key
from tests.sessions import make_label, make_session

SignIn = Callable[[Actor], Client]


def changelist(model: str) -> str:
    return reverse(f"admin:{model}_changelist")


def change(model: str, pk: object) -> str:
    return reverse(f"admin:{model}_change", args=[pk])


def test_stranger_is_sent_to_the_platforms_sign_in(client: Client, db: None) -> None:
    response = client.get("/admin/", follow=True)

    assert [url.partition("?")[0] for url, _ in response.redirect_chain] == [
        "/admin/login/",
        reverse("account_login"),
    ]


def test_person_without_a_team_is_told_so(cast: Cast, sign_in: SignIn) -> None:
    cast.emil.membership.end(by=cast.olga)

    response = sign_in(cast.emil).get(reverse("admin:login"))

    assert response.headers["Location"] == reverse("no-team")


def test_ended_membership_closes_the_admin_at_once(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.emil)
    assert client.get("/admin/").status_code == 200

    cast.emil.membership.end(by=cast.olga)

    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    ("name", "sees"),
    [("olga", 1), ("adam", 1), ("eva", 1), ("emil", 0), ("tess", 0), ("otto", 0)],
)
def test_list_and_detail_show_visible_sessions_only(
    cast: Cast, sign_in: SignIn, name: str, sees: int
) -> None:
    session = make_session(owner=cast.eva, title="Marker of Eva")
    client = sign_in(cast.actor(name))

    listed = client.get(changelist("datasets_session"))
    detail = client.get(change("datasets_session", session.pk))

    assert ("Marker of Eva" in listed.content.decode()) == bool(sees)
    assert detail.status_code == (200 if sees else 404)


def test_invisible_and_absent_rows_answer_the_same(cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.eva)
    client = sign_in(cast.emil)
    absent = client.get(change("datasets_session", "019a0000-0000-7000-8000-000000000000"))

    invisible = client.get(change("datasets_session", session.pk))

    assert invisible.status_code == absent.status_code == 404
    assert invisible.templates[0].name == absent.templates[0].name == "404.html"
    assert str(session.pk) not in invisible.content.decode()


def test_filters_offer_no_other_teams_rows(cast: Cast, sign_in: SignIn) -> None:
    make_session(owner=cast.eva, source="helpdesk")
    make_session(owner=cast.eva, source="shop")
    make_session(owner=cast.otto, source="harbour office")

    page = sign_in(cast.olga).get(changelist("datasets_session")).content.decode()

    assert "shop" in page
    assert "harbour office" not in page
    assert "Otto" not in page


@pytest.mark.parametrize(
    "query",
    [
        "owner__password__startswith=p",
        "title__startswith=S",
        "source__team__name=Harbour",
        "pk__in=1",
        "_connector=OR",
    ],
)
def test_undeclared_lookups_are_refused(cast: Cast, sign_in: SignIn, query: str) -> None:
    response = sign_in(cast.olga).get(f"{changelist('datasets_session')}?{query}")

    assert response.status_code == 400


def test_hash_of_a_key_can_be_neither_seen_nor_guessed(cast: Cast, sign_in: SignIn) -> None:
    make_key(cast.eva)
    key = ApiKey.all_rows.get()
    client = sign_in(cast.olga)

    pages = [changelist("accounts_apikey"), change("accounts_apikey", key.pk)]
    guess = f"{changelist('accounts_apikey')}?key_sha256__startswith={key.key_sha256[0]}"

    assert all(key.key_sha256 not in client.get(page).content.decode() for page in pages)
    assert client.get(guess).status_code == 400


def test_role_is_changed_by_the_models_method_with_one_event(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.olga)

    client.post(change("accounts_membership", cast.tess.membership.pk), {"role": "evaluator"})

    assert Membership.all_rows.get(pk=cast.tess.membership.pk).role == "evaluator"
    event = AuditEvent.all_rows.get(verb="membership.change_role")
    assert (event.changes, event.actor_email) == (
        {"role": ["tester", "evaluator"]},
        cast.olga.user.email,
    )


def test_last_owner_keeps_the_role_and_learns_why(cast: Cast, sign_in: SignIn) -> None:
    response = sign_in(cast.olga).post(
        change("accounts_membership", cast.olga.membership.pk), {"role": "admin"}, follow=True
    )

    assert "keeps at least one owner" in response.content.decode()
    assert Membership.all_rows.get(pk=cast.olga.membership.pk).role == "owner"


def test_admin_can_make_no_owner_and_touch_none(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.adam)

    client.post(change("accounts_membership", cast.tess.membership.pk), {"role": "owner"})
    touched = client.post(change("accounts_membership", cast.olga.membership.pk), {"role": "admin"})

    assert touched.status_code == 403
    assert Membership.all_rows.get(pk=cast.tess.membership.pk).role == "tester"
    assert Membership.all_rows.get(pk=cast.olga.membership.pk).role == "owner"


def test_bulk_revocation_stops_keys_and_leaves_those_one_may_not_change(
    cast: Cast, sign_in: SignIn
) -> None:
    make_key(cast.eva)
    make_key(cast.olga)
    keys = {key.membership.user.name: key for key in ApiKey.all_rows.all()}

    response = sign_in(cast.adam).post(
        changelist("accounts_apikey"),
        {"action": "revoke", "_selected_action": [key.pk for key in keys.values()]},
        follow=True,
    )

    assert "Keys revoked: 1 of 2. 1 refused" in response.content.decode()
    assert ApiKey.all_rows.get(pk=keys["Eva"].pk).revoked_by == cast.adam.user
    assert ApiKey.all_rows.get(pk=keys["Olga"].pk).revoked_at is None
    assert AuditEvent.all_rows.filter(verb="api_key.revoke").count() == 1


def test_bulk_action_reaches_no_other_teams_rows(cast: Cast, sign_in: SignIn) -> None:
    make_key(cast.otto)

    sign_in(cast.olga).post(
        changelist("accounts_apikey"),
        {"action": "revoke", "_selected_action": [ApiKey.all_rows.get().pk]},
    )

    assert ApiKey.all_rows.get().revoked_at is None


def test_colleague_cannot_switch_to_a_team_without_a_membership(
    cast: Cast, sign_in: SignIn
) -> None:
    client = sign_in(cast.emil)

    assert client.post(reverse("admin:team"), {"team": "harbour"}).status_code == 404
    assert client.get(reverse("admin:team")).status_code == 405


def test_switching_the_team_switches_the_rows(cast: Cast, sign_in: SignIn) -> None:
    Membership.all_rows.create(user=cast.otto.user, team=cast.team, role="owner")
    make_session(owner=cast.otto, title="Of the harbour")
    make_session(owner=cast.eva, title="Of the lighthouse")
    client = sign_in(cast.otto)

    seen = {}
    for team in ("harbour", "lighthouse"):
        client.post(reverse("admin:team"), {"team": team})
        page = client.get(changelist("datasets_session")).content.decode()
        seen[team] = ("Of the harbour" in page, "Of the lighthouse" in page)

    assert seen == {"harbour": (True, False), "lighthouse": (False, True)}


def test_history_shows_audit_events_to_those_who_may_read_them(cast: Cast, sign_in: SignIn) -> None:
    cast.tess.membership.change_role("evaluator", by=cast.olga)
    url = reverse("admin:accounts_membership_history", args=[cast.eva.membership.pk])
    changed = reverse("admin:accounts_membership_history", args=[cast.tess.membership.pk])

    assert "membership.change_role" in sign_in(cast.adam).get(changed).content.decode()
    assert sign_in(cast.eva).get(url).status_code == 403
    assert sign_in(cast.emil).get(url).status_code == 404


def test_nothing_can_be_added_or_deleted(cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.eva)
    client = sign_in(cast.olga)
    base = changelist("datasets_session")

    for url in (f"{base}add/", f"{base}{session.pk}/delete/"):
        assert client.post(url, {"post": "yes"}).status_code == 404
    client.post(base, {"action": "delete_selected", "_selected_action": [session.pk]})
    assert Session.all_rows.filter(pk=session.pk).exists()


def test_evidence_is_read_only(cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.eva, title="As it was")

    response = sign_in(cast.olga).post(
        change("datasets_session", session.pk), {"title": "Otherwise"}
    )

    assert response.status_code == 403
    assert Session.all_rows.get().title == "As it was"


def test_list_does_not_query_per_row(
    cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Callable[..., object]
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = sign_in(cast.olga)
    counts = []
    for n in (1, 19):
        for _ in range(n):
            make_label(make_session(owner=cast.eva))
        client.get(changelist("datasets_session"))
        with CaptureQueriesContext(connection) as queries:
            for model in ("datasets_session", "datasets_message", "reviews_evallabel"):
                client.get(changelist(model))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_list_that_takes_too_long_says_so(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db.models import F, Func, TextField
    from django.db.models.functions import Cast

    from datasets.admin import SessionAdmin

    def slow(self: object, request: object, rows: Any, words: str) -> tuple[Any, bool]:
        pause = Cast(Func(6, function="pg_sleep", output_field=TextField()), TextField())
        return rows.annotate(pause=pause).filter(pause=F("title")), False

    make_session(owner=cast.eva)
    monkeypatch.setattr(SessionAdmin, "get_search_results", slow)

    response = sign_in(cast.olga).get(changelist("datasets_session"), {"q": "x"})

    assert response.status_code == 503
    assert "fewer rows" in response.content.decode()
