"""What figures can still become, as the page says it, and the corrected pass rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reviews.figures.shapes import AgreementFigures, Filter, FloorFigures
from reviews.figures.shown import coefficient, number, share, share_text

if TYPE_CHECKING:  # they bring numpy along
    from reviews.agreement.bounds import Deciding, Range

# What to do where the pass rate cannot be corrected, by reason.
REMEDIES = {
    "no_data": "It stands here once people have answered to the machine’s verdicts.",
    "not_random": "Add the whole run to the queue, all of it or by a sampling plan that leaves no "
    "stratum out: rows picked by hand say nothing about the others.",
    "too_few_units": "Review at least 20 items, and at least 5 checks that the machine passed and "
    "5 that it failed.",
    "unfinished": "Finish what was drawn, or make the next queue shuffled.",
}


def headline_ahead(figures: AgreementFigures, name: str) -> dict[str, Any]:
    """The band behind a headline rate, and what can still become of it."""
    if figures.outlook is None:
        return {"reach": (), "outlook": ""}
    found: Range = getattr(figures.outlook, name)
    if found.low is None or found.high is None:
        return {"reach": (), "outlook": ""}
    if found.is_final:
        return {"reach": (), "outlook": "Every review is there: it stays."}
    items = "1 item" if found.n_open == 1 else f"{found.n_open:,} items"
    ends = f"{share_text(found.low)} and {share_text(found.high)}"
    said = f"It ends between {ends}: {items} of {found.n_items:,} can still move it (pale band)."
    return {"reach": (found.low, found.high), "outlook": said}


def shown_floor(
    figures: AgreementFigures, each: FloorFigures, url: Callable[[Filter], str]
) -> dict[str, Any]:
    """A chosen floor, how the figure stands to it, and how few items decide that."""
    is_share = not each.figure.startswith("alpha")
    form = share if is_share else coefficient
    deciding = figures.outlook.deciding.get(each.figure) if figures.outlook else None
    return {
        "figure": each.figure,
        "label": each.label,
        "least": share_text(each.least) if is_share else number(each.least),
        "now": form(each.quantity, each.label, url(each.filter)),
        "is_met": each.is_met,
        "outlook": _decides(deciding) if deciding else "" if is_share else _open_alpha(figures),
    }


def _open_alpha(figures: AgreementFigures) -> str:
    """Why it is not said how few items decide a floor on alpha, while some can still move it."""
    if figures.outlook is None or not figures.outlook.reviewers.n_open:
        return ""
    return "how few items decide cannot be said: each moves alpha by what is said of all others"


def _decides(found: Deciding) -> str:
    if found.state == "met":
        return "whatever comes"
    if found.state == "missed":
        return "out of reach, whatever comes"
    well, badly = (_items(n or 0) for n in (found.n_to_reach, found.n_to_miss))
    return f"sure once {well} of those open go well, lost once {badly} go badly"


def _items(n: int) -> str:
    return "1 item" if n == 1 else f"{n:,} items"


def pass_rate(figures: AgreementFigures) -> dict[str, Any] | None:
    """The run's pass rate as the machine says it and as people would; None without a run."""
    found = figures.outlook.corrected if figures.outlook else None
    if found is None or found.raw.value is None:
        return None
    return {
        "raw": share(found.raw, "As the machine says"),
        "rate": share(found.rate, "As reviewers would say"),
        "false_pass": share(found.false_pass, "Passes that reviewers fail"),
        "false_fail": share(found.false_fail, "Fails that reviewers pass"),
        "n_items": found.n_items,
        "n_drawn": found.n_drawn,
        "n": found.rate.n,
        "is_known": found.rate.value is not None and found.rate.ci_low == found.rate.ci_high,
        "remedy": REMEDIES.get(found.rate.reason or "", ""),
    }
