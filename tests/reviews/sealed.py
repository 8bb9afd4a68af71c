"""Finished reviews for tests, and what somebody does to them past the product."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection

from evalplatform.scoping.actor import Actor
from reviews.claiming import claim
from reviews.models import Queue
from reviews.saving import save
from tests.cast import Cast
from tests.reviews_made import YES, make_queue


def review_all(queue: Queue, *said: tuple[Actor, dict[str, Any]]) -> None:
    """Each of these people reviews everything that they are given, all alike."""
    for who, what in said:
        while (slot := claim(queue, by=who)) is not None:
            save(slot.queue_item, what, by=who)


def make_finished(cast: Cast, *, owner: Actor | None = None, **fields: Any) -> Queue:
    """A queue of two items that Eva and Emil have reviewed alike: ready to be finalised."""
    fields = {"n_items": 2, "reviews_per_item": 2} | fields
    queue = make_queue(owner=owner or cast.olga, **fields)
    review_all(queue, (cast.eva, YES), (cast.emil, YES))
    return queue


def past_the_triggers(statement: str, *values: Any) -> None:
    """Do to the database what only its owner can: change rows with the product's triggers off."""
    tables = set(re.findall(r"(?:UPDATE|FROM|INTO) (\w+)", statement))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, values or None)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
