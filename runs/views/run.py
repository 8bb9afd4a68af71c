"""The page of a run: its numbers with what they are of, its progress, and its rows."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase

from datasets.list_filters import ListFilter
from datasets.rendering import MAX_SHOWN, render
from evalplatform.scoping.keyset import Page
from evalplatform.scoping.patience import TooBroadError, patience
from runs.run_item_filters import filter_run_items, results_of
from runs.run_item_listing import LOOKED, few_or_many, page_of, page_of_text, rows_of
from runs.run_numbers import breakdown, choices_of
from runs.run_progress import Progress
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
        found = self.found()
        with patience():
            listed = self.listed(found)
        return self.of_filter(found) | self.of_run() | listed

    def listed(self, found: ListFilter) -> dict[str, Any]:
        """The page of rows that the address names."""
        token, errors = self.request.GET.get("page", ""), dict(found.errors)
        try:
            page, matching, looked = self.page(found, token)
        except ValidationError as error:
            errors["page"], page, matching, looked = error.messages, Page([], "", ""), "0", None
        url = f"{self.url('run')}items/"
        return {
            "items": rows_of(page.rows, results_of(self.actor, self.run), url),
            "newer_url": found.page_url(page.newer),
            "older_url": found.page_url(page.older),
            "n_matching": matching,
            "looked": looked,
            "errors": errors,
            "is_narrowed": bool(found or token),
        }

    def page(self, found: ListFilter, token: str) -> tuple[Page, str, tuple[int, int] | None]:
        """The rows, how many fit, and for a text in a long run which rows were looked through."""
        n_items = self.run.n_items
        if "q" in dict(found.pairs()) and n_items > LOOKED:
            page, looked = page_of_text(found.rows, token, n_items)
            return page, "", looked
        rows, n, is_more = few_or_many(found.rows) if found else (found.rows, n_items, False)
        return page_of(rows, token), f"{n:,}{'+' if is_more else ''}", None

    def of_run(self) -> dict[str, Any]:
        """What stands above the rows."""
        run = self.run
        return self.made_with() | {
            "analysis": render(run.error_analysis[:MAX_SHOWN]),
            "progress": Progress.of(run, self.items()) if run.is_open else None,
            "may_run": self.actor.may("run_prompts"),
            **breakdown(run, self.url("run")),
        }

    def of_filter(self, found: ListFilter) -> dict[str, Any]:
        """What the filter bar shows."""
        return {
            "values": found.values(),
            "query": found.query(),
            "chips": found.chips(self.url("run")),
            "is_filtered": bool(found),
            **choices_of(self.run),
        }


class RunItemsView(RunView):
    """The rows alone, for a page that brings them up to date."""

    template_name = "runs/_items.html"

    def of_run(self) -> dict[str, Any]:
        return {}


class RunProgressView(RunPage):
    """The progress of an open run: polled, `HX-Refresh` once it has ended."""

    template_name = "runs/_progress.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        told = asked.get("since", ""), asked.get("from", "")
        progress = Progress.of(self.run, self.items(), *told)
        return {"progress": progress, "may_run": self.actor.may("run_prompts")}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().get(request, *args, **kwargs)
        if not self.run.is_open:
            response.headers["HX-Refresh"] = "true"
        return response
