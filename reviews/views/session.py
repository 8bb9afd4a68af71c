"""The page of one session: the conversation, and what people say about it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.urls import reverse

from datasets.conversation import MOST_MESSAGES, as_json, part_of, whole_text
from datasets.filters import SessionFilter, filter_sessions
from datasets.models import Session
from datasets.views.sessions import PAGE_KEYS
from evalplatform.scoping.keyset import fetch_page, make_token
from evalplatform.scoping.patience import TooBroadError, patience
from evalplatform.scoping.views import ScopedPage
from reviews.views.labels import panel_context

# The lists that lead to a session: URL name -> what the way back is called.
ORIGINS = {"sessions": "Sessions", "evals": "Evals"}


def eval_params(params: QueryDict) -> QueryDict:
    """Return the parameters narrowed to eval-ready sessions, whatever they said about it."""
    kept = params.copy()
    kept.setlist("eval_ready", ["1"])
    return kept


class SessionPage(ScopedPage):
    """The conversation as chat, its label, facts and trace; neighbours in one's list."""

    model = Session
    verb = "see"
    template_name = "datasets/session.html"

    def rows(self) -> Any:
        return super().rows().with_opening().select_related("source", "owner").defer("search")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.request.place = self.origin  # type: ignore[attr-defined]
        session = self.get_session(kwargs["pk"])
        found = self.filter()
        is_raw = self.request.GET.get("view") == "raw"
        newer, older = self._neighbours(session, found)
        return panel_context(session, self.actor) | {
            "part": part_of(session, self.actor, start=start_of(self.request), is_raw=is_raw),
            "is_raw": is_raw,
            "query": self._query(found),
            "newer_url": self._url(newer, found),
            "older_url": self._url(older, found),
            "list_url": self._list_url(found),
            "list_name": ORIGINS[self.origin],
            "traces": traces_of(session),
        }

    def get_session(self, pk: uuid.UUID) -> Any:
        found = self.rows().filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    @property
    def origin(self) -> str:
        """Return the list that the reader came from: `list` in the address, or the sessions."""
        asked = self.request.GET.get("list", "")
        return asked if asked in ORIGINS else "sessions"

    def filter(self) -> SessionFilter:
        """Return the filter of the list that the reader came from."""
        asked = self.request.GET
        return filter_sessions(self.actor, eval_params(asked) if self.origin == "evals" else asked)

    def _neighbours(self, session: Session, found: SessionFilter) -> tuple[Any, Any]:
        """Return the ids beside this one in the filtered list; none where that takes too long."""
        rows = found.qs.only("started_at", "id")
        try:
            with patience(seconds=1):
                return tuple(
                    next(iter(_beside(rows, make_token(way, session, PAGE_KEYS), way)), None)
                    for way in ("newer", "older")
                )  # type: ignore[return-value]
        except TooBroadError:
            return None, None

    def _query(self, found: SessionFilter) -> str:
        """Return what the address of a session in the same list says: origin and filters."""
        origin = "" if self.origin == "sessions" else f"list={self.origin}"
        return "&".join(filter(None, [self._filters(found), origin]))

    def _filters(self, found: SessionFilter) -> str:
        without = ("eval_ready", "1") if self.origin == "evals" else None  # goes without saying
        return found.query(without=without)

    def _url(self, pk: Any, found: SessionFilter) -> str:
        if pk is None:
            return ""
        url = reverse("session", args=[self.actor.team.slug, pk])
        return f"{url}?{self._query(found)}".rstrip("?")

    def _list_url(self, found: SessionFilter) -> str:
        url = reverse(self.origin, args=[self.actor.team.slug])
        return f"{url}?{self._filters(found)}".rstrip("?")


class MessagesView(ScopedPage):
    """More messages of a session, or the whole text of a single long one (`?whole=12`)."""

    model = Session
    verb = "see"
    template_name = "datasets/_session_messages.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "whole" not in request.GET:
            return super().get(request, *args, **kwargs)
        position = number(request.GET["whole"])
        text = whole_text(self.get_row(pk=kwargs["pk"]), self.actor, position)
        if text is None:
            raise Http404
        return HttpResponse(text, content_type="text/plain; charset=utf-8")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        session = self.get_row(pk=kwargs["pk"])
        is_raw = self.request.GET.get("view") == "raw"
        start = start_of(self.request)
        part = part_of(session, self.actor, start=start, is_raw=is_raw)
        way = self.request.GET.get("way", "after")
        if way == "before":
            shown = number(self.request.GET.get("shown", "0"))
            kept = [u for u in part.utterances if u.message.position < shown]
            part = type(part)(kept, part.before, None)
        else:
            part = type(part)(part.utterances, None, part.after)
        return {"session": session, "part": part, "is_raw": is_raw}


def _beside(rows: Any, token: str, way: str) -> list[Any]:
    page = fetch_page(rows, PAGE_KEYS, token, 1).rows
    return [row.pk for row in page]


def start_of(request: HttpRequest) -> int:
    """Return the position of the first message to show: `start`, or the window that holds `at`."""
    if "at" in request.GET:
        return number(request.GET["at"]) // MOST_MESSAGES * MOST_MESSAGES
    return number(request.GET.get("start", "0"))


def number(text: str) -> int:
    """Return a whole number of an address; 404 for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Http404
    return int(text)


def traces_of(session: Session) -> list[tuple[str, str]]:
    """Return what the session carries along as (name, JSON)."""
    pairs = (("Participant", session.participant), ("Session state", session.session_state))
    return [(name, as_json(value)) for name, value in pairs if value]
