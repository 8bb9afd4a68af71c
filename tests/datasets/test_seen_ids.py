"""Ids once each, whatever their case, in flat memory."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from datasets.formats.seen_ids import SeenIds


def test_the_error_names_the_row_where_the_id_stood_first():
    seen = SeenIds()
    assert seen.repetition(2, "geo-1", "id") is None
    error = seen.repetition(5, "geo-1", "id")
    assert (error.row, error.column, error.value) == (5, "id", "geo-1")
    assert error.message == "This id stands on row 2 already. Give each row its own id."
    assert seen.repetition(6, "geo-1", "id").message == error.message


def test_i15_ids_that_differ_in_case_only_are_an_error_of_their_own():
    seen = SeenIds()
    assert seen.repetition(2, "Geo", "id") is None
    message = "This id differs from the one on row 2 in case only. Change one."
    assert seen.repetition(3, "geo", "id").message == message
    assert seen.repetition(4, "GEO", "id").message == message


def test_i15_ids_are_the_same_after_nfc():
    seen = SeenIds()
    assert seen.repetition(2, "caf\u00e9", "id") is None
    assert "row 2 already" in seen.repetition(3, "cafe\u0301", "id").message


@given(st.lists(st.text(min_size=1, max_size=3)))
def test_the_second_of_two_is_found_and_no_other(ids):
    seen, folded = SeenIds(), set()
    for row, identifier in enumerate(ids, 2):
        key = SeenIds.folded(identifier)
        assert (seen.repetition(row, identifier, "id") is not None) == (key in folded)
        folded.add(key)


def test_three_hundred_thousand_ids_take_no_more_memory_than_the_cache():
    code = (
        "from datasets.formats.seen_ids import CACHE_KIB, SeenIds\n"
        "from benchmarks.export_once import peak_memory\n"
        "seen = SeenIds(); before = peak_memory()\n"
        "for row in range(300_000): assert seen.repetition(row, f'item-{row:07}', 'id') is None\n"
        "error = seen.repetition(1, 'item-0299999', 'id')\n"
        "assert error.message.startswith('This id stands on row 299999 already.'), error\n"
        "grown = peak_memory() - before\n"
        "assert grown < 2 * CACHE_KIB / 1024, grown\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
