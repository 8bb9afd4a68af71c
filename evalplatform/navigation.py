"""What the shell around every team page shows: places, teams, who one is."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from evalplatform.accounts.actors import memberships_of
from evalplatform.notifications.models import Notification
from evalplatform.scoping.actor import Actor

# (label, URL name, icon, key after g, verb, group)
PLACES = (
    ("Home", "home", "home", "h", "see", "work"),
    ("Sessions", "sessions", "sessions", "s", "see", "work"),
    ("Evals", "evals", "evals", "e", "see", "work"),
    ("Datasets", "datasets", "datasets", "d", "see", "work"),
    ("Runs", "runs", "runs", "r", "see", "work"),
    ("Queues", "queues", "queues", "q", "review", "work"),
    ("Analysis", "analysis", "analysis", "y", "see_analysis", "work"),
    ("Exports", "exports", "exports", "x", "export", "work"),
    ("Members", "members", "members", "m", "manage_members", "settings"),
    ("Endpoints", "endpoints", "machine", "o", "see", "settings"),
    ("Webhooks", "webhooks", "link", "w", "manage_webhooks", "settings"),
    ("Keys", "keys", "key", "k", "see", "settings"),
    ("Audit", "audit", "audit", "a", "read_audit", "settings"),
    ("Help", "help", "help", "?", "see", "help"),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `nav`, `teams` and `n_unread` on pages that know their actor.

    `n_unread` is asked when a template says it, so that parts of a page without the bell do not.
    """
    actor = getattr(request, "actor", None)
    if not isinstance(actor, Actor):
        return {}
    return {
        "actor": actor,
        "nav": places(request, actor),
        "teams": team_links(actor),
        "n_unread": partial(Notification.n_unread, actor),
    }


def places(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    """Return the links of the bar that this actor's verbs reach.

    A page that was reached from another place than its address says names it as `request.place`.
    """
    place, links = getattr(request, "place", ""), []
    for label, name, icon, key, verb, group in PLACES:
        if not actor.may(verb):
            continue
        try:
            url = reverse(name, args=[actor.team.slug])
        except NoReverseMatch:
            continue
        current = name == place if place else is_within(request.path, name, url)
        links.append(
            {
                "label": label,
                "url": url,
                "icon": icon,
                "key": key,
                "group": group,
                "is_current": current,
            }
        )
    return links


def is_within(path: str, name: str, url: str) -> bool:
    """Say whether an address is a place, or one below it; every address is below home."""
    return path == url or (name != "home" and path.startswith(url))


def team_links(actor: Actor) -> list[dict[str, Any]]:
    """Return the teams that this person can switch to."""
    return [
        {
            "name": membership.team.name,
            "slug": membership.team.slug,
            "url": membership.team.get_absolute_url(),
            "is_current": membership.team_id == actor.team.pk,
        }
        for membership in memberships_of(actor.user)
    ]
