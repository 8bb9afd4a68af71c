"""Cloning: sessions become items of a dataset, once each, as one version.

What is cloned is frozen when it is asked for: the ids of the sessions that the person sees, in the
order of time. A job writes them in one transaction under the dataset's lock, so that a clone is
there as a whole or not at all, and the version can be undone as one. An item knows what it was
cloned from (`origin`); cloning again adds only what is not there yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from datasets.clone_writing import Wanted, clone, weights
from datasets.editing import Edition, edition
from datasets.import_turns import refusing_full_disk
from datasets.item_order import end
from datasets.models import Dataset, DatasetItem, DatasetVersion, Session
from datasets.models.dataset_item import STEP
from evalplatform.accounts.roles import Verb
from evalplatform.jobs.freezing import digest_of, earlier_job, packed, unpacked
from evalplatform.jobs.kinds import JobRefusedError, job_kind
from evalplatform.jobs.models import Job
from evalplatform.jobs.pulse import Pulse
from evalplatform.jobs.running import Turn
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import get_visible, require_editable

KIND = "clone"
MOST_SESSIONS = 100_000
CHUNK_SESSIONS, CHUNK_BYTES = 200, 20_000_000
# An exchange carries everything said before it: a conversation of n messages is written n/2 times.
HEAVIEST = 250_000_000
ALL_MESSAGES = Wanted()
Tell = Callable[[int, int | None, str], None]


@dataclass
class Counts:
    """What became of the sessions, and of the items they make."""

    sessions: int = 0
    gone: int = 0
    too_long: int = 0
    created: int = 0
    already: int = 0
    version: int | None = None
    too_long_ids: list[str] = field(default_factory=list)


def ids_in_time_order(rows: Any) -> list[UUID]:
    """Freeze visible sessions: their ids as they began. ValidationError for none or too many."""
    ids = list(rows.order_by("started_at", "id").values_list("pk", flat=True)[: MOST_SESSIONS + 1])
    if not ids:
        raise ValidationError("Select at least one session that you may see.")
    if len(ids) > MOST_SESSIONS:
        raise ValidationError(f"Clone at most {MOST_SESSIONS:,} sessions at once: narrow the view.")
    return ids


def request_clone(
    dataset: Dataset,
    rows: Any,
    *,
    wanted: Wanted | None = None,
    by: Actor,
    key: str | None = None,
    asked: Any = None,
) -> Job:
    """Ask for these visible sessions as items; the same key gives the job there is."""
    digest = digest_of(asked)
    if key and (earlier := earlier_job(KIND, key, digest, by)):
        return earlier
    require_editable(get_visible(Dataset, by, pk=dataset.pk), by)
    ids = ids_in_time_order(rows)
    arguments = {
        "dataset": str(dataset.pk),
        "sessions": packed(ids),
        "n": len(ids),
        "wanted": list(wanted) if wanted else None,
        "asked": digest,
    }
    with transaction.atomic():
        job = Job.enqueue(KIND, arguments, by=by, idempotency_key=key)
        job.note = "Cloning sessions"
        job.save(update_fields=["note"])
    return job


@job_kind(KIND)
def clone_sessions(turn: Turn) -> dict[str, Any]:
    """Write the frozen sessions into the dataset, all of them or none."""
    if not turn.actor.may(Verb.EDIT_EVIDENCE):
        raise PermissionDenied("Your role may not change datasets.")
    dataset = dataset_of(turn)
    ids, wanted = unpacked(turn.arguments["sessions"]), turn.arguments["wanted"]
    with Pulse(turn) as pulse, refusing_full_disk(), transaction.atomic():
        title = f"Cloned {len(ids):,} session{'' if len(ids) == 1 else 's'}"
        with edition(dataset, by=turn.actor, kind=DatasetVersion.Kind.CLONE, title=title) as opened:
            cloning = Cloning(opened, DatasetItem.Arrived.CLONE, read_wanted(wanted), pulse.tell)
            counts = cloning.take(ids)
        turn.hold()
    turn.mine().update(n_done=len(ids), n_expected=len(ids))
    return as_json(counts)


def dataset_of(turn: Turn) -> Dataset:
    """The dataset that the job is about, if its person still sees it."""
    rows = Dataset.objects.visible_to(turn.actor)
    dataset: Dataset | None = rows.filter(pk=turn.arguments["dataset"]).first()
    if dataset is None:
        raise JobRefusedError("This dataset is not there any more.")
    return dataset


def read_wanted(kept: Sequence[Any] | None) -> Wanted:
    """Read what a job kept of the message filter; all messages when it kept none."""
    return Wanted(tuple(kept[0]), kept[1]) if kept else ALL_MESSAGES


def as_json(counts: Counts) -> dict[str, Any]:
    """The counts in the API's words."""
    told = asdict(counts)
    return {
        "sessions": told["sessions"],
        "created": told["created"],
        "already": told["already"],
        "gone": told["gone"],
        "tooLong": told["too_long"],
        "tooLongIds": told["too_long_ids"],
        "version": told["version"],
    }


class Cloning:
    """One clone under way in an open edition; ids go in by `take`.

    Used by the job above, by population rules, and by the way in from a queue: who calls it has
    found the ids, and says how the items arrive.
    """

    def __init__(
        self, opened: Edition, arrived: str, wanted: Wanted = ALL_MESSAGES, tell: Tell | None = None
    ) -> None:
        self.edition = opened
        self.arrived = arrived
        self.wanted = wanted
        self.tell = tell or (lambda n_done, n_expected, note: None)
        self.counts = Counts()
        self.end = end(opened)

    def take(self, ids: Sequence[UUID]) -> Counts:
        """Write the items of these sessions, chunk by chunk in the given order."""
        for start in range(0, len(ids), CHUNK_SESSIONS):
            self.tell(start, len(ids), "Cloning sessions")
            for chunk in self._chunks(ids[start : start + CHUNK_SESSIONS]):
                self._write(chunk)
        version = self.edition.version
        self.counts.version = version.number if version else None
        return self.counts

    def _chunks(self, ids: Sequence[UUID]) -> Iterator[list[UUID]]:
        """Cut visible sessions into chunks of bounded weight; say which are beyond all bounds."""
        rows = Session.objects.visible_to(self.edition.by).filter(pk__in=list(ids))
        seen = set(rows.values_list("pk", flat=True))
        self.counts.gone += len(ids) - len(seen)
        weight_of = weights(list(seen))
        is_by_message = self.edition.dataset.level == Dataset.Level.MESSAGE
        chunk: list[UUID] = []
        n_bytes = 0
        for pk in ids:
            once, histories = weight_of.get(pk, (0, 0))
            weight = once + histories if is_by_message else once
            if pk not in weight_of:
                continue
            if weight > HEAVIEST:
                self._leave_out(pk)
                continue
            chunk.append(pk)
            n_bytes += weight
            if n_bytes > CHUNK_BYTES:
                yield chunk
                chunk, n_bytes = [], 0
        if chunk:
            yield chunk

    def _leave_out(self, pk: UUID) -> None:
        self.counts.too_long += 1
        self.counts.too_long_ids = [*self.counts.too_long_ids, str(pk)][:100]

    def _write(self, ids: list[UUID]) -> None:
        """Write one chunk; the version is made by the first new item, so that none makes none."""
        dataset, version = self.edition.dataset, self.edition.version
        number = version.number if version else dataset.version + 1
        told = {
            "dataset": dataset.pk,
            "level": dataset.level,
            "ids": ids,
            "end": self.end,
            "arrived": self.arrived,
            "by": self.edition.by.user.pk,
            "number": number,
            **self.wanted.told(),
        }
        n_possible, n_made = clone(dataset.level, told)
        if n_made:
            assert self.edition.number == number
            self.edition.added(n_made)
            self.end += n_made * STEP
        self.counts.sessions += len(ids)
        self.counts.created += n_made
        self.counts.already += n_possible - n_made
