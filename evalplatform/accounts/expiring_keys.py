"""Keys that stop working soon, as home tells them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from evalplatform.accounts.models import ApiKey
from evalplatform.home import Need
from evalplatform.scoping.actor import Actor

SOON = timedelta(days=14)
SHOWN = 5


def expiring_keys(actor: Actor) -> Iterator[Need]:
    """Living keys that expire within two weeks: one's own, and the team's for who manages them."""
    now = timezone.now()
    rows = ApiKey.objects.visible_to(actor).filter(
        revoked_at=None, membership__ended_at=None, expires_at__gt=now, expires_at__lte=now + SOON
    )
    url = reverse("keys", args=[actor.team.slug])
    for key in rows.select_related("membership__user").order_by("expires_at")[:SHOWN]:
        user = key.membership.user
        whose = "your key" if user == actor.user else f"a key of {user.name or user.email}"
        left = max(0, (key.expires_at - now).days)
        when = "today" if left == 0 else f"in {left} day{'' if left == 1 else 's'}"
        yield Need(
            f"“{key.name}” expires {when}", url, f"{whose}: what uses it stops then",
            icon="key", tone="attention", urgency=1,
        )  # fmt: skip
