"""An item of a dataset as the prompt of an evaluator sees it, before any run."""

from __future__ import annotations

from datasets.models import Dataset, DatasetItem
from runs.row_reading import cases_of_session
from runs.verdicts import Case


def case_of(item: DatasetItem) -> Case:
    """The case of an item with its stored output; of a session, the whole conversation."""
    case = Case(
        input=item.input,
        output=item.output,
        expected=item.expected_output,
        context=item.context,
        participant_data=item.participant_data,
        session_state=item.session_state,
        history=item.history,
        summary=item.summary,
    )
    return cases_of_session(case)[1] if item.level == Dataset.Level.SESSION else case
