"""The numbered rules of section 2.4 of the contract, and those of section 6 for suites."""

import pytest

from datasets.formats.items import CheckRecord, Example
from tests.datasets.suite_files import (
    TITLES,
    errors,
    global_checks,
    item_rows,
    items,
    places,
    read_csv,
    table,
    warnings,
)

CONTRACT = f"""{TITLES}
,,,,,,,grammar,,1,Style,,,,,
,,,,,,,excludes_exactly,As an AI,1,Style,,,,,
,,,,,,,,,,,,,,,
geo-001,Which river crosses Vienna?,The Danube,rivers,documents/map.pdf,date,2026-01-15,includes,Danube,2,Correctness,the river named,answers,,positive,It is the Danube.
,,,easy,,audience,pupils,,,,,,,,negative,It is the Elbe.
,,,,,,,excludes_exactly,Elbe,1,Correctness,,,,,
geo-002,"Name two seas,
one per line",,seas,,,,list_format,,1,Format,,,,,
"""  # noqa: E501 - the file as the contract prints it


def one_error(text, **options):
    found = errors(read_csv(text, **options))
    assert len(found) == 1, found
    return found[0]


def test_the_file_of_the_contract():
    found = read_csv(CONTRACT)
    assert errors(found) == []
    assert global_checks(found) == [
        CheckRecord("grammar", category="Style"),
        CheckRecord("excludes_exactly", "As an AI", category="Style"),
    ]
    first, second = items(found)
    assert first.checks == (
        CheckRecord(
            *("includes", "Danube", 2, "Correctness", "the river named", "answers", ""),
            (Example("positive", "It is the Danube."), Example("negative", "It is the Elbe.")),
        ),
        CheckRecord("excludes_exactly", "Elbe", 1, "Correctness"),
    )
    assert (first.public_id, first.expected_output) == ("geo-001", "The Danube")
    assert (first.tags, first.context) == (
        ("rivers", "easy"),
        {"date": "2026-01-15", "audience": "pupils"},
    )
    assert second.input == "Name two seas,\none per line"
    assert item_rows(found) == [5, 8]


def test_rule_2_4_01_blank_lines_are_seen():
    assert one_error(table(",grammar,", "a,,")).message.startswith("Leave a blank row")
    assert errors(read_csv(table(",grammar,", "", "a,,"))) == []


@pytest.mark.parametrize("blank", ["", ",,", " ,\t, ", "  ", '"",""'])
def test_rule_2_4_02_a_blank_row_has_no_cell_or_only_spaces(blank):
    found = read_csv(table(",grammar,", blank, "a,,"))
    assert errors(found) == []
    assert (len(global_checks(found)), item_rows(found)) == (1, [4])


def test_rule_2_4_03_a_row_with_input_starts_a_test():
    found = read_csv(table("a,grammar,", '"b\nc",,', " ,is_polite,", "d,,"))
    assert [item.input for item in items(found)] == ["a", "b\nc", "d"]
    assert item_rows(found) == [2, 3, 5]
    assert [check.operator for check in items(found)[1].checks] == ["is_polite"]


def test_rule_2_4_04_columns_spread_down_as_independent_lists():
    titles = "Test Input,Tags,Context Keys,Context Values,Operator,Criteria"
    rows = ("q,a,,,,", ",,k,1,includes,x", ",b,,,,", ",c,l,,includes,y")
    item = items(read_csv(table(*rows, titles=titles)))[0]
    assert item.tags == ("a", "b", "c")
    assert item.context == {"k": "1", "l": ""}
    assert [check.criteria for check in item.checks] == ["x", "y"]


def test_rule_2_4_05_more_examples_go_to_the_last_check_above():
    titles = "Test Input,Operator,Example Type,Example Value"
    rows = ("q,grammar,positive,a", ",,negative,b", "", ",,Positive,c", ",is_polite,negative,d")
    first, second = items(read_csv(table(*rows, titles=titles)))[0].checks
    assert [each.text for each in first.examples] == ["a", "b", "c"]
    assert first.examples[2].type == "positive"
    assert [each.text for each in second.examples] == ["d"]
    assert "no check above" in one_error(table("q,,positive,a", titles=titles)).message


def test_rule_2_4_06_global_checks_come_first_and_a_blank_row_follows():
    error = one_error(table(",grammar,", ",is_polite,", "a,,", "b,,"))
    assert error.message == (
        "Leave a blank row between the global checks section and the tests section (row 4)"
    )
    assert (error.row, error.column) == (4, "Test Input")


def test_rule_2_4_06_a_second_header_behind_the_blank_row_is_tolerated():
    found = read_csv(table(",grammar,", "", " test input ,Operator,CRITERIA", "a,,"))
    assert errors(found) == []
    assert item_rows(found) == [5]


def test_rule_2_4_06_blank_rows_first_between_and_within_are_ignored():
    found = read_csv(table("", "a,grammar,", "", ",is_polite,", "", "", "b,,", ""))
    assert [len(item.checks) for item in items(found)] == [2, 0]


def test_rule_2_4_06_several_global_sections_are_one():
    found = read_csv(table(",grammar,", "", ",is_polite,", "", "", ",is_safe,", "", "a,,"))
    assert errors(found) == []
    assert len(global_checks(found)) == 3
    assert "Leave a blank row" in one_error(table(",grammar,", "", ",is_safe,", "a,,")).message


def test_rule_2_4_06_global_checks_without_tests_are_fine():
    found = read_csv(table(",grammar,", ",includes,x"))
    assert (errors(found), len(global_checks(found))) == ([], 2)


def test_rule_2_4_06_the_global_section_holds_checks_only():
    titles = "Test Id,Test Input,Right Answer,Tags,Context Keys,context:a,Operator"
    found = read_csv(table("i,,r,t,k,v,grammar", "", ",q,,,,,", titles=titles))
    assert {each.column for each in errors(found)} == {
        *("Test Id", "Right Answer", "Tags", "Context Keys", "context:a")
    }
    assert all("Test Input is missing" in each.message for each in errors(found))


@pytest.mark.parametrize("row", ["q,includes,", "q,includes, ", ",includes,"])
def test_rule_2_4_07_criteria_are_needed(row):
    error = one_error(table(row))
    assert (error.row, error.column) == (2, "Criteria")
    assert 'The operator "includes" needs criteria.' in error.message


def test_rule_2_4_07_the_same_for_conditions():
    titles = "Test Input,Operator,Conditional Operator,Conditional Criteria"
    assert one_error(table("q,grammar,includes,", titles=titles)).column == "Conditional Criteria"
    assert one_error(table("q,grammar,,x", titles=titles)).column == "Conditional Criteria"
    assert one_error(table("q,grammar,nope,x", titles=titles)).column == "Conditional Operator"


def test_rule_2_4_07_criteria_of_a_unary_operator_are_ignored_with_a_warning():
    found = read_csv(table("q,grammar,why?"))
    assert items(found)[0].checks == (CheckRecord("grammar"),)
    assert [each.column for each in warnings(found)] == ["Criteria"]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *(("Criteria", "x"), ("Weight", "2"), ("Category", "x"), ("Extraction Prompt", "x")),
        *(("Conditional Operator", "grammar"), ("Conditional Criteria", "x")),
    ],
)
def test_rule_2_4_08_check_cells_without_an_operator(column, cell):
    error = one_error(table(f"q,,{cell}", titles=f"Test Input,Operator,{column}"))
    assert (error.row, error.column) == (2, column)
    assert "There is no Operator on this row" in error.message


@pytest.mark.parametrize(
    ("titles", "row", "column", "part"),
    [
        ("Context Keys,Context Values", ",v", "Context Values", "has no key"),
        ("Operator,Criteria", "nope,x", "Operator", 'no operator "nope"'),
        ("Operator,Weight", "grammar,abc", "Weight", "no whole number"),
        ("Operator,Weight", "grammar,1.5", "Weight", "no whole number"),
        ("Operator,Weight", "grammar,-1", "Weight", "between 0 and 1000"),
        ("Operator,Weight", "grammar,1e9", "Weight", "between 0 and 1000"),
        ("Operator,Weight", "grammar,1001", "Weight", "between 0 and 1000"),
        ("Operator,Weight", "grammar,NaN", "Weight", "no whole number"),
        ("Operator,Example Type,Example Value", "grammar,good,x", "Example Type", "positive or"),
        ("Operator,Example Type,Example Value", "grammar,positive,", "Example Type", "no example"),
        ("Operator,Example Type,Example Value", "grammar,,x", "Example Value", "has no type"),
        ("Operator,Criteria", "regex,(?=a)", "Criteria", "RE2"),
        ("Operator,Criteria", "matches_json_schema,{", "Criteria", "cannot be read"),
        ("Operator,Criteria", "less_than_length,few", "Criteria", "no length"),
        ("Operator,Criteria", "custom_operator,x", "Operator", "cannot be named"),
        ("Operator,Criteria", "golden_check_style,", "Operator", "cannot be named"),
        ("Test Id", "x" * 65, "Test Id", "longer than 64"),
        ("Test Id", "a\u200bb", "Test Id", "invisible"),
        ("Tags", "x" * 201, "Tags", "longer than 200"),
        ("Context Keys", "__class__", "Context Keys", "cannot be used"),
        ("Context Keys", "constructor", "Context Keys", "cannot be used"),
        ("Context Keys,Context Values", 'k,"{""__proto__"": 1}"', "Context Values", "cannot be"),
        ("Context Keys,Context Values", "k,[NaN]", "Context Values", "NaN is not"),
        ("Context Keys,Context Values", 'k,"{""a"":1,""a"":2}"', "Context Values", "stands twice"),
        ("Tags", "\0", "Tags", "NUL"),
    ],
)
def test_rule_2_4_08_what_is_wrong_is_named_with_row_and_column(titles, row, column, part):
    error = one_error(
        table(f"first,{',' * titles.count(',')}", f"q,{row}", titles=f"Test Input,{titles}")
    )
    assert (error.row, error.column) == (3, column)
    assert part in error.message


@pytest.mark.parametrize("column", ["Test Id", "Right Answer"])
def test_rule_2_4_08_what_belongs_to_a_test_without_its_input(column):
    titles = f"Test Input,{column}"
    for rows in (("q,", ",x"), (",x",)):
        error = one_error(table(*rows, titles=titles))
        assert (error.row, error.column) == (1 + len(rows), column)
        assert error.message.startswith("Test Input is missing")


def test_rule_2_4_08_weights_that_are_whole_numbers():
    rows = [f"q,grammar,{weight}" for weight in ("", "0", "1000", " 7 ", "2.0")]
    found = read_csv(table(*rows, titles="Test Input,Operator,Weight"))
    assert [item.checks[0].weight for item in items(found)] == [1, 0, 1000, 7, 2]


def test_rule_2_4_09_every_error_is_reported_at_once_in_file_order():
    found = read_csv(table("a,nope,", "b,includes,", "c,,x", "d,grammar,", ",regex,("))
    assert places(found) == [(2, "Operator"), (3, "Criteria"), (4, "Criteria"), (6, "Criteria")]
    assert items(found) == []


def test_rule_2_4_09_tests_keep_the_order_of_the_file():
    found = read_csv(table(*[f"{n},," for n in range(300)]))
    assert [item.input for item in items(found)] == [str(n) for n in range(300)]


def test_rule_2_4_10_commas_in_tags_are_not_split_but_warned_about():
    found = read_csv(table('q,"a, b"', titles="Test Input,Tags"))
    assert items(found)[0].tags == ("a, b",)
    assert "values comma-separated in one cell" in warnings(found)[0].message


def test_rule_2_4_11_ids_are_optional_and_unique():
    found = read_csv(table("a, x ", "b,", "c,", titles="Test Input,Test Id"))
    assert [item.public_id for item in items(found)] == ["x", "", ""]
    assert places(read_csv(table("a,x", "b,x", titles="Test Input,Test Id"))) == [(3, "Test Id")]
    assert "in case only" in one_error(table("a,x", "b,X", titles="Test Input,Test Id")).message
    both = table("a,\u00e9", "b,e\u0301", titles="Test Input,Test Id")
    assert places(read_csv(both)) == [(3, "Test Id")]


def test_rule_2_4_12_context_comes_in_columns_too():
    titles = "Test Input,context:date,Context: Who ,Context Keys,Context Values"
    rows = ("q,2026,,k,[1]", ",,Jo,,", "r,,,,")
    first, second = items(read_csv(table(*rows, titles=titles)))
    assert first.context == {"date": "2026", "k": [1], "Who": "Jo"}
    assert second.context == {}


@pytest.mark.parametrize("rows", [("q,1,a,2",), ("q,,a,1", ",,a,1"), ("q,1,,", ",1,,")])
def test_rule_2_4_12_the_same_key_twice_on_one_test_is_an_error(rows):
    titles = "Test Input,context:a,Context Keys,Context Values"
    assert 'the context key "a" already' in one_error(table(*rows, titles=titles)).message


@pytest.mark.parametrize(
    ("titles", "part"),
    [
        ("Test Input,context:", "empty key"),
        ("Test Input,context:__proto__", "cannot be used"),
        ("Test Input,context:a,context: a", "two columns"),
        ("Test Input,test input", "there twice"),
        ("Tags,Operator", 'no column "Test Input"'),
    ],
)
def test_faults_of_the_header_are_on_its_row(titles, part):
    error = one_error(table(titles=titles))
    assert error.row == 1
    assert part in error.message


def test_rule_2_4_13_files_are_ignored_outside_of_a_zip_and_said_once():
    found = read_csv(table("q,a.pdf", ",b.pdf", "r,c.pdf", titles="Test Input,Files"))
    assert [item.files for item in items(found)] == [(), ()]
    assert [each.row for each in warnings(found)] == [2]
    assert "not inside of a ZIP" in warnings(found)[0].message
    assert "files" not in items(found)[0].said


@pytest.mark.parametrize(
    ("encoding", "n_warnings"),
    [("utf-8", 0), ("utf-8-sig", 0), ("utf-16", 0), ("cp1252", 1)],
)
def test_rule_2_4_14_a_mark_decides_the_encoding_then_utf_8_then_windows_1252(encoding, n_warnings):
    found = read_csv(table("Größe – 5 €?,,").encode(encoding))
    assert items(found)[0].input == "Größe – 5 €?"
    assert len(warnings(found)) == n_warnings


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@x", "=cmd|' /C calc'!A0", "＝1", " =1"])
def test_rule_2_4_15_i10_formulas_are_stored_as_they_are(text):
    found = read_csv(table(f"{text},,"))
    assert items(found)[0].input == text


def test_rule_2_4_15_marks_are_taken_off_when_every_formula_carries_one():
    assert [item.input for item in items(read_csv(table("'=1,,", "'tis,,", "''=2,,")))] == [
        *("=1", "'tis", "'=2")
    ]
    mixed = read_csv(table("'=1,,", "=2,,"))
    assert [item.input for item in items(mixed)] == ["'=1", "=2"]
    assert [item.input for item in items(read_csv(table("'=1,,"), unguard=False))] == ["'=1"]
    assert [item.input for item in items(read_csv(table("'=1,,", "=2,,"), unguard=True))] == [
        *("=1", "=2")
    ]


def test_a_suite_block_before_the_header_is_passed_over():
    block = "Suite Id,Title,Description,Suite Version,Number Of Tests\ns1,T,,3,1\n\n"
    found = read_csv(block + table(",grammar,", "", "a,,"))
    assert errors(found) == []
    assert (len(global_checks(found)), item_rows(found)) == (1, [7])


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_told_from_the_header_and_said(separator):
    found = read_csv(CONTRACT.replace(",", separator))
    assert errors(found) == []
    assert "separated by" in warnings(found)[0].message


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_any_line_end_is_one(end):
    found = read_csv(CONTRACT.replace("\n", end))
    assert (errors(found), item_rows(found)) == ([], [5, 8])


def test_columns_may_stand_in_any_order_and_case():
    titles = " OPERATOR , test input,weight"
    found = read_csv(table("Grammar,q,3", titles=titles))
    assert items(found)[0].checks == (CheckRecord("grammar", weight=3),)
    assert items(found)[0].said == {"input", "checks"}


def test_an_unknown_column_is_ignored_with_a_warning():
    found = read_csv(table("q,x", titles="Test Input,Colour"))
    assert [(each.row, each.column) for each in warnings(found)] == [(1, "Colour")]


def test_retired_operators_are_taken_with_a_warning():
    found = read_csv(table("q,mostly_equals,x", ",check_salesiness,low"))
    assert [check.operator for check in items(found)[0].checks] == ["equals", "check_salesiness"]
    assert len(warnings(found)) == 2


def test_i7_a_header_alone_is_a_suite_without_tests():
    assert read_csv(TITLES) == []
    assert read_csv(f"{TITLES}\n\n\n") == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "The file is empty"),
        ("\n\n", "The file is empty"),
        ('Test Input\n"never closed', "never closed"),
        ("Test Input,Test Input\n", "twice"),
        ("Test Input\na,b\n", "2 cells, the header 1"),
        ("Test Input,\na,b\n", "no title"),
    ],
)
def test_i7_files_of_a_wrong_shape(text, part):
    assert any(part in each.message for each in errors(read_csv(text)))


def test_i7_missing_cells_at_the_end_are_empty_and_surplus_blank_ones_ignored():
    found = read_csv(table("q", "r,grammar,,,,"))
    assert errors(found) == []
    assert [len(item.checks) for item in items(found)] == [0, 1]


def test_a_row_that_cannot_be_read_blames_no_row_below_it():
    found = read_csv(table("q,grammar,,,x", ",,", ",is_polite,", "r,,"))
    assert places(found) == [(2, "")]
    assert item_rows(found) == [5]


def test_i11_a_hundred_errors_and_more_are_all_found():
    assert len(errors(read_csv(table(*["q,nope,x"] * 250)))) == 250


def test_a_test_of_endless_rows_is_refused_in_flat_memory(monkeypatch):
    monkeypatch.setattr("datasets.formats.suite_parts.MAX_ELEMENT", 100_000)
    found = read_csv(table("q,,", *[",includes,x"] * 1000))
    assert len(errors(found)) == 1
    assert "Split it" in errors(found)[0].message
