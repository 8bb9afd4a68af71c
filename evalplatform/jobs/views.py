"""The progress of one job, as a part of any page, and its cancel button."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404

from evalplatform.jobs.models import Job
from evalplatform.scoping.views import ScopedPage


class JobProgressView(ScopedPage):
    """The progress bar of one job: polled while it is open; `HX-Refresh` once it has ended."""

    model = Job
    verb = "see"
    template_name = "jobs/_progress.html"

    def get_row(self, **lookup: Any) -> Any:
        """Return the job without what it was told and found, which may be long."""
        return get_object_or_404(self.rows().defer("arguments", "result"), **lookup)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.job = self.get_row(pk=kwargs["pk"])
        return {"job": self.job}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().get(request, *args, **kwargs)
        if not self.job.is_open and request.GET.get("was_open"):
            response.headers["HX-Refresh"] = "true"
        return response


class JobCancelView(ScopedPage):
    """POST: cancel one's own job."""

    model = Job
    verb = "see"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        self.get_row(pk=pk).cancel(by=self.actor)
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
