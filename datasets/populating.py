"""Auto-population: every five minutes, each rule takes the new sessions that fit.

The beat claims the rules that are due and asks for one job a rule, which acts as the rule's owner.
A poll is one transaction: the items, their version, the record of the poll. A poll that fails
leaves its record alone, and no other rule is touched by it.

Sessions made by runs are told apart by the kind of their source (`Source.Kind.RUN`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Now

from datasets.cloning import Cloning
from datasets.editing import edition
from datasets.filters import as_params, filter_sessions
from datasets.import_turns import refusing_full_disk
from datasets.models import Dataset, DatasetItem, DatasetVersion, PopulationRule, RulePoll
from datasets.models.population_rule import KIND
from datasets.populated import tell
from datasets.querysets import SessionQuerySet
from evalplatform.accounts.roles import Verb
from evalplatform.jobs.kinds import JobRefusedError, job_kind
from evalplatform.jobs.pulse import Pulse
from evalplatform.jobs.running import LeaseLostError, Turn
from evalplatform.scoping.actor import Actor

log = logging.getLogger(__name__)
MOST_SESSIONS = 5_000  # that one poll takes; the others wait for the next
BATCH = 5_000
LOST = "Its owner may not change this dataset any more, and a rule acts as its owner."


@dataclass(frozen=True)
class Catch:
    """What a rule finds at this moment: how many fit, and the ids of those it would take."""

    n_seen: int
    n_already: int
    n_waiting: int
    ids: list[UUID]


# --- the beat --------------------------------------------------------------------------------


def poll_due() -> int:
    """Ask for a poll of each rule that is due, each in its own transaction; how many."""
    living = PopulationRule.all_rows.filter(
        is_enabled=True, dataset__deleted_at=None, dataset__team__deleted_at=None
    )
    ids = list(living.filter(due_at__lte=Now()).order_by("due_at").values_list("pk", flat=True))
    n_asked = 0
    for pk in ids:
        try:
            with transaction.atomic():
                mine = living.select_for_update(of=("self",), skip_locked=True)
                rule = with_its_people(mine.filter(pk=pk, due_at__lte=Now())).first()
                n_asked += bool(rule and rule.enqueue_poll())
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # one rule that cannot be asked for holds up no other
            log.exception("rule not polled", extra={"rule": str(pk)})
    return n_asked


def forget_old_polls() -> int:
    """Delete what was kept for thirty days, a batch at a time; how many."""
    old = RulePoll.all_rows.filter(at__lt=Now() - RulePoll.KEPT_FOR).order_by("at")
    n_deleted = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        RulePoll.all_rows.filter(pk__in=ids).delete()
        n_deleted += len(ids)
    return n_deleted


# --- one poll --------------------------------------------------------------------------------


@job_kind(KIND)
def poll_rule(turn: Turn) -> dict[str, Any] | None:
    """Poll one rule as its owner, and record what came of it."""
    try:
        if not turn.actor.may(Verb.EDIT_EVIDENCE):
            raise PermissionDenied("The rule's owner may not change datasets any more.")
        with Pulse(turn), refusing_full_disk(), transaction.atomic():
            found = poll(turn)
            turn.hold()
        return found
    except (LeaseLostError, OperationalError, InterfaceError):
        raise
    except (PermissionDenied, Dataset.DoesNotExist) as error:
        conclude(turn, LOST, is_lost=True)
        raise PermissionDenied(str(error) or LOST) from error
    except Exception as error:
        reason = words_of(error)
        log.warning("rule failed", exc_info=error, extra={"job": str(turn.job.pk)})
        conclude(turn, reason)
        raise JobRefusedError(reason) from error


def poll(turn: Turn) -> dict[str, Any] | None:
    """Take what the rule catches, inside the caller's transaction; nothing for a stopped rule."""
    rule = locked_rule(turn)
    if rule is None or not rule.is_enabled or rule.dataset.deleted_at:
        return None
    title = f"Rule: {rule.name}"[:200]
    kind = DatasetVersion.Kind.RULE
    with edition(rule.dataset, by=turn.actor, kind=kind, title=title) as opened:
        caught = catch(rule, turn.actor)
        counts = Cloning(opened, DatasetItem.Arrived.RULE).take(caught.ids)
    row = RulePoll.all_rows.create(
        rule=rule,
        n_seen=caught.n_seen,
        n_added=counts.created,
        n_already=caught.n_already + counts.already,
        n_waiting=caught.n_waiting,
        n_left_out=counts.too_long,
        version=counts.version,
    )
    rule.note_success()
    if counts.created and counts.version:
        told_of = DatasetItem.objects.visible_to(turn.actor).in_order()
        new = told_of.filter(dataset=rule.dataset, from_version=counts.version)
        tell(rule.dataset, counts.version, list(new.values_list("key", flat=True)))
    return {"seen": row.n_seen, "added": row.n_added, "already": row.n_already,
            "waiting": row.n_waiting, "version": row.version}  # fmt: skip


def conclude(turn: Turn, reason: str, *, is_lost: bool = False) -> None:
    """Record that a poll failed; a rule whose owner lost access stops at once."""
    with transaction.atomic():
        rule = locked_rule(turn)
        if rule is None or not rule.is_enabled:
            return
        turn.hold()
        RulePoll.all_rows.create(rule=rule, error=reason)
        if is_lost:
            rule.stop(reason)
        else:
            rule.note_failure(reason)


def locked_rule(turn: Turn) -> PopulationRule | None:
    """The rule of this job, locked; None when it is gone or not of the person the job acts as."""
    rows = PopulationRule.all_rows.select_for_update(of=("self",)).filter(
        pk=turn.arguments.get("rule"), created_by=turn.actor.user, dataset__team=turn.actor.team
    )
    return with_its_people(rows).first()  # type: ignore[no-any-return]


def with_its_people(rows: Any) -> Any:
    return rows.select_related("dataset__team", "dataset__owner", "created_by", "job")


def words_of(error: Exception) -> str:
    """What a person reads: our own words, else the name of the error."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, JobRefusedError):
        return str(error)
    return f"An unexpected error ({type(error).__name__}); the log has it."


# --- what a rule takes -----------------------------------------------------------------------


def catch(rule: PopulationRule, actor: Actor) -> Catch:
    """What the rule would take now. Raises ValidationError when its filter is not understood."""
    fits = within(fitting(rule.filters, actor), rule.lookback_days)
    fits = fits.filter(created_at__gt=rule.created_at)
    items = DatasetItem.objects.visible_to(actor).filter(dataset=rule.dataset)
    # Every revision counts: what a person took out does not come back by itself.
    fits = fits.annotate(
        is_taken=Exists(items.filter(session=OuterRef("pk"))),
    )
    busy = Q(updated_at__gt=Now() - timedelta(minutes=rule.quiet_minutes))
    told = fits.aggregate(
        n_seen=Count("pk"),
        n_already=Count("pk", filter=Q(is_taken=True)),
        n_waiting=Count("pk", filter=Q(is_taken=False) & busy),
    )
    ready = fits.filter(~busy, is_taken=False).order_by("started_at", "id")
    ids = list(ready.values_list("pk", flat=True)[: MOST_SESSIONS + 1])
    if len(ids) > MOST_SESSIONS:
        ids = ids[:MOST_SESSIONS]
        told["n_waiting"] = told["n_seen"] - told["n_already"] - MOST_SESSIONS
    return Catch(ids=ids, **told)


def fitting(filters: dict[str, Any], actor: Actor) -> SessionQuerySet:
    """The actor's visible sessions that fit, never those made by runs."""
    found = filter_sessions(actor, as_params(filters), strict=True)
    if found.errors:
        wrong = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in found.errors.items())
        raise ValidationError(f"Its filter is not understood: {wrong}")
    return found.qs.not_made_by_runs()


def within(rows: SessionQuerySet, days: int) -> SessionQuerySet:
    """Those that came in during the last days."""
    return rows.filter(created_at__gte=Now() - timedelta(days=days))
