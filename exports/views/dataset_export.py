"""The export page of a dataset: a format, a version, and whether people will open it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from datasets.models import Dataset, DatasetVersion
from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.views import ScopedPage
from exports.file_forms import FileForm
from exports.item_catalog import ITEM_FORMATS, ItemOptions
from exports.models import Export

LISTED_VERSIONS = 100


class DatasetExportForm(FileForm):
    """What is asked for; the switch is on for people and heeded by the CSV formats alone."""

    version = forms.TypedChoiceField(coerce=int)

    def __init__(self, dataset: Dataset, actor: Actor, data: Any = None) -> None:
        super().__init__(ITEM_FORMATS.values(), data, version=dataset.version)
        safe = self.fields["spreadsheet_safe"]
        safe.help_text = f"{safe.help_text} The import takes it off again."
        versions = DatasetVersion.objects.visible_to(actor).filter(dataset=dataset)
        told = versions.order_by("-number").values_list("number", "title", "n_items")
        self.fields["version"].choices = [  # type: ignore[attr-defined]
            (number, f"{number} · {title or 'untitled'} · {n_items:,} items")
            for number, title, n_items in told[:LISTED_VERSIONS]
        ]

    @property
    def options(self) -> ItemOptions:
        """Return the chosen options, of those that the format heeds."""
        is_safe = self.cleaned_data["spreadsheet_safe"] and self.chosen.for_people
        return ItemOptions(spreadsheet_safe=is_safe)


class DatasetExportView(ScopedPage):
    """GET shows the form, POST asks for the file and goes to its page."""

    model = Dataset
    verb = Verb.EXPORT
    template_name = "exports/dataset_export.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        dataset = self.get_row(pk=kwargs["pk"])
        form = kwargs.get("form") or DatasetExportForm(dataset, self.actor)
        return {"dataset": dataset, "form": form, "formats": ITEM_FORMATS.values()}

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        dataset: Dataset = self.get_row(pk=pk)
        form = DatasetExportForm(dataset, self.actor, request.POST)
        if form.is_valid():
            try:
                return redirect(self.ask(dataset, form))
            except Conflict as error:
                form.add_error(None, str(error.detail))
        shown = self.get_context_data(**self.context(pk=pk, form=form))
        return self.render_to_response(shown, status=422)

    def ask(self, dataset: Dataset, form: DatasetExportForm) -> Export:
        """Return the export, the same however often this form is sent."""
        export, _ = Export.request_dataset(
            form.chosen,
            form.options,
            dataset,
            version=form.cleaned_data["version"],
            is_bundle=form.cleaned_data["is_bundle"],
            by=self.actor,
            idempotency_key=f"page:{form.cleaned_data['token']}",
        )
        return export
