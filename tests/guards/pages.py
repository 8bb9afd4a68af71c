"""What every answer of the platform must hold: headers, labels of inputs, captions of tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

POLICY = ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
UNLABELLED = {"hidden", "submit", "button", "reset", "image"}


def header_faults(headers: Mapping[str, str], kind: str) -> Iterator[str]:
    """Yield the protections that a response lacks; `kind` is its content type."""
    if headers.get("X-Content-Type-Options") != "nosniff":
        yield "has no nosniff"
    if headers.get("Referrer-Policy") != "same-origin":
        yield "has no Referrer-Policy"
    policy = headers.get("Content-Security-Policy", "")
    if kind.startswith("text/html"):
        yield from (f"its policy lacks {rule}" for rule in POLICY if rule not in policy)
        if "unsafe" in policy:
            yield "its policy allows something unsafe"


class Reader(HTMLParser):
    """Collects inputs with the ways they are named, tables with captions, inline code."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs: list[dict[str, str]] = []
        self.labelled: set[str] = set()
        self.faults: list[str] = []
        self._labels = 0
        self._tables: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "label":
            self._labels += 1
            self.labelled.add(found.get("for", ""))
        elif tag in {"input", "select", "textarea"}:
            self._note_input(tag, found)
        elif tag == "table":
            self._tables.append("aria-labelledby" in found or "aria-label" in found)
        elif tag == "caption" and self._tables:
            self._tables[-1] = True
        self._note_code(tag, found)

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._labels -= 1
        elif tag == "table" and self._tables and not self._tables.pop():
            self.faults.append("a table has no caption")

    def _note_input(self, tag: str, found: dict[str, str]) -> None:
        named = self._labels or "aria-label" in found or "aria-labelledby" in found
        if not named and not (tag == "input" and found.get("type") in UNLABELLED):
            self.inputs.append(found)

    def _note_code(self, tag: str, found: dict[str, str]) -> None:
        data = found.get("type", "").endswith("json")
        if tag == "style" or (tag == "script" and "src" not in found and not data):
            self.faults.append(f"holds an inline {tag}")
        for name in found:
            if name == "style" or name.startswith(("on", "hx-on")):
                self.faults.append(f"a <{tag}> has the attribute {name}")


def page_faults(html: str) -> list[str]:
    """Return inputs without a label, tables without a caption, and what the policy would block."""
    reader = Reader()
    reader.feed(html)
    unnamed = [found for found in reader.inputs if found.get("id", "-") not in reader.labelled]
    names = [f"the input {found.get('name', '?')} has no label" for found in unnamed]
    return reader.faults + names
