"""The inbox for programs: one's own in one team, and marking it read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from evalplatform.notifications.models import Notification
from evalplatform.notifications.notifying import notify
from evalplatform.scoping.actor import Actor
from tests.cast import Cast

pytestmark = pytest.mark.django_db
CallAs = Callable[[Actor], APIClient]
URL = "/api/v1/notifications"


def tell(actor: Actor, title: str) -> Notification:
    url = f"/t/{actor.team.slug}/help/"
    made = notify(actor.user, actor.team, "note", title, "More", url)
    assert made is not None
    return made


def test_list_holds_ones_own_newest_first(cast: Cast, call_as: CallAs) -> None:
    tell(cast.eva, "First")
    made = tell(cast.eva, "Second")
    tell(cast.olga, "For Olga")

    found = call_as(cast.eva).get(URL).json()

    assert [one["title"] for one in found["results"]] == ["Second", "First"]
    created = made.created_at.isoformat().replace("+00:00", "Z")
    assert found["results"][0] == {
        "id": str(made.pk), "kind": "note", "title": "Second", "body": "More",
        "url": "/t/lighthouse/help/", "createdAt": created, "readAt": None,
    }  # fmt: skip


def test_list_narrows_to_unread_and_pages(cast: Cast, call_as: CallAs) -> None:
    tell(cast.eva, "Read").mark_read(by=cast.eva)
    for n in range(3):
        tell(cast.eva, f"Unread {n}")
    eva = call_as(cast.eva)

    first = eva.get(URL, {"unread": "1", "limit": "2"}).json()
    second = eva.get(URL, {"unread": "1", "limit": "2", "page": first["next"]}).json()

    assert [one["title"] for one in first["results"]] == ["Unread 2", "Unread 1"]
    assert [one["title"] for one in second["results"]] == ["Unread 0"]
    assert eva.get(URL, {"unread": "maybe"}).status_code == 400


def test_reading_one_and_all(cast: Cast, call_as: CallAs) -> None:
    first, other = tell(cast.eva, "First"), tell(cast.olga, "For Olga")
    tell(cast.eva, "Second")
    eva = call_as(cast.eva)

    assert eva.post(f"{URL}/{first.pk}/read").json()["readAt"] is not None
    assert eva.post(f"{URL}/{other.pk}/read").status_code == 404
    assert eva.post(f"{URL}/read").json() == {"marked": 1}
    assert eva.post(f"{URL}/read").json() == {"marked": 0}
    assert Notification.n_unread(cast.olga) == 1
