"""The OpenAI Evals sample file: one JSON line per item, with what to ask and the ideal answer."""

from collections.abc import Iterable, Iterator

import msgspec

from datasets.formats.items import ItemRecord
from exports.formats.chat import NO_INPUT, asked, is_blank, metadata
from exports.formats.records import ItemTally

NO_IDEAL = "The item has neither an expected output nor a reply, and an empty ideal matches all."

_encode = msgspec.json.Encoder().encode


def write(items: Iterable[ItemRecord], tally: ItemTally, *, title: str = "") -> Iterator[str]:
    r"""One sample a line, "\n" between lines; `ideal` is the expected output, else the reply.

    An item without an input, or whose ideal would be blank, is skipped: Match asks whether the
    answer starts with the ideal, so that an empty one would pass whatever a model says.
    `title` has no place in the format.
    """
    separator = ""
    for item in items:
        if is_blank(item.input):
            tally.count_skipped(NO_INPUT)
        elif is_blank(ideal := _ideal(item)):
            tally.count_skipped(NO_IDEAL)
        else:
            sample = {"input": asked(item), "ideal": ideal, "metadata": metadata(item)}
            yield separator + _encode(sample).decode()
            separator = "\n"
            tally.count_row()


def _ideal(item: ItemRecord) -> str:
    return item.output if is_blank(item.expected_output) else item.expected_output
