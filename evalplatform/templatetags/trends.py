"""Pictures of how numbers move: lines over time, and small ones for rows of tables.

Inline SVG in percentages of its box, so that strokes and dots keep their size on every screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join

register = template.Library()

Values = Sequence[float | None]


@register.inclusion_tag("components/_trend.html")
def trend(
    series: Iterable[Mapping[str, Any]], days: Sequence[date], caption: str,
    low: float = 0, high: float = 1, is_share: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Lines over time with a legend, and their table behind a fold.

    Series: label, tone, values (one for each of `days`, None where there is nothing), maybe `of`
    (what each value stands on) and url. Shares are 0 to 1 and read as percent.
    """
    told = [_line(dict(each), low, high, is_share=is_share) for each in series]
    rows = [
        {
            "day": day,
            "cells": [
                (
                    said(each["values"][at], is_share=is_share),
                    (each.get("of") or [""] * len(days))[at],
                )
                for each in told
            ],
        }
        for at, day in enumerate(days)
    ]
    middle = (low + high) / 2
    return {
        "series": told,
        "caption": caption,
        "marks": [(said(mark, is_share=is_share)) for mark in (high, middle, low)],
        "days": [days[0], days[len(days) // 2], days[-1]] if len(days) > 2 else list(days),
        "rows": rows,
        "has_any": any(each["dots"] for each in told),
    }


def _line(series: dict[str, Any], low: float, high: float, *, is_share: bool) -> dict[str, Any]:
    values = series["values"]
    series["dots"] = [
        {"x": x, "y": y, "said": said(value, is_share=is_share)}
        for x, y, value in places(values, low, high)
    ]
    series["segments"] = segments(values, low, high)
    known = [value for value in values if value is not None]
    series["last"] = said(known[-1], is_share=is_share) if known else "–"
    return series


def places(values: Values, low: float, high: float) -> list[tuple[str, str, float]]:
    """Where each known value stands, in percent of the box, y from the top."""
    found = []
    for at, value in enumerate(values):
        if value is not None:
            x = 100 * (at + 0.5) / len(values)
            share = (value - low) / (high - low) if high > low else 0.5
            found.append((f"{x:.2f}%", f"{100 * (1 - min(1, max(0, share))):.2f}%", value))
    return found


def segments(values: Values, low: float, high: float) -> list[tuple[str, str, str, str]]:
    """The strokes from each known value to the next known one."""
    dots = places(values, low, high)
    return [(x, y, after_x, after_y) for (x, y, _), (after_x, after_y, _) in pairwise(dots)]


def said(value: float | None, *, is_share: bool) -> str:
    """A value as people read it."""
    if value is None:
        return "–"
    if not is_share:
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    percent = 100 * value
    if 0 < percent < 1 or 99 < percent < 100:
        return f"{percent:.1f}%"
    return f"{percent:.0f}%"


@register.simple_tag
def spark(values: Values, label: str, low: float | None = None, high: float | None = None) -> str:
    """A small line without axes, for a row of a table; `label` says in words what it shows."""
    known = [value for value in values if value is not None]
    if not known:
        return format_html('<span class="quiet" aria-label="{}">–</span>', label)
    lowest = min(known) if low is None else low
    highest = max(known) if high is None else high
    strokes = format_html_join(
        "", '<line x1="{}" y1="{}" x2="{}" y2="{}"/>', segments(values, lowest, highest)
    )
    x, y, _ = places(values, lowest, highest)[-1]
    return format_html(
        '<svg class="spark" role="img" aria-label="{0}"><title>{0}</title>{1}'
        '<circle cx="{2}" cy="{3}" r="2.5"/></svg>', label, strokes, x, y,
    )  # fmt: skip


@register.simple_tag
def spark_bars(values: Sequence[int], label: str) -> str:
    """Small bars from zero, for counts in a row of a table."""
    top, n = max(values, default=0) or 1, len(values) or 1
    bars = format_html_join(
        "", '<rect x="{}" y="{}" width="{}" height="{}"/>',
        (
            (f"{100 * at / n:.2f}%", f"{100 - 100 * value / top:.1f}%", f"{70 / n:.2f}%",
             f"{100 * value / top:.1f}%")
            for at, value in enumerate(values) if value
        ),
    )  # fmt: skip
    return format_html(
        '<svg class="spark spark--bars" role="img" aria-label="{0}"><title>{0}</title>{1}</svg>',
        label, bars,
    )  # fmt: skip


@register.filter
def as_percent(share: float | None) -> str:
    """A share as the width of a bar."""
    return f"{100 * min(1, max(0, share or 0)):.2f}%"


@register.filter
def said_share(share: float | None) -> str:
    """A share as people read it; a dash for none."""
    return said(share, is_share=True)


@register.filter
def interval_says(quantity: Any) -> str:
    """What a number stands on: its 95 % interval and its cells."""
    if quantity.value is None:
        return "nothing was answered by two"
    cells = f"{quantity.n:,} cell{'' if quantity.n == 1 else 's'}"
    if quantity.ci_low is None:
        return cells
    low, high = said_share(quantity.ci_low), said_share(quantity.ci_high)
    return f"{low} to {high}, {cells}"


@register.filter
def interval_label(quantity: Any, what: str) -> str:
    """What a drawn interval says in words."""
    return f"{what}: {said_share(quantity.value)}, {interval_says(quantity)}"
