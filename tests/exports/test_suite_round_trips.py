"""Import(export(suite)) is the suite, and twice exported are the same bytes."""

import codecs

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datasets.formats.items import CheckRecord, ItemRecord
from exports.formats import suite_csv, suite_json
from exports.formats.suites import SuiteHead, SuiteTally
from tests.datasets.suite_files import (
    JSON,
    bare,
    errors,
    head_of,
    items,
    read_csv,
    read_json,
    suites,
)

NONE = SuiteHead()
ENCODINGS = {
    "utf-8": str.encode,
    "utf-8 with a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "utf-16 little": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "utf-16 big": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
}


def one(text):
    return [ItemRecord(input=f"x{text}", expected_output=text, context={"k": text, text + "k": ""})]


def csv_of(suite, **options):
    return "".join(suite_csv.write(*suite, **options))


def json_of(suite):
    return "".join(suite_json.write(*suite))


def assert_same(found, suite, *, titled):
    head, records = suite
    assert errors(found) == []
    assert bare(items(found)) == records
    assert head_of(found) == (head if titled else head._replace(title="", description=""))


@settings(max_examples=50, deadline=None)
@given(suites(), st.booleans(), st.sampled_from(sorted(ENCODINGS)))
@example((NONE, one("=1")), True, "utf-8")
@example((NONE, one("'=1")), True, "utf-16 big")
@example((NONE, one('"[1]"')), False, "utf-8")
def test_a_suite_goes_through_csv_unchanged(suite, is_safe, encoding):
    text = csv_of(suite, is_spreadsheet_safe=is_safe)
    data = ENCODINGS[encoding](text)
    found = read_csv(data, unguard=is_safe)
    assert_same(found, suite, titled=False)
    assert csv_of((head_of(found), items(found)), is_spreadsheet_safe=is_safe) == text


@settings(max_examples=50, deadline=None)
@given(suites(JSON))
def test_a_suite_goes_through_json_unchanged(suite):
    text = json_of(suite)
    found = read_json(text.encode())
    assert_same(found, suite, titled=True)
    assert json_of((head_of(found), items(found))) == text


@settings(max_examples=20, deadline=None)
@given(suites())
def test_a_suite_goes_from_csv_to_json_and_back(suite):
    found = read_csv(csv_of(suite), unguard=False)
    again = read_json(json_of((head_of(found), items(found))).encode())
    assert csv_of((head_of(again), items(again))) == csv_of(suite)


@settings(max_examples=20, deadline=None)
@given(suites())
def test_a_safe_export_is_recognised_when_nothing_is_said(suite):
    found = read_csv(csv_of(suite, is_spreadsheet_safe=True))
    assert_same(found, suite, titled=False)


@pytest.mark.parametrize("text", ["x" * 1_000_000, "é\n" * 500_000, '"' * 1_000_000, "'" * 10**6])
def test_a_cell_of_a_megabyte_goes_through(text):
    suite = (NONE, one(text))
    assert_same(read_csv(csv_of(suite)), suite, titled=False)
    assert_same(read_json(json_of(suite).encode()), suite, titled=True)


def test_an_old_encoding_and_windows_line_ends_are_read():
    suite = (SuiteHead("", "", (CheckRecord("grammar"),)), one("Größe: 5 €"))
    found = read_csv(csv_of(suite).replace("\n", "\r\n").encode("cp1252"))
    assert_same(found, suite, titled=False)


def test_numbers_come_back_from_csv_as_text_and_are_counted():
    tally = SuiteTally()
    context = {"n": 2, "x": 1.5, "yes": True, "none": None, "list": [1], "text": "2"}
    text = "".join(suite_csv.write(NONE, [ItemRecord(input="q", context=context)], tally=tally))
    assert items(read_csv(text))[0].context == {
        "n": "2",
        "x": "1.5",
        "yes": "true",
        "none": "null",
        "list": [1],
        "text": "2",
    }
    assert tally == SuiteTally(n_items=1, n_untyped_values=4)


@pytest.mark.parametrize("write", [suite_csv.write, suite_json.write])
def test_an_item_without_input_is_left_out_and_counted(write):
    tally = SuiteTally()
    checks = (CheckRecord("grammar"),)
    "".join(write(NONE, [ItemRecord(input=" ", checks=checks), ItemRecord(input="a")], tally=tally))
    assert (tally.n_items, tally.n_checks, tally.n_without_input) == (1, 0, 1)


def test_the_csv_is_that_of_the_contract():
    text = csv_of(
        (
            SuiteHead("Not in a CSV", "", (CheckRecord("grammar", category="Style"),)),
            [
                ItemRecord(
                    public_id="geo-001",
                    input="Which river\ncrosses Vienna?",
                    expected_output="The Danube",
                    tags=("rivers", "easy"),
                    context={"date": "2026-01-15"},
                    checks=(
                        CheckRecord("includes", "Danube", 2, examples=()),
                        CheckRecord("excludes_exactly", "Elbe"),
                    ),
                    files=("documents/map.pdf",),
                ),
                ItemRecord(input="Bare"),
            ],
        )
    )
    assert text == (
        "Test Id,Test Input,Right Answer,Tags,Files,Context Keys,Context Values,Operator,Criteria,"
        "Weight,Category,Extraction Prompt,Conditional Operator,Conditional Criteria,"
        "Example Type,Example Value\n"
        ",,,,,,,grammar,,1,Style,,,,,\n"
        ",,,,,,,,,,,,,,,\n"
        'geo-001,"Which river\ncrosses Vienna?",The Danube,rivers,documents/map.pdf,date,'
        "2026-01-15,includes,Danube,2,,,,,,\n"
        ",,,easy,,,,excludes_exactly,Elbe,1,,,,,,\n"
        ",Bare,,,,,,,,,,,,,,\n"
    )
