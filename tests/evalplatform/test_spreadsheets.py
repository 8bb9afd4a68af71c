"""Cells that would run as a formula are shown as text, and can be taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplatform.spreadsheets import DANGEROUS, safe_cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "'=1",
        "''@x",
        "  =1",
        "\n-1",
        "＝1",
        "＠x",
        "' =1",
    ],
)
def test_a_cell_that_could_run_is_protected(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "plain", "a=b", "'quoted'", "1-2", "é"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


@given(st.text())
def test_taking_one_quote_off_gives_what_was_there(text: str) -> None:
    cell = safe_cell(text)

    back = cell[1:] if cell.startswith("'") and DANGEROUS.match(cell[1:]) else cell

    assert back == text


def test_every_text_that_would_run_is_marked_whatever_it_begins_with() -> None:
    for begin in map(chr, range(0x110000)):
        for text in (begin, f"{begin}=1"):
            assert safe_cell(text) == (f"'{text}" if DANGEROUS.match(text) else text)
