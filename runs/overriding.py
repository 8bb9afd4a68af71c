"""A person's verdict in the place of a check's; the original stays beside it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from runs import metrics
from runs.models import CheckResult
from runs.models.run import locked
from runs.saving import recount

VERDICTS = ("pass", "fail")
TAKEN_BACK = ""


def override(
    result: CheckResult,
    *,
    by: Actor,
    verdict: str,
    feedback: str = "",
    expected: str | None = None,
) -> CheckResult:
    """Put pass or fail in place of the verdict, with the reason; "" takes an override back.

    `expected` is the override that the person saw ("" for none): Conflict when it is another one
    by now. The counts of the row and the numbers of the run are those of the new verdict.
    """
    if not by.may(Verb.RUN_PROMPTS):
        raise PermissionDenied("Your role may not override verdicts.")
    if verdict not in (*VERDICTS, TAKEN_BACK):
        raise ValidationError({"verdict": "Write pass, fail, or nothing to take it back."})
    feedback = feedback.strip() if verdict else ""
    if verdict and not feedback:
        raise ValidationError({"feedback": "Say why the verdict should be another one."})
    with transaction.atomic():
        run = locked(result.run, by)
        rows = CheckResult.objects.editable_by(by).select_for_update(of=("self",))
        row: CheckResult = rows.get(pk=result.pk, run=run)
        if row.state != CheckResult.State.DONE:
            raise ValidationError({"verdict": "This check has no verdict: it was not carried out."})
        if expected is not None and expected != row.edited_auto_eval:
            raise Conflict("Somebody changed this verdict meanwhile: look at it again.")
        if (row.edited_auto_eval, row.edited_feedback) == (verdict, feedback):
            return row
        _save(row, verdict, feedback, by)
        recount([row.run_item_id])
        if run.metrics is not None:
            metrics.renew(run)
    row.refresh_from_db()
    return row


def _save(row: CheckResult, verdict: str, feedback: str, by: Actor) -> None:
    changes = {
        "edited_auto_eval": [row.edited_auto_eval, verdict],
        "edited_feedback": [row.edited_feedback, feedback],
    }
    row.edited_auto_eval, row.edited_feedback = verdict, feedback
    row.edited_by = by.user if verdict else None
    row.edited_at = timezone.now() if verdict else None
    row.save(update_fields=["edited_auto_eval", "edited_feedback", "edited_by", "edited_at"])
    record(by, "result.override", row, changes=changes)
