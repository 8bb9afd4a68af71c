"""The readiness gate as a page: of a batch, or of all runs of a source."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.views import ScopedPage
from runs.models import Run, RunBatch
from runs.readiness import Readiness, gated, readiness

LISTED_BATCHES = 100


class ReadinessView(ScopedPage):
    """The counts and what does not agree; `batch` or `source` in the address says of what."""

    model = Run
    verb = Verb.SEE_ALL
    template_name = "runs/readiness.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        batches = RunBatch.objects.visible_to(self.actor)
        batch = self.batch(batches)
        source = self.source()
        runs = self.rows().filter(batch=batch) if batch else gated(self.rows(), source)
        found = readiness(runs, n_wanted=batch.n_runs if batch else None)
        return {
            "found": found,
            "batch": batch,
            "source": source,
            "batches": batches[:LISTED_BATCHES],
            "sources": Run.Source.choices,
            "here": "readiness",
            "numbers": numbers(found, batch),
        }

    def batch(self, batches: Any) -> RunBatch | None:
        """The batch of the address; 404 for one that is not there."""
        asked = self.request.GET.get("batch", "")
        if not asked:
            return None
        try:
            found: RunBatch | None = batches.filter(pk=uuid.UUID(asked)).first()
        except ValueError:
            found = None
        if found is None:
            raise Http404
        return found

    def source(self) -> str:
        """The source of the address, controlled batches unless it names another."""
        asked = self.request.GET.get("source", "")
        return asked if asked in Run.Source.values else Run.Source.CONTROLLED_BATCH.value


def numbers(found: Readiness, batch: RunBatch | None) -> list[tuple[str, int, int | None]]:
    """What was counted, each with what it should be."""
    told: list[tuple[str, int | None, int | None]] = [
        ("Runs", found.n_runs, batch.n_runs if batch else None),
        ("Run items", found.n_items, found.n_prompts),
        ("Responses that are not empty", found.n_responses, found.n_prompts),
        ("Reviews", found.n_reviews, found.n_prompts),
    ]
    return [(label, n, of) for label, n, of in told if n is not None]
