"""The numbers of a run as its page says them, each with what it is of; from its metrics alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from datasets.operators import OPERATORS
from runs.models import Run
from runs.run_item_filters import SHOWS
from runs.run_item_listing import name_of

SHOWN_RATES = 10
SHOWN_CHECKS = 20
MOST_CHOICES = 200
Numbers = Mapping[str, Any]


def headline(metrics: Numbers, list_url: str) -> list[dict[str, Any]]:
    """The first line of the page: label, value, of, detail, tone and where to look."""
    items, checks = metrics.get("items") or {}, metrics.get("checks") or {}
    n_rows, n_errors = metrics.get("n_items") or 0, metrics.get("n_error") or 0
    n_done = sum(checks.get(name) or 0 for name in ("n", "skipped", "errors"))
    return [
        _passed("Items passed", items, f"{list_url}?show=passed#items"),
        _passed("Checks passed", checks, ""),
        _stat(
            "Weighted", percent_of(checks.get("weighted") if checks.get("n") else None),
            detail="checks by their weight",
        ),
        _stat(
            "Needs review", percent(metrics.get("needs_review")),
            detail=f"{checks.get('low') or 0:,} of low confidence",
            url=f"{list_url}?show=low#items", tone="attention" if checks.get("low") else "",
            icon="eye",
        ),
        _stat(
            "Rows in error", n_errors, of=n_rows, url=f"{list_url}?show=error#items",
            tone="fail" if n_errors else "", icon="x-circle" if n_errors else "",
            detail=f"and {checks.get('errors') or 0:,} checks",
        ),
        _stat(
            "Checks skipped", checks.get("skipped") or 0, of=n_done,
            url=f"{list_url}?show=skipped#items", detail="their condition did not hold",
        ),
    ]  # fmt: skip


def _passed(label: str, counts: Numbers, url: str) -> dict[str, Any]:
    n, passed = counts.get("n") or 0, counts.get("passed") or 0
    spread = counts.get("sd")
    said = percent(100 * passed / n) if n else "nothing to pass"
    detail = f"{said}, sd {spread:.3g}" if n and isinstance(spread, int | float) else said
    return _stat(label, passed, of=n, detail=detail, url=url)


def _stat(label: str, value: Any, **more: Any) -> dict[str, Any]:
    plain = {"of": "", "detail": "", "url": "", "tone": "", "icon": ""}
    return {**plain, "label": label, "value": value, **more}


def percent(value: Any) -> str:
    """A number from 0 to 100 as people read it; a dash for none."""
    if not isinstance(value, int | float):
        return "–"
    return f"{value:.0f}%" if value in {0, 100} else f"{min(max(value, 0.1), 99.9):.1f}%"


def percent_of(fraction: Any) -> str:
    """A fraction as people read it."""
    return percent(100 * fraction) if isinstance(fraction, int | float) else "–"


def rates(found: Iterable[Numbers] | None, name: str, list_url: str) -> list[dict[str, Any]]:
    """Passed of so many for each category or tag, the worst first; `name` is its filter."""
    rows = [_rate(row, name, list_url) for row in found or () if row.get("n")]
    return sorted(rows, key=lambda row: (row["passed"] / row["n"], -row["n"], row["label"]))


def _rate(row: Numbers, name: str, list_url: str) -> dict[str, Any]:
    n, passed = row["n"], row.get("passed") or 0
    said = str(row.get("name") or "")
    url = f"{list_url}?{urlencode({name: said, 'show': 'failed'})}#items" if said and name else ""
    return {
        "label": said or "Without",
        "n": n,
        "passed": passed,
        "percent": percent(100 * passed / n),
        "width": f"{100 * passed / n:.2f}%",
        "tone": tone_of(passed, n),
        "url": url,
    }


def tone_of(passed: int, n: int) -> str:
    """Green when all passed, red when fewer than half did."""
    return "pass" if passed == n else "fail" if passed * 2 < n else "attention"


def checks(found: Iterable[Numbers] | None, list_url: str) -> list[dict[str, Any]]:
    """Each kind of check with its rate, the worst first; those without a verdict at the end."""
    rows = [_check(row, list_url) for row in found or ()]
    return sorted(rows, key=lambda row: (not row["n"], row["rate"], -row["n"], row["label"]))


def _check(row: Numbers, list_url: str) -> dict[str, Any]:
    n, passed = row.get("n") or 0, row.get("passed") or 0
    operator, evaluator = str(row.get("operator") or ""), str(row.get("evaluator") or "")
    of = {"evaluator": evaluator} if evaluator else {"operator": operator}
    known = OPERATORS.get(operator)
    return {
        "label": name_of(operator, evaluator),
        "criteria": str(row.get("criteria") or ""),
        "category": row.get("category") or (known.category if known else ""),
        "n": n,
        "passed": passed,
        "failed": n - passed,
        "rate": passed / n if n else 0,
        "percent": percent(100 * passed / n) if n else "–",
        "width": f"{100 * passed / n:.2f}%" if n else "0%",
        "tone": tone_of(passed, n) if n else "",
        "low": row.get("low") or 0,
        "skipped": row.get("skipped") or 0,
        "errors": row.get("errors") or 0,
        "mean": row.get("mean"),
        "sd": row.get("spread"),
        "url": f"{list_url}?{urlencode(of)}#items",
    }


def breakdown(run: Run, list_url: str) -> dict[str, Any]:
    """What the headline is made of."""
    metrics = run.metrics or {}
    by_check = checks(metrics.get("by_check"), list_url)
    by_category = rates(metrics.get("by_category"), "check_category", list_url)
    by_item_category = rates(metrics.get("by_item_category"), "category", list_url)
    by_tag = rates(metrics.get("by_tag"), "tag", list_url)
    return {
        "headline": headline(metrics, list_url) if run.metrics else [],
        "by_category": by_category[:SHOWN_RATES],
        "more_categories": by_category[SHOWN_RATES:],
        "by_item_category": by_item_category[:SHOWN_RATES],
        "more_item_categories": by_item_category[SHOWN_RATES:],
        "by_tag": by_tag[:SHOWN_RATES],
        "more_tags": by_tag[SHOWN_RATES:],
        "by_check": by_check[:SHOWN_CHECKS],
        "more_checks": by_check[SHOWN_CHECKS:],
        "n_to_retry": (metrics.get("n_error") or 0)
        + ((metrics.get("checks") or {}).get("errors") or 0),
        "tokens": metrics.get("tokens") or {},
    }


def choices_of(run: Run) -> dict[str, Any]:
    """What the filter panel offers: of checks, categories and tags those that the metrics know."""
    metrics = run.metrics or {}
    found = metrics.get("by_check") or ()
    operators = {row.get("operator") for row in found if not row.get("evaluator")} - {None, ""}
    evaluators = {row.get("evaluator") for row in found} - {None, ""}
    return {
        "shows": SHOWS.items(),
        "operators_to_choose": sorted((one, name_of(one, "")) for one in operators),
        "evaluators_to_choose": sorted(evaluators),
        "check_categories": _names(metrics.get("by_category")),
        "categories": _names(metrics.get("by_item_category")),
        "tags": _names(metrics.get("by_tag")),
    }


def _names(found: Iterable[Numbers] | None) -> list[str]:
    return sorted(str(row["name"]) for row in found or () if row.get("name"))[:MOST_CHOICES]


def headline_of_both(before: Run, after: Run) -> list[dict[str, Any]]:
    """Items and checks passed in two runs, with the difference in points."""
    return [
        {"label": f"{name.capitalize()} passed", **both(_side(before, name), _side(after, name))}
        for name in ("items", "checks")
    ]


def both(before: Numbers, after: Numbers) -> dict[str, Any]:
    """Two rates and their difference."""
    return {"before": before, "after": after, "points": points(before, after)}


def _side(run: Run, name: str) -> dict[str, Any]:
    counts = (run.metrics or {}).get(name) or {}
    return _fraction(counts.get("n") or 0, counts.get("passed") or 0)


def _fraction(n: int, passed: int) -> dict[str, Any]:
    said = percent(100 * passed / n) if n else "–"
    return {"n": n, "passed": passed, "percent": said, "share": passed / n if n else None}


def points(before: Numbers, after: Numbers) -> dict[str, Any]:
    """The difference of two rates in percentage points, with its sign and tone."""
    if before["share"] is None or after["share"] is None:
        return {"value": 0.0, "said": "–", "tone": ""}
    value = 100 * (after["share"] - before["share"])
    tone = "pass" if value > 0 else "fail" if value < 0 else ""
    return {"value": value, "said": f"{value:+.1f}" if value else "±0", "tone": tone}


def by_check_of_both(before: Run, after: Run) -> list[dict[str, Any]]:
    """Each check that both runs carried out with its two rates, the greatest loss first."""
    one, other = _rates_of_checks(before), _rates_of_checks(after)
    rows: list[dict[str, Any]] = [
        {"label": name_of(key[0], key[2]), "criteria": key[1], **both(one[key], other[key])}
        for key in one
        if key in other
    ]
    moved = [row for row in rows if row["points"]["value"]]
    return sorted(moved, key=lambda row: row["points"]["value"])[:SHOWN_CHECKS]


def _rates_of_checks(run: Run) -> dict[tuple[str, str, str], dict[str, Any]]:
    found = (run.metrics or {}).get("by_check") or ()
    return {
        (str(row["operator"]), str(row["criteria"]), str(row["evaluator"])): _fraction(
            row["n"], row["passed"]
        )
        for row in found
        if row["n"]
    }
