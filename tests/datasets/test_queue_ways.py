"""Between datasets and queues: the same mapping in, the linked items out."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from datasets.editing import edition
from datasets.models import DatasetItem, DatasetVersion
from datasets.queue_ways import BROKEN, Eligible, eligibility, take_from_queue
from tests.cast import Cast
from tests.datasets.clones import clone_into
from tests.datasets_made import add_items, items_of, make_dataset, numbered
from tests.sessions import make_session

pytestmark = pytest.mark.django_db


def test_sessions_of_a_queue_come_in_once_and_those_present_are_counted(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    mine = [make_session(owner=cast.eva).pk for _ in range(2)]
    clone_into(dataset, by=cast.eva, pk=mine[0])
    hidden = make_session(owner=cast.emil).pk

    counts = take_from_queue(dataset, [*mine, hidden], queue_name="Monday", by=cast.eva)

    assert (counts.created, counts.already, counts.gone) == (1, 1, 1)
    made = DatasetVersion.all_rows.get(dataset=dataset, number=3)
    assert (made.kind, made.title) == ("queue", "From the queue Monday")
    assert [item.arrived for item in items_of(dataset, by=cast.eva)] == ["clone", "queue"]


def test_a_message_level_dataset_takes_nothing_from_a_queue(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, level="message")

    with pytest.raises(ValidationError, match="whole sessions only"):
        take_from_queue(dataset, [], queue_name="Monday", by=cast.eva)


def test_items_without_a_linked_session_are_not_eligible_and_the_reason_is_said(
    cast: Cast,
) -> None:
    dataset = make_dataset(owner=cast.eva)
    sessions = [make_session(owner=cast.eva) for _ in range(2)]
    clone_into(dataset, by=cast.eva)
    add_items(dataset, numbered(1), by=cast.eva)
    with edition(dataset, by=cast.eva) as changing:
        changing.revise(items_of(dataset, by=cast.eva)[1], input="Said otherwise")

    rows = DatasetItem.objects.visible_to(cast.eva).filter(dataset=dataset)
    linked, edited, written = eligibility(rows)

    assert isinstance(linked, Eligible)
    assert linked.session_id == sessions[0].pk
    assert edited[1] == BROKEN
    assert written[1] == "Written by hand: there is no session to review."
