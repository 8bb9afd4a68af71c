"""What people store is shown and never run: every text field, every page, a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page
from rest_framework.test import APIClient

from tests.cast import Cast, make_cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SCRIPTS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg/onload=alert(1)>",
    '" onfocus=alert(1) autofocus x="',
    "{{7*7}}</title><script>alert(1)</script>",
    '<div hx-get="http://evil.test/h" hx-trigger="load">h</div>',
)
MARKDOWN = (
    "![x](http://evil.test/a.png)",
    "[a](javascript:alert(1)) [b](data:text/html,x) [c](vbscript:x) [d](//evil.test)",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> ![](//evil.test/b) |",
    '<style>@import "http://evil.test/c.css"</style>',
    '[h](http://a"onmouseover=alert(1)) <iframe src=http://evil.test>',
)
ALL = " ".join(SCRIPTS)
LIVE = """() => [...document.querySelectorAll("a[href], img, iframe, script:not([src]), [onerror]")]
  .filter((each) => each.matches("iframe, script:not([src]):not([type]), [onerror]")
    || /^(javascript|data|vbscript):/i.test(each.href ?? "") || /evil/.test(each.src ?? ""))
  .map((each) => each.outerHTML)"""


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def stored(cast: Cast, call_as: Callable[..., APIClient]) -> str:
    """Put the corpus into every text field a caller reaches; return the session's id."""
    cast.eva.user.rename(SCRIPTS[1], by=cast.eva)
    cast.team.rename(SCRIPTS[0], by=cast.olga)
    client = call_as(cast.eva)
    names = ("title", "projectPath", "projectName", "model", "provider", "channel", "participant")
    session = dict.fromkeys(names, ALL[:250]) | {
        "externalId": SCRIPTS[0],
        "source": ALL[:200],
        "tags": list(SCRIPTS),
        "sessionState": {SCRIPTS[1]: ALL},
        "messages": [
            {"role": "user", "content": ALL, "summary": ALL, "comments": [ALL]},
            {"role": "assistant", "content": "\n\n".join(MARKDOWN)},
            {"role": "tool", "content": json.dumps({"name": SCRIPTS[1]})},
        ],
    }
    answer = client.post("/api/v1/sessions", session, format="json")
    pk = str(answer.json()["results"][0]["id"])
    label = {"evalReady": True, "evalNotes": ALL, "evalTags": SCRIPTS, "expectedOutput": ALL}
    assert client.patch(f"/api/v1/sessions/{pk}/label", label, format="json").status_code == 200
    asked = {"format": "text", "filters": {"tag": list(SCRIPTS)}}
    assert client.post("/api/v1/exports", asked, format="json").status_code == 202
    return pk


def test_no_stored_text_runs_fetches_or_breaks_the_policy(
    page: Page, live_server: Any, cast: Cast, sign_in: Callable[..., Client], stored: str
) -> None:
    seen: list[str] = []
    page.on("dialog", lambda dialog: dialog.dismiss())
    for event in ("dialog", "pageerror"):
        page.on(event, lambda what: seen.append(f"on {page.url}: {what}"))
    page.on("console", lambda said: seen.append(said.text) if is_refusal(said.text) else None)
    page.on("request", lambda asked: seen.append(asked.url))
    cookie = sign_in(cast.olga).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    team = f"/t/{cast.team.slug}/"
    pages = ("", "sessions/", f"sessions/{stored}/", f"sessions/{stored}/?view=raw", "evals/",
             "sessions/choices/", "exports/new/?scope=all", "members/", "keys/", "audit/",
             "settings/", f"sessions/?q={SCRIPTS[0]}&tag={SCRIPTS[1]}")  # fmt: skip
    admin = (f"datasets/session/{stored}/change/", "datasets/message/", "accounts/membership/",
             f"reviews/evallabel/{stored}/change/", "audit/auditevent/")  # fmt: skip
    for path in [team + each for each in pages] + [f"/admin/{each}" for each in admin]:
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        seen += page.evaluate(LIVE)

    assert [each for each in seen if not each.startswith(f"{live_server.url}/")] == []


def is_refusal(text: str) -> bool:
    """Say whether the browser's console tells of something that the policy stopped."""
    return "Content Security Policy" in text
