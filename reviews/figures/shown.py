"""One figure of agreement as people read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from reviews.agreement.quantity import REASONS, Quantity
from reviews.figures.shapes import Rate
from runs.run_numbers import percent

NONE = "–"


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure: `text` as people read it, `raw` with all digits, `ends` the interval, `why` there
    is none, `said` all of it for who cannot see the picture, `url` the items behind it."""

    quantity: Quantity
    text: str
    raw: str
    ends: str
    why: str
    said: str
    url: str = ""
    n_cells: int = 0
    n_items: int = 0


def share(quantity: Quantity, label: str, url: str = "") -> Shown:
    """A share, as a percentage."""
    return _shown(quantity, label, url, share_text)


def share_text(value: float) -> str:
    """A share from 0 to 1 as a percentage."""
    return percent(100 * value)


def coefficient(quantity: Quantity, label: str, url: str = "") -> Shown:
    """A coefficient, to three digits."""
    return _shown(quantity, label, url, number)


def number(value: float) -> str:
    """Three digits, with a true minus sign."""
    return f"{value:.3f}".replace("-", "−")


def _shown(quantity: Quantity, label: str, url: str, form: Callable[[float], str]) -> Shown:
    if quantity.value is None:
        why = REASONS.get(quantity.reason or "", "")
        return Shown(quantity, NONE, "", "", why, f"{label}: {why}", url)
    text, ends = form(quantity.value), ""
    if quantity.ci_low is not None and quantity.ci_high is not None:
        ends = f"{form(quantity.ci_low)} to {form(quantity.ci_high)}"
    said = f"{label}: {text}{f', 95 % interval {ends}' if ends else ''}"
    return Shown(quantity, text, repr(quantity.value), ends, "", said, url)


def rate_of(rate: Rate, label: str, url: str) -> Shown:
    """A share with the cells and items that it stands on."""
    return replace(share(rate.quantity, label, url), n_cells=rate.n_cells, n_items=rate.n_items)
