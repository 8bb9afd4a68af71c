"""Turns the values of a file into sessions, one after the other, ids once each."""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from datasets.formats.fields import Findings
from datasets.formats.ids import Ids, OnceEach
from datasets.formats.reading import Element, elements
from datasets.formats.records import RowError, RowWarning, SessionRecord

SessionReading = Iterator[tuple[int, SessionRecord] | RowError | RowWarning]
ReadObject = Callable[[Findings, Any], SessionRecord | None]


def read_sessions(
    stream: BinaryIO,
    read_object: ReadObject,
    *,
    envelope_keys: frozenset[str] = frozenset(),
    id_column: str = "externalId",
) -> SessionReading:
    """Every conversation of the file with its row, or what is wrong with it, in order."""
    ids, warnings = Ids(), OnceEach()
    for element in elements(stream, envelope_keys):
        if not isinstance(element, Element):
            yield element
            continue
        found = Findings(element.row)
        session = read_object(found, element.value)
        yield from found.errors
        yield from warnings.fresh(found.warnings)
        if session is not None and not found.errors:
            settled = ids.settle(element.row, session, id_column)
            yield settled if isinstance(settled, RowError) else (element.row, settled)
