"""Browsers that signed in to an account before, told by a signed cookie (OWASP: device cookies).

It opens nothing: it only names an allowance of attempts that strangers cannot use up.
"""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "known_browser"
SALT = "evalplatform.known_browser"
KEPT_FOR = 180 * 24 * 3600
ACCOUNTS_KEPT = 5


def browser_of(request: HttpRequest, email: str) -> str:
    """Return this browser's number when it signed in to the account before, else ''."""
    return _known(request).get(_mark(email), "")


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Give the browser a new number for this account, beside the last few others it knows."""
    known = {mark: number for mark, number in _known(request).items() if mark != _mark(email)}
    kept = list(known.items())[-(ACCOUNTS_KEPT - 1) :]
    response.set_cookie(
        COOKIE,
        signing.dumps(dict([*kept, (_mark(email), secrets.token_hex(8))]), salt=SALT),
        max_age=KEPT_FOR,
        path="/accounts/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _mark(email: str) -> str:
    """Return what stands for the address in the cookie: it tells nobody who signs in here."""
    return hashlib.sha256(f"{settings.SECRET_KEY}:{email}".encode()).hexdigest()[:16]


def _known(request: HttpRequest) -> dict[str, str]:
    try:
        known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return {}
    return {str(mark): str(number) for mark, number in known.items()}
