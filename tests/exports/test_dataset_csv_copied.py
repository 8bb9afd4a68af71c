"""PostgreSQL writes the lines of a dataset CSV as Python does, byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from datasets.formats.items import ItemRecord
from datasets.models import DatasetItem
from exports.dataset_csv_statement import statement
from exports.formats.dataset_columns import plan_columns
from exports.formats.dataset_csv import line_writer
from exports.formats.stored_items import CopiedLines
from exports.item_contents import more_fields
from exports.item_keys import key_uses
from exports.item_reading import copied_lines, stored_items
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.exports.dataset_items import HARD, ITEM
from tests.exports.test_stored_items import NUMBERS, SPACED, SPACES, save

ROLES = st.sampled_from(["user", "assistant"])
# What breaks lines, JSON, or the way the one is made of the other.
PIECE = HARD | st.sampled_from(
    [
        *("user:", "USER: x", "a\ufb00istant:", "u\u017fer: x", "ass\u0131stant:", "\u0130", ":"),
        *('"}, {"role": "user", "content": "', '[{"role": "assistant", "content": "', '"}]'),
        *("\\", "\\n", '\\"', '\\"}]', "\\\\", "\t", "\v", "\f", "\b", "\x1c", "\x7f", "\x85"),
        *("\n", "\r", "\r\n", "\n\n", " ", "\u2028", "\u3000", "system: x", "\\.", "'", "%s"),
    ]
)  # fmt: skip
CONTENT = st.lists(PIECE, max_size=6).map("".join)
HISTORY = st.lists(st.fixed_dictionaries({"role": ROLES, "content": CONTENT}), max_size=4)
TURNS: list[list[dict[str, Any]]] = [
    *([], [{"role": "user", "content": ""}], [{"role": "user", "content": "a\nb"}] * 2),
    *([{"role": "assistant", "content": f"a{space}"}] for space in SPACES),
    *([{"role": "assistant", "content": f"a\n{space}"}] for space in SPACES),
    *([{"role": "assistant", "content": f"a\n{space}b"}] for space in SPACES),
    *([{"role": "user", "content": f"a\n{space}user: b"}] for space in SPACES),
    *([{"role": "user", "content": "x", "summary": "y"}], [{"role": "system", "content": "x"}]),
    *([{"role": "user", "content": "x", "more": [{"role": "user", "content": "x"}]}],),
    *([{"role": "user", "content": "long " * 200_000}],),
]
LONG = ItemRecord(input='a "long" one,\n' * 80_000, context={"k": "x" * 1_000_000})
CELLS = ["", "'", "=1", "\t1", "\r", " @x", "\u3000-1", "''+1", "'=", "-", "~", "A=", "1,5", "é\n"]
HUGE = ItemRecord(context={"a": [10**19], "b": {"n": -(10**20)}, "t": "12345678901234567890123"})


@pytest.mark.parametrize("is_safe", [False, True])
def test_lines_made_by_postgresql_are_the_writers_lines(
    db: None, cast: Cast, is_safe: bool
) -> None:
    dataset = make_dataset(owner=cast.eva)

    def compare(*items: ItemRecord) -> None:
        saved = [
            save(dataset, item._replace(public_id=f"{item.public_id}{n}"), cast).pk
            for n, item in enumerate(items)
        ]
        rows = DatasetItem.objects.visible_to(cast.eva).filter(pk__in=saved).order_by("pk")
        try:
            plan = plan_columns(key_uses(dataset, 1), more_fields(rows))
            line = line_writer(plan, is_safe=is_safe)
            lines = CopiedLines(lambda each: statement(each, plan, is_safe=is_safe), line)
            copied = [
                block.data for found in copied_lines(rows, "default", lines) for block in found
            ]
            written = [line(item) for page in stored_items(rows, "default") for item in page]
            assert b"".join(copied).decode() == "".join(written)
        finally:
            DatasetItem.all_rows.filter(pk__in=saved).delete()

    compare(*(ItemRecord(input="i", history=tuple(history)) for history in TURNS))
    compare(*(ItemRecord(input=text, output=text, context={"k": text or "x"}) for text in CELLS))
    compare(SPACED, NUMBERS, LONG)
    compare(HUGE)

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.differing_executors]
    )
    @given(ITEM, ITEM, HISTORY)
    @example(HUGE, SPACED, [])
    def generated(one: ItemRecord, other: ItemRecord, history: list[dict[str, str]]) -> None:
        compare(one, other, ItemRecord(input="i", history=tuple(history)))

    generated()
