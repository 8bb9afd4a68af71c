"""The page of a run: its numbers with what they are of, and its rows."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase

from datasets.list_filters import ListFilter
from datasets.rendering import MAX_SHOWN, render
from evalplatform.scoping.keyset import Page, total_of
from evalplatform.scoping.patience import TooBroadError, patience
from runs.run_item_filters import filter_run_items, results_of
from runs.run_item_listing import page_of, rows_of
from runs.run_numbers import breakdown, choices_of
from runs.views.run_page import RunPage


class RunView(RunPage):
    """Headline numbers, what they are made of, and the rows; narrowed to some, the rows alone."""

    template_name = "runs/run.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().get(request, *args, **kwargs)
        except TooBroadError:
            context = self.get_context_data(**self.of_filter(self.found()), is_too_broad=True)
            return self.render_to_response(context, status=503)

    def found(self) -> ListFilter:
        return filter_run_items(self.items(), results_of(self.actor, self.run), self.request.GET)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found, token = self.found(), self.request.GET.get("page", "")
        errors = dict(found.errors)
        with patience():
            rows, n, is_more = found.rows, self.run.n_items, False
            try:
                page = page_of(rows, token)
            except ValidationError as error:
                errors["page"], page = error.messages, Page([], "", "")
            if found:
                n, is_more = total_of(page, rows)
            items = rows_of(page.rows, results_of(self.actor, self.run), self.url("run") + "items/")
        return (
            self.of_filter(found)
            | self.made_with()
            | {
                "items": items,
                "newer_url": found.page_url(page.newer),
                "older_url": found.page_url(page.older),
                "n_matching": f"{n:,}{'+' if is_more else ''}",
                "errors": errors,
                "is_narrowed": bool(found or token),
                "analysis": render(self.run.error_analysis[:MAX_SHOWN]),
                **breakdown(self.run, self.url("run")),
            }
        )

    def of_filter(self, found: ListFilter) -> dict[str, Any]:
        """What the filter bar shows."""
        return {
            "values": found.values(),
            "query": found.query(),
            "chips": found.chips(self.url("run")),
            "is_filtered": bool(found),
            **choices_of(self.run),
        }
