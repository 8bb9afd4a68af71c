"""The audit log as a page, and as a file."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import urlencode

from evalplatform.accounts.roles import Verb
from evalplatform.audit.exporting import FORMATS, KEYS, events_of, record_export
from evalplatform.audit.filters import NARROWING, AuditFilterForm
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.keyset import Page, capped_count, fetch_page
from evalplatform.scoping.views import ScopedPage

PAGE = 50
LONGEST = 400
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class AuditView(ScopedPage):
    """Newest first, narrowed by what the address says."""

    model = AuditEvent
    verb = Verb.READ_AUDIT
    template_name = "audit/audit.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        form = AuditFilterForm(self.request.GET, actor=self.actor)
        rows = form.rows()
        page, problem = self._page(rows)
        n, is_capped = capped_count(rows)
        return {
            "form": form,
            "chips": [
                chip | {"remove_url": self._url(**{chip["name"]: None})} for chip in form.chips()
            ],
            "clear_url": self.request.path if form.asked() else "",
            "events": [shown(event) for event in page.rows],
            "count": f"{n:,}{'+' if is_capped else ''} event{'' if n == 1 else 's'}",
            "problem": problem,
            "newer_url": self._url(page=page.newer) if page.newer else "",
            "older_url": self._url(page=page.older) if page.older else "",
            "first_url": self._url(page=None),
        }

    def _page(self, rows: Any) -> tuple[Page, str]:
        try:
            return fetch_page(rows, KEYS, self.request.GET.get("page", ""), PAGE), ""
        except ValidationError as error:
            return Page(rows=[], newer="", older=""), error.messages[0]

    def _url(self, **changes: str | None) -> str:
        """Return this address with one filter or the page changed; no `page`: the first."""
        asked = {name: self.request.GET.get(name) for name in NARROWING} | changes
        return f"{self.request.path}?{urlencode({k: v for k, v in asked.items() if v})}"


class AuditExportView(ScopedPage):
    """POST: the filtered log as a file; the export is itself an event."""

    model = AuditEvent
    verb = Verb.READ_AUDIT
    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = AuditFilterForm(request.POST, actor=self.actor)
        slug = request.POST.get("format", "")
        form.asked()
        if slug not in FORMATS or form.errors:
            text = "Choose csv or jsonl, and filters that the audit page shows."
            return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")
        record_export(form, slug, by=self.actor)
        suffix, media_type, write = FORMATS[slug]
        name = f"audit-{self.actor.team.slug}-{timezone.now():%Y-%m-%d}.{suffix}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        }
        return StreamingHttpResponse(
            write(events_of(form)), content_type=media_type, headers=headers
        )


def shown(event: AuditEvent) -> dict[str, Any]:
    """Return the event with its changes field by field, in words."""
    changes = [
        {"field": field.replace("_", " "), "before": in_words(pair[0]), "after": in_words(pair[1])}
        for field, pair in event.changes.items()
        if isinstance(pair, list) and len(pair) == 2
    ]
    return {"event": event, "changes": changes}


def in_words(value: Any) -> str:
    """Return a value of the log as a person reads it; '' for none, cut when long."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        text = ", ".join(value)
    elif isinstance(value, dict):
        text = ", ".join(f"{name} {in_words(part) or '-'}" for name, part in value.items())
    elif isinstance(value, str):
        text = moment_in_words(value) if MOMENT.fullmatch(value) else value
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def moment_in_words(value: str) -> str:
    """Return an ISO 8601 moment as pages show it; what only looks like one stays as it is."""
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return value
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
