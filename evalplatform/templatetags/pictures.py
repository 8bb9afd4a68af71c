"""Pictures of numbers as inline SVG: intervals on a scale, and tables whose cells are coloured.

Everything is said in attributes (the CSP takes no style), and in words for screen readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template

register = template.Library()

PLOT_HEIGHT = 20
PALEST, STRONGEST = 0.05, 0.5  # of the fill behind a cell's number: text stays readable on both


@register.inclusion_tag("components/_interval.html")
def interval(
    value: float | None,
    low: float | None,
    high: float | None,
    label: str,
    *,
    least: float = 0.0,
    most: float = 1.0,
    reach: Sequence[float | None] = (),
    marks: Iterable[float] = (),
    tone: str = "",
) -> dict[str, Any]:
    """A value as a dot on a line from `least` to `most`, its interval as a bar; `label` says it.

    `reach` (low, high) is a pale band behind: what the value can still become. `marks` are lines of
    reference. Without a value the scale stays empty; what lies outside is drawn at the end.
    """

    def at(number: float) -> float:
        return 100 * min(1.0, max(0.0, (number - least) / (most - least)))

    def part(ends: Sequence[float | None]) -> dict[str, str] | None:
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            return None
        x = at(ends[0])
        return {"x": f"{x:.2f}%", "width": f"{max(0.0, at(ends[1]) - x):.2f}%"}

    return {
        "label": label,
        "tone": tone,
        "dot": None if value is None else f"{at(value):.2f}%",
        "bar": None if value is None else part((low, high)),
        "band": part(tuple(reach)),
        "marks": [f"{at(mark):.2f}%" for mark in marks],
        "zero": f"{at(0):.2f}%" if least < 0 < most else "",
    }


@register.inclusion_tag("components/_heat_map.html")
def heat_map(
    rows: Iterable[Mapping[str, Any]],
    columns: Iterable[str],
    caption: str,
    *,
    corner: str = "",
    tone: str = "",
) -> dict[str, Any]:
    """A table whose cells are the stronger coloured the nearer their value is to 1.

    Rows: label, cells, maybe url. A cell is None (empty) or: value 0..1 or None, text, maybe
    detail, url, title, is_faint (grey: too little to go by) and tone.
    """
    listed = [{**row, "cells": [_cell(each) for each in row["cells"]]} for row in rows]
    return {
        "rows": listed,
        "columns": list(columns),
        "caption": caption,
        "corner": corner,
        "tone": tone,
    }


def _cell(cell: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    value = cell.get("value")
    strength = None if value is None else PALEST + (STRONGEST - PALEST) * min(1.0, value) ** 2
    return {**cell, "strength": "" if strength is None else f"{strength:.3f}"}
