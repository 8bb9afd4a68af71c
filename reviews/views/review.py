"""The review page: the next item, or a given one, and what is done on it without leaving.

The page holds no token: whoever is signed in has one place on an item, and two tabs of theirs are
the same reviewer. What was typed is kept apart by the number of the draft. Undo of a save or a
skip opens the item again with what was said: a save stays what it is until the next one.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone

from datasets.attachment_sending import send_attachment
from evalplatform.errors import Conflict
from evalplatform.scoping.views import ScopedPage
from reviews.claiming import LeaseError, claim, claim_item, give_back, renew
from reviews.desk import about, desk_of, label_of, saved_answers
from reviews.material import attachments_of, material_of, messages_of, whole_text_of
from reviews.models import Queue, QueueItem, Slot
from reviews.saving import StaleDraftError, drop_draft, open_review, save, save_draft
from reviews.typed import read_typed
from reviews.views.queue_page import OfItem
from reviews.views.session import number

MOST_REASON = 2_000
AGAIN = (Slot.State.SKIPPED, Slot.State.RELEASED)
ENDED = "Your place on this item has ended. What you type is kept, and saving still works."


class Desk(OfItem):
    """A view that answers with the three areas of the page."""

    def desk(self, item: QueueItem, slot: Slot) -> dict[str, Any]:
        """The context of an item."""
        is_raw = self.request.GET.get("view") == "raw"
        context = desk_of(item, slot, self.actor, is_raw=is_raw)
        return {**context, **self.urls(item)}

    def next_desk(self) -> dict[str, Any]:
        """The context of the next item; of the end when there is none."""
        slot = claim(self.queue, by=self.actor)
        if slot is None:
            return {**about(self.queue, self.actor), **self.urls(None), "item": None}
        return self.desk(self.item_of(slot), slot)

    def urls(self, item: QueueItem | None) -> dict[str, str]:
        """The addresses that the page sends to."""
        found = {"review_url": self.url("review"), "queue_url": self.url("queue")}
        if item is None:
            return found
        own = self.url("review-item", item.key)
        acts = ("draft", "save", "skip", "decline", "renew", "material", "history")
        return found | {"item_url": own} | {f"{act}_url": f"{own}{act}/" for act in acts}

    def label_in(self, context: dict[str, Any]) -> str:
        """What the item of the address is called, as the rail of the next desk says it."""
        key = self.slot.queue_item.key
        found = (given.label for given in context["rail"] if given.key == key)
        return (next(found, None) or label_of(self.item))[:60]

    def reopened(self) -> str:
        """Take the place again that was skipped or has ended; what to say when it cannot be."""
        if self.slot.state not in AGAIN or self.queue.status != Queue.Status.ACTIVE:
            return ENDED if self.slot.state in AGAIN else ""
        try:
            self.slot = claim_item(self.item, by=self.actor)
        except LeaseError:
            return ENDED
        return ""

    def answer(self, context: dict[str, Any], *, said: str, undo: str = "") -> JsonResponse:
        """The next desk and what to say of what was done; `undo` is the item to go back to."""
        context = self.get_context_data(**context)
        html = render_to_string("reviews/review/_desk.html", context)
        url = context.get("item_url") or context["review_url"]
        return JsonResponse({"desk": html, "url": url, "said": said, "undo": undo})

    def refused(self, error: Conflict) -> JsonResponse:
        """409; of a stale draft both versions are told, for the person to choose."""
        body: dict[str, Any] = {"message": str(error.detail)}
        if isinstance(error, StaleDraftError):
            review = error.review
            there = review.draft or saved_answers(review, self.actor)
            body |= {"number": review.draft_number, "draft": there, "is_stale": True}
        return JsonResponse(body, status=409)


class ReviewPage(Desk, ScopedPage):
    """The reviewer's live item, else the next one; `review-item` is this with a given item."""

    verb = "review"
    template_name = "reviews/review/review.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request.place = "queues"  # type: ignore[attr-defined]
        context = self.found()
        if request.headers.get("X-Part") == "desk":
            return self.answer(context, said="")
        return self.render_to_response(self.get_context_data(**context))

    def found(self) -> dict[str, Any]:
        """The context of what the address asks for."""
        return self.next_desk()


class ReviewItemPage(ReviewPage):
    """One item that was given to the reviewer: open, skipped or saved."""

    def found(self) -> dict[str, Any]:
        ended = self.reopened()
        return {**self.desk(self.item, self.slot), "ended": ended}


class MaterialView(Desk, ScopedPage):
    """The material as it is or rendered, more messages of it, or the whole of one text."""

    verb = "review"
    template_name = "reviews/review/_material.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "whole" not in request.GET:
            return super().get(request, *args, **kwargs)
        text = whole_text_of(self.item, request.GET["whole"])
        if text is None:
            raise Http404
        return HttpResponse(text, content_type="text/plain; charset=utf-8")

    def get_template_names(self) -> list[str]:
        part = "_messages" if "start" in self.request.GET else "_material"
        return [f"reviews/review/{part}.html"]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        is_raw = self.request.GET.get("view") == "raw"
        told = {"item": self.item, "queue": self.queue, "is_raw": is_raw, **self.urls(self.item)}
        if "start" in self.request.GET and self.item.session_id:
            start = number(self.request.GET["start"])
            return told | {"part": messages_of(self.item, is_raw=is_raw, start=start)}
        return told | material_of(self.item, is_raw=is_raw) | {"files": attachments_of(self.item)}


class FileView(OfItem):
    """A file of the dataset's item, to keep."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = attachments_of(self.item).filter(pk=self.kwargs["file"]).first()
        if found is None:
            raise Http404
        return send_attachment(found, by=self.actor)


class DraftView(Desk):
    """PUT keeps what was typed; DELETE forgets what is not saved."""

    def put(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            typed = read_typed(request.body)
            review = open_review(self.item, by=self.actor)
            kept = save_draft(review, typed.draft, number=typed.number, by=self.actor)
        except ValidationError as error:
            return JsonResponse({"message": error.messages[0]}, status=400)
        except Conflict as error:
            return self.refused(error)
        return JsonResponse({"number": kept.draft_number, "at": timezone.now().isoformat()})

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        drop_draft(open_review(self.item, by=self.actor), by=self.actor)
        return self.answer(self.desk(self.item, self.slot), said="What was not saved is gone.")


class SaveView(Desk):
    """POST saves the review whole and answers with the next item; 422 says what is missing."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        was_saved = self.slot.state == Slot.State.SUBMITTED
        try:
            typed = read_typed(request.body)
            given = self.slot.queue_item
            review = save(given, typed.draft, by=self.actor, number=typed.number)
        except ValidationError as error:
            return JsonResponse({"errors": faults_of(error)}, status=422)
        except Conflict as error:
            return self.refused(error)
        context = self.next_desk()
        did = "Saved again:" if was_saved else "Saved"
        extra = "" if review.is_counted else ", as an extra"
        said = f"{did} {self.label_in(context)}{extra}."
        return self.answer(context, said=said, undo=self.url("review-item", given.key))


class SkipView(Desk):
    """POST puts the item behind the others and answers with the next one."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.slot.state == Slot.State.LEASED:
            try:
                give_back(self.slot.pk, self.slot.token, Slot.State.SKIPPED, by=self.actor)
            except Conflict as error:
                return self.refused(error)
        context = self.next_desk()
        said = f"Skipped {self.label_in(context)}. It comes back after the others."
        undo = self.url("review-item", self.slot.queue_item.key)
        return self.answer(context, said=said, undo=undo)


class DeclineView(Desk):
    """POST `reason` gives the item away for good."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        reason = request.POST.get("reason", "").strip()
        if not reason or len(reason) > MOST_REASON:
            message = f"Say why, in at most {MOST_REASON:,} characters."
            return JsonResponse({"message": message}, status=422)
        token = self.slot.token
        try:
            give_back(self.slot.pk, token, Slot.State.DECLINED, by=self.actor, reason=reason)
        except Conflict as error:
            return self.refused(error)
        context = self.next_desk()
        return self.answer(context, said=f"Declined {self.label_in(context)}.")


class RenewView(Desk):
    """POST makes the lease last from now; 409 when the place has ended."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.slot.state == Slot.State.SUBMITTED:
            return JsonResponse({"is_held": True})
        try:
            renew(self.slot.pk, self.slot.token, by=self.actor)
        except Conflict as error:
            return self.refused(error)
        return JsonResponse({"is_held": True})


def faults_of(error: ValidationError) -> dict[str, str]:
    """What is wrong, by the name of the field; `__all__` for the whole."""
    if not hasattr(error, "error_dict"):
        return {"__all__": error.messages[0]}
    return {name: texts[0] for name, texts in error.message_dict.items()}
