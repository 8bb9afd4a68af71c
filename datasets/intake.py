"""Intake of conversations: the one way in for the API, files and demo content.

What is sent again under the same source and external id is compared with what is stored. A field
that is sent is the new truth; a field that is absent or empty keeps what is stored. Messages are
compared by position: those that differ are changed, those beyond the stored ones are appended, and
stored ones that are not sent stay. So intake adds and corrects, and never erases.

Rows are never read back into Python: new sessions go straight into the tables by COPY, known ones
through staging tables (merging.py). The caller holds the transaction and, when it writes, the locks
of `lock_sources`, under which nobody else makes or changes these sessions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from datasets import merging
from datasets.formats.records import MessageRecord, RowError, SessionRecord, row_error
from datasets.models import Session, Source
from datasets.searching import SESSIONS
from evalplatform.accounts.models import Team
from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import RowsRefusedError, Unavailable
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import get_visible

CHUNK_SESSIONS = 500
CHUNK_CHARACTERS = 500_000
LONGEST_WAIT = 10  # seconds that a request waits for another intake into the same source
BUSY = "Another import writes to this source at this moment: send it again in a few seconds."
MAX_LOCKS = 50  # sources locked one by one; beyond that, the whole team's intake is

Row = tuple[int, SessionRecord]


@dataclass
class Counts:
    """How many were, or would be, made, changed and left as they are."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0

    def add(self, status: str, n: int = 1) -> None:
        setattr(self, status, getattr(self, status) + n)

    @property
    def n_changes(self) -> int:
        return self.inserted + self.updated


class Taken(NamedTuple):
    """What became of one session; a dry run knows no id for a new one."""

    row: int
    session_id: UUID | None
    external_id: str
    status: str  # inserted | updated | unchanged


@dataclass
class Intake:
    """One intake for one actor: chunks go in by `take`, `counts` and `errors` grow.

    A dry run compares and counts, and writes nothing but staging tables. Sessions of others that
    the actor may not change are refused one by one in `errors`; the caller then rolls back.
    """

    actor: Actor
    kind: str
    is_dry: bool = False
    now: datetime = field(default_factory=timezone.now)
    sessions: Counts = field(default_factory=Counts)
    messages: Counts = field(default_factory=Counts)
    errors: list[RowError] = field(default_factory=list)
    sources: dict[str, Source | None] = field(default_factory=dict)

    def take(self, rows: Sequence[Row]) -> list[Taken]:
        """Take one chunk and say what became of each session, in the given order."""
        self._know_sources({each.source for _, each in rows})
        found = self._find(rows)
        self._refuse_others(rows, found)
        known = [(pk, rows[place][1]) for place, pk in found.items()]
        new_ids = {place: new_id() for place in range(len(rows)) if place not in found}
        self._insert([(pk, rows[place][1]) for place, pk in new_ids.items()])
        status_of = self._merge(known)
        taken = []
        for place, (row, each) in enumerate(rows):
            pk = found.get(place)
            status = status_of.get(pk, "unchanged") if pk else "inserted"
            self.sessions.add(status)
            made = None if self.is_dry else new_ids.get(place)
            taken.append(Taken(row, pk or made, each.external_id, status))
        return taken

    def _know_sources(self, names: set[str]) -> None:
        missing = sorted(names - self.sources.keys())
        if not missing:
            return
        if not self.is_dry:
            make_sources(missing, self.kind, by=self.actor)
        stored = Source.all_rows.filter(team=self.actor.team, name__in=missing)
        self.sources.update(dict.fromkeys(missing) | {each.name: each for each in stored})

    def _find(self, rows: Sequence[Row]) -> dict[int, UUID]:
        """Place in the chunk -> the stored session, for those that are stored."""
        places, ids, names = [], [], []
        for place, (_, each) in enumerate(rows):
            if source := self.sources[each.source]:
                places.append(place)
                ids.append(source.pk)
                names.append(each.external_id)
        found = merging.find(ids, names) if places else {}
        return {places[n]: pk for n, pk in sorted(found.items())}

    def _refuse_others(self, rows: Sequence[Row], found: dict[int, UUID]) -> None:
        if not found or self.actor.may(Verb.EDIT_ALL_EVIDENCE):
            return
        editable = set(
            Session.objects.editable_by(self.actor)
            .filter(pk__in=found.values())
            .values_list("pk", flat=True)
        )
        for place in [place for place, pk in found.items() if pk not in editable]:
            row, each = rows[place]
            message = (  # says nothing of what is there (docs/decisions/0009)
                f'This id cannot be used in the source "{each.source}". '
                "Write another id, or another source."
            )
            self.errors.append(row_error(row, "externalId", message, each.external_id))
            del found[place]

    def _insert(self, sessions: Sequence[tuple[UUID, SessionRecord]]) -> None:
        self.messages.inserted += sum(len(each.messages) for _, each in sessions)
        if self.is_dry or not sessions or self.errors:
            return
        merging.copy(merging.COPY_SESSIONS, (self._new_row(pk, each) for pk, each in sessions))
        merging.copy(
            merging.COPY_MESSAGES,
            (
                (pk, position, *merging.message_values(message))
                for pk, messages in ((str(pk), each.messages) for pk, each in sessions)
                for position, message in enumerate(messages)
            ),
        )

    def _new_row(self, pk: UUID, each: SessionRecord) -> tuple[Any, ...]:
        source = self.sources[each.source]
        assert source is not None
        started_at = each.started_at or first_time(each.messages) or self.now
        return (
            str(pk),
            str(self.actor.team.pk),
            str(source.pk),
            str(self.actor.user.pk),
            each.external_id,
            self.now,
            self.now,
            len(each.messages),
            merging.n_pairs(each.messages),
            *merging.session_values(each, started_at),
        )

    def _merge(self, known: Sequence[tuple[UUID, SessionRecord]]) -> dict[UUID, str]:
        """Compare and change the stored sessions; those that differ are in the answer."""
        if not known:
            return {}
        merging.stage(known)
        changed, counts = merging.compare()
        for each in counts.values():
            self.messages.inserted += each.inserted
            self.messages.updated += each.updated
            self.messages.unchanged += each.unchanged
        touched = changed | {pk for pk, each in counts.items() if each.inserted or each.updated}
        if touched and not self.is_dry and not self.errors:
            merging.merge(sorted(touched), self.now)
        return dict.fromkeys(touched, "updated")

    def record(self, verb: str, row: Any) -> None:
        """Record the one event of this intake: who sent how much."""
        after = {"sessions": asdict(self.sessions), "messages": asdict(self.messages)}
        changes = {name: [None, counts] for name, counts in after.items()}
        record(self.actor, verb, row, changes=changes)


def take_now(rows: Sequence[Row], *, by: Actor, kind: str) -> tuple[Intake, list[Taken]]:
    """Take the sessions in one transaction of their own; RowsRefusedError when one may not be."""
    intake = Intake(by, kind)
    try:
        with transaction.atomic():
            lock_sources(by, {each.source for _, each in rows}, wait_seconds=LONGEST_WAIT)
            taken = [each for chunk in chunks(rows) for each in intake.take(chunk)]
            if intake.errors:
                raise RowsRefusedError("Nothing was saved.", map(asdict, intake.errors))
            if taken:
                intake.record("session.intake", _what_was_sent(taken, by))
            if intake.sessions.n_changes:
                SESSIONS.request(by)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Unavailable(BUSY) from error
        raise
    return intake, taken


def _what_was_sent(taken: Sequence[Taken], by: Actor) -> Session | Team:
    """What the audit event is about: the session, or the team when there are several."""
    if len(taken) == 1:
        return get_visible(Session, by, pk=taken[0].session_id)  # type: ignore[no-any-return]
    return by.team


def first_time(messages: Iterable[MessageRecord]) -> datetime | None:
    """The earliest time that a message carries."""
    return min((each.created_at for each in messages if each.created_at), default=None)


def make_sources(names: Sequence[str], kind: str, *, by: Actor) -> None:
    """Make the sources of the team that are missing, each with its audit event."""
    before = set(
        Source.all_rows.filter(team=by.team, name__in=names).values_list("name", flat=True)
    )
    new = [Source(team=by.team, name=name, kind=kind) for name in names if name not in before]
    Source.all_rows.bulk_create(new, ignore_conflicts=True)
    made = Source.all_rows.filter(pk__in=[each.pk for each in new])
    for each in made:
        record(by, "source.create", each, changes={"name": [None, each.name]})


def lock_sources(actor: Actor, names: Iterable[str], *, wait_seconds: int = 0) -> None:
    """Wait until no other intake writes to these sources; held until the transaction ends.

    Locks are taken in one order, so that two intakes wait for each other and never in a circle.
    """
    wanted = sorted({lock_number(actor, name) for name in names})
    team = lock_number(actor, "")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{wait_seconds:d}s'")
        if len(wanted) > MAX_LOCKS:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [team])
        else:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [team])
            for number in wanted:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def lock_number(actor: Actor, name: str) -> int:
    digest = hashlib.blake2b(f"intake\0{actor.team.pk}\0{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut the stream so that a chunk's text stays within a few megabytes."""
    chunk: list[Row] = []
    n_characters = 0
    for row in rows:
        chunk.append(row)
        n_characters += sum(len(message.content) for message in row[1].messages)
        if len(chunk) == CHUNK_SESSIONS or n_characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, n_characters = [], 0
    if chunk:
        yield chunk
