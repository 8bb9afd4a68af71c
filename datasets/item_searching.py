"""Full text of items: filled by a job soon after a change, so that imports keep COPY's speed.

`DatasetItem.search` is null while a newest row waits. It is a tsvector of what the item says, cut
to what a tsvector can hold; rows of earlier versions are not searched.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import ProgramLimitExceeded

from datasets import searching
from datasets.models import DatasetItem
from datasets.searching import LENGTHS
from evalplatform.jobs.kinds import job_kind
from evalplatform.jobs.running import Turn
from evalplatform.scoping.actor import Actor

KIND = "index_items"
BATCH = 1000
INDEX = """
    UPDATE datasets_datasetitem SET search = to_tsvector('simple', left(concat_ws(' ',
        public_id, input, output, expected_output, summary, left(history::text, %(length)s),
        left(context::text, %(length)s), array_to_string(tags, ' ')), %(length)s))
    WHERE id = ANY(%(ids)s)"""


def request_index(by: Actor) -> None:
    """Ask for the index of the items that this transaction makes or changes."""
    searching.request_index(by, KIND)


@job_kind(KIND)
def index_items(turn: Turn) -> dict[str, int]:
    """Index the waiting items of the team, batch by batch, each in its own transaction."""
    n_done = 0
    while n_indexed := index_batch(turn.job.team_id):
        n_done += n_indexed
        turn.progress(n_done, note="Indexing items for search")
    return {"items": n_done}


def index_what_waits() -> int:
    """Index what no job reached (its person left, or the database went away); how many it was."""
    waiting = DatasetItem.all_rows.filter(search=None, until_version=None)
    n_done = 0
    while team_id := waiting.values_list("dataset__team_id", flat=True).first():
        n_indexed = index_batch(team_id)
        n_done += n_indexed
        if not n_indexed:  # all of them locked: a job or an edit has them
            break
    return n_done


def index_batch(team_id: UUID | str) -> int:
    """Index up to one batch of the team's waiting items; how many it were."""
    with transaction.atomic():
        waiting = DatasetItem.all_rows.select_for_update(skip_locked=True, of=("self",)).filter(
            dataset__team_id=team_id, search=None, until_version=None
        )
        ids = list(waiting.order_by().values_list("pk", flat=True)[:BATCH])
        if ids:
            _index(ids)
    return len(ids)


def _index(ids: Sequence[int], lengths: Sequence[int] = LENGTHS) -> None:
    """Fill `search` of these items; those that burst a tsvector are cut shorter, one by one."""
    length, *shorter = lengths
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(INDEX, {"ids": list(ids), "length": length})
    except OperationalError as error:
        if not isinstance(error.__cause__, ProgramLimitExceeded) or not shorter:
            raise
        if len(ids) == 1:
            _index(ids, shorter)
        else:
            for pk in ids:
                _index([pk], lengths)
