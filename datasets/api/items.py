"""/api/v1/datasets/{id}/items: a dataset's items in order, changed one or many at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.bulk_bodies import ManyBody
from datasets.api.dataset_serializers import dataset_etag
from datasets.api.item_changes import ItemChanges
from datasets.api.item_serializers import (
    MOST_AT_ONCE,
    NEW_ITEMS,
    ONE_ITEM,
    PATCHED_ITEMS,
    ChangedItems,
    ItemIds,
    ItemRow,
    MadeItems,
    item_etag,
)
from datasets.api.of_dataset import (
    CHANGED_RESPONSE,
    IF_MATCH,
    PAGE_PARAMETERS,
    PAGING,
    SAME_MADE,
    VERSION,
    OfDataset,
    made_id,
    paged,
    refuse_unknown,
    require_match,
    require_same_dataset,
)
from datasets.formats.item_objects import file_ids
from datasets.item_filters import ARRIVED, NAMES, filter_items
from datasets.models import DatasetItem, Session
from datasets.operators import OPERATORS
from evalplatform.errors import Unavailable
from evalplatform.jobs.api import idempotency_key
from evalplatform.schema import BodyOfDelete
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from evalplatform.scoping.patience import TooBroadError, patience

CHOICES = {
    "arrived": sorted(ARRIVED),
    "operator": sorted(OPERATORS),
    "checks": ["1", "0"],
    "linked": ["1", "0"],
}
FILTERS = [
    OpenApiParameter("q", str, description="Words in the item."),
    *(
        OpenApiParameter(name, str, many=True, enum=CHOICES.get(name), description="Any of these.")
        for name in NAMES
        if name != "q"
    ),
]
MANY = ManyBody("items", MOST_AT_ONCE)
IF_DATASET_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The dataset's ETag when you read it: 409 when anything of it has changed since.",
)


class ItemPagination(ApiKeysetPagination):
    """Pages of items in the dataset's order."""

    keys = ("position", "id")
    ascending = True


class OfItems(OfDataset):
    """A view of items: it shows rows, and changes them under the lock of the dataset."""

    def shown(self, rows: Iterable[DatasetItem]) -> list[dict[str, Any]]:
        """The rows as the API gives them, with the sessions that the caller may see."""
        rows = list(rows)
        named = {row.session_id for row in rows if row.session_id}
        seen = Session.objects.visible_to(self.actor).filter(pk__in=named) if named else None
        sessions = set(seen.values_list("pk", flat=True)) if seen is not None else set()
        return list(ItemRow(rows, many=True, context={"sessions": sessions}).data)

    def changes(self, elements: Iterable[Any] = ()) -> ItemChanges:
        """Changes of this dataset for a body with these elements."""
        named = file_ids(elements)
        files = self.attachments().filter(pk__in=named) if named else None
        known = set(files.values_list("pk", flat=True)) if files is not None else set()
        return ItemChanges(self.dataset, self.actor, known)

    def changes_of_many(self, elements: Iterable[Any] = ()) -> ItemChanges:
        """The same, refused when the dataset is not what If-Match says."""
        changes = self.changes(elements)
        changes.before = partial(require_same_dataset, self.request)
        return changes

    def get_item(self, key: uuid.UUID) -> DatasetItem:
        """The item as it is now, or at `?version=`; else 404."""
        item = self.items().filter(key=key).first()
        if not isinstance(item, DatasetItem):
            raise Http404
        return item

    def matches(self, item: DatasetItem) -> None:
        require_match(self.request, item_etag(item))

    def answer(self, changes: ItemChanges, **told: Any) -> dict[str, Any]:
        """What became of the dataset, and what to know."""
        warnings = [vars(each) for each in changes.told()]
        return {"version": self.dataset.version, "warnings": warnings, **told}


class ItemsView(OfItems, ScopedAPIView):
    """Many items of a dataset."""

    verbs = {
        "get": "see",
        "post": "edit_evidence",
        "patch": "edit_evidence",
        "delete": "edit_evidence",
    }
    schema = BodyOfDelete()

    @extend_schema(
        operation_id="list_items",
        summary="List items in their order",
        parameters=[VERSION, *FILTERS, *PAGE_PARAMETERS],
        responses={200: paged(ItemRow)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """List the items that fit all filters; the ETag is the dataset's."""
        refuse_unknown(request, ("version", *NAMES, *PAGING))
        found = filter_items(self.items(), request._request.GET)
        if found.errors:
            raise ValidationError(found.errors)
        pages = ItemPagination()
        try:
            with patience():
                rows = pages.paginate_queryset(found.rows, request, self)
        except TooBroadError as error:
            raise Unavailable("This takes too long: narrow your filter.") from error
        answer = pages.get_paginated_response(self.shown(rows))
        answer.headers["ETag"] = dataset_etag(self.dataset)
        return answer

    @extend_schema(
        operation_id="create_items",
        summary="Append one item, or up to 1,000: all or none",
        request=NEW_ITEMS,
        parameters=[IF_DATASET_MATCH, SAME_MADE],
        responses={201: MadeItems, 200: MadeItems, **CHANGED_RESPONSE},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Append the items; with any fault nothing is saved, and `errors` says row and column."""
        self.require_editor()
        elements = MANY.elements(MANY.data_of(request), single=True)
        changes = self.changes_of_many(elements)
        key, n = idempotency_key(request), len(elements)
        keys = [made_id(self.actor, key, pk, place) for place in range(n + 1)] if key else ()
        made = changes.add(elements, keys)
        answer = MadeItems(self.answer(changes, items=made)).data
        where = {"ETag": self.etag_now()}
        if len(made) == 1:
            where["Location"] = reverse("api-item", args=[pk, made[0].key])
        return Response(answer, status=200 if changes.is_repeated else 201, headers=where)

    @extend_schema(
        operation_id="change_items",
        summary="Change up to 1,000 items, each by its id: all or none",
        request=PATCHED_ITEMS,
        parameters=[IF_DATASET_MATCH],
        responses={200: ChangedItems, **CHANGED_RESPONSE},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Set the fields named of each item and leave the others. With an `etag`, an item that has
        changed since is a conflict (409). Other content breaks an item's link to its session."""
        self.require_editor()
        elements = MANY.elements(MANY.data_of(request))
        changes = self.changes_of_many(elements)
        changed = changes.change(elements)
        return self._changed(changes, changed)

    @extend_schema(
        operation_id="delete_items",
        summary="Take up to 1,000 items out: all or none",
        request=ItemIds,
        parameters=[IF_DATASET_MATCH],
        responses={200: ChangedItems, **CHANGED_RESPONSE},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Earlier versions keep them: restoring one brings them back."""
        self.require_editor()
        asked = ItemIds(data=request.data)
        asked.is_valid(raise_exception=True)
        changes = self.changes_of_many()
        changed = changes.remove(list(dict.fromkeys(asked.validated_data["ids"])))
        return self._changed(changes, changed)

    def _changed(self, changes: ItemChanges, changed: int) -> Response:
        answer = ChangedItems(self.answer(changes, changed=changed)).data
        return Response(answer, headers={"ETag": self.etag_now()})


class ItemView(OfItems, ScopedAPIView):
    """One item of a dataset."""

    verbs = {"get": "see", "patch": "edit_evidence", "delete": "edit_evidence"}

    @extend_schema(
        operation_id="get_item",
        summary="One item; its ETag is for If-Match",
        parameters=[VERSION],
        responses={200: ItemRow},
    )
    def get(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        refuse_unknown(request, ("version",))
        return self._one(self.get_item(key))

    @extend_schema(
        operation_id="change_item",
        summary="Set fields of an item",
        request=ONE_ITEM,
        parameters=[IF_MATCH],
        responses={200: ItemRow, **CHANGED_RESPONSE},
    )
    def patch(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        """Set the fields named and leave the others. Other content breaks the link to the session
        that the item was cloned from."""
        self.require_editor()
        self.get_item(key)
        changes = self.changes([request.data])
        changes.change_one(key, request.data, self.matches)
        return self._one(self.get_item(key))

    @extend_schema(
        operation_id="delete_item",
        summary="Take an item out",
        request=None,
        parameters=[IF_MATCH],
        responses={204: None, **CHANGED_RESPONSE},
    )
    def delete(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        self.require_editor()
        changes = self.changes()
        changes.before = lambda dataset: self.matches(self.get_item(key))
        changes.remove([key])
        return Response(status=204)

    def _one(self, item: DatasetItem) -> Response:
        return Response(self.shown([item])[0], headers={"ETag": item_etag(item)})
