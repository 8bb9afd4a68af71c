"""Full text of the newest rows of items, filled by a job soon after a change.

Rows of earlier versions are not searched.
"""

from __future__ import annotations

from datasets.models import DatasetItem
from datasets.text_index import TextIndex
from evalplatform.jobs.kinds import job_kind
from evalplatform.jobs.running import Turn

KIND = "index_items"
BATCH = 1000
INDEX = """
    UPDATE datasets_datasetitem SET search = to_tsvector('simple', left(concat_ws(' ',
        public_id, input, output, expected_output, summary, left(history::text, %(length)s),
        left(context::text, %(length)s), array_to_string(tags, ' ')), %(length)s))
    WHERE id = ANY(%(ids)s)"""
WAITING = {"search": None, "until_version": None}
ITEMS = TextIndex(KIND, "items", DatasetItem, "dataset__team_id", INDEX, BATCH, WAITING)


@job_kind(KIND)
def index_items(turn: Turn) -> dict[str, int]:
    """Index the waiting items of the team."""
    return ITEMS.work(turn)
