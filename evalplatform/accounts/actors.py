"""Who is behind a request: the one place that turns a cookie or a key into an Actor.

Role, membership, team and key are read from the database each time: a removal holds at once.
"""

from __future__ import annotations

import contextlib
import ipaddress
from typing import TypedDict

from django.conf import settings
from django.http import HttpRequest

from evalplatform.accounts.models import Membership, User
from evalplatform.scoping.actor import Actor

LAST_TEAM = "last_team"


class Origin(TypedDict):
    """Where a request came from."""

    request_id: str
    address: str | None


def memberships_of(user: User) -> list[Membership]:
    """Return the user's living memberships with their teams, by team name."""
    living = Membership.all_rows.filter(user=user, ended_at=None, team__deleted_at=None)
    return list(living.select_related("team", "user").order_by("team__name"))


def actor_in_team(request: HttpRequest, slug: str) -> Actor | None:
    """Return who the signed-in user is in the team of this address; None when not a member."""
    if not isinstance(request.user, User) or not request.user.is_active:
        return None
    membership: Membership | None = (
        Membership.all_rows.select_related("team", "user")
        .filter(user=request.user, team__slug=slug, ended_at=None, team__deleted_at=None)
        .first()
    )
    if membership is None:
        return None
    if request.session.get(LAST_TEAM) != slug:
        request.session[LAST_TEAM] = slug
    return membership.act(via="page", **origin(request))


def actor_last_seen(request: HttpRequest) -> Actor | None:
    """Return who the user is in the team last opened, else in their first one; None without any."""
    if not isinstance(request.user, User):
        return None
    memberships = memberships_of(request.user)
    last = request.session.get(LAST_TEAM)
    for membership in sorted(memberships, key=lambda row: row.team.slug != last):
        return membership.act(via="page", **origin(request))
    return None


def actor_again(actor: Actor) -> Actor | None:
    """Return what the actor is at this moment, for work that goes on; None once it has ended."""
    living = Membership.all_rows.select_related("team", "user").filter(
        pk=actor.membership.pk, ended_at=None, team__deleted_at=None, user__is_active=True
    )
    membership: Membership | None = living.first()
    if membership is None:
        return None
    return membership.act(via=actor.via, request_id=actor.request_id, address=actor.address)


def address_of(request: HttpRequest) -> str | None:
    """Return the caller's address as far as our own proxies vouch for it; None on a unix socket."""
    n_proxies = settings.TRUSTED_PROXIES
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    told = hops[-n_proxies] if 0 < n_proxies <= len(hops) else ""
    for address in (told.strip(), request.META.get("REMOTE_ADDR") or ""):
        with contextlib.suppress(ValueError):
            return str(ipaddress.ip_address(address))
    return None


def origin(request: HttpRequest) -> Origin:
    """Return the request's id and address, as actors and audit events carry them."""
    request_id = request.META.get("evalplatform.request_id", "")
    return {"request_id": request_id, "address": address_of(request)}
