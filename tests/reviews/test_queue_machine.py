"""A state machine drives a queue beside a model in plain Python; both agree after every step.

A long run: `QUEUE_MACHINE_EXAMPLES=400 pytest tests/reviews/test_queue_machine.py`.
"""

from __future__ import annotations

import os
from inspect import signature
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models.functions import Now
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from datasets.models import Session
from reviews.claiming import LeaseError, claim, claim_item, expire, give_back, renew
from reviews.desk import colleagues_of
from reviews.models import Queue, QueueItem, Review, ReviewAnswer, ReviewRevision, Slot
from reviews.progress import numbers_beside_an_item, own_progress
from reviews.queueing import FOLLOWS, Conflict, add_sessions, set_status
from reviews.saving import StaleDraftError, drop_draft, open_review, save, save_draft
from tests.cast import Cast, make_cast
from tests.reviews.queue_model import Item, ModelQueue, Place
from tests.reviews_made import make_queue
from tests.sessions import make_session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
EXAMPLES = int(os.environ.get("QUEUE_MACHINE_EXAMPLES", "14"))
PEOPLE = ("eva", "emil", "tess")

WHERE = ("queue_item__position", "reviewer__name")

people = st.sampled_from(PEOPLE)
devices = st.sampled_from(["laptop", "phone"])
which = st.integers(0, 30)
kinds = st.sampled_from([
    *["take_the_next", "take_the_next_and_say", "say", "say_again", "leave", "type_something"] * 3,
    *["lose_the_place_to_somebody_and_say_it_late", "take_again", "let_a_lease_run_out"] * 2,
    *("sweep", "sweep", "go_on_looking", "drop_what_was_typed", "open_or_close", "add_an_item"),
    "somebody_who_was_not_given_it_cannot_say_anything",
])  # fmt: skip
answers = st.builds(
    lambda value, flagged, note: {"value": value, "flagged": flagged, "note": note},
    st.sampled_from(["pass", "fail"]), st.booleans(), st.sampled_from(["", "why"]),
)  # fmt: skip


class Machine(RuleBasedStateMachine):
    """Each example is a new queue; what a device knows is the token and number it saw last."""

    cast: Cast

    @initialize(wanted=st.sampled_from([1, 2, 2, 3]), n_items=st.integers(1, 3))
    def begin(self, wanted: int, n_items: int) -> None:
        self.queue = make_queue(owner=self.cast.olga, n_items=0, reviews_per_item=wanted)
        self.model = ModelQueue(wanted)
        self.known: dict[tuple[str, str, int], tuple[Any, int]] = {}
        self.tokens: dict[tuple[str, int], Any] = {}
        self.n_steps = 0
        for _ in range(n_items):
            self.add_an_item()

    @rule(kind=kinds, who=people, device=devices, n=which, answer=answers, other=people)
    def step(
        self, kind: str, who: str, device: str, n: int, answer: dict[str, Any], other: str
    ) -> None:
        """One act. One rule for all: every example meets every kind, which few rules would not."""
        act = getattr(self, kind)
        drawn = {"who": who, "device": device, "n": n, "answer": answer, "other": other}
        act(**{name: drawn[name] for name in signature(act).parameters if name in drawn})

    # --- acts ------------------------------------------------------------------------------------

    def add_an_item(self) -> None:
        if len(self.model.items) >= 6:
            return
        row = make_session(owner=self.cast.olga)
        rows = Session.all_rows.filter(pk=row.pk)
        if self.model.status == "closed":
            with pytest.raises(Conflict):
                add_sessions(self.queue, rows, by=self.cast.olga)
            return
        add_sessions(self.queue, rows, by=self.cast.olga)
        self.model.items.append(Item(len(self.model.items)))

    def take_the_next(self, who: str, device: str) -> None:
        slot = claim(self.queue, by=self.cast.actor(who))
        expected = self.model.claim(who)
        assert (slot.queue_item.position if slot else None) == expected
        if slot:
            self.note(slot, who, device)

    def take_again(self, who: str, device: str, n: int) -> None:
        found = self.given(who, n)
        if not found:
            return
        item, place = found
        is_open = self.model.status == "active" or place.state == "leased"
        if is_open and self.model.take_again(item, who):
            self.note(claim_item(self.row(item), by=self.cast.actor(who)), who, device)
        else:
            with pytest.raises(LeaseError):
                claim_item(self.row(item), by=self.cast.actor(who))

    def leave(self, who: str, device: str, n: int) -> None:
        found = self.given(who, n, "leased") or self.given(who, n)
        if found:
            item, place = found
            state = ("skipped", "declined", "released", "skipped")[n % 4]
            slot, token = self.slot(item, who), self.seen(who, device, item)[0]
            if place.state == "leased" and token == self.tokens[who, item.position]:
                give_back(slot.pk, token, state, by=self.cast.actor(who), reason="so")
                self.model.end(item, who, state)
            else:
                with pytest.raises(LeaseError):
                    give_back(slot.pk, token, state, by=self.cast.actor(who), reason="so")

    def let_a_lease_run_out(self, who: str, n: int) -> None:
        found = self.given(who, n, "leased")
        if found:
            self.slots(found[0], who).update(expires_at=Now())
            found[1].is_over = True

    def sweep(self) -> None:
        expire()
        self.model.sweep()

    def go_on_looking(self, who: str, device: str, n: int) -> None:
        found = self.given(who, n)
        if found:
            item, place = found
            slot, token = self.slot(item, who), self.seen(who, device, item)[0]
            if place.state == "leased" and token == self.tokens[who, item.position]:
                renew(slot.pk, token, by=self.cast.actor(who))
                place.is_over = False
            else:
                with pytest.raises(LeaseError):
                    renew(slot.pk, token, by=self.cast.actor(who))

    def type_something(self, who: str, device: str, n: int) -> None:
        found = self.given(who, n)
        if found:
            item, place = found
            review = open_review(self.row(item), by=self.cast.actor(who))
            token, number = self.seen(who, device, item)
            draft = {"feedback": f"{n} by {device}"}
            if number != place.number:
                with pytest.raises(StaleDraftError):
                    save_draft(review, draft, number=number, by=self.cast.actor(who))
                number = place.number  # the page has been told the newest and asks its person
            else:
                save_draft(review, draft, number=number, by=self.cast.actor(who))
                place.draft, place.number = draft, place.number + 1
                number = place.number
            self.known[who, device, item.position] = (token, number)

    def drop_what_was_typed(self, who: str, device: str, n: int) -> None:
        found = self.given(who, n)
        if found:
            item, place = found
            drop_draft(
                open_review(self.row(item), by=self.cast.actor(who)), by=self.cast.actor(who)
            )
            place.draft, place.number = None, place.number + 1
            self.known[who, device, item.position] = (self.seen(who, device, item)[0], place.number)

    def say(
        self,
        who: str,
        device: str,
        n: int,
        answer: dict[str, Any],
        exactly: bool = False,
    ) -> None:
        found = self.given(who, n)
        if exactly:
            found = (self.model.items[n], self.model.items[n].places[who])
        if found:
            item, place = found
            actor, number = self.cast.actor(who), self.seen(who, device, item)[1]
            is_whole = exactly or n % 5 > 0
            given = {"answers": {"verdict": answer} if is_whole else {}}
            refusal = self.refusal(place, number, is_whole)
            if refusal:
                with pytest.raises(refusal):
                    save(self.row(item), given, by=actor, number=number)
                return
            review = save(self.row(item), given, by=actor, number=number)
            self.model.save(item, who, answer)
            assert review.is_counted == place.is_counted
            self.known[who, device, item.position] = (None, place.number)

    def refusal(self, place: Place, number: int, is_whole: bool) -> type[Exception] | None:
        if place.state == "declined":
            return QueueItem.DoesNotExist
        if self.model.status not in ("active", "paused"):
            return Conflict
        if not is_whole:
            return ValidationError
        return StaleDraftError if number != place.number else None

    def take_the_next_and_say(self, who: str, answer: dict[str, Any]) -> None:
        self.take_the_next(who, "laptop")
        self.say_again(who, 0, answer)

    def say_again(self, who: str, n: int, answer: dict[str, Any]) -> None:
        """With what is newest in hand, in whatever state the place is."""
        found = self.given(who, n, "leased") or self.given(who, n)
        if found:
            self.known[who, "laptop", found[0].position] = (None, found[1].number)
            self.say(who, "laptop", self.model.items.index(found[0]), answer, exactly=True)

    def lose_the_place_to_somebody_and_say_it_late(
        self, who: str, n: int, other: str, answer: dict[str, Any]
    ) -> None:
        self.take_the_next(who, "laptop")
        self.let_a_lease_run_out(who, n)
        self.sweep()
        self.take_the_next(other, "phone")
        self.say_again(who, n, answer)

    def open_or_close(self, n: int) -> None:
        status = ("active", "active", "paused", "closed")[n % 4]
        before = self.model.status
        if status != before and status not in FOLLOWS[before]:
            with pytest.raises(Conflict):
                set_status(self.queue, status, by=self.cast.olga)
        else:
            set_status(self.queue, status, by=self.cast.olga)
            self.model.status = status

    def somebody_who_was_not_given_it_cannot_say_anything(self, who: str, n: int) -> None:
        free = [item for item in self.model.items if who not in item.places]
        if free:
            item, actor = self.row(free[n % len(free)]), self.cast.actor(who)
            for act in (open_review, claim_item):
                with pytest.raises(QueueItem.DoesNotExist):
                    act(item, by=actor)
            with pytest.raises(QueueItem.DoesNotExist):
                save(item, {"answers": {"verdict": {"value": "pass"}}}, by=actor)

    # --- what always holds -----------------------------------------------------------------------

    @invariant()
    def places_are_exact(self) -> None:
        rows = QueueItem.all_rows.filter(queue=self.queue).order_by("position")
        found = [
            (open_slots, n_counted, state, at is not None)
            for open_slots, n_counted, state, at in rows.values_list(
                "open_slots", "n_counted", "state", "revealed_at"
            )
        ]
        assert found == [
            (self.model.open_slots(i), i.n_counted, self.model.state_of(i), i.is_revealed)
            for i in self.model.items
        ]
        assert all(n_counted <= self.model.wanted for _, n_counted, _, _ in found)
        slots = Slot.all_rows.filter(queue=self.queue).order_by()
        assert {
            (position, name.lower()): (state, is_counted)
            for position, name, state, is_counted in slots.values_list(
                *WHERE, "state", "is_counted"
            )
        } == {(i.position, who): (p.state, p.is_counted) for i, who, p in self.places()}

    @invariant()
    def nothing_said_is_lost_or_changed(self) -> None:
        reviews = (
            Review.all_rows.filter(queue=self.queue)
            .order_by()
            .values_list(*WHERE, "pk", "draft", "draft_number", "is_counted")
        )
        held = {(position, name.lower()): row for position, name, *row in reviews}
        said: dict[Any, list[Any]] = {pk: [] for pk, *_ in held.values()}
        revisions = ReviewRevision.all_rows.filter(review__in=said).order_by("number")
        for pk, answers, is_exposed in revisions.values_list("review", "answers", "is_exposed"):
            said[pk].append((answers["verdict"], is_exposed))
        for item, who, place in self.places():
            found = held.get((item.position, who))
            if found is None:
                assert (place.draft, place.number, place.revisions) == (None, 0, [])
                continue
            pk, *rest = found
            assert rest == [place.draft, place.number, place.is_counted]
            assert said[pk] == list(zip(place.revisions, place.exposed, strict=True))

    @invariant()
    def first_independent_answers_stay(self) -> None:
        marks = ("is_first_unexposed", "is_latest")
        marked: dict[str, Any] = {name: {} for name in marks}
        rows = ReviewAnswer.all_rows.filter(queue=self.queue).order_by()
        for position, name, value, flagged, *is_marked in rows.values_list(
            *WHERE, "value", "flagged", *marks
        ):
            for mark, is_on in zip(marks, is_marked, strict=True):
                if is_on:
                    marked[mark][position, name.lower()] = (value, flagged)
        expected: dict[str, Any] = {"is_first_unexposed": {}, "is_latest": {}}
        for item, who, place in self.places():
            key = (item.position, who)
            if place.revisions:
                expected["is_latest"][key] = brief(place.revisions[-1])
            if False in place.exposed:
                first = place.revisions[place.exposed.index(False)]
                expected["is_first_unexposed"][key] = brief(first)
        assert marked == expected

    @invariant()
    def blind_says_nothing(self) -> None:
        """One person is asked at each step, in turn."""
        shape = self.queue.rubric_version.read()
        self.n_steps += 1
        for who in (PEOPLE[self.n_steps % len(PEOPLE)],):
            actor = self.cast.actor(who)
            mine = [(item, item.places[who]) for item in self.model.items if who in item.places]
            theirs = {
                (item.position, name)
                for item, _ in mine
                if item.is_revealed
                for name, place in item.places.items()
                if name != who and place.revisions
            }
            seen = Review.objects.visible_to(actor).filter(queue=self.queue)
            seen = seen.exclude(reviewer=actor.user).select_related("queue_item", "reviewer")
            assert {(r.queue_item.position, r.reviewer.name.lower()) for r in seen} == theirs
            own = own_progress([self.queue], actor)[self.queue.pk]
            beside = numbers_beside_an_item(self.queue, actor)
            hidden = [place for item, place in mine if not item.is_revealed]
            assert own.n_saved == sum(place.state == "submitted" for _, place in mine)
            assert own.n_waiting == sum(place.state == "submitted" for place in hidden)
            assert own.left == self.n_left(who)
            assert (beside.n_all, beside.left) == (own.n_all, own.left)
            for item, place in mine[-1:]:
                review = open_review(self.row(item), by=actor)
                n_told = len(colleagues_of(self.row(item), review, shape, actor))
                n_others = sum(each == item.position for each, _ in theirs)
                assert n_told == (n_others if place.revisions else 0)

    def teardown(self) -> None:
        """Whatever happened, everybody can be let finish: nothing stays behind with room in it."""
        if not hasattr(self, "model"):
            return
        Queue.all_rows.filter(pk=self.queue.pk).update(status="active")
        Slot.all_rows.filter(queue=self.queue, state="leased").update(expires_at=Now())
        expire()
        for who in PEOPLE:
            while slot := claim(self.queue, by=self.cast.actor(who)):
                save(
                    slot.queue_item,
                    {"answers": {"verdict": {"value": "pass"}}},
                    by=self.cast.actor(who),
                )
        ended = ("submitted", "declined")
        for row in QueueItem.all_rows.filter(queue=self.queue, open_slots__gt=0):
            done = Slot.all_rows.filter(queue_item=row, state__in=ended).count()
            assert done == len(PEOPLE)

    # --- looking things up -----------------------------------------------------------------------

    def given(self, who: str, n: int, *states: str) -> tuple[Item, Place] | None:
        found = [
            (item, item.places[who])
            for item in self.model.items
            if who in item.places and (not states or item.places[who].state in states)
        ]
        return found[n % len(found)] if found else None

    def places(self) -> list[tuple[Item, str, Place]]:
        return [(i, who, place) for i in self.model.items for who, place in i.places.items()]

    def n_left(self, who: str) -> int:
        free = (item for item in self.model.items if self.model.open_slots(item) > 0)
        return sum(who not in i.places or i.places[who].state == "released" for i in free)

    def row(self, item: Item) -> QueueItem:
        rows = QueueItem.all_rows.select_related("queue__rubric_version")
        row: QueueItem = rows.get(queue=self.queue, position=item.position)
        return row

    def slots(self, item: Item, who: str) -> Any:
        return Slot.all_rows.filter(
            queue=self.queue,
            queue_item__position=item.position,
            reviewer=self.cast.actor(who).user,
        )

    def slot(self, item: Item, who: str) -> Slot:
        slot: Slot = self.slots(item, who).get()
        return slot

    def seen(self, who: str, device: str, item: Item) -> tuple[Any, int]:
        """The token and the number that a device knows; before it has opened the item, none."""
        return self.known.get((who, device, item.position), (None, 0))

    def note(self, slot: Slot, who: str, device: str) -> None:
        position = slot.queue_item.position
        self.tokens[who, position] = slot.token
        number = self.model.items[position].places[who].number
        self.known[who, device, position] = (slot.token, number)


def brief(answer: dict[str, Any]) -> tuple[Any, bool]:
    return (answer["value"], answer["flagged"])


def test_a_queue_does_what_the_model_says() -> None:
    Machine.cast = make_cast()
    run_machine(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=EXAMPLES < 50,
            database=None,
        ),
    )
