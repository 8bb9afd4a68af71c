"""The rate limit of formats.md 1.4: so many requests a minute per key (per person for cookies)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from evalplatform.scoping.actor import Actor


class CallerThrottle(SimpleRateThrottle):
    """60 requests a minute per key by default; when the cache is away, calls pass."""

    scope = "caller"

    def get_rate(self) -> str:
        return f"{settings.API_REQUESTS_PER_MINUTE}/min"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        actor = request.auth
        if not isinstance(actor, Actor):
            return f"throttle:address:{self.get_ident(request)}"
        return f"throttle:{actor.key.pk if actor.key else actor.membership.pk}"
