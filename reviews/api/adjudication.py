"""What waits for an adjudicator, settling it, and what reviewers say against it."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import PAGE_PARAMETERS, PAGING, paged, refuse_unknown
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from reviews.adjudicable import KINDS, adjudicable, counts_of, kinds_of, n_settled
from reviews.adjudicating import adjudicate, answer_contest, contest, majority
from reviews.adjudication_versions import StaleAdjudicationError, Version
from reviews.api.adjudication_serializers import (
    AdjudicationRow,
    ContestRow,
    ItemSettled,
    NewAdjudication,
    NewAnswer,
    NewContest,
    WaitingList,
)
from reviews.api.of_queue import OfQueue
from reviews.api.reviewing import read
from reviews.api.saving import IncompleteError, body_of, faults_of
from reviews.models import Adjudication, Contest, QueueItem
from reviews.voices import voices_of

REASON = OpenApiParameter(
    "reason", str, enum=list(KINDS), description="Only what waits for this reason."
)
OPEN = OpenApiParameter("open", bool, description="true: only those that are not answered.")
STALE = {409: OpenApiResponse(description="Something was said since: `details` has both versions.")}
FAULTS = {422: OpenApiResponse(description="`errors` says what is missing, by criterion.")}


class WaitingView(OfQueue, ScopedAPIView):
    """What waits in a queue."""

    verbs = {"get": "adjudicate"}

    @extend_schema(
        operation_id="list_waiting_items",
        summary="What needs an adjudicator, the most decisive first; 500 items at the most",
        parameters=[REASON],
        responses={200: WaitingList},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """An item that one was given oneself is here once one has saved one's own review of it."""
        from reviews.disputes import ranked

        refuse_unknown(request, ("reason",))
        kind = request.query_params.get("reason", "")
        if kind and kind not in KINDS:
            raise ValidationError({"reason": f"Write one of: {', '.join(KINDS)}."})
        counts = counts_of(self.queue, by=self.actor)
        told = {
            "settled": n_settled(self.queue, by=self.actor),
            "waiting": {"all": counts.pop("")} | counts,
            "results": ranked(self.queue, by=self.actor, kind=kind),
        }
        return Response(WaitingList(told).data)


class AdjudicationsView(OfQueue, ScopedAPIView):
    """The adjudications of an item, and one more."""

    verbs = {"get": "review", "post": "adjudicate"}

    @cached_property
    def adjudicates(self) -> bool:
        return self.actor.may(Verb.ADJUDICATE)

    @cached_property
    def item(self) -> QueueItem:
        """The item of the address: one that may be settled, else one that the caller sees."""
        rows = QueueItem.objects.visible_to(self.actor).filter(queue=self.queue)
        if self.adjudicates:
            rows = adjudicable(self.queue, by=self.actor)
        found: QueueItem | None = rows.filter(key=self.kwargs["key"]).first()
        if found is None:
            raise Http404
        found.queue = self.queue
        return found

    @extend_schema(
        operation_id="list_adjudications_of_item",
        summary="What was settled of an item; for adjudicators, who said what",
        responses={200: ItemSettled},
    )
    def get(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        return Response(ItemSettled(self.told()).data)

    @extend_schema(
        operation_id="adjudicate_item",
        summary="Settle an item, or settle it anew; no review is changed",
        request=NewAdjudication,
        responses={201: AdjudicationRow, **STALE, **FAULTS},
    )
    def post(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        asked = NewAdjudication(data=body_of(request))
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        number = said.pop("number")
        try:
            made = adjudicate(self.item, said, by=self.actor, number=number)
        except StaleAdjudicationError as error:
            raise self.with_both(error, said) from error
        except ValidationError as error:
            raise IncompleteError("Nothing is settled: see errors.", faults_of(error)) from error
        return Response(AdjudicationRow(row_of(made)).data, status=201)

    def with_both(self, error: StaleAdjudicationError, sent: Any) -> StaleAdjudicationError:
        """The conflict with what came between, before and after, and what was sent."""
        names = {each.review.pk: each.who for each in voices_of(self.item, self.actor)}
        error.details = {
            "number": error.number,
            "reviews": [
                {
                    "name": names.get(each.after.review_id, ""),
                    "before": said_by(each.before) if each.before else None,
                    "after": said_by(each.after),
                }
                for each in error.edits
            ],
            "stored": AdjudicationRow(row_of(error.settled)).data if error.settled else None,
            "sent": sent,
        }
        return error

    def told(self) -> dict[str, Any]:
        """What the caller may know of the item."""
        rows = Adjudication.objects.visible_to(self.actor).filter(queue_item=self.item)
        found = list(rows.select_related("adjudicator").order_by("-number"))
        told: dict[str, Any] = dict.fromkeys(("number", "state", "reasons", "reviews", "majority"))
        told |= {"key": self.item.key, "adjudications": [row_of(each) for each in found]}
        if not self.adjudicates:
            return told
        is_reopened = bool(found and found[0].reopened_at)
        number = Version.of(self.item, self.actor).number
        return told | self.of_reviews() | {
            "number": number,
            "state": self.item.state,
            "reasons": kinds_of(self.item.reasons, is_reopened=is_reopened),
        }  # fmt: skip

    def of_reviews(self) -> dict[str, Any]:
        """Who said what, and what most of them said."""
        voices = voices_of(self.item, self.actor)
        hides = self.queue.hides_reviewers
        most = majority([each.revision for each in voices if each.review.is_counted])
        return {
            "reviews": [
                {
                    "name": each.who,
                    "reviewer": None if hides else each.review.reviewer,
                    "counted": each.review.is_counted,
                    "revision": each.revision.number,
                    "saved_at": each.revision.saved_at,
                    **said_by(each.revision),
                }
                for each in voices
            ],
            "majority": {
                "answers": {key: each.as_json() for key, each in most.answers.items()},
                "checks": {str(pk): each.as_json() for pk, each in most.checks.items()},
            },
        }


class ContestPagination(ApiKeysetPagination):
    """Pages of contests, the oldest first."""

    keys = ("contested_at", "id")
    ascending = True


class ContestsView(OfQueue, ScopedAPIView):
    """What is contested in a queue."""

    verbs = {"get": "review"}

    @extend_schema(
        operation_id="list_contests",
        summary="List contests, the oldest first: one's own, and all for adjudicators",
        parameters=[OPEN, *PAGE_PARAMETERS],
        responses={200: paged(ContestRow)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        refuse_unknown(request, ("open", *PAGING))
        rows = Contest.objects.visible_to(self.actor).filter(adjudication__queue=self.queue)
        if asked := request.query_params.get("open"):
            if asked not in ("true", "false"):
                raise ValidationError({"open": "Write true or false."})
            rows = rows.filter(answered_at__isnull=asked == "true")
        pages = ContestPagination()
        joined = ("reviewer", "answered_by", "adjudication__queue")
        found = pages.paginate_queryset(rows.select_related(*joined), request, self)
        told = [contest_told(each, self.actor) for each in found]
        return pages.get_paginated_response(ContestRow(told, many=True).data)


class ContestView(ScopedAPIView):
    """One's word against an adjudication."""

    model = Adjudication
    verbs = {"post": "review"}

    @extend_schema(
        operation_id="contest_adjudication",
        summary="Contest what was settled of an item that one has reviewed; once",
        request=NewContest,
        responses={201: ContestRow},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        note = read(NewContest(data=request.data))["note"]
        made = contest(self.get_row(pk=pk), note, by=self.actor)
        return Response(ContestRow(contest_told(made, self.actor)).data, status=201)


class ContestAnswerView(ScopedAPIView):
    """The answer to a contest."""

    model = Contest
    verbs = {"post": "adjudicate"}

    @extend_schema(
        operation_id="answer_contest",
        summary="Answer a contest; its reviewer is told",
        request=NewAnswer,
        responses={200: ContestRow},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        answer = read(NewAnswer(data=request.data))["answer"]
        answer_contest(self.get_row(pk=pk), answer, by=self.actor)
        joined = ("reviewer", "answered_by", "adjudication__queue")
        found = self.rows().select_related(*joined).get(pk=pk)
        return Response(ContestRow(contest_told(found, self.actor)).data)


def row_of(adjudication: Adjudication) -> dict[str, Any]:
    """An adjudication, and whether it holds."""
    names = ("adjudicator", "adjudicated_at", "answers", "checks", "labels", "reason", "cause")
    told = {name: getattr(adjudication, name) for name in ("number", "reopened_at", *names)}
    holds = adjudication.is_current and adjudication.reopened_at is None
    return told | {"id": adjudication.pk, "holds": holds}


def contest_told(contested: Contest, actor: Any) -> dict[str, Any]:
    """A contest, without the name of a colleague where the queue hides it."""
    names = ("adjudication_id", "note", "contested_at", "answer", "answered_by", "answered_at")
    told = {name: getattr(contested, name) for name in names} | {"id": contested.pk}
    is_hidden = contested.adjudication.queue.hides_reviewers
    is_own = contested.reviewer_id == actor.user.pk
    return told | {"reviewer": contested.reviewer if is_own or not is_hidden else None}


def said_by(revision: Any) -> dict[str, Any]:
    """The answers of a revision as they were given."""
    return {
        "answers": revision.answers,
        "checks": revision.checks,
        "feedback": revision.feedback,
    }
