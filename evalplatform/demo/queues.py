"""What the demo team reviews: the rows of its run by two people, and conversations by everybody."""

from __future__ import annotations

from datasets.models import Session
from evalplatform.scoping.actor import Actor
from reviews.claiming import claim
from reviews.models import Queue, Rubric
from reviews.queueing import add_run_items, add_sessions, assign, create_queue, set_status
from reviews.saving import save
from runs.models import CheckResult, Run

N_SAID = 6  # rows that both reviewers have done
DISPUTED = 2  # the place of the one on which they disagree
ASKED = "Would you send this reply to a guest? Say what is missing in a note when you would not."


def add_queues(run: Run, *, by: Actor, reviewers: list[Actor]) -> None:
    """Make the review of a run with some reviews in it, and an open queue of conversations."""
    review = create_queue(
        by=by,
        name=f"Review of {run.title}"[:200],
        instructions=ASKED,
        target=Queue.Target.RUN_ITEM,
        rubric=Rubric.of_the_product("pass-fail", by=by),
        run=run,
        reviews_per_item=len(reviewers),
        reviews_auto_evals=True,
    )
    add_run_items(review, by=by)
    assign(review, [each.user for each in reviewers], by=by)
    set_status(review, Queue.Status.ACTIVE, by=by)
    for n, reviewer in enumerate(reviewers):
        say(review, reviewer, other_than_usual=n > 0)
    talks = create_queue(
        by=by,
        name="How helpful are we?",
        target=Queue.Target.SESSION,
        rubric=Rubric.of_the_product("helpfulness", by=by),
    )
    add_sessions(talks, Session.objects.visible_to(by).order_by("-created_at", "-id"), by=by)
    set_status(talks, Queue.Status.ACTIVE, by=by)


def say(queue: Queue, reviewer: Actor, *, other_than_usual: bool) -> None:
    """Review the first rows, each check and the whole: all well, but for the disputed one."""
    for n in range(N_SAID):
        slot = claim(queue, by=reviewer)
        assert slot is not None, "the demo's run is too short for its review"
        row = slot.queue_item.run_item
        assert row is not None
        checks = {
            result.pk: said_of(result)
            for result in CheckResult.all_rows.filter(run_item=row, state="done")
        }
        is_good = all(checks.values()) != (other_than_usual and n == DISPUTED)
        verdict = {"value": word(is_good), "note": "" if is_good else "No time."}
        said = {str(pk): {"value": word(is_right)} for pk, is_right in checks.items()}
        save(slot.queue_item, {"answers": {"verdict": verdict}, "checks": said}, by=reviewer)


def said_of(result: CheckResult) -> bool:
    """People see what the lexical judge, unsure as it is, cannot: those answers are polite."""
    return bool(result.is_passed) or result.confidence == CheckResult.Confidence.LOW


def word(is_good: bool) -> str:
    return "pass" if is_good else "fail"
