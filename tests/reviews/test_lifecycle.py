"""Finalising: gates, the seal over exactly the evidence, what breaks it, opening it again."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction

from evalplatform.errors import Conflict
from reviews.adjudicating import adjudicate
from reviews.claiming import claim
from reviews.lifecycle import finalise, gates, reopen, seal_of, status_of
from reviews.models import Queue, QueueItem, Review, ReviewAnswer, Seal
from reviews.saving import open_review, save, save_draft
from reviews.seal_checking import SealState, check
from tests.cast import Cast, make_cast
from tests.reviews.sealed import make_finished, review_all
from tests.reviews_made import NO, YES, make_queue

FIGURES = {"reviewerAgreement": 1.0}


def unmet(queue: Queue) -> dict[str, int]:
    return {gate.name: gate.n_blocking for gate in gates(queue) if not gate.is_met}


@pytest.mark.django_db
def test_each_gate_names_what_blocks_it(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=2, reviews_per_item=2)
    assert unmet(queue) == {"quota": 2}
    review_all(queue, (cast.eva, YES), (cast.emil, NO))
    assert unmet(queue) == {"unresolved": 2}
    for item in QueueItem.all_rows.filter(queue=queue):
        adjudicate(item, NO | {"cause": "other"}, by=cast.olga)
    assert status_of(queue) == "ready_to_finalize"
    item = QueueItem.all_rows.filter(queue=queue).first()
    assert item is not None
    review = open_review(item, by=cast.eva)
    save_draft(review, NO, number=review.draft_number, by=cast.eva)
    assert unmet(queue) == {"dirty": 1}
    assert status_of(queue) == "in_review"


@pytest.mark.django_db
def test_a_flag_stands_in_the_way_until_it_is_settled(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=1)
    flag = {"answers": {"verdict": {"value": None, "flagged": True}}}
    review_all(queue, (cast.eva, flag))
    assert unmet(queue) == {"unresolved": 1, "flags": 1}
    adjudicate(QueueItem.all_rows.get(queue=queue), NO | {"cause": "other"}, by=cast.olga)
    assert unmet(queue) == {}


@pytest.mark.django_db
def test_an_empty_queue_is_not_ready(cast: Cast) -> None:
    assert status_of(make_queue(owner=cast.olga, n_items=0)) == "in_review"


@pytest.mark.django_db
def test_a_seal_is_whole_until_somebody_changes_an_answer(cast: Cast) -> None:
    queue = make_finished(cast)
    seal = finalise(queue, FIGURES, by=cast.olga)
    assert (seal.number, seal.n_items, seal.previous_digest) == (1, 2, "")
    assert check(queue).state == SealState.SEALED

    answer = ReviewAnswer.all_rows.filter(queue=queue).first()
    assert answer is not None
    ReviewAnswer.all_rows.filter(pk=answer.pk).update(value="fail")

    found = check(queue)
    assert found.state == SealState.BROKEN
    assert [each.key for each in found.items] == [answer.queue_item.key]


@pytest.mark.django_db
def test_nothing_is_saved_under_a_seal_and_amendments_are_chained(cast: Cast) -> None:
    queue = make_finished(cast)
    first = finalise(queue, FIGURES, by=cast.olga)
    item = QueueItem.all_rows.filter(queue=queue).first()
    assert item is not None
    with pytest.raises(Conflict, match="finalised"):
        save(item, NO, by=cast.eva)
    with pytest.raises(Conflict, match="finalised already"):
        finalise(queue, FIGURES, by=cast.olga)

    reopen(queue, "A date was wrong.", by=cast.adam)
    save(item, YES | {"feedback": "Corrected."}, by=cast.eva)
    second = finalise(queue, FIGURES, by=cast.olga)

    assert (second.number, second.previous_digest) == (2, first.digest)
    assert seal_of(queue) == second
    first.refresh_from_db()
    assert (first.reopened_by, first.reopen_reason) == (cast.adam.user, "A date was wrong.")


@pytest.mark.django_db
def test_who_may_finalise_and_who_may_open_again(cast: Cast) -> None:
    queue = make_finished(cast)
    with pytest.raises(PermissionDenied, match="Only who runs"):
        finalise(queue, FIGURES, by=cast.eva)
    with pytest.raises(Queue.DoesNotExist):
        finalise(queue, FIGURES, by=cast.otto)
    finalise(queue, FIGURES, by=cast.adam)
    with pytest.raises(PermissionDenied):
        reopen(queue, "Why not.", by=cast.eva)
    with pytest.raises(ValidationError, match="Say why"):
        reopen(queue, "  ", by=cast.olga)


@pytest.mark.django_db
def test_a_seal_cannot_be_changed_or_deleted_in_the_database(cast: Cast) -> None:
    seal = finalise(make_finished(cast), FIGURES, by=cast.olga)
    with pytest.raises(DatabaseError), transaction.atomic():
        Seal.all_rows.filter(pk=seal.pk).update(digest="0" * 64)
    with pytest.raises(DatabaseError), transaction.atomic():
        Seal.all_rows.filter(pk=seal.pk).delete()


@pytest.mark.django_db(transaction=True)
def test_c4_finalising_that_races_the_last_save_never_seals_an_unsaved_review() -> None:
    cast = make_cast()
    for n in range(6):
        queue = make_queue(owner=cast.olga, n_items=1, reviewers=[cast.eva], name=f"Race {n}")
        slot = claim(queue, by=cast.eva)
        assert slot is not None
        barrier, refused = threading.Barrier(2), []

        def attempt(act: Any, barrier: Any = barrier, refused: list[str] = refused) -> None:
            try:
                barrier.wait(10)
                act()
            except Conflict as error:
                refused.append(str(error.detail))
            finally:
                connection.close()

        acts = (
            lambda item=slot.queue_item: save(item, YES, by=cast.eva),
            lambda queue=queue: finalise(queue, FIGURES, by=cast.olga),
        )
        threads = [threading.Thread(target=attempt, args=[act]) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        review = Review.all_rows.get(queue=queue)
        assert review.is_complete
        seal = seal_of(queue)
        assert len(refused) == (0 if seal else 1), refused
        assert seal is None or check(queue).state == SealState.SEALED
