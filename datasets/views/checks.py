"""The checks on every item of a dataset."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from datasets.check_forms import checks_form
from datasets.editing import edition
from datasets.item_saving import short_print
from datasets.models import DatasetVersion
from datasets.operators import OPERATORS
from datasets.views.dataset_page import DatasetPage
from datasets.views.versions import checks_of


class ChecksView(DatasetPage):
    """The checks on every item of the dataset, edited as those of one item are."""

    template_name = "datasets/checks.html"
    here = "checks"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        newest = self.newest()
        return {
            "records": checks_of(newest),
            "checks": checks_form(newest.global_checks),
            "operators": OPERATORS.values(),
            "seen": short_print(newest.global_checks),
        }

    def newest(self) -> DatasetVersion:
        versions = DatasetVersion.objects.visible_to(self.actor).filter(dataset=self.dataset)
        found: DatasetVersion = versions.get(number=self.dataset.version)
        return found

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        newest = self.newest()
        checks = checks_form(newest.global_checks, request.POST)
        if not checks.is_valid():
            return self.again(checks, request.POST.get("seen", ""), 422)
        with edition(self.dataset, by=self.actor) as changing:
            now = changing.newest()
            kept = short_print(now.global_checks)
            is_stale = request.POST.get("seen", kept) != kept
            if not is_stale:
                changing.set_global_checks(checks.records())
        if is_stale:
            return self.again(checks, kept, 409, is_stale=True)
        messages.success(request, "Saved.")
        return redirect(self.url("dataset-checks"))

    def again(self, checks: Any, seen: str, status: int, **more: Any) -> HttpResponse:
        """The form as it was typed, with what is wrong."""
        context = self.context() | {"checks": checks, "seen": seen, **more}
        return self.render_to_response(self.get_context_data(**context), status=status)
