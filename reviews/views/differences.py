"""A reviewer's own page of a queue: where their answers differ from the final ones."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.errors import Conflict
from evalplatform.scoping.managers import get_visible
from evalplatform.scoping.views import ScopedPage
from reviews.adjudicating import contest
from reviews.differences import differences_of
from reviews.models import Adjudication
from reviews.views.queue_page import OfQueue


class DifferencesView(OfQueue, ScopedPage):
    """Differences with cause and reason, one's own agreement, and what one contests."""

    verb = "review"
    template_name = "reviews/adjudication/differences.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = differences_of(self.queue, by=self.actor)
        return {
            "queue": self.queue,
            "queue_url": self.url("queue"),
            "found": found,
            "percent": percent(found.agreement.value),
            "low": percent(found.agreement.ci_low),
            "high": percent(found.agreement.ci_high),
            "causes": [{"label": label, "value": n} for label, n in found.causes],
            "rows": [
                (
                    each,
                    self.url("review-item", each.adjudication.queue_item.key),
                    self.url("contest", each.adjudication.pk),
                )
                for each in found.differences
            ],
        }


class ContestView(OfQueue):
    """POST `note` says why a final answer is not right."""

    verb = "review"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        pk = self.kwargs["adjudication"]
        found = get_visible(Adjudication, self.actor, pk=pk, queue=self.queue)
        try:
            contest(found, request.POST.get("note", ""), by=self.actor)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        except Conflict as refused:
            messages.error(request, str(refused.detail))
        else:
            messages.success(request, "Contested. Those who adjudicate are told.")
        return redirect(self.url("queue-differences"))


def percent(share: float | None) -> str:
    """A share as it is read, "" for none."""
    return "" if share is None else f"{100 * share:.0f}%"
