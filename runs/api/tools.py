"""What endpoints of evaluators and configurations do alike: list, show, change, delete."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import PAGING, refuse_unknown, require_match
from evalplatform.scoping.keyset import ApiKeysetPagination
from evalplatform.scoping.managers import require_editable
from runs.models.tool import Tool

if TYPE_CHECKING:
    from evalplatform.scoping.api import ScopedAPIView as View
else:
    View = object

NAME = OpenApiParameter("name", str, description="Part of the name.")


class ToolPagination(ApiKeysetPagination):
    """Pages of tools, the newest first."""

    keys = ("created_at", "id")


class OfTools(View):
    """A list of tools, and one of them under `<pk>`."""

    def page(self, rows: Any, row: Any) -> Response:
        """One page of these rows."""
        pages = ToolPagination()
        found = pages.paginate_queryset(rows, self.request, self)
        return pages.get_paginated_response(row(found, many=True).data)

    def asked(self, names: tuple[str, ...]) -> Any:
        """The query as list filters read it: `name` is their `q`; others are refused."""
        refuse_unknown(self.request, ("name", *names, *PAGING))
        said = self.request._request.GET.copy()
        if "name" in said:
            said.setlist("q", said.pop("name"))
        return said

    def taken(self, body: type[Any]) -> dict[str, Any]:
        """What the body says, every fault at its field."""
        read = body(data=self.request.data, context={"request": self.request})
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)

    def editable(self, pk: uuid.UUID) -> Any:
        """The tool: 404 for those who do not see it, 403 for those who may not change it."""
        row = self.get_row(pk=pk)
        require_editable(row, self.actor)
        return row

    def matching(self, request: Request, pk: uuid.UUID) -> None:
        """Conflict when it changed since If-Match was read; the row stays locked until the end."""
        row = self.rows().select_for_update(of=("self",)).get(pk=pk)
        require_match(request, self.etag(row))

    def etag(self, tool: Any) -> str:
        """What `If-Match` of changes to it takes."""
        return tool_etag(tool)

    def gone(self, request: Request, pk: uuid.UUID) -> Response:
        """Delete it for all."""
        row = self.editable(pk)
        with transaction.atomic():
            self.matching(request, pk)
            row.delete_for_all(by=self.actor)
        return Response(status=204)


def tool_etag(tool: Tool) -> str:
    """The ETag of what a tool says of itself."""
    return f'"{tool.updated_at.timestamp():.6f}"'


def refuse_errors(errors: dict[str, Any]) -> None:
    """Raise what a list filter refuses, under the names of the query."""
    if errors:
        raise ValidationError({"name" if at == "q" else at: told for at, told in errors.items()})
