"""PostgreSQL gives items as the tests of the writers take for granted that it does."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings

from datasets.formats.items import ItemRecord
from datasets.models import Dataset, DatasetItem
from exports.formats.dataset_columns import plan_columns
from exports.item_contents import more_fields
from exports.item_keys import key_uses
from exports.item_reading import item_records, stored_items
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.exports.dataset_items import ITEM
from tests.exports.stored import plan_for, stored

SPACES = [*filter(str.isspace, map(chr, range(0x110000)))]
SPACED = ItemRecord(
    context={f"k{n}": space for n, space in enumerate(SPACES)}
    | {f"j{n}": f"{space}[" for n, space in enumerate(SPACES)},
    session_state={f"t{n}": f"{space}x" for n, space in enumerate(SPACES)},
)
NUMBERS = ItemRecord(
    context={"n": [10**19, 2**64, -(2**63) - 1, 10**300, 12345678901234567890123, 1e-7, -0.0]},
    session_state={"text, not a number": 'say "12345678901234567890123", 1e20'},
)


def test_items_and_their_columns_are_as_in_the_tests_without_a_database(
    db: None, cast: Cast
) -> None:
    dataset = make_dataset(owner=cast.eva)

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.differing_executors]
    )
    @given(ITEM)
    @example(SPACED)
    @example(NUMBERS)
    def compare(item: ItemRecord) -> None:
        item = item._replace(public_id=item.public_id or "i")
        row = save(dataset, item, cast)
        rows = DatasetItem.objects.visible_to(cast.eva).filter(pk=row.pk)
        try:
            [[found]] = stored_items(rows, "default")
            assert found == next(stored([item]))
            assert plan_columns(key_uses(dataset, 1), more_fields(rows)) == plan_for([item])
            fields = ("public_id", "context", "history", "tags", "created_at")
            [[record]] = item_records(rows, "default", fields=fields, file_names={})
            assert next(stored([record])) == found._replace(
                input="", output="", expected_output="", participant_data="{}",
                session_state="{}", summary="",
            )  # fmt: skip
        finally:
            DatasetItem.all_rows.filter(pk=row.pk).delete()

    compare()


def save(dataset: Dataset, item: ItemRecord, cast: Cast) -> DatasetItem:
    """Save the item as it is, past all that could change it on its way in."""
    values = {n: v for n, v in item._asdict().items() if n not in ("said", "checks", "files")}
    return DatasetItem.all_rows.create(
        dataset=dataset, level=dataset.level, position=1, arrived="manual",
        created_by=cast.eva.user, added_at=dataset.created_at, from_version=1,
        **values | {"history": list(item.history), "tags": list(item.tags)},
    )  # fmt: skip
