"""What people and models wrote becomes HTML that can do nothing, at a bounded price (W8)."""

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.rendering import MAX_MARKDOWN, is_markdown, plain, raw, render
from tests.pages.corpus import XSS

TAG = re.compile(r"<(/?)([a-zA-Z0-9]+)([^>]*)>")
KNOWN = {
    *("a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p"),
    *("pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = re.compile(
    r'^(?: (?:href="(?:https?:|mailto:)[^"<>]*"|rel="noopener nofollow"|start="\d+"'
    r'|class="(?:preline|hidden-character)"|title="[a-z0-9 -]+"))*$'
)
LEFT_TO_RIGHT = "\u202e"


def assert_inert(html: str) -> None:
    """Every tag is on the list, with no attribute beyond ours; no other `<` is left."""
    for _, name, attributes in TAG.findall(html):
        assert name in KNOWN, html
        assert ATTRIBUTES.match(attributes.rstrip(" /")), html
    assert "<" not in TAG.sub("", html)


@pytest.mark.parametrize("text", XSS)
@pytest.mark.parametrize("show", [render, plain, raw])
def test_hostile_text_is_inert(text: str, show: object) -> None:
    assert_inert(show(text))  # type: ignore[operator]
    assert_inert(render(f"**x**\n\n{text}\n\n- {text}"))


@given(st.text(alphabet=st.sampled_from("<>\"'[](){}!&;:/\\`*_#-=| \n\tahrefscriptx1\u202e\u200b")))
def test_any_text_is_inert(text: str) -> None:
    assert_inert(render(text))
    assert_inert(raw(text))


def test_markdown_is_rendered() -> None:
    html = render("# Title\n\nA **bold** [link](https://a.example/x).\n\n- one\n- two\n\n`code`")

    assert "<h3>Title</h3>" in html
    assert "<strong>bold</strong>" in html
    assert '<a href="https://a.example/x" rel="noopener nofollow">link</a>' in html
    assert "<li>one</li>" in html
    assert "<code>code</code>" in html


def test_tables_and_fences_are_rendered() -> None:
    assert "<td>1</td>" in render("|a|b|\n|-|-|\n|1|2|")
    assert "<pre><code>" in render("```\n<b>\n```")
    assert "&lt;b&gt;" in render("```\n<b>\n```")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "/t/x", "ftp://a"])
def test_links_go_to_the_web_and_mail_only(address: str) -> None:
    assert "href" not in render(f"[x]({address})")


def test_images_are_links_and_never_fetched() -> None:
    html = render("![leak](https://evil.example/x.png?q=1)")

    assert "<img" not in html
    assert 'href="https://evil.example/x.png?q=1"' in html


def test_nothing_said_vanishes() -> None:
    assert "[a]: http://x" in render("[a]: http://x\n\n*hello*")
    assert "&lt;!-- secret --&gt;" in render("<!-- secret --> *hello*")


def test_hidden_characters_are_shown_where_they_steer_or_hide() -> None:
    html = render(f"safe{LEFT_TO_RIGHT}exe *x*")

    assert '<span class="hidden-character" title="right-to-left override">U+202E</span>' in html
    assert LEFT_TO_RIGHT not in html
    assert "U+200B ×3" in raw("\u200b\u200b\u200b")
    assert LEFT_TO_RIGHT not in render(f'[x](http://a/{LEFT_TO_RIGHT} "{LEFT_TO_RIGHT}")')


def test_joiners_of_pictures_and_scripts_are_ordinary_writing() -> None:
    family, persian = "\U0001f468\u200d\U0001f469", "می\u200cخواهم"

    assert family in render(f"{family} *x*")
    assert persian in render(f"{persian} *x*")


def test_plain_text_keeps_its_lines_and_paragraphs() -> None:
    assert render("1\n2\n\n3") == '<p class="preline">1\n2</p><p class="preline">3</p>'


DEAR = {
    "nested quotes": ">" * 100_000 + "x",
    "nested quotes with spaces": "> " * 100_000,
    "a line of 1 MB": "a" * 1_000_000,
    "1 MB of stars": "*" * 1_000_000,
    "1 MB of hidden characters": "\u202e\u200b" * 500_000,
    "brackets": ("[" * 9_000 + "\n") * 4,
    "links": "[a](b" * 5_000,
    "emphasis": ("*a_" * 3_000 + "\n") * 3,
    "code spans": "\n".join("`" * n for n in range(1, 280)),
    "nested lists": "".join("  " * n + "- a\n" for n in range(150)),
    "a wide table": "|a" * 500 + "\n" + "|-" * 500 + "\n" + ("|b" * 500 + "\n") * 10,
    "a long table": "|a" * 58 + "\n" + "|-" * 58 + "\n" + "|b|c\n" * 1_900,
    "entities": "&a" * 19_000,
    "newlines": "\n" * 40_000,
    "list items": "1. a\n" * 8_000,
    "at every limit": ("a *b* `c`\n" * 900)[:MAX_MARKDOWN],
}


@pytest.mark.parametrize("text", DEAR.values(), ids=DEAR)
def test_no_text_is_dear_to_render(text: str) -> None:
    render("*warm*")
    began = process_time()
    html = render(text)

    assert process_time() - began < 0.2
    assert html


def test_what_is_too_dear_is_shown_as_it_is() -> None:
    text = "> " * 50 + "**deep**"

    assert not is_markdown(text)
    assert "**deep**" in render(text)
