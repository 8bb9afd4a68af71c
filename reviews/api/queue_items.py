"""/api/v1/queues/{id}/items: all of them for who runs the queue, one's own for a reviewer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import PAGE_PARAMETERS, PAGING, paged, refuse_unknown
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from reviews.api.of_queue import OfQueue
from reviews.api.review_serializers import OWN_STATES, QueueItemRow
from reviews.desk import label_of
from reviews.models import QueueItem, Slot
from reviews.routing import without_signs

OWN = OpenApiParameter(
    "own", str, many=True, enum=OWN_STATES, description="Items on which one's own place is this."
)


class ItemPagination(ApiKeysetPagination):
    """Pages of items in the queue's order."""

    keys = ("position", "id")
    ascending = True


class QueueItemsView(OfQueue, ScopedAPIView):
    """Items of a queue."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="list_queue_items",
        summary="List items in the queue's order; who only reviews sees those they were given",
        parameters=[OWN, *PAGE_PARAMETERS],
        responses={200: paged(QueueItemRow)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        refuse_unknown(request, ("own", *PAGING))
        rows = QueueItem.objects.visible_to(self.actor).filter(queue=self.queue)
        asked = request.query_params.getlist("own")
        if unknown := set(asked) - set(OWN_STATES):
            there = ", ".join(OWN_STATES)
            raise ValidationError({"own": f"{min(unknown)[:40]} is none of {there}."})
        if asked:
            mine = self.own_slots().filter(state__in=asked, queue_item=OuterRef("pk"))
            rows = rows.filter(Exists(mine))
        pages = ItemPagination()
        rows = rows.select_related("session", "run_item").defer(
            "run_item__response", "run_item__prompt_text", "session__session_state"
        )
        found = pages.paginate_queryset(rows, request, self)
        return pages.get_paginated_response(QueueItemRow(self.told(found), many=True).data)

    def own_slots(self) -> Any:
        """The caller's places in the queue."""
        rows = Slot.objects.visible_to(self.actor).filter(queue=self.queue)
        return rows.filter(reviewer=self.actor.user)

    def told(self, items: Iterable[QueueItem]) -> Iterator[dict[str, Any]]:
        """Items with the state of one's own place.

        Where routing has put one is told after reveal, and to nobody who has yet to say their own.
        """
        items = list(items)
        mine = self.own_slots().filter(queue_item__in=[item.pk for item in items])
        states = dict(mine.values_list("queue_item", "state"))
        tells_counts = self.runs_it()
        for item in items:
            own = states.get(item.pk, Slot.State.SUBMITTED if tells_counts else None)
            has_said = own == Slot.State.SUBMITTED
            is_revealed = item.revealed_at is not None
            is_open = has_said and (is_revealed or not self.queue.is_blind)
            is_told = has_said and is_revealed and tells_counts
            yield {
                "key": item.key,
                "position": item.position,
                "label": label_of(item),
                "session": item.session_id,
                "runItem": item.run_item_id,
                "own": states.get(item.pk),
                "revealed": is_revealed,
                "counted": item.n_counted if tells_counts else None,
                "openSlots": item.open_slots if tells_counts else None,
                "state": item.state if is_open else None,
                "reasons": without_signs(item.reasons) if is_open else None,
                "canonCandidate": item.is_canon_candidate if is_open else None,
                "stratum": item.stratum if is_told else None,
                "inclusionProbability": item.inclusion_probability if is_told else None,
            }
