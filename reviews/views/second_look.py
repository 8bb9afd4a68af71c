"""What is worth a second look in a queue, beside what waits, and sending it to adjudication."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect

from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from reviews.adjudicable import adjudicable
from reviews.adjudicating import TAKEN, send_to_adjudication
from reviews.models import Queue, QueueItem
from reviews.second_look import Looks, position_of, worth_a_look
from reviews.second_look_signs import SIGNS
from reviews.views.queue_page import OfQueue

PLACE = "#second-look"


def asked_of(query: QueryDict) -> dict[str, Any]:
    """The sign and the position that an address asks for; what is not one is left out."""
    sign, after = query.get("sign", ""), position_of(query.get("after", ""))
    return ({"sign": sign} if sign in SIGNS else {}) | ({} if after is None else {"after": after})


def second_look_of(queue: Queue, actor: Actor, query: QueryDict, base: str) -> dict[str, Any]:
    """What the part of the page shows; `base` is the address of the page."""
    asked = asked_of(query)
    looks = worth_a_look(queue, by=actor, **asked)
    sign = asked.get("sign", "")
    first = {"sign": sign} if sign else {}

    def address(**told: Any) -> str:
        return f"{base}?{urlencode(told)}{PLACE}" if told else f"{base}{PLACE}"

    return {
        "looks": looks,
        "sign": sign,
        "sign_label": SIGNS.get(sign, ""),
        "signs": _choices(looks, asked, address),
        "all_url": address(**{name: at for name, at in asked.items() if name == "after"}),
        "first_url": address(**first) if "after" in asked else "",
        "after_url": address(**first, after=looks.after) if looks.after is not None else "",
        "send_query": f"?{urlencode(asked)}" if asked else "",
        "may_send": queue.status in TAKEN and not queue.is_finalized,
    }


def _choices(looks: Looks, asked: dict[str, Any], address: Any) -> list[dict[str, Any]]:
    """Any sign, and each that is there, with how many items have it."""
    on = {"after": asked["after"]} if "after" in asked else {}
    choices = [("", "All", address(**on))]
    choices += [(name, label, address(sign=name, **on)) for name, label in SIGNS.items()]
    return [
        {"name": name, "label": label, "n": looks.counts[name], "url": url}
        for name, label, url in choices
        if looks.counts[name] or name in ("", asked.get("sign"))
    ]


class SendView(OfQueue):
    """POST makes an item wait for a decision, and comes back to the list."""

    verb = "adjudicate"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rows = adjudicable(self.queue, by=self.actor)
        found: QueueItem | None = rows.filter(key=self.kwargs["key"]).first()
        if found is None:
            raise Http404
        return self.sent(found)

    def sent(self, item: QueueItem) -> HttpResponse:
        """Send it, and say so or why not."""
        try:
            send_to_adjudication(item, by=self.actor)
        except Conflict as refused:
            messages.error(self.request, str(refused.detail))
        else:
            messages.success(self.request, "Sent to adjudication. It waits for a decision now.")
        asked = asked_of(self.request.GET)
        query = f"?{urlencode(asked)}" if asked else ""
        return redirect(f"{self.url('queue-adjudicate')}{query}{PLACE}")
