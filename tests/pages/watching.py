"""A page under watch: dialogs, foreign requests, CSP refusals and script errors are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.test import Client
from playwright.sync_api import Dialog, Page


@dataclass
class Watch:
    """What happened on the page that must not happen."""

    host: str
    seen: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self._request(request.url))
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("console", lambda message: self._console(message.type, message.text))

    def _dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, url: str) -> None:
        if urlsplit(url).netloc != self.host and not url.startswith("data:"):
            self.seen.append(f"request: {url}")

    def _console(self, kind: str, text: str) -> None:
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            self.seen.append(f"policy: {text}")


def enter(page: Page, client: Client, url: str) -> Watch:
    """Give the browser the client's sign-in and watch its page."""
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}]
    )
    watch = Watch(urlsplit(url).netloc)
    watch.on(page)
    return watch


SignIn = Callable[..., Client]
