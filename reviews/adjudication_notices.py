"""Who is told in their inbox that something waits for a decision, and what became of a contest.

Nobody is told of an item before it is open to all, and nobody of one that they are still to review.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from evalplatform.accounts.models import Membership
from evalplatform.accounts.roles import VERBS, Verb
from evalplatform.notifications.models import Notification
from evalplatform.notifications.notifying import notify
from evalplatform.scoping.actor import Actor
from reviews.adjudicable import OPEN_STATES, UNSAID
from reviews.models import Contest, QueueItem, Slot
from reviews.webhooks.telling import state_told

ADJUDICATING = sorted(role for role, verbs in VERBS.items() if Verb.ADJUDICATE in verbs)
NEEDED, CONTESTED, ANSWERED = "adjudication-needed", "adjudication-contested", "contest-answered"


def tell_waiting(item: QueueItem, *, told: str | None, by: Actor) -> None:
    """An item has come to wait: tell who may settle it, once until they have read it.

    `told` is the state of the item that was open to all before, None when it was hidden.
    """
    state = state_told(item)
    if state not in OPEN_STATES or state == told:
        return
    queue = item.queue
    key = str(queue.pk)
    unread = Notification.all_rows.filter(team=by.team, kind=NEEDED, key=key, read_at=None).values(
        "user"
    )
    busy = Slot.all_rows.filter(queue_item=item, state__in=UNSAID).values("reviewer")
    people = _adjudicators(by).exclude(user__in=unread).exclude(user__in=busy)
    url = reverse("queue-adjudicate", args=[by.team.slug, queue.pk])
    for member in people:
        notify(
            member.user, by.team, NEEDED, f"{queue.name}: a decision is needed",
            "Reviewers disagree, or somebody asks for another look.", url, key,
        )  # fmt: skip


def tell_contested(contested: Contest, *, by: Actor) -> None:
    """A reviewer contests: tell everybody who may answer."""
    item = contested.adjudication.queue_item
    queue = item.queue
    who = "A reviewer" if queue.hides_reviewers else by.user.name or by.user.email
    title = f"{queue.name}: {who} contests a final answer"
    url = reverse("adjudicate-item", args=[by.team.slug, queue.pk, item.key])
    for member in _adjudicators(by):
        notify(member.user, by.team, CONTESTED, title, contested.note, url, str(contested.pk))


def tell_answered(contested: Contest, *, by: Actor) -> None:
    """A contest is answered: tell its reviewer."""
    queue = contested.adjudication.queue
    title = f"{queue.name}: your contest is answered"
    url = reverse("queue-differences", args=[by.team.slug, queue.pk])
    key = str(contested.pk)
    notify(contested.reviewer, by.team, ANSWERED, title, contested.answer, url, key)


def _adjudicators(by: Actor) -> Any:
    """The memberships of the actor's team that adjudicate, but their own."""
    rows = Membership.all_rows.filter(team=by.team, ended_at=None, role__in=ADJUDICATING)
    others = rows.filter(user__is_active=True).exclude(user=by.user)
    return others.select_related("user").order_by("user")
