"""Exports of the person who looks: the list, one of them, its file, and the same once more."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.keyset import fetch_page
from evalplatform.scoping.views import ScopedPage
from exports import sending
from exports.catalog import ExportFormat
from exports.file_forms import TABLES
from exports.forms import AgainForm, option_texts
from exports.item_catalog import ItemExportFormat, ItemOptions
from exports.models import Export
from exports.review_catalog import ReviewExportFormat, ReviewOptions
from exports.run_catalog import RunExportFormat, RunOptions
from exports.views.dialog import ExportDialogView
from exports.views.review_export import review_option_texts

PAGE = 50


class ExportsView(ExportDialogView):
    """One's exports, newest first; POST starts one."""

    template_name = "exports/exports.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        shown = self.get_context_data(**self.list_page(request.GET.get("page", "")))
        return self.render_to_response(shown)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.start(request)

    def list_page(self, token: str) -> dict[str, Any]:
        """Return one page of the list; an old or broken link starts from the first."""
        rows = Export.objects.visible_to(self.actor).select_related(
            "job", "dataset", "run", "queue"
        )
        try:
            page = fetch_page(rows, ("created_at", "id"), token, PAGE)
        except ValidationError:
            page = fetch_page(rows, ("created_at", "id"), "", PAGE)
        return {
            "exports": page.rows,
            "newer_url": f"?page={page.newer}" if page.newer else "",
            "older_url": f"?page={page.older}" if page.older else "",
        }


class ExportView(ScopedPage):
    """One export: how far it is, what the file is, and how to prove that it is whole."""

    model = Export
    verb = Verb.EXPORT
    template_name = "exports/export.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        export = self.get_row(pk=kwargs["pk"])
        manifest = json.dumps(export.manifest, indent=2, sort_keys=True, ensure_ascii=False)
        return {
            "export": export,
            "job": export.job,
            "manifest": manifest,
            "option_texts": texts_of_options(export),
        }


class ExportDownloadView(ScopedPage):
    """The file, for who asked for it."""

    model = Export
    verb = Verb.EXPORT

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return sending.send_export(request, self.get_row(pk=kwargs["pk"]), by=self.actor)


class ExportManifestView(ScopedPage):
    """The manifest, as a file."""

    model = Export
    verb = Verb.EXPORT

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return sending.send_manifest(request, self.get_row(pk=kwargs["pk"]))


class ExportAgainView(ScopedPage):
    """POST: ask for the same once more, of the sessions as they are now.

    The form that was sent before shows what it asked for then: two presses are one export.
    """

    model = Export
    verb = Verb.EXPORT
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        export: Export = self.get_row(pk=pk)
        form = AgainForm(request.POST)
        if not form.is_valid():
            messages.error(request, "The form was not whole: press the button again.")
            return redirect(export)
        try:
            again = ask_again(export, f"again:{export.pk}:{form.cleaned_data['token']}", self.actor)
        except Conflict as error:
            messages.error(request, str(error.detail))
            return redirect(export)
        return redirect(again)


def ask_again(export: Export, key: str, by: Actor) -> Export:
    """Return a new export of the same: of a dataset the version it was, of others as they are."""
    asked: dict[str, Any] = {"is_bundle": export.is_bundle, "by": by, "idempotency_key": key}
    if export.dataset is not None:
        assert isinstance(export.export_format, ItemExportFormat)
        again, _ = Export.request_dataset(
            export.export_format,
            ItemOptions.parse(export.options),
            export.dataset,
            version=export.dataset_version,
            **asked,
        )
        return again
    if isinstance(export.export_format, ReviewExportFormat):
        return Export.request_reviews(
            export.export_format,
            ReviewOptions.parse(export.options),
            run=export.run,
            queue=export.queue,
            **asked,
        )[0]
    if export.run is not None:
        assert isinstance(export.export_format, RunExportFormat)
        options = RunOptions.parse(export.options)
        return Export.request_run(export.export_format, options, export.run, **asked)[0]
    assert isinstance(export.export_format, ExportFormat)
    again, _ = Export.request(
        export.export_format, export.parsed_options, export.selection, **asked
    )
    return again


def texts_of_options(export: Export) -> list[str]:
    """Return the options of an export in the words of its dialog."""
    if isinstance(export.export_format, ExportFormat):
        return option_texts(export.parsed_options, export.export_format)
    told = []
    if isinstance(export.export_format, ReviewExportFormat):
        return review_option_texts(export.export_format, ReviewOptions.parse(export.options))
    if isinstance(export.export_format, RunExportFormat):
        if "tables" in export.export_format.options:
            told.append(f"Tables: {TABLES[RunOptions.parse(export.options).tables][0]}")
        if "spreadsheet_safe" not in export.export_format.options:
            return told
    safe = export.options.get("spreadsheet_safe", False)
    return [*told, f"Safe for spreadsheets: {'yes' if safe else 'no'}"]
