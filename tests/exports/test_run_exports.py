"""Exports of runs: the two documents of the contract to the byte, and how the formats spread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exports.run_catalog import RUN_FORMATS
from exports.verifying import NotWholeError, verify
from tests.cast import Cast
from tests.exports.runs_exported import (
    add_test,
    built,
    content,
    file_of,
    json_of,
    known,
    make_example_run,
    undone,
)
from tests.runs_made import make_run

pytestmark = pytest.mark.django_db(transaction=True)
GOLDEN = Path(__file__).parent.parent / "data" / "exports"


def test_the_csv_is_that_of_the_contract_to_the_byte(cast: Cast) -> None:
    run = make_example_run(cast.eva)
    assert known(file_of(run, "run-csv", cast.eva), run) == (GOLDEN / "run.csv").read_text()


def test_the_json_is_that_of_the_contract_to_the_byte(cast: Cast) -> None:
    run = make_example_run(cast.eva, parameters={"eval_model": "lexical"})
    text = known(file_of(run, "run-json", cast.eva), run)
    expected = (GOLDEN / "run.json").read_text().replace(
        '"input_context": {"date": "2026-01-15"}',
        '"input_context": {"date": "2026-01-15", "audience": "pupils"}',
    )  # the contract's two examples differ in this
    assert text == expected
