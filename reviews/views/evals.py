"""The Evals view: the eval-ready sessions, judged one after the other or many at once."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.urls import NoReverseMatch, reverse

from datasets.filters import SessionFilter, filter_sessions
from datasets.listing import listed
from datasets.models import Session
from datasets.views.sessions import PAGE, PAGE_KEYS
from evalplatform.scoping.keyset import Page, fetch_page, total_of
from evalplatform.scoping.patience import TooBroadError, patience
from evalplatform.scoping.views import ScopedPage
from reviews.listing import eval_rows
from reviews.overview import counts_of
from reviews.views.session import eval_params, number

MOST_AT_ONCE = 1_000
UNSEEN = ("eval_ready",)


class EvalPage(ScopedPage):
    """What the parts of the Evals view share."""

    model = Session
    verb = "see"

    def filter(self) -> SessionFilter:
        return filter_sessions(self.actor, eval_params(self.request.GET))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().get(request, *args, **kwargs)
        except TooBroadError:
            context = self.get_context_data(**self.about(self.filter()), is_too_broad=True)
            return self.render_to_response(context, status=503)

    def about(self, found: SessionFilter) -> dict[str, Any]:
        url = reverse("evals", args=[self.actor.team.slug])
        return {
            "filter": found,
            "query": found.query(),
            "shown_query": found.query(without=("eval_ready", "1")),
            "chips": [
                chip | {"remove_url": chip["remove_url"].replace("eval_ready=1", "").rstrip("?&")}
                for chip in found.chips(url, hidden=UNSEEN)
            ],
            "clear_url": url,
            "may_label": self.actor.may("label"),
            "may_export": self.actor.may("export"),
            "export_url": self._export_url(),
        }

    def page(self, found: SessionFilter) -> tuple[Page, dict[str, list[str]]]:
        """Return one page and what is wrong; `n` (repeated) asks for as many rows as are shown."""
        errors = dict(found.errors)
        size = sum(number(text) for text in self.request.GET.getlist("n")) or PAGE
        try:
            token = self.request.GET.get("page", "")
            return fetch_page(found.qs, PAGE_KEYS, token, min(size, MOST_AT_ONCE), listed), errors
        except ValidationError as error:
            return Page([], "", ""), errors | {"page": error.messages}

    def shown(self, page: Page) -> dict[str, Any]:
        return {"sessions": eval_rows(page.rows, self.actor.team.slug), "older": page.older}

    def _export_url(self) -> str:
        try:
            return reverse("export-dialog", args=[self.actor.team.slug])
        except NoReverseMatch:
            return ""


class EvalsView(EvalPage):
    """Cards, filters and the first rows."""

    template_name = "reviews/evals.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = self.filter()
        with patience():
            page, errors = self.page(found)
            total, is_more = total_of(page, found.qs)
        return (
            self.about(found)
            | self.shown(page)
            | {
                "n_matching": f"{total:,}{'+' if is_more else ''}",
                "n_total": total,
                "errors": errors,
            }
        )


class EvalRowsView(EvalPage):
    """The next rows, for "load more"."""

    template_name = "reviews/_eval_rows.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = self.filter()
        with patience():
            page, errors = self.page(found)
        return self.about(found) | self.shown(page) | {"errors": errors}


class EvalStatsView(EvalPage):
    """The cards, over the whole filtered view."""

    template_name = "reviews/_eval_stats.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = self.filter()
        with patience():
            return self.about(found) | {"counts": counts_of(found.qs)}
