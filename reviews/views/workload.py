"""What the reviewers of a queue have in hand, for who runs it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied

from evalplatform.scoping.views import ScopedPage
from reviews.views.queue_page import OfQueue
from reviews.workload import runs_it, workload_of


class WorkloadView(OfQueue, ScopedPage):
    """Per person: in how many queues, held, oldest lease, saved, skipped, declined."""

    verb = "review"
    template_name = "reviews/workload.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        if not runs_it(self.queue, self.actor):
            raise PermissionDenied("Only who runs the queue sees what its reviewers have in hand.")
        self.request.place = "queues"  # type: ignore[attr-defined]
        return {
            "queue": self.queue,
            "people": workload_of(self.queue, self.actor),
            "may_edit": self.may_edit,
            "queue_url": self.url("queue"),
        }
