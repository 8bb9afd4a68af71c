"""The page of a dataset: its items in their order, filtered, and opened at a shared one."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase, QueryDict

from datasets import operators
from datasets.item_filters import ARRIVED, filter_items, is_in_order, names_of
from datasets.item_listing import few_or_many, page_around, page_of, page_of_many, rows_of
from datasets.list_filters import ListFilter
from datasets.models import DatasetItem
from datasets.views.dataset_page import DatasetPage
from evalplatform.scoping.keyset import Page
from evalplatform.scoping.patience import TooBroadError, patience


class ItemListPage(DatasetPage):
    """A list of items; subclasses say of which version."""

    here = "items"
    is_newest = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().get(request, *args, **kwargs)
        except TooBroadError:
            context = self.get_context_data(**self.of_filter(self.found()), is_too_broad=True)
            return self.render_to_response(context, status=503)

    def items(self) -> Any:
        """The rows that are listed, before any filter."""
        return self.revisions().newest()

    def n_items(self) -> int:
        """How many there are without a filter."""
        return self.dataset.n_items

    def list_url(self) -> str:
        return self.url("dataset")

    def found(self) -> ListFilter:
        return filter_items(self.items(), self.request.GET)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = self.found()
        with patience():
            rows, n, is_more = found.rows, self.n_items(), False
            if found:
                rows, n, is_more = few_or_many(rows, self.with_checks(found))
            page, errors = self.page(found, rows, is_sparse=is_more and not is_in_order(found))
        token = self.request.GET.get("page", "")
        return self.of_filter(found) | {
            "items": rows_of(page.rows, self.url("dataset"), self.shared_item()),
            "newer_url": found.page_url(page.newer),
            "older_url": found.page_url(page.older),
            "n_matching": f"{n:,}{'+' if is_more else ''}",
            "is_empty": not (found or token or page.rows),
            "page_token": token,
            "errors": errors,
        }

    def with_checks(self, found: ListFilter) -> Any:
        """Those with checks, which are listed in order, where only they can fit; else None."""
        return None

    def shared_item(self) -> DatasetItem | None:
        """The item that the address opens the list at."""
        return None

    def page(
        self, found: ListFilter, rows: Any, *, is_sparse: bool = False
    ) -> tuple[Page, dict[str, list[str]]]:
        """Return the page that the address names, and what is wrong with the address."""
        token = self.request.GET.get("page", "")
        try:
            if is_sparse:
                among = self.with_checks(found)
                among = self.revisions() if among is None else among
                return page_of_many(rows, token, among), found.errors
            return page_of(rows, token), found.errors
        except ValidationError as error:
            return Page([], "", ""), found.errors | {"page": error.messages}

    def of_filter(self, found: ListFilter) -> dict[str, Any]:
        """What the filter bar shows."""
        return {
            "is_filtered": bool(found),
            "query": found.query(),
            "values": found.values(),
            "chips": found.chips(self.list_url()),
            "list_url": self.list_url(),
            "is_editable": self.is_newest and self.may_edit,
            "operators": operators.choices(),
            "ways": ARRIVED.items(),
        }


class DatasetView(ItemListPage):
    """The newest items; `?item=<key>` opens the page that holds it, wherever it is."""

    template_name = "datasets/dataset.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        shared = self.shared_item()
        return super().context(**kwargs) | {
            "linked": shared if shared and shared.until_version is None else None,
            "gone": shared if shared and shared.until_version else None,
            "is_unknown": "item" in self.request.GET and shared is None,
        }

    def page(
        self, found: ListFilter, rows: Any, *, is_sparse: bool = False
    ) -> tuple[Page, dict[str, list[str]]]:
        shared = self.shared_item()
        if shared is None or shared.until_version:
            return super().page(found, rows, is_sparse=is_sparse)
        return page_around(rows, shared), found.errors

    def with_checks(self, found: ListFilter) -> Any:
        return self.items().with_checks(True) if "operator" in names_of(found) else None

    def found(self) -> ListFilter:
        """A share link means the item, not a filter."""
        is_shared = "item" in self.request.GET
        return filter_items(self.items(), QueryDict() if is_shared else self.request.GET)

    def shared_item(self) -> DatasetItem | None:
        """The last revision of the item that the address names."""
        if not hasattr(self, "_shared"):
            self._shared = last_revision(self.revisions(), self.request.GET.get("item", ""))
        return self._shared


class DatasetItemsView(DatasetView):
    """The list alone, for a page that refreshes itself."""

    template_name = "datasets/_items.html"


def last_revision(revisions: Any, text: str) -> DatasetItem | None:
    """The item of this key as it is or was last; None when the dataset never held it."""
    try:
        key = uuid.UUID(text)
    except ValueError:
        return None
    light = revisions.filter(key=key).only("id", "key", "position", "public_id", "until_version")
    newest: DatasetItem | None = light.newest().first()
    return newest or light.order_by("-until_version").first()
