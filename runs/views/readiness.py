"""The readiness gate as a page, of a batch or of all runs of a source; what a browser keeps."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.views import ScopedPage
from runs.models import Run, RunBatch
from runs.readiness import Readiness, gated, readiness

LISTED_BATCHES = 100
MOST_INDEXED = 1_000  # runs that a browser keeps the owner of
# What the page counts in the browser (formats.md 3.7), in this order.
COUNTERS = (
    "sessionCount",
    "persistedLocalFullPayloadSessionCount",
    "persistedLocalHasItemLevelData",
    "persistedLocalItemLevelDataSessionCount",
    "ownedSessionCount",
    "otherOwnerSessionCount",
    "ownerlessSessionCount",
    "rawByteSize",
)


@dataclass(frozen=True)
class Gate:
    """The gate that an address asks for, and what was counted."""

    found: Readiness
    runs: Any
    batch: RunBatch | None
    source: str
    n_wanted: int | None


def gate_of(params: Mapping[str, str], actor: Actor) -> Gate:
    """The gate of a batch or source; 404 for a batch that is not there.

    `runs` is how many there should be, `reviewer` who is asked about.
    """
    batch = _batch(params.get("batch", ""), actor)
    asked = params.get("source", "")
    source = asked if asked in Run.Source.values else Run.Source.CONTROLLED_BATCH.value
    rows = Run.objects.visible_to(actor)
    runs = rows.filter(batch=batch) if batch else gated(rows, source)
    wanted = params.get("runs", "").strip()
    is_number = wanted.isascii() and wanted.isdigit() and len(wanted) < 7
    n_wanted = int(wanted) if is_number else (batch.n_runs if batch else None)
    found = readiness(runs, n_wanted=n_wanted, reviewer=_id(params.get("reviewer", "")))
    return Gate(found, runs, batch, source, n_wanted)


def _batch(asked: str, actor: Actor) -> RunBatch | None:
    if not asked:
        return None
    pk = _id(asked)
    found: RunBatch | None = RunBatch.objects.visible_to(actor).filter(pk=pk).first()
    if pk is None or found is None:
        raise Http404
    return found


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


class ReadinessView(ScopedPage):
    """The counts and what does not agree; `batch` or `source` in the address says of what."""

    model = Run
    verb = Verb.SEE_ALL
    template_name = "runs/readiness.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        gate = gate_of(self.request.GET, self.actor)
        batches = RunBatch.objects.visible_to(self.actor)
        newest = gate.runs.order_by("-created_at", "-pk")[:MOST_INDEXED]
        index = [
            {"id": str(pk), "ownerUserId": str(owner)}
            for pk, owner in newest.values_list("pk", "owner_id")
        ]
        return {
            "gate": gate,
            "found": gate.found,
            "batch": gate.batch,
            "source": gate.source,
            "batches": batches[:LISTED_BATCHES],
            "sources": Run.Source.choices,
            "here": "readiness",
            "numbers": numbers(gate.found, gate.n_wanted),
            "counters": COUNTERS,
            "index": {
                "owner": str(self.actor.user.pk),
                "team": self.actor.team.slug,
                "runs": index,
            },
        }


def numbers(found: Readiness, n_wanted: int | None) -> list[tuple[str, int, int | None]]:
    """What was counted, each with what it should be."""
    told: list[tuple[str, int | None, int | None]] = [
        ("Runs", found.n_runs, n_wanted),
        ("Expected prompts", found.n_prompts, None),
        ("Run items", found.n_items, found.n_prompts),
        ("Responses that are not empty", found.n_responses, found.n_prompts),
        (_reviews_by(found), found.n_reviews, found.n_prompts),
    ]
    return [(label, n, of) for label, n, of in told if n is not None]


def _reviews_by(found: Readiness) -> str:
    return f"Reviews by {found.reviewer.name}" if found.reviewer else "Reviews by one reviewer"
