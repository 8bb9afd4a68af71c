"""The Inspect dataset file: one JSON line per item, as Inspect's `json_dataset` loads it."""

from collections.abc import Iterable, Iterator

import msgspec

from datasets.formats.items import ItemRecord
from exports.formats.chat import NO_INPUT, asked, is_blank, metadata
from exports.formats.records import ItemTally

_encode = msgspec.json.Encoder().encode


def write(items: Iterable[ItemRecord], tally: ItemTally, *, title: str = "") -> Iterator[str]:
    r"""One sample a line, "\n" between lines: id, input, target and, for the rest, metadata.

    Nothing of ours stands at the top, where `files`, `setup`, `sandbox`, `choices` and `checkpoint`
    mean something to Inspect. Ids are the public ids, unique within a dataset. An item without
    an input is skipped, as Inspect refuses it. `title` has no place in the format.
    """
    separator = ""
    for item in items:
        if is_blank(item.input):
            tally.count_skipped(NO_INPUT)
            continue
        sample = {
            "id": item.public_id,
            "input": asked(item),
            "target": _target(item),
            "metadata": metadata(item),
        }
        yield separator + _encode(sample).decode()
        separator = "\n"
        tally.count_row()


def _target(item: ItemRecord) -> list[str]:
    """The expected output; without one no answer at all: an empty text is found in every answer."""
    return [] if is_blank(item.expected_output) else [item.expected_output]
