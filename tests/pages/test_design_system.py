"""What holds for every page: icons exist, colours are readable, the CSP has nothing to refuse."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.template import Context, Template
from django.template.loader import get_template
from django.test import RequestFactory

from evalplatform.navigation import PLACES
from evalplatform.templatetags import ui

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = ROOT / "evalplatform/static/evalplatform"
CSS = STATIC / "css"
NOW = datetime(2026, 3, 2, 14, 5, 11, tzinfo=UTC)

# (ink, surface, least contrast): text needs 4.5, lines that show where a control is need 3.
PAIRS = [
    *[
        (ink, on, 4.5)
        for ink in ("ink", "ink-2", "ink-3", "accent-text", "fail-text", "pass-text")
        for on in ("canvas", "surface", "sunken", "raised", "hover")
    ],
    *[("ink-2", on, 4.5) for on in ("pressed", "selected", "accent-soft")],
    *[
        (f"{tone}-text", f"{tone}-soft", 4.5)
        for tone in ("accent", "pass", "attention", "fail", "machine")
    ],
    ("on-accent", "brand", 4.5),
    *[("line-control", on, 3) for on in ("canvas", "surface", "raised")],
    *[("focus", on, 3) for on in ("canvas", "surface", "sunken", "raised")],
    *[(fill, "surface", 3) for fill in ("brand", "pass", "fail", "machine")],
]


def tokens(scheme: int) -> dict[str, tuple[float, float, float]]:
    """Read the OKLCH colours of tokens.css: 0 is light, 1 is dark."""
    one = r"oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)|oklch\(([\d.]+) 0 0\)"
    text = (CSS / "tokens.css").read_text()
    found = {}
    for name, value in re.findall(r"--([\w-]+): ([^;]+);", text):
        colours = re.findall(one, value)
        if colours:
            numbers = [float(part) for part in colours[min(scheme, len(colours) - 1)] if part]
            found[name] = (numbers[0], *(numbers[1:] or (0.0, 0.0)))
    return found


def luminance(colour: tuple[float, float, float]) -> float:
    """Return the relative luminance (WCAG) of an OKLCH colour, clipped to sRGB."""
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    cone = [
        (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    ]
    rows = (
        (4.0767416621, -3.3077115913, 0.2309699292),
        (-1.2684380046, 2.6097574011, -0.3413193965),
        (-0.0041960863, -0.7034186147, 1.7076147010),
    )
    rgb = [sum(k * part for k, part in zip(row, cone, strict=True)) for row in rows]
    red, green, blue = (min(1.0, max(0.0, part)) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_ink_can_be_read_on_every_surface_it_is_used_on(scheme: int) -> None:
    found = tokens(scheme)
    weak = []
    for ink, surface, least in PAIRS:
        one, other = sorted((luminance(found[ink]), luminance(found[surface])), reverse=True)
        contrast = (one + 0.05) / (other + 0.05)
        if contrast < least:
            weak.append(f"{ink} on {surface}: {contrast:.2f}, needs {least}")
    assert weak == []


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    named = {place[2] for place in PLACES}
    for path in TEMPLATES:
        text = path.read_text()
        named |= set(re.findall(r'{% icon "([\w-]+)"', text))
        named |= set(re.findall(r'{% include [^%]*\bicon="([\w-]+)"', text))
    assert named - drawn == set()


def test_every_stylesheet_of_a_component_is_in_the_entry() -> None:
    entry = (CSS / "main.css").read_text()
    files = [path.name for path in (CSS / "components").glob("*.css")]
    assert [name for name in files if f"components/{name}" not in entry] == []


def test_colours_are_said_in_the_tokens_only() -> None:
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b(?!\")|\brgba?\(|\bhsla?\(")
    sheets = [path for path in CSS.rglob("*.css") if path.name != "tokens.css"]
    assert [path.name for path in sheets if literal.search(path.read_text())] == []


def test_no_template_asks_for_what_the_csp_refuses() -> None:
    refused = re.compile(
        r"\sstyle=|\son[a-z]+=\"|\shx-on|javascript:|<style|<script(?![^>]*\bsrc=)(?![^>]*json)"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match.group().strip()}"
        for path in TEMPLATES
        for match in refused.finditer(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_every_template_can_be_parsed(path: Path) -> None:
    name = str(path.relative_to(ROOT / "templates"))
    assert get_template(name).origin.name == str(path)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=10), "just now"),
        (timedelta(seconds=50), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=6), "6 d ago"),
        (timedelta(days=30), "31 Jan"),
        (timedelta(days=300), "6 May 2025"),
        (timedelta(days=-2), "in 2 d"),
        (timedelta(seconds=-10), "in a moment"),
    ],
)
def test_a_time_is_said_in_one_unit_then_as_a_date(ago: timedelta, words: str) -> None:
    assert ui.relative(NOW - ago, NOW) == words


def test_a_time_shows_the_exact_moment_on_hover() -> None:
    shown = Template("{% load ui %}{% when moment %}").render(Context({"moment": NOW}))
    assert 'title="2026-03-02 14:05:11 UTC"' in shown


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(0, 9, "0%"), (1, 1000, "<1%"), (999, 1000, ">99%"), (9, 9, "100%"), (1, 0, "–")],
)
def test_a_share_is_never_rounded_to_nothing_or_everything(
    part: int, whole: int, words: str
) -> None:
    assert ui.share(part, whole) == words


def test_numbers_have_thousands_and_absent_ones_a_dash() -> None:
    assert [ui.thousands(4310), ui.thousands(2.5), ui.thousands(None)] == ["4,310", "2.50", "–"]


def test_time_left_is_known_only_once_there_is_a_rate() -> None:
    assert ui.pace(0, 100, NOW - timedelta(seconds=9), NOW) == (0, None)
    assert ui.pace(50, 100, NOW - timedelta(seconds=10), NOW) == (5, "10 s")


def test_removing_a_filter_keeps_the_others_and_starts_at_the_first_page() -> None:
    request = RequestFactory().get("/", {"tag": ["a", "b"], "q": "x", "page": "abc"})
    template = Template('{% load ui %}{% without "tag" "a" %}')
    shown = template.render(Context({"request": request}))
    assert shown == "?tag=b&amp;q=x"
