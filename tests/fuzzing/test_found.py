"""I19: what a fuzzer begins with and what it has found, held in every run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzzing.held import READERS, hold
from tests.fuzzing.seeds import seeds_of

FOUND = Path(__file__).parent / "found"


@pytest.mark.parametrize("reader", READERS)
def test_i19_seeds_and_findings_of_every_reader_hold_for_each(reader: str) -> None:
    inputs = [seed for each in READERS for seed in seeds_of(each)]
    inputs += [path.read_bytes() for path in sorted(FOUND.glob("*/*"))]

    for data in inputs:
        hold(reader, data)
