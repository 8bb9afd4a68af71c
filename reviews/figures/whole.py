"""The figures of agreement of a queue: one source for page, API, CSV, gates and the seal.

Who runs the queue is told of all its items that have their reviews, whoever reviews in it of those
that they have done; of people, only themselves. Nobody is told of an item of a blind queue before
it is revealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from reviews.agreement import cautions
from reviews.agreement.tables import Histogram
from reviews.desk import LABELLED_BY, label_from
from reviews.figures.floors import floors_of
from reviews.figures.measuring import LIMITS, figures_of_part, parts_of, warned, worst_first
from reviews.figures.metrics import CHECK, TEXT, criteria_of
from reviews.figures.outlook import outlook_of
from reviews.figures.people import (
    disagreement,
    disputed_items,
    pair_figures,
    people_figures,
    told_items,
)
from reviews.figures.rates import (
    against_reviewers,
    among_reviewers,
    by_exposure,
    flagged_share,
    n_incomparable,
    on_the_same_cells,
    wrong_both,
)
from reviews.figures.reading import Which, read_left_out
from reviews.figures.shapes import AgreementFigures, LeftOut, Warned
from reviews.figures.sorting import NO_VERDICT
from reviews.figures.table import Table, read_table
from reviews.models import Queue, QueueItem

QUEUE, OWN = "queue", "own"
# By reason: what is said of it, and what is counted.
REASONS = {
    "draft": ("typed and not saved", "reviews"),
    "unrevealed": ("on items that wait for more reviews", "reviews"),
    "skipped": ("skipped", "items"),
    "declined": ("declined", "items"),
    "unanswered": ("left unanswered", "answers"),
    "superseded": ("replaced by their author before anything was revealed", "answers"),
    "after_reveal": ("given after colleagues’ answers or the final one were shown", "answers"),
    "flag": ("flags: no place on a scale, an abstention towards a verdict", "answers"),
    "text": ("free text, which is not compared", "answers"),
    "incomparable": ("verdicts that are numbers or labels", "cells"),
    "adjudicated": ("final answers of adjudicators", "items"),
}


def figures_of(queue: Queue, *, by: Actor, is_whole: bool = False) -> AgreementFigures:
    """All that the actor may be told of the agreement in a queue that they see.

    `is_whole` is for who finalises a review, as the owner of its run may: a seal holds the figures
    of the whole queue, whoever made it.
    """
    leads = is_whole or tells_all(queue, by)
    which = which_of(queue, only=None if leads else by.user.pk)
    table = table_of(queue, which)
    parts = parts_of(table)
    found = [figures_of_part(part) for part in parts if part.ratings.n_units]
    everywhere = np.ones(len(table.cell_metric), dtype=bool)
    false_pass, false_fail = wrong_both(table, everywhere)
    exposed, blind = by_exposure(table)
    names = _names(table, None if leads else by.user.pk)
    disputed = disputed_items(table, parts, disagreement(table, parts))
    items = QueueItem.all_rows.all() if is_whole else QueueItem.objects.visible_to(by)
    pairs, shifts = pair_figures(table, parts, names) if leads else ([], [])
    reviewers, auto = among_reviewers(table), against_reviewers(table)
    floors = tuple(floors_of(queue, reviewers, auto, found)) if leads else ()
    return AgreementFigures(
        queue=str(queue.pk),
        scope=QUEUE if leads else OWN,
        is_blind=queue.is_blind,
        is_weighted=table.weights is not None,
        n_ratings=len(table.ratings.units),
        n_cells=len(table.cell_metric),
        n_items=len(table.item_ids),
        n_reviewers=table.ratings.n_present,
        reviewers=reviewers,
        auto=auto,
        same_cells=on_the_same_cells(table),
        false_pass=false_pass,
        false_fail=false_fail,
        exposed=exposed,
        blind=blind,
        flagged_share=flagged_share(table),
        left_out=tuple(_left_out(queue, which, table, leads=leads)),
        metrics=tuple(worst_first(found)),
        people=tuple(people_figures(table, parts, names, None if leads else by.user.pk)),
        pairs=tuple(pairs),
        disputed=tuple(told_items(disputed, _rows([pk for pk, _ in disputed], items))),
        warnings=(*_warnings(table), *shifts),
        floors=floors,
        outlook=outlook_of(queue, table, floors) if leads else None,
    )


def tells_all(queue: Queue, actor: Actor) -> bool:
    """Whether the actor runs the queue: its owner, or who sees all of the team."""
    return actor.may(Verb.SEE_ALL) or queue.owner_id == actor.user.pk


def which_of(queue: Queue, only: UUID | None = None) -> Which:
    """Whose ratings are read."""
    return Which(queue.pk, queue.run_id, queue.is_blind, only)


def table_of(queue: Queue, which: Which) -> Table:
    """The eligible ratings of the queue; who only reviews is told of the machine's verdicts only
    where the queue shows them: a rate on a few items would give them away."""
    table = read_table(which, queue.rubric_version.read())
    if which.only is None or queue.shows_auto_verdict:
        return table
    return replace(table, auto=np.full(len(table.auto), NO_VERDICT))


def _names(table: Table, only: UUID | None) -> dict[UUID, str]:
    """How people are called: who runs a queue knows who reviews in it, others know themselves."""
    named = zip(table.people, table.names, strict=True)
    return {pk: name for pk, name in named if only in (None, pk)}


def _rows(ids: Sequence[int], items: Any) -> dict[int, tuple[str, str, int]]:
    """Key, label and position of those of the items that are named."""
    rows = items.filter(pk__in=ids).order_by().values_list("pk", "key", "position", *LABELLED_BY)
    return {pk: (str(key), label_from(*told), at) for pk, key, at, *told in rows}


def _left_out(queue: Queue, which: Which, table: Table, *, leads: bool) -> list[LeftOut]:
    """What entered no figure, or only some. Who only reviews is told of what they see alone."""
    asked = criteria_of(queue.rubric_version.read())
    texts = [key for key, metric in asked if metric.level == TEXT]
    counted: dict[str, Any] = read_left_out(which, texts) if leads else {}
    counted["unanswered"] = _n_unanswered(table, len(asked) - len(texts))
    counted["flag"] = table.n_flags_aside + int((table.flagged & table.is_judged).sum())
    counted["incomparable"] = n_incomparable(table)
    return [
        LeftOut(reason, label, counted[reason], unit)
        for reason, (label, unit) in REASONS.items()
        if counted.get(reason)
    ]


def _n_unanswered(table: Table, n_criteria: int) -> int:
    """Criteria that the reviews that count leave open."""
    last = [rows.stop for metric, _, rows, _ in table.parts if metric.kind != CHECK][-1:]
    rows = slice(*last or (0,))  # checks come after criteria
    items = table.cell_item[table.ratings.units[rows]]
    reviewed = np.zeros((len(table.item_ids), len(table.people)), dtype=bool)
    reviewed[items, table.ratings.raters[rows]] = True
    n_answers = len(items) + table.n_flags_aside
    return max(0, int(np.count_nonzero(reviewed)) * n_criteria - n_answers)


def _warnings(table: Table) -> list[Warned]:
    """What is said of the whole; each metric has its own beside."""
    sizes = Histogram.of_cells(table.ratings.sizes[:, None], table.ratings.n_present)
    whole = [
        each
        for each in cautions.cautions(sizes, [""], LIMITS)
        if each.code in ("few_units", "low_overlap")
    ]
    whole += cautions.exposed(int(table.exposed.sum()), len(table.exposed))
    return warned(whole)
