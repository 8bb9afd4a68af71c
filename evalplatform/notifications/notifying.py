"""Telling a person something: in their inbox, and by mail where a mail server is configured."""

from __future__ import annotations

import re
from urllib.parse import unquote

from django.conf import settings
from django.core.validators import validate_slug
from django.db import connection

from evalplatform.accounts.models import Membership, Team, User
from evalplatform.accounts.models.user import tidy_name
from evalplatform.audit.recording import NotInTransactionError
from evalplatform.jobs.models import Job
from evalplatform.notifications.models import Notification

LONGEST_TITLE = 200
LONGEST_BODY = 2000
PATH = re.compile(r"[A-Za-z0-9\-._~%!$&'()*+,;=:@/?#]{1,500}")


class OutsideTeamError(ValueError):
    """A notification would lead out of its team: give a path that `reverse()` made."""


def notify(
    user: User, team: Team, kind: str, title: str, body: str = "", url: str = "",
    key: str | None = None,
) -> Notification | None:  # fmt: skip
    """Tell a member of the team; None when the person is in it no more.

    Belongs to the caller's transaction. While one with the same kind and `key` is unread, no second
    is made: the unread one is returned. Long texts are cut. `url` is a path of this team.
    """
    if not connection.in_atomic_block:
        raise NotInTransactionError(f"{kind}: open atomic() around the change and its notice.")
    validate_slug(kind)
    notification = Notification(
        team=team,
        user=user,
        kind=kind,
        title=cut(tidy_name(title), LONGEST_TITLE),
        body=cut(body.strip(), LONGEST_BODY),
        url=path_of_team(url, team),
        key=key,
    )
    member = living_member(user, team)
    if member is None:
        return None
    if not save_once(notification):
        return Notification.all_rows.filter(
            user=user, team=team, kind=kind, key=key, read_at=None
        ).first()
    if settings.HAS_MAIL_SERVER:
        arguments = {"notification": str(notification.pk)}
        Job.enqueue("mail_notification", arguments, by=member.act(via="job"))
    return notification


def save_once(notification: Notification) -> bool:
    """Save it unless an unread one has its key; say whether it was saved.

    The constraint decides, so that two workers at once neither make two nor break each other.
    """
    rows = Notification.all_rows
    rows.bulk_create([notification], ignore_conflicts=True)
    return notification.key is None or rows.filter(pk=notification.pk).exists()


def living_member(user: User, team: Team) -> Membership | None:
    """Return the person's place in the team, if they still reach it."""
    living = Membership.all_rows.filter(user=user, team=team, ended_at=None)
    reachable = living.filter(team__deleted_at=None, user__is_active=True)
    member: Membership | None = reachable.select_related("user", "team").first()
    return member


def path_of_team(url: str, team: Team) -> str:
    """Return the address if it is a path inside the team. Raises OutsideTeamError."""
    if not url:
        return ""
    path = unquote(url.partition("#")[0].partition("?")[0])
    climbs = {".", ".."} & set(re.split(r"[/\\]", path))
    if not PATH.fullmatch(url) or climbs or not path.startswith(f"/t/{team.slug}/"):
        raise OutsideTeamError(f"{url[:100]!r} is no path of /t/{team.slug}/.")
    return url


def cut(text: str, longest: int) -> str:
    """Return the text, its end replaced by an ellipsis when it is too long."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
