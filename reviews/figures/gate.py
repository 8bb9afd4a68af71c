"""Whether the chosen floors of a queue are reached, and which items stand in the way."""

from __future__ import annotations

import numpy as np

from reviews.figures.floors import floors_of
from reviews.figures.items import cells_of
from reviews.figures.measuring import figures_of_part, parts_of
from reviews.figures.rates import against_reviewers, among_reviewers
from reviews.figures.shapes import FloorFigures
from reviews.figures.table import Table
from reviews.figures.whole import table_of, which_of
from reviews.models import Queue


def items_in_the_way(queue: Queue) -> list[int] | None:
    """Ids of the items on which people differ in a figure that is under its floor.

    None where every floor is reached; none at all where a figure has no value yet.
    """
    table = table_of(queue, which_of(queue))
    missed = [floor for floor in _floors(queue, table) if not floor.is_met]
    if not missed:
        return None
    found = np.zeros(len(table.cell_metric), dtype=bool)
    for floor in missed:
        if floor.filter:
            found |= cells_of(table, floor.filter)
    ids: list[int] = table.item_ids[np.unique(table.cell_item[found])].tolist()
    return ids


def _floors(queue: Queue, table: Table) -> list[FloorFigures]:
    asked = {name.partition(":")[2] for name in queue.floors}
    metrics = [
        figures_of_part(part)
        for part in parts_of(table)
        if part.metric.key in asked and part.ratings.n_units
    ]
    return floors_of(queue, among_reviewers(table), against_reviewers(table), metrics)
