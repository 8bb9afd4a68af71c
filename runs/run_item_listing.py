"""Rows of a run as lists show them: how long texts begin, and the verdicts in check order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import UUIDField, Value
from django.db.models.functions import Coalesce, Left, NullIf

from datasets.operators import OPERATORS
from datasets.querysets import IsOneOf
from evalplatform.scoping.keyset import Page, fetch_page, make_token, read_token

PAGE = 50
PAGE_KEYS = ("order_index",)
SHOWN = 200  # characters of a long text in a row; the database sends no more
MOST_CHIPS = 12
COUNTED = 1_000  # a filter's rows are counted so far
LOOKED = 10_000  # rows that are looked through for a text at once
COLUMNS = (
    *("id", "order_index", "public_id", "title", "status", "is_passed", "category", "tags"),
    *("n_checks", "n_passed", "n_low", "n_done", "n_skipped", "n_errors", "item_key"),
)
RESULT_COLUMNS = (
    *("run_item_id", "position", "operator", "evaluator", "state", "auto_eval", "stands"),
    *("edited_auto_eval", "confidence", "is_global"),
)


def listed(rows: Any) -> Any:
    """Read what a row shows, and of long texts only how they begin."""
    empty = Value("")
    asked = Coalesce(NullIf("prompt_text", empty), "item__input", empty)
    return rows.annotate(
        prompt_start=Left(asked, SHOWN + 1),
        response_start=Left("response", SHOWN + 1),
        error_start=Left("error", SHOWN + 1),
    ).values(*COLUMNS, "prompt_start", "response_start", "error_start")


def few_or_many(rows: Any) -> tuple[Any, int, bool]:
    """The rows to page through, how many there are up to the cap, and whether there are more.

    Few are found first, by the filter's own index, and put in order then; many are met soon enough
    when one walks the run in its order. The database cannot tell the one from the other.
    """
    found = list(rows.order_by().values_list("pk", flat=True)[: COUNTED + 1])
    if len(found) > COUNTED:
        return rows, COUNTED, True
    few = IsOneOf("pk", Value(found, output_field=ArrayField(UUIDField())))
    return type(rows)(model=rows.model, using=rows.db).filter(few), len(found), False


def page_of_text(rows: Any, token: str, n_items: int) -> tuple[Page, tuple[int, int] | None]:
    """As page_of, looking for a text through so many rows at a time; and which, unless in all.

    No index finds a part of a text. When the rows looked through hold less than a page, the links
    go on from where the look ended.
    """
    direction, values = read_token(token)
    is_back = direction == "newer"
    here = _place(values, n_items if is_back else -1)
    first, behind = (here - LOOKED, here) if is_back else (here + 1, here + 1 + LOOKED)
    first, behind = max(first, 0), min(behind, n_items)
    near = rows.filter(order_index__gte=first, order_index__lt=behind)
    page = page_of(near, token)
    if behind < n_items and not page.older:
        page = replace(page, older=make_token("older", {"order_index": behind - 1}, PAGE_KEYS))
    if first > 0 and not page.newer:
        page = replace(page, newer=make_token("newer", {"order_index": first}, PAGE_KEYS))
    return page, None if behind - first >= n_items else (first, behind)


def _place(values: list[Any], beginning: int) -> int:
    if not values:
        return beginning
    if not isinstance(values[0], int):
        raise ValidationError("This page link is broken: start from the first page.")
    return values[0]


def page_of(rows: Any, token: str) -> Page:
    """One page in the run's order; ValidationError for a token that is not ours."""
    return fetch_page(rows, PAGE_KEYS, token, PAGE, listed, ascending=True)


def rows_of(found: Iterable[Mapping[str, Any]], results: Any, url: str) -> list[dict[str, Any]]:
    """Return what the table shows of rows that `listed` read; one more query, for the verdicts.

    `url` is the address under which the rows have theirs.
    """
    found = list(found)
    verdicts = verdicts_of([row["id"] for row in found], results)
    return [_row(row, verdicts[row["id"]], url) for row in found]


def _row(row: Mapping[str, Any], verdicts: list[dict[str, Any]], url: str) -> dict[str, Any]:
    n = row["n_done"] + row["n_skipped"] + row["n_errors"]
    return {
        **row,
        "url": f"{url}{row['id']}/",
        "prompt_start": cut(row["prompt_start"]),
        "response_start": cut(row["response_start"]),
        "error_start": cut(row["error_start"]),
        "verdicts": verdicts,
        "n_more": max(0, n - len(verdicts)),
    }


def verdicts_of(ids: list[Any], results: Any) -> defaultdict[Any, list[dict[str, Any]]]:
    """The first verdicts of each of these rows, in check order."""
    found: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
    if ids:
        rows = results.filter(run_item__in=ids, position__lt=MOST_CHIPS)
        for row in rows.order_by("run_item", "position").values(*RESULT_COLUMNS):
            found[row["run_item_id"]].append(chip_of(row))
    return found


def chip_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """One verdict as its chip says it: the word, the tone and the icon, and of which check."""
    name = name_of(row["operator"], row["evaluator"])
    word, tone, icon = verdict_of(row)
    low = row["confidence"] == "low" and row["state"] == "done"
    marks = [", low confidence" if low else "", ", overridden" if row["edited_auto_eval"] else ""]
    return {
        "says": f"{name}: {word}{''.join(marks)}",
        "word": word,
        "tone": tone,
        "icon": icon,
        "is_low": low,
        "is_edited": bool(row["edited_auto_eval"]),
    }


def verdict_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """The word, tone and icon of a result as it stands."""
    if row["state"] == "skipped":
        return "skipped", "", "circle-dashed"
    if row["state"] == "error":
        return "error", "attention", "alert"
    if row["stands"] is None:
        return row["auto_eval"] or "no verdict", "machine", ""
    word = row["edited_auto_eval"] or row["auto_eval"]
    if word not in {"pass", "fail"}:  # a number or a label that passes or not
        word = f"{word} ({'pass' if row['stands'] else 'fail'})"
    return (word, "pass", "check") if row["stands"] else (word, "fail", "x")


def name_of(operator: str, evaluator: str) -> str:
    """What people call a check: the evaluator that asked, or the label of its operator."""
    if evaluator:
        return evaluator
    return OPERATORS[operator].label if operator in OPERATORS else operator


def cut(text: str) -> str:
    """The text, or its beginning and an ellipsis."""
    return f"{text[:SHOWN]}…" if len(text) > SHOWN else text
