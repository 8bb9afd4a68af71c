"""Settling what reviewers disagree on: what waits in a queue, and one item after the other."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string

from datasets.attachment_sending import send_attachment
from evalplatform.errors import Conflict
from evalplatform.scoping.views import ScopedPage
from reviews.adjudicable import KINDS, OPEN_STATES, adjudicable, counts_of, n_settled, waiting
from reviews.adjudicating import adjudicate, answer_contest
from reviews.adjudication_desk import desk_of, differences
from reviews.adjudication_versions import StaleAdjudicationError
from reviews.desk import label_of
from reviews.given import JOINED
from reviews.material import attachments_of, material_of, messages_of, whole_text_of
from reviews.models import Contest, Queue, QueueItem
from reviews.rail import RailItem
from reviews.settling_form import given_in, named_faults
from reviews.typed import read_typed
from reviews.views.queue_page import OfQueue
from reviews.views.review import faults_of
from reviews.views.second_look import second_look_of
from reviews.views.session import number

SHOWN = 100  # items in the list, and ranked for the next one
BESIDE = 40  # items in the rail, on each side of the one that is open
ACTS = ("save", "material")


class OfAdjudication(OfQueue):
    """A view for those who adjudicate, narrowed to one kind of reason by `?reason=`."""

    verb = "adjudicate"

    @cached_property
    def kind(self) -> str:
        """The kind of reason that is asked for; "" for all."""
        asked = self.request.GET.get("reason", "")
        return asked if asked in KINDS else ""

    @cached_property
    def ranked(self) -> list[Any]:
        """What waits, the most decisive first."""
        from reviews.disputes import ranked

        return ranked(self.queue, by=self.actor, kind=self.kind, limit=SHOWN)

    def url(self, name: str, *args: Any) -> str:
        """The address of a page of this queue, narrowed like this one."""
        query = f"?{urlencode({'reason': self.kind})}" if self.kind else ""
        return super().url(name, *args) + (query if name in NARROWED else "")

    def item_of_address(self) -> QueueItem:
        """The item of the address, when the actor may settle it; else 404."""
        rows = adjudicable(self.queue, by=self.actor)
        joined = JOINED[Queue.Target(self.queue.target)]
        found: QueueItem | None = (
            rows.select_related(*joined).filter(key=self.kwargs["key"]).order_by().first()
        )
        if found is None:
            raise Http404
        found.queue = self.queue
        return found

    def contests(self) -> Any:
        """What reviewers contest, unanswered ones first."""
        rows = Contest.objects.visible_to(self.actor).filter(adjudication__queue=self.queue)
        return rows.select_related(
            "reviewer",
            "answered_by",
            "adjudication__queue_item__session",
            "adjudication__queue_item__run_item",
        )


NARROWED = ("queue-adjudicate", "adjudicate-next", "adjudicate-item")


class AdjudicateView(OfAdjudication, ScopedPage):
    """What waits in a queue: the most decisive first, how far it is, and what is contested."""

    verb = "adjudicate"
    template_name = "reviews/adjudication/list.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        counts = counts_of(self.queue, by=self.actor)
        settled = n_settled(self.queue, by=self.actor)
        base = super().url("queue-adjudicate")
        second = second_look_of(self.queue, self.actor, self.request.GET, base)
        return {
            **second,
            "look_rows": [
                (each, *self.look_urls(each.key, second["send_query"]))
                for each in second["looks"].items
            ],
            "queue": self.queue,
            "queue_url": super().url("queue"),
            "base_url": base,
            "next_url": self.url("adjudicate-next"),
            "rows": [
                (each, [KINDS[kind] for kind in each.kinds], self.url("adjudicate-item", each.key))
                for each in self.ranked[:SHOWN]
            ],
            "n_waiting": counts[""],
            "n_more": max(0, counts[self.kind] - SHOWN),
            "n_settled": settled,
            "n_all": settled + counts[""],
            "kind": self.kind,
            "filters": [
                {"name": "", "label": "All", "n": counts[""], "url": base},
                *(
                    {
                        "name": kind,
                        "label": label,
                        "n": counts[kind],
                        "url": f"{base}?reason={kind}",
                    }
                    for kind, label in KINDS.items()
                    if counts[kind] or kind == self.kind
                ),
            ],
            "contested": [
                (each, label_of(each.adjudication.queue_item), self.contest_urls(each))
                for each in self.contests().filter(answered_at=None)[:SHOWN]
            ],
        }

    def look_urls(self, key: Any, query: str) -> tuple[str, str]:
        """Where an item is read and settled, and where it is sent to adjudication."""
        own = OfQueue.url(self, "adjudicate-item", key)
        return own, f"{OfQueue.url(self, 'adjudicate-send', key)}{query}"

    def contest_urls(self, contested: Contest) -> dict[str, str]:
        """Where a contest is answered, and where its item is settled anew."""
        key = contested.adjudication.queue_item.key
        return {
            "answer": OfQueue.url(self, "contest-answer", contested.pk),
            "item": OfQueue.url(self, "adjudicate-item", key),
        }


class AdjudicationDesk(OfAdjudication):
    """A view that answers with the three areas of an item to be settled."""

    def desk(self, item: QueueItem | None) -> dict[str, Any]:
        """The context of an item; of the end when there is none."""
        n_waiting = waiting(self.queue, by=self.actor, kind=self.kind).count()
        settled = n_settled(self.queue, by=self.actor)
        told = {
            "queue": self.queue,
            "queue_url": super().url("queue"),
            "list_url": self.url("queue-adjudicate"),
            "next_url": self.url("adjudicate-next"),
            "kind": KINDS.get(self.kind, ""),
            "n_waiting": n_waiting,
            "n_settled": settled,
            "n_all": n_waiting + settled,
            "rail": self.rail(item),
        }
        if item is None:
            return {**told, "item": None}
        is_raw = self.request.GET.get("view") == "raw"
        found = desk_of(item, self.actor, is_raw=is_raw)
        return {**told, **found, **self.urls(item), "kind_words": words_of(found["kinds"])}

    def urls(self, item: QueueItem) -> dict[str, str]:
        """The addresses that the page sends to."""
        own = super().url("adjudicate-item", item.key)
        path, _, query = own.partition("?")
        narrowed = f"?{query}" if query else ""
        return {
            "item_url": own,
            "save_url": f"{path}save/{narrowed}",
            "material_url": f"{path}material/",
            "files_url": f"{path}files/",
            "history_url": OfQueue.url(self, "review-history", item.key),
        }

    def rail(self, item: QueueItem | None) -> list[tuple[RailItem, str]]:
        """What waits around the open item, in order; one that is settled comes first."""
        rows = self.ranked
        at = next((n for n, each in enumerate(rows) if item and each.pk == item.pk), None)
        around = rows[max(0, (at or 0) - BESIDE) : (at or 0) + BESIDE + 1]
        found = [
            RailItem(each.key, each.label, "open", item is not None and each.pk == item.pk)
            for each in around
        ]
        if item is not None and at is None:
            state = "open" if item.state in OPEN_STATES else "saved"
            found.insert(0, RailItem(item.key, label_of(item), state, is_current=True))
        return [(each, self.url("adjudicate-item", each.key)) for each in found]

    def next_item(self, after: QueueItem | None = None) -> QueueItem | None:
        """The most decisive item that waits, but the one that was just settled."""
        first = next((each for each in self.ranked if not after or each.pk != after.pk), None)
        if first is None:
            return None
        self.kwargs["key"] = first.key
        return self.item_of_address()

    def answer(self, context: dict[str, Any], *, said: str, undo: str = "") -> JsonResponse:
        """The next desk, as the review page's script expects it."""
        context = self.get_context_data(**context)
        html = render_to_string("reviews/adjudication/_desk.html", context, self.request)
        url = context.get("item_url") or context["next_url"]
        return JsonResponse({"desk": html, "url": url, "said": said, "undo": undo})


class AdjudicateNextPage(AdjudicationDesk, ScopedPage):
    """The most decisive item; `adjudicate-item` is this with a given item."""

    verb = "adjudicate"
    template_name = "reviews/adjudication/settle.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.place = "queues"  # type: ignore[attr-defined]
        context = self.desk(self.found())
        if request.headers.get("X-Part") == "desk":
            return self.answer(context, said="")
        return self.render_to_response(self.get_context_data(**context))

    def found(self) -> QueueItem | None:
        """The item to begin with."""
        return self.next_item()


class AdjudicateItemPage(AdjudicateNextPage):
    """One item that the actor may settle, or settle anew."""

    def found(self) -> QueueItem | None:
        return self.item_of_address()


class AdjudicateSaveView(AdjudicationDesk):
    """POST settles the item and answers with the next one; 409 tells what came between."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        item = self.item_of_address()
        try:
            typed = read_typed(request.body)
            adjudicate(item, given_in(typed.draft), by=self.actor, number=typed.number)
        except ValidationError as error:
            return JsonResponse({"errors": named_faults(faults_of(error))}, status=422)
        except StaleAdjudicationError as error:
            return self.stale(error, item)
        except Conflict as error:
            return JsonResponse({"message": str(error.detail)}, status=409)
        said = f"Settled {label_of(item)[:60]}."
        undo = self.url("adjudicate-item", item.key)
        return self.answer(self.desk(self.next_item(after=item)), said=said, undo=undo)

    def stale(self, error: StaleAdjudicationError, item: QueueItem) -> JsonResponse:
        """Both versions of what was changed, for the person to choose."""
        body = {
            "message": str(error.detail),
            "number": error.number,
            "differences": differences(error, item, self.actor),
            "is_stale": True,
        }
        return JsonResponse(body, status=409)


class AdjudicateMaterialView(AdjudicationDesk, ScopedPage):
    """The material as it is or rendered, more messages of it, or the whole of one text."""

    verb = "adjudicate"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "whole" not in request.GET:
            return super().get(request, *args, **kwargs)
        text = whole_text_of(self.item_of_address(), request.GET["whole"])
        if text is None:
            raise Http404
        return HttpResponse(text, content_type="text/plain; charset=utf-8")

    def get_template_names(self) -> list[str]:
        part = "_messages" if "start" in self.request.GET else "_material"
        return [f"reviews/review/{part}.html"]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        item, is_raw = self.item_of_address(), self.request.GET.get("view") == "raw"
        told = {"item": item, "queue": self.queue, "is_raw": is_raw, **self.urls(item)}
        if "start" in self.request.GET and item.session_id:
            start = number(self.request.GET["start"])
            return told | {"part": messages_of(item, is_raw=is_raw, start=start)}
        return told | material_of(item, is_raw=is_raw) | {"files": attachments_of(item)}


class AdjudicateFileView(OfAdjudication):
    """A file of the dataset's item, to keep."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = attachments_of(self.item_of_address()).filter(pk=self.kwargs["file"]).first()
        if found is None:
            raise Http404
        return send_attachment(found, by=self.actor)


class ContestAnswerView(OfAdjudication):
    """POST `answer` answers what a reviewer contests."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        contested = self.contests().filter(pk=self.kwargs["contest"]).first()
        if contested is None:
            raise Http404
        try:
            answer_contest(contested, request.POST.get("answer", ""), by=self.actor)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        except Conflict as refused:
            messages.error(request, str(refused.detail))
        else:
            messages.success(request, "Answered. The reviewer is told.")
        return redirect(super().url("queue-adjudicate"))


def words_of(kinds: tuple[str, ...]) -> list[str]:
    """Kinds of reason as they are read."""
    return [KINDS[kind] for kind in kinds]
