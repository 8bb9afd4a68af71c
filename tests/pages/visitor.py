"""A person at a real browser: signs in, and notes whatever the browser complains about."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}

# The text of a page wider than the screen, innermost first; what scrolls by itself may be.
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.body.querySelectorAll("*")]
    .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > width + 1)
    .map((each) => each.outerHTML.slice(0, 120))
    .concat([`page: ${document.documentElement.scrollWidth} of ${width}`]).slice(-6);
}"""


class Visitor:
    """One person with a browser of their own; `complaints` must stay empty."""

    def __init__(self, chromium: Browser, url: str, slug: str) -> None:
        self.context = chromium.new_context(viewport=WIDE, accept_downloads=True)  # type: ignore[arg-type]
        self.context.set_default_timeout(15_000)
        self.url, self.slug = url, slug
        self.complaints: list[str] = []
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        """Violations of the Content-Security-Policy are errors of the console too."""
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type} at {self.page.url}: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.request.method} {response.url}")

    def sign_in(self, email: str, password: str) -> Page:
        """By the form, with the keyboard alone."""
        page = self.page
        page.goto(self.url)
        expect(page.get_by_label("Email")).to_be_focused()
        page.keyboard.type(email)
        page.keyboard.press("Tab")
        page.keyboard.type(password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{self.url}/t/{self.slug}/")
        return page

    def open(self, path: str) -> Page:
        """Open a page of the team by its address."""
        self.page.goto(f"{self.url}/t/{self.slug}/{path}")
        return self.page

    def status(self, path: str) -> int:
        """Return the status of a page of the team for this person, without opening it."""
        address = f"{self.url}/t/{self.slug}/{path}"
        return self.page.request.get(address, max_redirects=0).status

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def go(self, key: str, until: str) -> None:
        """Press g and a letter, and arrive."""
        self.press("g", key)
        self.page.wait_for_url(until)

    def look(self, name: str) -> None:
        """The page fits a phone; a picture of both is kept where `SCREENSHOTS` names a folder."""
        self._picture(name, 1440)
        self._resize(PHONE)
        self._picture(name, 390)
        too_wide = self.page.evaluate(TOO_WIDE)
        self._resize(WIDE)
        assert too_wide == [], f"{name} at 390 px: {too_wide}"

    def _resize(self, size: dict[str, int]) -> None:
        """Until it is drawn: a click would be aimed at the page of before."""
        self.page.set_viewport_size(size)  # type: ignore[arg-type]
        self.page.wait_for_function("width => innerWidth === width", arg=size["width"])
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => done()))")

    def _picture(self, name: str, width: int) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            path = Path(folder) / f"way-{name}-{width}.png"
            self.page.screenshot(path=path, caret="initial")  # hiding it is an inline style

    def download(self, act: Callable[[], None]) -> bytes:
        """Do what starts a download; return the bytes that arrived."""
        with self.page.expect_download() as arriving:
            act()
        return Path(arriving.value.path()).read_bytes()

    def leave(self) -> None:
        """Close the browser, which must not have complained."""
        self.context.close()
        assert not self.complaints, "\n".join(self.complaints)
