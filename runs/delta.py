"""Delta runs: what auto-population brings is scored by the configurations that ask for it.

Only that way in starts them; imports, clones and queues do not.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.http import Http404

from datasets.models import Dataset
from evalplatform.notifications.notifying import living_member, notify
from runs.models import EvaluationConfig, Run
from runs.planning import start_delta

log = logging.getLogger(__name__)
TITLE = "A delta run did not start"


def start_for(dataset: Dataset, version: int, keys: Sequence[uuid.UUID]) -> list[Run]:
    """Start a run over these new items for each configuration with auto-run, as its owner.

    In the caller's transaction, each behind a savepoint: one that cannot be started harms neither
    the items nor the others, and its owner is told.
    """
    configs = EvaluationConfig.all_rows.filter(dataset=dataset, auto_run=True, deleted_at=None)
    started = []
    for config in configs.select_related("team", "owner", "dataset").order_by("created_at"):
        try:
            with transaction.atomic():
                if run := start_one(config, version, keys):
                    started.append(run)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.warning("delta run not started", exc_info=error, extra={"config": str(config.pk)})
            tell_owner(config, error)
    return started


def start_one(config: EvaluationConfig, version: int, keys: Sequence[uuid.UUID]) -> Run | None:
    """Start it as the configuration's owner; None when that person is in the team no more."""
    member = living_member(config.owner, config.team)
    if member is None:
        log.info("no delta run: its owner left", extra={"config": str(config.pk)})
        return None
    actor = member.act(via="job")
    if not EvaluationConfig.objects.visible_to(actor).filter(pk=config.pk).exists():
        raise PermissionDenied("You do not see this dataset any more.")
    return start_delta(config, keys, by=actor, version=version)


def tell_owner(config: EvaluationConfig, error: Exception) -> None:
    """Say in the owner's inbox why nothing was scored, once until it is read."""
    if isinstance(error, ValidationError):
        reason = " ".join(error.messages)
    elif isinstance(error, PermissionDenied | Http404):
        reason = str(error)
    else:
        reason = f"An unexpected error ({type(error).__name__}); the log has it."
    body = f"“{config.name}” was to score new items of “{config.dataset.name}”. {reason}"
    with transaction.atomic():
        notify(
            config.owner,
            config.team,
            "delta-run-failed",
            TITLE,
            body,
            config.get_absolute_url(),
            key=str(config.pk),
        )
