"""Authentication of API callers: an `evp_` key, or the page's own session cookie."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from evalplatform.accounts.actors import actor_in_team, actor_last_seen, origin
from evalplatform.accounts.models import ApiKey, User
from evalplatform.scoping.actor import Actor

REFUSED = "Invalid or missing API key"


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer evp_...`; request.auth is the Actor."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, text = header.partition(" ")
        key = ApiKey.find(text.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed(REFUSED)
        key.note_use()
        return key.membership.user, key.act(**origin(request._request))

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class CookieAuthentication(SessionAuthentication):
    """The signed-in person, with CSRF; the team is X-Team's, else the one last opened."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        slug = request.headers.get("X-Team")
        actor = actor_in_team(request._request, slug) if slug else actor_last_seen(request._request)
        if actor is None:
            raise AuthenticationFailed(REFUSED)
        return found[0], actor


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells OpenAPI about the key."""

    target_class = KeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "evp_…"}


class CookieScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells OpenAPI about the cookie."""

    target_class = CookieAuthentication
    name = "cookie"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
