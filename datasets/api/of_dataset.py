"""What the API views under /datasets/{id} share: the visible dataset, in the state expected."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request

from datasets.api.dataset_serializers import dataset_etag
from datasets.models import Attachment, Dataset, DatasetItem, DatasetVersion
from evalplatform.errors import Conflict
from evalplatform.jobs.api import LONGEST_KEY
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.keyset import ApiKeysetPagination
from evalplatform.scoping.managers import require_editable

if TYPE_CHECKING:
    from evalplatform.scoping.api import ScopedAPIView as View
else:
    View = object

NAMESPACE = uuid.UUID("5d0f5a4e-6d5c-4b5f-9a55-3f1f4f3a2b61")
CHANGED = "It has changed since If-Match was read: load it again."
CHANGED_RESPONSE = {409: OpenApiResponse(description="Changed since If-Match was read.")}
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag it had when you read it: 409 when it has changed since.",
)
SAME_MADE = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key again makes nothing: 200 with what it made, as it is now. At most "
    f"{LONGEST_KEY} characters.",
)
VERSION = OpenApiParameter(
    "version", {"type": "integer", "minimum": 1}, description="As of this version; else newest."
)
PAGING = ("page", "limit")
LIMIT = {"type": "integer", "minimum": 1, "maximum": ApiKeysetPagination.largest}
PAGE_PARAMETERS = [
    OpenApiParameter("page", str, description="A token: `next` or `previous` of an answer."),
    OpenApiParameter("limit", LIMIT, description="Rows a page, 1 to 200; 50 when left out."),
]


class OfDataset(View):
    """A view under a dataset: 404 unless it is visible."""

    model = Dataset

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset of the address."""
        found: Dataset = self.get_row(pk=self.kwargs["pk"])
        return found

    def require_editor(self) -> None:
        """403 for those who may see the dataset and not change it."""
        require_editable(self.dataset, self.actor)

    def revisions(self) -> Any:
        """Every row of the dataset that its versions hold."""
        rows = DatasetItem.objects.visible_to(self.actor).filter(dataset=self.dataset)
        return rows.defer("search")

    def items(self) -> Any:
        """The items as of `?version=`, else the newest."""
        number = self.version_asked()
        return self.revisions().at(number) if number else self.revisions().newest()

    def version_asked(self) -> int | None:
        """The number in the address's query. Raises ValidationError for none that there is."""
        text = self.request.query_params.get("version", "")
        return None if not text else self.number_of(text)

    def number_of(self, text: str) -> int:
        """The number of a version there is. Raises ValidationError."""
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        if not is_number or not 1 <= int(text) <= self.dataset.version:
            raise ValidationError({"version": f"Write a number from 1 to {self.dataset.version}."})
        return int(text)

    def versions(self) -> Any:
        """The versions of the dataset."""
        return DatasetVersion.objects.visible_to(self.actor).filter(dataset=self.dataset)

    def attachments(self) -> Any:
        """The files of the dataset."""
        return Attachment.objects.visible_to(self.actor).filter(dataset=self.dataset)

    def etag_now(self) -> str:
        """The dataset's ETag after a change."""
        return dataset_etag(self.get_row(pk=self.dataset.pk))

    def get_version(self, number: int) -> DatasetVersion:
        """The version of this number, or 404."""
        found = self.versions().select_related("created_by").filter(number=number).first()
        if not isinstance(found, DatasetVersion):
            raise Http404
        return found


def paged(row: type[serializers.Serializer[Any]], **more: Any) -> Any:
    """How OpenAPI shows a page of these rows."""
    token: Any = {
        "allow_null": True,
        "help_text": "Token of a page: pass it as `page`.",
    }
    neighbours = {name: serializers.CharField(**token) for name in ("next", "previous")}
    fields = {**more, "results": row(many=True), **neighbours}
    return inline_serializer(f"{row.__name__}Page", fields)


def made_id(actor: Actor, key: str, *place: object) -> uuid.UUID:
    """The id of what a call with this Idempotency-Key makes: asking again finds it there."""
    return uuid.uuid5(NAMESPACE, ":".join(map(str, (actor.membership.pk, key, *place))))


def refuse_unknown(request: Request, known: tuple[str, ...]) -> None:
    """Raise ValidationError for parameters beyond the known ones."""
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        there = ", ".join(known)
        raise ValidationError(
            {name[:60]: f"There is no such parameter; there are {there}." for name in unknown}
        )


def require_match(request: Request, etag: str) -> None:
    """Raise Conflict when If-Match names another state than this one."""
    asked = request.headers.get("If-Match", "").strip()
    tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
    if asked and asked != "*" and etag not in tags:
        raise Conflict(CHANGED)


def require_same_dataset(request: Request, locked: Dataset) -> None:
    """The same for a dataset under its lock."""
    require_match(request, dataset_etag(locked))
