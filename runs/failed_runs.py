"""Runs that ended in error lately, as home tells them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from evalplatform.home import Need
from evalplatform.scoping.actor import Actor
from runs.models import Run

LATELY = timedelta(days=7)
MOST = 100


def failed_runs(actor: Actor) -> Iterator[Need]:
    """Runs of a week that ended in error and that one may retry, told together."""
    rows = Run.objects.editable_by(actor).filter(
        status=Run.Status.ERROR, created_at__gte=timezone.now() - LATELY
    )
    found = list(rows.order_by("-created_at", "-id").values_list("pk", "title")[:MOST])
    if not found:
        return
    (pk, title), n = found[0], len(found)
    if n == 1:
        url = reverse("run", args=[actor.team.slug, pk])
        yield Need(f"The run “{title}” ended in error", url, "Its failed rows can be retried.",
                   icon="runs", tone="fail", urgency=1)  # fmt: skip
        return
    url = f"{reverse('runs', args=[actor.team.slug])}?status=error"
    more = "+" if n == MOST else ""
    yield Need(f"{n}{more} runs of this week ended in error", url, f"“{title}” is the last one.",
               icon="runs", tone="fail", urgency=1)  # fmt: skip
