"""Population rules that fail, as home tells them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from datasets.models import PopulationRule
from datasets.models.population_rule import BY_HAND
from evalplatform.home import Need
from evalplatform.scoping.actor import Actor

SHOWN = 5


def failing_rules(actor: Actor) -> Iterator[Need]:
    """Rules that one may change and that the platform stopped, or that failed the last time."""
    stopped = Q(is_enabled=False) & ~Q(disabled_reason=BY_HAND)
    rows = PopulationRule.objects.editable_by(actor).filter(stopped | Q(n_failures__gt=0))
    for rule in rows.select_related("dataset").order_by("is_enabled", "-created_at")[:SHOWN]:
        rule.dataset.team = actor.team
        if rule.is_enabled:
            title = f"The rule “{rule.name}” failed {rule.n_failures} of 3 times"
            yield Need(title, rule.get_absolute_url(), f"It fills {rule.dataset.name}.",
                       icon="refresh", tone="attention", urgency=1)  # fmt: skip
        else:
            title = f"The rule “{rule.name}” was stopped"
            yield Need(title, rule.get_absolute_url(), rule.disabled_reason[:200],
                       icon="refresh", tone="fail", urgency=1)  # fmt: skip
