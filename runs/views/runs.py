"""The list of runs: every kind side by side, narrowed by its address."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from datasets.list_filters import ListFilter
from evalplatform.scoping.keyset import Page, fetch_page, total_of
from evalplatform.scoping.patience import TooBroadError, patience
from evalplatform.scoping.views import ScopedPage
from runs.models import Run
from runs.run_filters import KINDS, SOURCES, STATUSES, datasets_of, filter_runs, owners_of
from runs.run_listing import PAGE, PAGE_KEYS, listed, rows_of


class RunListView(ScopedPage):
    """Runs, the newest first; filters, page and text are all in the address."""

    model = Run
    template_name = "runs/runs.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().get(request, *args, **kwargs)
        except TooBroadError:
            about = self.about(filter_runs(self.actor, request.GET, {}, {}), {}, {})
            context = self.get_context_data(**about, is_too_broad=True)
            return self.render_to_response(context, status=503)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        with patience():
            owners, datasets = owners_of(self.actor), datasets_of(self.actor)
            found = filter_runs(self.actor, self.request.GET, owners, datasets)
            errors, token = dict(found.errors), self.request.GET.get("page", "")
            try:
                page = fetch_page(found.rows, PAGE_KEYS, token, PAGE, listed)
            except ValidationError as error:
                errors["page"], page = error.messages, Page([], "", "")
            n, is_more = total_of(page, found.rows)
            runs = rows_of(page.rows, self.actor, datasets)
        return self.about(found, owners, datasets) | {
            "runs": runs,
            "has_open": any(run["is_open"] for run in runs),
            "newer_url": found.page_url(page.newer),
            "older_url": found.page_url(page.older),
            "n_matching": f"{n:,}{'+' if is_more else ''}",
            "is_empty": not (found or token or runs),
            "errors": errors,
        }

    def about(
        self, found: ListFilter, owners: dict[str, str], datasets: dict[str, str]
    ) -> dict[str, Any]:
        """What the filter bar shows."""
        url = reverse("runs", args=[self.actor.team.slug])
        return {
            "list_url": url,
            "values": found.values(),
            "chips": found.chips(url),
            "kinds": KINDS.items(),
            "sources": SOURCES.items(),
            "statuses": STATUSES.items(),
            "owners": owners.items(),
            "datasets": datasets.items(),
        }
