"""Two runs side by side: choose the other one, then read what flipped."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase

from evalplatform.scoping.keyset import Page, fetch_page
from evalplatform.scoping.patience import TooBroadError, patience
from runs.comparing import DIRECTIONS, Comparison, candidates
from runs.models import Run
from runs.run_listing import PAGE, PAGE_KEYS, listed, rows_of
from runs.run_numbers import by_check_of_both, headline_of_both
from runs.views.run_page import RunPage

MOST_TEXT = 200


class CompareView(RunPage):
    """`?with=<run>` compares, `?show=` narrows to a direction; without, it asks which run."""

    template_name = "runs/compare.html"
    crumb = "Compare"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().get(request, *args, **kwargs)
        except TooBroadError:
            return self.render_to_response(self.get_context_data(is_too_broad=True), status=503)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        other = self.other()
        comparison = Comparison.of(self.run, other, self.actor) if other else None
        with patience():
            if comparison is None:
                return self.choices() | {"is_apart": other is not None}
            return self.compared(comparison)

    def other(self) -> Run | None:
        """The run that the address names; 404 when the actor does not see it."""
        text = self.request.GET.get("with", "")
        if not text:
            return None
        try:
            found: Run = self.get_row(pk=uuid.UUID(text))
        except ValueError as error:
            raise Http404 from error
        return found

    def choices(self) -> dict[str, Any]:
        """The runs to choose from, the newest first."""
        text = self.request.GET.get("q", "").strip()[:MOST_TEXT]
        rows, errors = candidates(self.run, self.actor, text), {}
        try:
            page = fetch_page(rows, PAGE_KEYS, self.request.GET.get("page", ""), PAGE, listed)
        except ValidationError as error:
            page, errors = Page([], "", ""), {"page": error.messages}
        return {
            "choices": rows_of(page.rows, self.actor, {}),
            "text": text,
            "errors": errors,
            "compare_url": self.url("run-compare"),
            "newer_url": self._link(q=text, page=page.newer) if page.newer else "",
            "older_url": self._link(q=text, page=page.older) if page.older else "",
        }

    def compared(self, comparison: Comparison) -> dict[str, Any]:
        """The numbers of each direction, and the rows of one."""
        asked = self.request.GET.get("show", "")
        show = asked if asked in DIRECTIONS else "changed"
        counts, errors = comparison.counts(), {}
        page = Page([], "", "")
        rows: list[dict[str, Any]] = []
        try:
            if counts[show]:  # else the whole run would be searched for nothing
                page, rows = comparison.page(show, self.request.GET.get("page", ""))
        except ValidationError as error:
            errors = {"page": error.messages}
        pk = str((comparison.before if comparison.after == self.run else comparison.after).pk)
        runs_url = self.url("run").removesuffix(f"{self.run.pk}/")
        return {
            "comparison": comparison,
            "counts": counts,
            "show": show,
            "directions": [
                (name, label, counts[name], self._link(pk, show=name))
                for name, label in DIRECTIONS.items()
            ],
            "rows": rows,
            "errors": errors,
            "headline_of_both": headline_of_both(comparison.before, comparison.after),
            "by_check_of_both": by_check_of_both(comparison.before, comparison.after),
            "before_url": f"{runs_url}{comparison.before.pk}/",
            "after_url": f"{runs_url}{comparison.after.pk}/",
            "newer_url": self._link(pk, show=show, page=page.newer) if page.newer else "",
            "older_url": self._link(pk, show=show, page=page.older) if page.older else "",
            "choose_url": self.url("run-compare"),
        }

    def _link(self, pk: str = "", **query: str) -> str:
        """The address of this page with something else asked for."""
        told = {"with": pk, **query}
        return f"?{urlencode({name: text for name, text in told.items() if text})}"
