"""What readers of outputs yield: an output with its place, errors and warnings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from datasets.formats.records import RowError, RowWarning

MAX_OUTPUTS = 100_000


@dataclass(frozen=True, kw_only=True)
class OutputRecord:
    """An output made elsewhere. `row` and `column` are where the question or id stands.

    `identifier` is the id of the test when the file names one, which is tried before `question`.
    """

    row: int
    column: str
    question: str = ""
    identifier: str = ""
    response: str = ""
    title: str = ""
    in_tokens: int | None = None
    out_tokens: int | None = None
    duration: float | None = None
    input_context: dict[str, Any] = field(default_factory=dict)
    output_context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelNamed:
    """The model that made the outputs, as the file says."""

    name: str


OutputReading = Iterator[OutputRecord | ModelNamed | RowError | RowWarning]
