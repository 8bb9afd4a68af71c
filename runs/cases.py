"""A row of a dataset as checks and prompts see it."""

from __future__ import annotations

from datasets.models import DatasetItem
from runs.verdicts import Case


def case_of(item: DatasetItem, output: str | None = None) -> Case:
    """The case of an item: with its stored output, or another one."""
    return Case(
        input=item.input,
        output=item.output if output is None else output,
        expected=item.expected_output,
        context=item.context,
        participant_data=item.participant_data,
        session_state=item.session_state,
        history=item.history,
        summary=item.summary,
    )
