"""Writing of items: the full editor, a new one by hand, and the short form in a row of the list."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from datasets import operators
from datasets.check_forms import checks_form
from datasets.editing import edition
from datasets.item_forms import INLINE, OBJECTS, ItemForm, texts_of
from datasets.item_listing import one
from datasets.item_saving import (
    ItemGoneError,
    LinkWouldBreakError,
    StaleItemError,
    last_changed_by,
    save_item,
    seen_of,
)
from datasets.models import DatasetItem
from datasets.views.dataset_page import DatasetPage, OfDataset, toasted

NO_HANDS = (
    "This dataset holds whole conversations. Its items come from sessions, from queues and by "
    "rules, so that each is what was really said; none is written by hand."
)


class ItemFormPage(DatasetPage):
    """What the full editor and the form of a new item share."""

    template_name = "datasets/item_form.html"
    here = "items"

    def of_form(self, form: ItemForm, checks: Any, **more: Any) -> dict[str, Any]:
        """What the template shows."""
        return {
            "form": form,
            "checks": checks,
            "operators": operators.OPERATORS.values(),
            "objects": [form[name] for name in OBJECTS],
            **more,
        }

    def again(self, form: ItemForm, checks: Any, status: int = 422, **more: Any) -> HttpResponse:
        """The form as it was typed, with what is wrong."""
        context = self.get_context_data(**self.of_form(form, checks, **more))
        return self.render_to_response(context, status=status)


class ItemCreateView(ItemFormPage):
    """A new item by hand, at the end of the dataset."""

    verb = "edit_evidence"
    crumb = "New item"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.require_editor()
        if self.dataset.level == "session":
            return {"why_not": NO_HANDS}
        return self.of_form(ItemForm(), checks_form([]))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        if self.dataset.level == "session":
            raise PermissionDenied(NO_HANDS)
        form, checks = ItemForm(request.POST), checks_form([], request.POST)
        if not (form.is_valid() & checks.is_valid()):
            return self.again(form, checks)
        record = form.record()._replace(checks=tuple(checks.records()))
        try:
            with edition(self.dataset, by=self.actor) as changing:
                made = changing.add([record], arrived="manual")[0]
        except ValidationError as error:
            form.add_error("public_id", error.messages)
            return self.again(form, checks)
        messages.success(request, "Item added.")
        if "another" in request.POST:
            return redirect("item-create", self.actor.team.slug, self.dataset.pk)
        return redirect(f"{self.url('dataset')}?item={made.key}")


class OneItem(OfDataset):
    """A view of one newest item that its actor may change."""

    @cached_property
    def item(self) -> DatasetItem:
        """The item of the address, as it is now; 404 when the dataset does not hold it."""
        self.require_editor()
        found: DatasetItem | None = self.newest().filter(key=self.kwargs["key"]).first()
        if found is None:
            raise Http404
        return found

    def newest(self) -> Any:
        return self.revisions().newest()


class ItemEditView(OneItem, ItemFormPage):
    """Every field of an item, and its checks."""

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.crumb = self.item.public_id
        form = ItemForm(item=self.item, level=self.item.level)
        return self.of_form(form, checks_form(self.item.checks), **self.of_item(form))

    def of_item(self, form: ItemForm) -> dict[str, Any]:
        return {"item": self.item, "seen": seen_of(self.item, [*form.fields, "checks"])}

    def of_form(self, form: ItemForm, checks: Any, **more: Any) -> dict[str, Any]:
        shown = [form[name] for name in OBJECTS if name in form.fields]
        return super().of_form(form, checks, **more) | {"objects": shown}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.crumb = self.item.public_id
        form = ItemForm(request.POST, item=self.item, level=self.item.level)
        checks = checks_form(self.item.checks, request.POST)
        about = self.of_item(form) | {"seen": request.POST.get("seen", "")}
        if not (form.is_valid() & checks.is_valid()):
            return self.again(form, checks, **about)
        values = form.changed_values() | {"checks": [each.as_json() for each in checks.records()]}
        try:
            self.save(values)
        except ItemGoneError as error:
            raise Http404 from error
        except StaleItemError as error:
            return self.again(form, checks, status=409, **about | stale(error, form, self))
        except LinkWouldBreakError:
            return self.again(form, checks, **about, asks_to_break=True)
        except ValidationError as error:
            form.add_error("public_id", error.messages)
            return self.again(form, checks, **about)
        messages.success(request, "Saved.")
        return redirect(f"{self.url('dataset')}?item={self.item.key}")

    def save(self, values: dict[str, Any]) -> DatasetItem:
        """Save what was typed, unless it would write over somebody else's change."""
        sent = self.request.POST
        may_break = sent.get("breaks_link") == "1"
        return save_item(
            self.dataset,
            self.item.key,
            values,
            seen=sent.get("seen", ""),
            may_break=may_break,
            by=self.actor,
        )


class ItemInlineView(OneItem):
    """The row of an item as a short form; saved, it answers with the row."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = ItemForm(item=self.item, level=self.item.level, only=INLINE)
        if "cancel" in request.GET:
            return self.row()
        return self.form(form, seen=seen_of(self.item, form.fields))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        sent = request.POST
        form = ItemForm(sent, item=self.item, level=self.item.level, only=INLINE)
        seen = sent.get("seen", "")
        if not form.is_valid():
            return self.form(form, seen=seen, status=422)
        try:
            save_item(
                self.dataset,
                self.item.key,
                form.changed_values(),
                seen=seen,
                may_break=sent.get("breaks_link") == "1",
                by=self.actor,
            )
        except ItemGoneError as error:
            raise Http404 from error
        except StaleItemError as error:
            return self.form(form, status=409, **stale(error, form, self))
        except LinkWouldBreakError:
            return self.form(form, seen=seen, status=422, asks_to_break=True)
        return toasted(self.row(), "Saved.")

    def form(self, form: ItemForm, status: int = 200, **more: Any) -> HttpResponse:
        context = self.about() | {"form": form, "item": self.item, **more}
        return render(self.request, "datasets/_item_inline.html", context, status=status)

    def row(self) -> HttpResponse:
        about = self.about()
        context = about | {
            "items": [one(self.newest(), self.item.key, about["dataset_url"])],
            "list_url": about["dataset_url"],
            "is_editable": True,
        }
        return render(self.request, "datasets/_item_rows.html", context)


def stale(error: StaleItemError, form: ItemForm, view: OneItem) -> dict[str, Any]:
    """What changed meanwhile, by whom, and what the form may be sent with to write over it."""
    now = texts_of(error.now)
    fields = [name for name in error.names if name in form.fields]
    return {
        "seen": seen_of(error.now, [*form.fields, "checks"]),
        "changed_by": last_changed_by(error.now, view.actor),
        "changed": [(form.fields[name].label, now[name][:2_000]) for name in fields],
        "checks_changed": "checks" in error.names,
    }
