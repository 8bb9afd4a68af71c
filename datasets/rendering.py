"""Safe and bounded rendering of what people and models wrote: markdown in, inert HTML out.

Two fences: markdown-it without raw HTML, then an allowlist (nh3). No images, so nothing is fetched;
links go to http, https and mailto only. What is too long or too deeply nested is shown as it is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import escape

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# Beyond any of these a text is shown as it is: markdown of it would cost more than it shows.
MAX_MARKDOWN = 40_000
MAX_LINE = 10_000
MAX_LINES = 2_000
MAX_SPECIAL = 3_000
MAX_BRACKETS = 400
MAX_CELLS = 1_500
MAX_NESTING = 12
MAX_SHOWN = 100_000  # characters of one message on a page; the rest is a click away
TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES: dict[str, set[str]] = {"a": {"href"}, "ol": {"start"}, "*": set()}
# Characters that steer or hide text: they would show one thing and be another.
HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e007f"
    "\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
HIDDEN_RUN = re.compile(rf"({HIDDEN.pattern})\1*")
HIDDEN_RUNS = re.compile(rf"{HIDDEN.pattern}+")
MAX_MARKS = 2_000
TAG = re.compile(r"(<[^>]*>)")
# A joiner between pictures or in scripts that need it is ordinary writing.
JOINED = re.compile(
    "(?<=[^\x00-\u08ff])[\u200c\u200d](?=[^\x00-\u08ff])|(?<=[\u0600-\u08ff])[\u200c\u200d]"
)
MARKERS = re.compile(r"^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*")
DELIMITER = re.compile(r"[*_~`\[\]<>&\\!|]")
SPECIAL = re.compile(r"[`*_~\[\]<>#|\\&=+\-]|^ *\d{1,9}[.)]|  $|^    |\t", re.MULTILINE)
BREAKS = re.compile(r"\n[ \t]*\n+")


def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    # Reference definitions would vanish from what is shown; everything said must be seen.
    hiding = ["image", "html_block", "html_inline", "reference"]
    return parser.enable(["table", "strikethrough"]).disable(hiding)


MARKDOWN = _markdown()


def render(text: str) -> SafeString:
    """Return the text as HTML that can do nothing: markdown where that is cheap, else as it is."""
    if not is_markdown(text):
        return plain(text)
    html = MARKDOWN.render(text)
    return mark_safe(reveal(clean(html)))  # noqa: S308  # two fences above


def is_markdown(text: str) -> bool:
    """Say whether the text is rendered as markdown: not when that is dear or changes nothing."""
    if len(text) > MAX_MARKDOWN or not SPECIAL.search(text):
        return False
    if len(DELIMITER.findall(text)) > MAX_SPECIAL or text.count("[") > MAX_BRACKETS:
        return False
    lines = text.split("\n")
    pipes = [line.count("|") for line in lines if "|" in line]
    if len(lines) > MAX_LINES or len(pipes) * max(pipes, default=0) > MAX_CELLS:
        return False
    return not any(map(_is_dear, lines))


def _is_dear(line: str) -> bool:
    if len(line) > MAX_LINE:
        return True
    match = MARKERS.match(line)
    prefix = match[0] if match else ""
    depth = sum(prefix.count(mark) for mark in ">-*+.)") + len(prefix.expandtabs(4)) // 8
    return depth > MAX_NESTING


def clean(html: str) -> str:
    """Return the HTML less all that is not on the list; headings begin at the third level."""
    html = re.sub(r"<(/?)h[12]>", r"<\1h3>", html)
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow",
        url_relative="deny",
    )


def plain(text: str) -> SafeString:
    """Return the text as paragraphs with its line breaks, escaped."""
    parts = BREAKS.split(text.strip("\n")) if len(text) <= MAX_MARKDOWN else [text]
    html = "".join(f'<p class="preline">{escape(part)}</p>' for part in parts)
    return mark_safe(reveal(html))  # noqa: S308  # escaped above


def raw(text: str) -> SafeString:
    """Return the text as it is, escaped, with hidden characters shown."""
    return mark_safe(reveal(escape(text)))  # noqa: S308  # escaped above


def reveal(html: str) -> str:
    """Return HTML in which hidden characters of the text are small visible marks."""
    if not HIDDEN.search(html):
        return html
    pieces = TAG.split(html)
    pieces[::2] = map(_reveal_text, pieces[::2])
    pieces[1::2] = (HIDDEN.sub("", tag) for tag in pieces[1::2])
    return "".join(pieces)


def _reveal_text(text: str) -> str:
    """Mark the hidden characters; in a text full of them the later ones are only replaced."""
    if not HIDDEN.search(text):
        return text
    joiners = {match.start() for match in JOINED.finditer(text)}
    shown: list[str] = []
    end = 0
    for n, run in enumerate(HIDDEN_RUN.finditer(text)):
        if n >= MAX_MARKS:
            return "".join(shown) + HIDDEN_RUNS.sub("\N{REPLACEMENT CHARACTER}", text[end:])
        mark = run[0] if run.start() in joiners else _mark(run[0][0], len(run[0]))
        shown += [text[end : run.start()], mark]
        end = run.end()
    return "".join(shown) + text[end:]


@lru_cache(maxsize=512)
def _mark(character: str, times: int) -> str:
    name = unicodedata.name(character, "control character").lower()
    code = f"U+{ord(character):04X}" + (f" ×{times}" if times > 1 else "")
    return f'<span class="hidden-character" title="{name}">{code}</span>'
