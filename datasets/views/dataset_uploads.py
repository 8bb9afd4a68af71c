"""Pages before an import of items: upload a file, fetch an example, one's imports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from datasets.import_examples import EXAMPLES, NOTES, file_of
from datasets.item_upload_forms import UPLOADED, ItemUploadForm
from datasets.models import Dataset, DatasetImport
from datasets.views.dataset_page import OfDataset
from datasets.views.imports import a_page_of
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.views import ScopedPage, ScopedView

N_RECENT = 5


class UploadPage(ScopedPage):
    """A drop zone, and each format with an example."""

    model: Any = DatasetImport
    verb = Verb.EDIT_EVIDENCE
    template_name = "datasets/dataset_import_upload.html"

    def target(self) -> Dataset | None:
        """The dataset that the items are for; None for a new one."""
        return None

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rows = DatasetImport.objects.visible_to(self.actor)
        recent = rows.select_related("check_job", "commit_job")
        dataset = self.target()
        shown = recent.filter(dataset=dataset) if dataset else recent
        return {
            "form": kwargs.get("form") or ItemUploadForm(self.request, self.actor, dataset),
            "dataset": dataset,
            "formats": [
                (each, EXAMPLES[each.slug], NOTES.get(each.slug, "")) for each in UPLOADED.values()
            ],
            "max_bytes": settings.MAX_UPLOAD_BYTES,
            "max_megabytes": f"{settings.MAX_UPLOAD_BYTES / 1_000_000:,.6g}",
            "recent": with_datasets(shown[:N_RECENT], self.actor),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = ItemUploadForm(request, self.actor, self.target())
        row = form.save() if form.is_valid() else None
        if row is None:
            context = self.get_context_data(**self.context(form=form))
            return self.render_to_response(context, status=422)
        return redirect(row)


class NewDatasetUploadView(UploadPage):
    """A file that becomes a dataset of its own."""


class DatasetUploadView(OfDataset, UploadPage):
    """A file for one dataset, which its owner and who administers the team may change."""

    verb = Verb.EDIT_EVIDENCE

    def target(self) -> Dataset:
        self.require_editor()
        return self.dataset

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if self.target().level != Dataset.Level.MESSAGE:
            return self.get(request)  # the page says why there is no form
        return super().post(request, **kwargs)


class ExampleView(ScopedView):
    """A small file in one of the formats, to be filled in."""

    model = DatasetImport
    verb = Verb.EDIT_EVIDENCE
    http_method_names = ("get", "head")

    def get(self, request: HttpRequest) -> HttpResponse:
        known = UPLOADED.get(request.GET.get("format", ""))
        if known is None:
            raise Http404
        response = HttpResponse(file_of(known.slug), content_type=known.media_type)
        name = f"example-{known.slug}{known.suffixes[0]}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class DatasetImportsView(ScopedPage):
    """One's imports of items, newest first, with where each of them stands."""

    model = DatasetImport
    verb = Verb.EDIT_EVIDENCE
    template_name = "datasets/dataset_imports.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rows = self.rows().select_related("check_job", "commit_job")
        shown = a_page_of(rows, self.request)
        return shown | {"imports": with_datasets(shown["page"].rows, self.actor)}


def with_datasets(
    imports: Iterable[DatasetImport], by: Actor
) -> list[tuple[DatasetImport, Dataset | None]]:
    """Each import with the dataset it is for, if its person may see that one still."""
    listed = list(imports)
    seen = Dataset.objects.visible_to(by).in_bulk([each.dataset_id for each in listed])
    return [(each, seen.get(each.dataset_id)) for each in listed]
