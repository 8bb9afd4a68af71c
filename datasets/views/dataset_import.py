"""The page of one import of items: its progress, what it would do, what it did; and its acts."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from datasets.formats import catalog
from datasets.models import Dataset, DatasetImport
from datasets.views.imports import ImportAct, get_import
from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.views import ScopedPage


class DatasetImportView(ScopedPage):
    """One import: its progress, then what it would do, then what it did."""

    model = DatasetImport
    verb = Verb.EDIT_EVIDENCE
    template_name = "datasets/dataset_import.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        row = get_import(self, kwargs["pk"])
        dataset = Dataset.objects.visible_to(self.actor).filter(pk=row.dataset_id).first()
        return {
            "import": row,
            "report": row.report,
            "format": label_of(row.format),
            "dataset": dataset,
            "commit_label": said_of(row.report),
            "may_undo": bool(dataset and row.version and dataset.version == row.version),
        }


def label_of(slug: str) -> str:
    """What people call the format."""
    known = catalog.ITEM_FORMATS.get(slug)
    return known.label if known else slug


class Act(ImportAct):
    """POST: one act on one's own import of items, then its page again."""

    model = DatasetImport


class CommitView(Act):
    """Save what the page shows, as one version."""

    act = "commit"


class CheckView(Act):
    """Check the file once more."""

    act = "check_again"


class DiscardView(Act):
    """Delete the file; nothing of it is saved."""

    act = "discard"


class UndoView(Act):
    """Restore what the dataset was before; its page then."""

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        row = get_import(self, pk)
        try:
            row.undo(by=self.actor)
        except (Conflict, Dataset.DoesNotExist, PermissionDenied) as refusal:
            messages.warning(request, getattr(refusal, "detail", "") or GONE)
            return redirect(row)
        messages.success(request, f"The import of {row.file_name} is undone.")
        return redirect("dataset", self.actor.team.slug, row.dataset_id)


GONE = "You may not change this dataset any more, or it is deleted."


def said_of(report: dict[str, Any]) -> str:
    """What a commit does, for its button: “Create 12 items, update 3”."""
    items, checks = report.get("items", {}), report.get("global_checks", {})
    parts = [
        (items.get("create", 0), "create", "item"),
        (items.get("update", 0), "update", "item"),
        (checks.get("create", 0), "add", "check"),
    ]
    said: list[str] = []
    for n, verb, noun in parts:
        if n:
            is_clear = noun == "item" and said
            ends = "" if is_clear else f" {noun}{'' if n == 1 else 's'}"
            every = " on every item" if noun == "check" else ""
            said.append(f"{verb} {n:,}{ends}{every}")
    text = ", ".join(said)
    return text[:1].upper() + text[1:]
