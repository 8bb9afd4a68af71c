"""A controlled batch: its runs, and what they come to together."""

from __future__ import annotations

from typing import Any

from evalplatform.scoping.views import ScopedPage
from runs.batch_sums import sums_of
from runs.models import Run, RunBatch
from runs.run_listing import listed, rows_of

MOST_RUNS = 200


class BatchView(ScopedPage):
    """The runs of a batch in their order, with progress and sums from their rows."""

    model = RunBatch
    template_name = "runs/batch.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        batch = self.get_row(pk=kwargs["pk"])
        runs = Run.objects.visible_to(self.actor).filter(batch=batch)
        shown = rows_of(listed(runs.order_by("batch_position"))[:MOST_RUNS], self.actor, {})
        return {"batch": batch, "runs": shown, "sums": sums_of(runs, self.actor)}
