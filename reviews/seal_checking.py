"""Whether a finished review still is what was sealed: sealed, amended, or broken and where.

Sealed: the newest seal holds, and the evidence, its own record and the chain of seals before it are
what they were. Amended: it was opened again with a reason, so that what differs is an amendment,
until the next seal. Broken: something differs that nobody opened the review for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from reviews.evidence import Evidence, evidence_of, recorded_wrongly, whole_digest
from reviews.models import Queue, Seal, SealedItem
from reviews.seal_differences import Differing, differing


class SealState(StrEnum):
    """What is said of a review's seal."""

    NONE = "none"
    SEALED = "sealed"
    AMENDED = "amended"
    BROKEN = "broken"


MOST_TOLD = 100  # items of which it is said what differs


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state, why, and the items that are not as the newest seal has them.

    `n_differing` counts all of them, `items` tells of the first hundred. `faults` are what is wrong
    with the seals themselves, `states` the state of each seal by its number.
    """

    state: SealState
    seal: Seal | None = None
    n_items: int = 0
    n_differing: int = 0
    items: tuple[Differing, ...] = ()
    faults: tuple[str, ...] = ()
    states: dict[int, SealState] = field(default_factory=dict)
    n_amended: int = 0  # times that it was opened again

    @property
    def says(self) -> str:
        """The verdict in a sentence or two."""
        if self.state == SealState.NONE:
            return "Not finalised: there is no seal."
        if self.state == SealState.BROKEN:
            return f"The seal is broken. {self.details}"
        if self.state == SealState.AMENDED:
            return f"Opened again: {self._differ} from the last seal so far."
        n = self.n_amended
        again = f", opened again {'once' if n == 1 else f'{n} times'} before" if n else ""
        return f"Sealed{again}: {_items(self.n_items)} as finalised."

    @property
    def details(self) -> str:
        """What is wrong with a broken seal."""
        what = [f"{self._differ} from what was sealed."] if self.n_differing else []
        return " ".join([*what, *self.faults])

    @property
    def _differ(self) -> str:
        return f"{_items(self.n_differing)} differ{'s' if self.n_differing == 1 else ''}"


def check(queue: Queue) -> Verdict:
    """Compare everything with the seals; reads all evidence of the queue, under a shared lock."""
    with transaction.atomic():
        with connection.cursor() as cursor:  # it is neither opened nor finalised meanwhile
            cursor.execute("SELECT FROM reviews_queue WHERE id = %s FOR SHARE", [queue.pk])
        row = Queue.all_rows.select_related("rubric_version").get(pk=queue.pk)
        seals = list(Seal.all_rows.filter(queue=row).order_by("number"))
        if not seals:
            lost = ("It is marked as finalised, and there is no seal.",) if row.is_finalized else ()
            return Verdict(SealState.BROKEN if lost else SealState.NONE, faults=lost)
        return _judge(row, seals)


def _judge(row: Queue, seals: Sequence[Seal]) -> Verdict:
    newest, faults = seals[-1], _faults_by_seal(seals)
    holds = newest.reopened_at is None
    now = list(evidence_of(row.pk))
    held = list(SealedItem.all_rows.filter(seal=newest).order_by("pk"))
    pairs = _pairs(held, now)
    if holds != row.is_finalized:
        kept = "holds, and the review is open" if holds else "was opened, and the review is not"
        faults[newest.number].append(f"Seal {newest.number} {kept}.")
    if holds and not pairs and [each.queue_item_id for each in held] != [each[0] for each in now]:
        faults[newest.number].append("The items are in another order.")
    told = tuple(text for texts in faults.values() for text in texts)
    differs = bool(pairs) and holds
    states = {number: SealState.BROKEN if texts else SealState.AMENDED
              for number, texts in faults.items()}  # fmt: skip
    if states[newest.number] != SealState.BROKEN:
        states[newest.number] = (
            SealState.BROKEN if differs else SealState.SEALED if holds else SealState.AMENDED
        )
    state = SealState.BROKEN if told else states[newest.number]
    return Verdict(
        state,
        newest,
        n_items=len(now),
        n_differing=len(pairs),
        items=tuple(differing(row, pairs[:MOST_TOLD])),
        faults=told,
        states=states,
        n_amended=sum(each.reopened_at is not None for each in seals),
    )


def _pairs(
    held: Sequence[SealedItem], now: Sequence[Evidence]
) -> list[tuple[SealedItem | None, Evidence | None]]:
    """What was sealed beside what is there, where they differ, in the order of the queue."""
    sealed = {each.queue_item_id: each for each in held}
    there = {each.item for each in now}
    pairs: list[tuple[SealedItem | None, Evidence | None]] = [
        (sealed.get(each.item), each)
        for each in now
        if each.item not in sealed or sealed[each.item].digest != each.digest
    ]
    return pairs + [(each, None) for pk, each in sealed.items() if pk not in there]


def _faults_by_seal(seals: Sequence[Seal]) -> dict[int, list[str]]:
    """What is wrong with the records of the seals and their chain, by number."""
    faults: dict[int, list[str]] = {}
    before: Seal | None = None
    for seal in seals:
        found = faults.setdefault(seal.number, [])
        if seal.number != (before.number + 1 if before else 1):
            found.append(f"The seal before seal {seal.number} is missing.")
        elif seal.previous_digest != (before.digest if before else ""):
            found.append(f"Seal {seal.number} does not name the digest of the seal before it.")
        if before and before.reopened_at is None:
            found.append(f"Seal {seal.number} was made while seal {before.number} held.")
        found += _own_faults(seal)
        before = seal
    return faults


def _own_faults(seal: Seal) -> list[str]:
    """Whether the record of a seal is the one that its digest was made of."""
    rows = SealedItem.all_rows.filter(seal=seal).order_by("pk").values_list("digest", flat=True)
    digests = list(rows)
    if wrong := recorded_wrongly(seal.pk):
        return [f"Seal {seal.number} was changed itself, at {_items(len(wrong))}."]
    if len(digests) != seal.n_items:
        return [f"Seal {seal.number} is of {_items(seal.n_items)}, and names {len(digests):,}."]
    if _digest(digests, seal) != seal.digest:
        return [f"Seal {seal.number} was changed itself: its digest is of something else."]
    return []


def _digest(digests: Sequence[str], seal: Seal) -> Any:
    try:
        return whole_digest(digests, seal.snapshot, seal.previous_digest)
    except ValueError:  # what was written there is no digest
        return None


def _items(n: int) -> str:
    return f"{n:,} item{'' if n == 1 else 's'}"


def verdict_told(verdict: Verdict) -> dict[str, Any]:
    """The verdict as programs read it: of the API and of `verify_seal --json`."""
    return {
        "state": verdict.state.value,
        "says": verdict.says,
        "items": verdict.n_items,
        "differing": verdict.n_differing,
        "differingItems": [
            {"key": str(each.key) if each.key else None, "label": each.label, "what": each.what}
            for each in verdict.items
        ],
        "faults": verdict.faults,
        "seals": [{"number": n, "state": s.value} for n, s in verdict.states.items()],
        "digest": verdict.seal.digest if verdict.seal else None,
    }
