"""Pages of imports: upload a file, look at what it would do, save it or discard it."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from datasets.formats import catalog
from datasets.forms import UploadForm
from datasets.models import SessionImport
from datasets.models.file_import import FileImport
from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.keyset import fetch_page
from evalplatform.scoping.views import ScopedPage, ScopedView

A_PAGE = 25
EXAMPLES = {
    "session-json": {
        "sessions": [
            {
                "externalId": "chat-17",
                "source": "helpdesk",
                "messages": [
                    {"role": "user", "content": "Which river crosses Vienna?"},
                    {"role": "assistant", "content": "The Danube."},
                ],
            }
        ]
    },
    "openai-chat": {
        "messages": [
            {"role": "user", "content": "Which river crosses Vienna?"},
            {"role": "assistant", "content": "The Danube."},
        ]
    },
    "sharegpt": [
        {
            "conversations": [
                {"from": "human", "value": "Which river crosses Vienna?"},
                {"from": "gpt", "value": "The Danube."},
            ]
        }
    ],
    "claude-code": {
        "type": "user",
        "uuid": "2f1c…",
        "parentUuid": None,
        "sessionId": "9b7e…",
        "timestamp": "2026-03-01T09:00:00Z",
        "message": {"role": "user", "content": "Rename the build target"},
    },
}
A_LINE = {"openai-chat", "claude-code"}


class UploadView(ScopedPage):
    """The upload page: a drop zone, the formats with an example of each."""

    model = SessionImport
    verb = Verb.EDIT_EVIDENCE
    template_name = "datasets/import_upload.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {
            "form": kwargs.get("form") or UploadForm(self.request, self.actor),
            "formats": [(each, example(each.slug)) for each in catalog.FORMATS.values()],
            "max_bytes": settings.MAX_UPLOAD_BYTES,
            "max_megabytes": f"{settings.MAX_UPLOAD_BYTES / 1_000_000:,.6g}",
            "recent": self.rows().select_related("check_job", "commit_job")[:5],
        }

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = UploadForm(request, self.actor)
        row = form.save() if form.is_valid() else None
        if row is None:
            context = self.get_context_data(**self.context(form=form))
            return self.render_to_response(context, status=422)
        return redirect(row)


def example(slug: str) -> str:
    """The format's example as it stands in a file."""
    indent = None if slug in A_LINE else 2
    return json.dumps(EXAMPLES[slug], ensure_ascii=False, indent=indent)


class ImportsView(ScopedPage):
    """One's imports, newest first, with where each of them stands."""

    model = SessionImport
    verb = Verb.EDIT_EVIDENCE
    template_name = "datasets/imports.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return a_page_of(self.rows().select_related("check_job", "commit_job"), self.request)


def a_page_of(imports: Any, request: HttpRequest) -> dict[str, Any]:
    """The page of a list of imports that the address names."""
    try:
        page = fetch_page(imports, ("created_at", "id"), request.GET.get("page", ""), A_PAGE)
    except ValidationError as error:
        raise Http404(error.message) from error
    return {"page": page, "n_shown": len(page.rows)}


class ImportView(ScopedPage):
    """One import: its progress, then what it would do, then what it did."""

    model = SessionImport
    verb = Verb.EDIT_EVIDENCE
    template_name = "datasets/import.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        row = get_import(self, kwargs["pk"])
        known = catalog.FORMATS.get(row.format)
        return {"import": row, "report": row.report, "format": known.label if known else row.format}


class ImportAct(ScopedView):
    """POST: one act on one's own import, then its page again."""

    model: type[FileImport] = SessionImport
    verb = Verb.EDIT_EVIDENCE
    http_method_names = ("post",)
    act = ""

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        row = get_import(self, pk)
        try:
            getattr(row, self.act)(by=self.actor)
        except Conflict as conflict:
            messages.warning(request, str(conflict.detail))
        return redirect(row)


class ImportCommitView(ImportAct):
    """Save what the preview shows."""

    act = "commit"


class ImportCheckView(ImportAct):
    """Check the file once more."""

    act = "check_again"


class ImportDiscardView(ImportAct):
    """Delete the file; nothing of it is saved."""

    act = "discard"


def get_import(view: ScopedView, pk: uuid.UUID) -> Any:
    """The import, of the kind the view is about, with its jobs; or 404."""
    found = view.rows().select_related("team", "check_job", "commit_job").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
