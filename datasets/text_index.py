"""Full text that a job fills soon after a change, so that what brings rows in keeps COPY's speed.

A row whose `search` is null waits. It becomes a tsvector of what the row says, or its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, models, transaction
from psycopg.errors import ProgramLimitExceeded

from evalplatform.jobs.models import Job
from evalplatform.jobs.running import Turn
from evalplatform.scoping.actor import Actor

# Characters of a row that are indexed. A tsvector holds 1 MB; text full of ever new words needs
# more room than it has characters, hence the shorter tries.
LENGTHS = (1_000_000, 250_000, 60_000)


@dataclass(frozen=True)
class TextIndex:
    """The text of one model; `statement` fills `search` of the rows %(ids)s, cut at %(length)s."""

    kind: str
    what: str  # the rows, in the plural
    model: type[models.Model]
    team: str  # the path from the model to its team's id
    statement: str
    batch: int
    waiting: dict[str, Any] = field(default_factory=lambda: {"search": None})

    def request(self, by: Actor) -> None:
        """Ask for the index of what this transaction brings; one waiting job serves all who ask.

        The waiting job's row is locked until this transaction ends, so that it cannot begin before
        the rows can be seen.
        """
        waiting = Job.all_rows.select_for_update(skip_locked=True).filter(
            team=by.team, kind=self.kind, state=Job.State.READY
        )
        if not waiting.exists():
            Job.enqueue(self.kind, {"team": str(by.team.pk)}, by=by)

    def work(self, turn: Turn) -> dict[str, int]:
        """Index the waiting rows of the team, batch by batch, each in its own transaction."""
        n_done = 0
        while n_indexed := self.index_batch(turn.job.team_id):
            n_done += n_indexed
            turn.progress(n_done, note=f"Indexing {self.what} for search")
        return {self.what: n_done}

    def index_what_waits(self) -> int:
        """Index what no job reached (its person left, or the database went away); how many."""
        teams = self._rows().filter(**self.waiting).values_list(self.team, flat=True)
        n_done = 0
        while team_id := teams.order_by(self.team).first():
            n_indexed = self.index_batch(team_id)
            n_done += n_indexed
            if not n_indexed:  # all of them locked: a job or a change has them
                break
        return n_done

    def index_batch(self, team_id: UUID | str) -> int:
        """Index up to one batch of the team's waiting rows; how many it were.

        They are locked before their text is read: what is changed meanwhile waits again.
        """
        with transaction.atomic():
            locked = self._rows().select_for_update(skip_locked=True, of=("self",))
            waiting = locked.filter(**self.waiting, **{self.team: team_id})
            ids = list(waiting.order_by("pk").values_list("pk", flat=True)[: self.batch])
            if ids:
                self.fill(ids)
        return len(ids)

    def fill(self, ids: Sequence[Any], lengths: Sequence[int] = LENGTHS) -> None:
        """Fill `search` of these rows; those that burst a tsvector are cut shorter, one by one."""
        length, *shorter = lengths
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(self.statement, {"ids": list(ids), "length": length})
        except OperationalError as error:
            if not isinstance(error.__cause__, ProgramLimitExceeded) or not shorter:
                raise
            if len(ids) == 1:
                self.fill(ids, shorter)
            else:
                for pk in ids:
                    self.fill([pk], lengths)

    def _rows(self) -> Any:
        return self.model.all_rows.all()  # type: ignore[attr-defined]
