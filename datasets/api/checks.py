"""The checks of one item and those of every item, as ordered lists that are replaced whole."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.bulk_bodies import ManyBody, refuse, refuse_rows
from datasets.api.item_serializers import CHECKS_BODY, CheckAnswer, item_etag
from datasets.api.items import IF_DATASET_MATCH, OfItems
from datasets.api.of_dataset import (
    CHANGED_RESPONSE,
    IF_MATCH,
    VERSION,
    refuse_unknown,
    require_same_dataset,
)
from datasets.editing import edition
from datasets.formats.fields import Findings
from datasets.formats.item_objects import MAX_CHECKS, read_checks
from datasets.formats.items import CheckRecord
from datasets.formats.records import RowWarning
from evalplatform.errors import RowsRefusedError
from evalplatform.scoping.api import ScopedAPIView

BODY = ManyBody("checks", MAX_CHECKS)


class ItemChecksView(OfItems, ScopedAPIView):
    """The checks of one item."""

    verbs = {"get": "see", "put": "edit_evidence"}

    @extend_schema(
        operation_id="list_item_checks",
        summary="The checks of an item in their order",
        parameters=[VERSION],
        responses={200: CheckAnswer},
    )
    def get(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        refuse_unknown(request, ("version",))
        return self._answer(key)

    @extend_schema(
        operation_id="set_item_checks",
        summary="Replace the checks of an item",
        request=CHECKS_BODY,
        parameters=[IF_MATCH],
        responses={200: CheckAnswer, **CHANGED_RESPONSE},
    )
    def put(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        self.require_editor()
        self.get_item(key)
        checks, warnings = checks_of(request)
        self.changes().set_checks(key, checks, self.matches)
        return self._answer(key, warnings)

    def _answer(self, key: uuid.UUID, warnings: list[RowWarning] | None = None) -> Response:
        item = self.get_item(key)
        number = self.version_asked() or self.dataset.version
        answer = answer_of(item.checks, number, warnings or [])
        return Response(answer, headers={"ETag": item_etag(item)})


class GlobalChecksView(OfItems, ScopedAPIView):
    """The checks on every item of a dataset."""

    verbs = {"get": "see", "put": "edit_evidence"}

    @extend_schema(
        operation_id="list_global_checks",
        summary="The checks on every item, in their order",
        parameters=[VERSION],
        responses={200: CheckAnswer},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        refuse_unknown(request, ("version",))
        return self._answer(self.version_asked() or self.dataset.version)

    @extend_schema(
        operation_id="set_global_checks",
        summary="Replace the checks on every item",
        request=CHECKS_BODY,
        parameters=[IF_DATASET_MATCH],
        responses={200: CheckAnswer, **CHANGED_RESPONSE},
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        self.require_editor()
        checks, warnings = checks_of(request)
        with edition(self.dataset, by=self.actor) as changing:
            require_same_dataset(request, changing.dataset)
            changing.set_global_checks(checks)
        return self._answer(self.dataset.version, warnings)

    def _answer(self, number: int, warnings: list[RowWarning] | None = None) -> Response:
        kept = self.get_version(number).global_checks
        answer = answer_of(kept, number, warnings or [])
        return Response(answer, headers={"ETag": self.etag_now()})


def checks_of(request: Request) -> tuple[list[CheckRecord], list[RowWarning]]:
    """The checks of a body. Raises RowsRefusedError; row n is the n-th check."""
    body = BODY.data_of(request)
    if not isinstance(body, dict) or "checks" not in body:
        refuse("checks", 'Write {"checks": [...]}; an empty list removes them.')
    if unknown := sorted(body.keys() - {"checks"}):
        refuse(unknown[0], "This does not belong beside the list of checks. Leave it out.")
    found = Findings(None)
    checks = read_checks(found, "checks", body["checks"])
    refuse_rows([BODY.placed_error(each) for each in found.errors], kind=RowsRefusedError)
    return list(checks), [BODY.placed_warning(each) for each in found.warnings]


def answer_of(kept: list[Any], number: int, warnings: list[RowWarning]) -> dict[str, Any]:
    """Checks as they are kept, in the shape of the answer."""
    told = [vars(each) for each in warnings]
    return dict(CheckAnswer({"checks": kept, "version": number, "warnings": told}).data)
