"""The strata of a sampling plan: in which part of what could be reviewed each thing is.

A stratum is named by what its parts say, in the order of the tables below: `failing / billing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from datasets.models import Session
from evalplatform.scoping.actor import Actor
from reviews.models import Queue
from reviews.sampling import JOINT, Candidate, Plan
from runs.models import RunItem

# By what the candidates of each target can be parted, and how the form says it.
PARTS: dict[str, dict[str, str]] = {
    Queue.Target.RUN_ITEM: {"verdict": "Verdict", "tag": "Tag", "category": "Category"},
    Queue.Target.SESSION: {"status": "Status", "tag": "Tag"},
}
DEFAULT: dict[str, tuple[str, ...]] = {Queue.Target.RUN_ITEM: ("verdict",)}
VERDICTS = {True: "passing", False: "failing", None: "no verdict"}
LONGEST = 200


def stratum_of(
    strata: Sequence[str], is_passed: bool | None, tags: Sequence[str], category: str
) -> str:
    """The name of the stratum a row is in, `failing / billing`; its first tag stands for it."""
    said = {
        "verdict": VERDICTS[is_passed],
        "tag": tags[0] if tags else "no tag",
        "category": category or "none",
    }
    return _joined(said, strata)


def stratum_of_session(
    strata: Sequence[str], status: str | None, label_tags: Sequence[str], tags: Sequence[str]
) -> str:
    """The same of a session: its label's status, and its first tag, the label's before its own."""
    both = [*label_tags, *tags]
    said = {"status": (status or "unset").replace("_", " "), "tag": both[0] if both else "no tag"}
    return _joined(said, strata)


def _joined(said: Mapping[str, str], strata: Sequence[str]) -> str:
    return JOINT.join(text for name, text in said.items() if name in strata)[:LONGEST]


def rows_to_review(queue: Queue, by: Actor) -> Any:
    """What the actor sees and this queue could hold: sessions, or the answered rows of its run."""
    if queue.target == Queue.Target.SESSION:
        return Session.objects.visible_to(by)
    return RunItem.objects.visible_to(by).filter(run=queue.run_id, status="success")


def in_strata(target: str, rows: Any, strata: Sequence[str]) -> Iterator[Candidate]:
    """Each of these rows with its stratum, in their order."""
    if target == Queue.Target.RUN_ITEM:
        for pk, *said in rows.values_list("pk", "is_passed", "tags", "category"):
            yield Candidate(str(pk), stratum_of(strata, *said))
    elif strata:
        for pk, status, label_tags, tags in rows.values_list(
            "pk", "label__status", "label__tags", "tags"
        ):
            yield Candidate(str(pk), stratum_of_session(strata, status, label_tags or (), tags))
    else:
        for pk in rows.values_list("pk", flat=True):
            yield Candidate(str(pk), "")


def candidates_of(
    queue: Queue, ids: Sequence[UUID], strata: Sequence[str], by: Actor
) -> list[Candidate]:
    """Of these ids, in their order, those that the actor sees and the queue could hold."""
    rows = rows_to_review(queue, by).filter(pk__in=ids)
    found = {each.key: each for each in in_strata(queue.target, rows, strata)}
    return [found[key] for key in map(str, ids) if key in found]


def plan_of(queue: Queue) -> tuple[Plan, tuple[str, ...]]:
    """The queue's own sampling plan, and by what it parts; everything when it has none."""
    held = queue.sampling
    strata = tuple(held.get("strata") or DEFAULT.get(queue.target, ()))
    plan = Plan(held.get("shares") or {}, held.get("rest", 1.0), held.get("seed", 0))
    return plan, strata


def as_sampling(plan: Plan, strata: Sequence[str]) -> dict[str, Any]:
    """What `plan_of` reads."""
    return {
        "shares": dict(plan.shares), "rest": plan.rest, "seed": plan.seed, "strata": list(strata),
    }  # fmt: skip


def is_everything(plan: Plan) -> bool:
    """Whether the plan leaves nothing out."""
    return plan.rest >= 1.0 and all(share >= 1.0 for share in plan.shares.values())
