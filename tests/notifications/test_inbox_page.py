"""The bell counts, the panel shows what waits first, the page lists all, opening marks read."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from evalplatform.notifications.models import Notification
from evalplatform.notifications.notifying import notify
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.counting import queries_of

pytestmark = pytest.mark.django_db
SignIn = Callable[[Actor], Client]
INBOX = "/t/lighthouse/notifications/"


def tell(actor: Actor, title: str = "A rule was disabled", **said: str) -> Notification:
    made = notify(actor.user, actor.team, "rule_disabled", title, **said)
    assert made is not None
    return made


def one(pk: uuid.UUID, act: str) -> str:
    return f"{INBOX}{pk}/{act}/"


def count_in(html: str) -> str:
    """Return what the bell says, '' while its count is hidden."""
    found = re.search(r'id="inbox-count"[^>]*>', html)
    assert found
    return "" if " hidden" in found[0] else html[found.end() :].partition("<")[0]


def test_bell_counts_what_is_unread(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    assert count_in(client.get("/t/lighthouse/").content.decode()) == ""

    tell(cast.eva)
    tell(cast.olga)

    assert count_in(client.get("/t/lighthouse/").content.decode()) == "1"
    for _ in range(100):
        tell(cast.eva)
    assert count_in(client.get("/t/lighthouse/").content.decode()) == "99+"


def test_bell_costs_a_page_one_query(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    client.get("/t/lighthouse/help/")
    few = queries_of(lambda: client.get("/t/lighthouse/help/"))
    for _ in range(20):
        tell(cast.eva)

    assert queries_of(lambda: client.get("/t/lighthouse/help/")) == few <= 5


def test_list_does_not_query_per_row(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    tell(cast.eva)
    for url in (INBOX, f"{INBOX}panel/"):
        client.get(url)
        few = queries_of(lambda url=url: client.get(url))  # type: ignore[misc]
        for _ in range(19):
            tell(cast.eva)
        assert queries_of(lambda url=url: client.get(url)) <= few  # type: ignore[misc]


def test_empty_inbox_says_what_it_is_for(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)

    assert "Nothing here yet" in client.get(INBOX).content.decode()
    assert "Nothing here yet" in client.get(f"{INBOX}panel/").content.decode()
    assert "You have read everything" in client.get(f"{INBOX}?unread=1").content.decode()


def test_opening_marks_read_and_leads_there(cast: Cast, sign_in: SignIn) -> None:
    made = tell(cast.eva, url="/t/lighthouse/sessions/?tag=a")
    client = sign_in(cast.eva)

    assert client.head(one(made.pk, "open")).status_code == 405
    assert Notification.n_unread(cast.eva) == 1
    response = client.get(one(made.pk, "open"))

    assert (response.status_code, response["Location"]) == (302, "/t/lighthouse/sessions/?tag=a")
    assert response["Cache-Control"] == "no-store"
    assert Notification.n_unread(cast.eva) == 0


def test_one_about_no_page_leads_to_the_inbox(cast: Cast, sign_in: SignIn) -> None:
    made = tell(cast.eva)

    response = sign_in(cast.eva).get(one(made.pk, "open"))

    assert response["Location"] == f"{INBOX}#n-{made.pk}"


@pytest.mark.parametrize("name", ["olga", "adam", "emil", "otto"])
def test_nobody_opens_or_reads_a_colleagues(cast: Cast, sign_in: SignIn, name: str) -> None:
    made = tell(cast.eva)
    client = sign_in(cast.actor(name))

    assert client.get(one(made.pk, "open")).status_code == 404
    assert client.post(one(made.pk, "read")).status_code == 404
    client.post(f"{INBOX}read/")

    assert Notification.n_unread(cast.eva) == 1


def test_panel_shows_unread_first(cast: Cast, sign_in: SignIn) -> None:
    old = tell(cast.eva, "Old and unread")
    for n in range(10):
        tell(cast.eva, f"Newer and read {n}").mark_read(by=cast.eva)
    assert Notification.n_unread(cast.eva) == 1

    html = sign_in(cast.eva).get(f"{INBOX}panel/").content.decode()

    assert re.findall(r"inbox__what[^>]*>([^<]*)", html)[0] == old.title
    assert html.count("inbox__item") == 8
    assert count_in(html) == "1"


def test_mark_all_read_leaves_what_came_after_the_look(cast: Cast, sign_in: SignIn) -> None:
    seen = tell(cast.eva)
    Notification.all_rows.update(created_at=seen.created_at - timedelta(minutes=5))
    client = sign_in(cast.eva)
    panel = client.get(f"{INBOX}panel/").content.decode()
    until = re.search(r'name="until" value="([^"]*)"', panel)
    assert until
    late = tell(cast.eva, "Came meanwhile")

    htmx = {"HX-Request": "true"}
    response = client.post(f"{INBOX}read/", {"until": until[1]}, headers=htmx)

    assert list(Notification.objects.visible_to(cast.eva).unread()) == [late]
    assert count_in(response.content.decode()) == "1"


def test_mark_all_read_refuses_a_moment_that_is_none(cast: Cast, sign_in: SignIn) -> None:
    tell(cast.eva)

    assert sign_in(cast.eva).post(f"{INBOX}read/", {"until": "soon"}).status_code == 400
    assert Notification.n_unread(cast.eva) == 1


def test_without_htmx_the_buttons_lead_back_to_the_inbox(cast: Cast, sign_in: SignIn) -> None:
    first, _ = tell(cast.eva), tell(cast.eva)
    client = sign_in(cast.eva)

    assert client.post(one(first.pk, "read"))["Location"] == INBOX
    assert Notification.n_unread(cast.eva) == 1
    assert client.post(f"{INBOX}read/")["Location"] == INBOX
    assert Notification.n_unread(cast.eva) == 0


def test_pages_follow_each_other_and_a_broken_link_starts_anew(cast: Cast, sign_in: SignIn) -> None:
    for n in range(55):
        tell(cast.eva, f"Number {n:02}")
    client = sign_in(cast.eva)

    first = client.get(f"{INBOX}?unread=1")
    older = client.get(INBOX + first.context["older_url"])

    assert [row.title for row in older.context["notifications"]] == [
        f"Number {n:02}" for n in (4, 3, 2, 1, 0)
    ]
    assert older.context["only_unread"]
    assert older.context["newer_url"]
    assert len(client.get(f"{INBOX}?page=broken").context["notifications"]) == 50


def test_text_of_a_notification_is_text(cast: Cast, sign_in: SignIn) -> None:
    tell(cast.eva, "<b>x</b>", body="<script>alert(1)</script>")
    client = sign_in(cast.eva)

    for url in (INBOX, f"{INBOX}panel/"):
        html = client.get(url).content.decode()
        assert "&lt;b&gt;x&lt;/b&gt;" in html
        assert "<script>alert" not in html
