"""Which settings of a queue may still be changed, and why the others may not."""

from __future__ import annotations

from evalplatform.scoping.actor import Actor
from reviews.models import Queue, Slot

# What can be said of a queue that there is; a run's review keeps its run, a queue its target.
SAID = (
    "name", "instructions", "rubric_version", "reviews_auto_evals", "reviews_per_item",
    "is_for_everyone", "is_blind", "shows_auto_verdict", "shows_suggestions", "hidden_share",
    "seed", "lease_minutes", "order", "sampling", "floors", "hides_reviewers",
)  # fmt: skip
FIXED_ERROR = "This may not be changed any more. {}"
OPENED = "Set while the queue is a draft: reviewers may have been given items since."
HAS_ITEMS = "Set before the first items came in: they were drawn and put in order by it."
ANSWERED = "Set before the first review was saved: what was said so far was said under it."
MEASURED = "Set before the first review was saved: places were drawn by it."


def fixed_in(queue: Queue, by: Actor) -> dict[str, str]:
    """The settings that may not change any more, each with the reason."""
    fixed: dict[str, str] = {}
    if queue.status != Queue.Status.DRAFT:
        fixed |= {"rubric_version": OPENED, "reviews_per_item": OPENED}
    if queue.n_items:
        fixed |= {"order": HAS_ITEMS, "seed": HAS_ITEMS}
    if _is_answered(queue, by):
        fixed |= {"is_blind": ANSWERED, "reviews_auto_evals": ANSWERED}
        if queue.shows_auto_verdict:
            fixed["hidden_share"] = MEASURED
    return fixed


def _is_answered(queue: Queue, by: Actor) -> bool:
    """Whether anybody has saved a review; asked by who may change the queue, who sees all."""
    saved = Slot.objects.visible_to(by).filter(queue=queue, state=Slot.State.SUBMITTED)
    return bool(saved.exists())
