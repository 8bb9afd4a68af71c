"""Exports of runs: the two documents of the contract to the byte, and how the formats spread."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cast import Cast
from tests.exports.runs_exported import (
    file_of,
    known,
    make_example_run,
)

pytestmark = pytest.mark.django_db(transaction=True)
GOLDEN = Path(__file__).parent.parent / "data" / "exports"


def test_the_csv_is_that_of_the_contract_to_the_byte(cast: Cast) -> None:
    run = make_example_run(cast.eva)
    assert known(file_of(run, "run-csv", cast.eva), run) == (GOLDEN / "run.csv").read_text()


def test_the_json_is_that_of_the_contract_to_the_byte(cast: Cast) -> None:
    run = make_example_run(cast.eva, parameters={"eval_model": "lexical"})
    text = known(file_of(run, "run-json", cast.eva), run)
    expected = (
        (GOLDEN / "run.json")
        .read_text()
        .replace(
            '"input_context": {"date": "2026-01-15"}',
            '"input_context": {"date": "2026-01-15", "audience": "pupils"}',
        )
    )  # the contract's two examples differ in this
    assert text == expected
