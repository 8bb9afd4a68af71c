"""Section 2.3 of the contract: a suite as JSON, and what must hold for any bytes."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.formats import reading, suite_csv, suite_json
from datasets.formats.items import CheckRecord, Example, SuiteTitle
from datasets.formats.options import ReadOptions
from tests.datasets.suite_files import (
    TITLES,
    errors,
    global_checks,
    item_rows,
    items,
    places,
    read_csv,
    read_json,
    warnings,
)

TEST = {"input_under_test": "q"}
CONTRACT = {
    "title": "Geography basics",
    "description": "Small demo suite",
    "global_checks": [{"operator": "grammar", "criteria": "", "modifiers": {}}],
    "tests": [
        {
            "id": "geo-001",
            "input_under_test": "Which river crosses Vienna?",
            "right_answer": "The Danube",
            "tags": ["rivers", "easy"],
            "context": {"date": "2026-01-15", "audience": "pupils"},
            "files_under_test": ["documents/map.pdf"],
            "checks": [
                {
                    "operator": "includes",
                    "criteria": "Danube",
                    "modifiers": {
                        "severity": 2,
                        "category": "Correctness",
                        "extractor": "the river named in the answer",
                        "conditional": {"operator": "answers", "criteria": ""},
                        "examples": [
                            {"type": "positive", "text": "It is the Danube."},
                            {"type": "negative", "text": "It is the Elbe."},
                        ],
                    },
                },
                {"operator": "excludes_exactly", "criteria": "Elbe", "modifiers": {}},
            ],
        }
    ],
}


def check(**said):
    return {**TEST, "checks": [{"operator": "includes", "criteria": "x", **said}]}


def modified(**said):
    return check(modifiers=said)


@pytest.mark.parametrize("indent", [None, 2])
def test_the_file_of_the_contract(indent):
    found = read_json(json.dumps(CONTRACT, indent=indent).encode())
    assert errors(found) == []
    assert global_checks(found) == [CheckRecord("grammar")]
    assert SuiteTitle("Geography basics", "Small demo suite") in found
    (item,) = items(found)
    assert (item.public_id, item.expected_output) == ("geo-001", "The Danube")
    assert (item.tags, item.files) == (("rivers", "easy"), ())
    assert item.context == {"date": "2026-01-15", "audience": "pupils"}
    assert item.checks == (
        CheckRecord(
            *("includes", "Danube", 2, "Correctness", "the river named in the answer"),
            *("answers", ""),
            (Example("positive", "It is the Danube."), Example("negative", "It is the Elbe.")),
        ),
        CheckRecord("excludes_exactly", "Elbe"),
    )


@pytest.mark.parametrize(
    "data",
    [
        b'{"tests": [{"input_under_test": "q"}, {"input_under_test": "r"}]}',
        b'{"description": "x", "tests": [{"input_under_test":"q"},{"input_under_test":"r"}]}',
        b'[{"input_under_test": "q"}, {"input_under_test": "r"}]',
        b'{"input_under_test": "q"}\n{"input_under_test": "r"}\n',
    ],
)
def test_tests_come_in_several_shapes(data):
    found = read_json(data)
    assert errors(found) == warnings(found) == []
    assert [item.input for item in items(found)] == ["q", "r"]
    assert item_rows(found) == [1, 2]


def test_one_test_alone_is_a_suite_of_one():
    assert [item.input for item in items(read_json(TEST))] == ["q"]


def test_global_checks_without_tests_are_fine():
    found = read_json({"global_checks": [{"operator": "grammar"}]})
    assert (errors(found), len(global_checks(found))) == ([], 1)


def test_a_suite_whose_tests_come_late_is_read_too(monkeypatch):
    monkeypatch.setattr(reading, "SAMPLE", 64)
    data = json.dumps({"description": "x" * 200, "tests": [TEST, {"id": "a"}]}, indent=1).encode()
    found = read_json(data)
    assert item_rows(found) == [1]
    assert places(found) == [(2, "input_under_test")]


def test_golden_output_is_an_older_name_of_right_answer():
    assert items(read_json([{**TEST, "golden_output": "a"}]))[0].expected_output == "a"
    both = {**TEST, "golden_output": "a", "right_answer": "a"}
    assert items(read_json([both]))[0].expected_output == "a"
    assert places(read_json([{**both, "right_answer": "b"}])) == [(1, "golden_output")]


def test_files_may_be_names_or_objects_and_are_ignored_outside_of_a_zip():
    files = ["a.pdf", {"file_name": "b.pdf"}, {"file_name": "c", "path": "documents/c"}]
    found = read_json([{**TEST, "files_under_test": files}])
    assert (errors(found), items(found)[0].files) == ([], ())
    assert "not inside of a ZIP" in warnings(found)[0].message


def test_unknown_keys_are_ignored_with_a_warning_once_a_file():
    found = read_json([{**TEST, "colour": 1}, {**check(), "colour": 1}, modified(colour=1)])
    assert errors(found) == []
    assert [each.column for each in warnings(found)] == ["colour", "checks[0].modifiers.colour"]
    assert [each.column for each in warnings(read_json({"tests": [TEST], "owner": 1}))] == ["owner"]


@pytest.mark.parametrize("key", ["id", "right_answer", "tags", "context", "checks"])
def test_null_is_not_said(key):
    assert errors(read_json([{**TEST, key: None}])) == []


def test_criteria_and_modifiers_may_be_missing_or_null():
    for said in ({}, {"criteria": None, "modifiers": None}, {"modifiers": {"conditional": None}}):
        found = read_json([{**TEST, "checks": [{"operator": "grammar", **said}]}])
        assert (errors(found), len(items(found)[0].checks)) == ([], 1)


def test_context_keeps_the_types_of_its_values():
    context = {"n": 1, "x": None, "list": [1, {"a": True}], "text": "[1]"}
    assert items(read_json([{**TEST, "context": context}]))[0].context == context


@pytest.mark.parametrize(
    ("test", "column", "part"),
    [
        (1, "", "A test must be an object"),
        ({"input_under_test": " "}, "input_under_test", "is missing"),
        ({"input_under_test": 1}, "input_under_test", "must be text"),
        ({**TEST, "id": 7}, "id", "must be text"),
        ({**TEST, "id": "x" * 65}, "id", "longer than 64"),
        ({**TEST, "tags": "a"}, "tags", "must be a list"),
        ({**TEST, "tags": [1]}, "tags[0]", "must be text"),
        ({**TEST, "context": []}, "context", "must be an object"),
        ({**TEST, "context": {"__proto__": 1}}, "context.__proto__", "cannot be used"),
        ({**TEST, "context": {"a": [{"": 1}]}}, "context.a[0].", "empty key"),
        ({**TEST, "checks": {}}, "checks", "must be a list"),
        ({**TEST, "checks": [1]}, "checks[0]", "must be an object"),
        ({**TEST, "files_under_test": "a"}, "files_under_test", "must be a list"),
        ({**TEST, "files_under_test": [1]}, "files_under_test[0]", "must be its name"),
        ({**TEST, "files_under_test": [{}]}, "files_under_test[0]", "is empty"),
        (check(operator="nope"), "checks[0].operator", "no operator"),
        (check(operator=1), "checks[0].operator", "must be text"),
        (check(criteria=""), "checks[0].criteria", "needs criteria"),
        (check(modifiers=[]), "checks[0].modifiers", "must be an object"),
        (modified(severity="2"), "checks[0].modifiers.severity", "must be a number"),
        (modified(severity=True), "checks[0].modifiers.severity", "must be a number"),
        (modified(severity=1.5), "checks[0].modifiers.severity", "no whole number"),
        (modified(severity=1001), "checks[0].modifiers.severity", "between 0 and 1000"),
        (modified(examples=[1]), "checks[0].modifiers.examples[0]", "must be an object"),
        (
            modified(examples=[{"type": "good", "text": "x"}]),
            "checks[0].modifiers.examples[0].type",
            "positive or negative",
        ),
        (
            modified(conditional={"operator": "includes"}),
            "checks[0].modifiers.conditional.criteria",
            "needs criteria",
        ),
        (
            modified(conditional={"criteria": "x"}),
            "checks[0].modifiers.conditional.criteria",
            "no Conditional Operator",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_path(test, column, part):
    found = read_json([TEST, test])
    assert places(found) == [(2, column)]
    assert part in errors(found)[0].message


def test_faults_around_the_tests_have_no_row():
    found = read_json({"title": 1, "global_checks": [{"operator": "x"}], "tests": [TEST]})
    assert places(found) == [(None, "title"), (None, "global_checks[0].operator")]
    assert places(read_json({"global_checks": {}, "tests": {}})) == [
        *((None, "tests"), (None, "global_checks"))
    ]


def test_an_id_twice_is_an_error():
    assert places(read_json([{**TEST, "id": "a"}, {**TEST, "id": "A"}])) == [(2, "id")]


def test_two_suites_in_one_file_are_refused():
    found = read_json(b'{"title": "a", "tests": []}\n{"title": "b", "tests": []}\n')
    assert errors(found)


def test_an_empty_file_is_refused():
    assert "Choose a file that holds tests" in errors(read_json(b""))[0].message


# Nothing makes a reader raise


KEYS = ["title", "global_checks", "tests", "id", "input_under_test", "right_answer", "tags"]
KEYS += ["golden_output", "context", "files_under_test", "checks", "operator", "criteria", "path"]
KEYS += ["modifiers", "severity", "conditional", "examples", "type", "text", "file_name", ""]
WORDS = st.sampled_from(["includes", "grammar", "regex", "positive", "(", "2", "\0", "\ud800", ""])
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=25,
)
CELLS = st.sampled_from(
    [*TITLES.split(","), "includes", "grammar", "x", "1", "positive", "", "'=1"]
)
ROW = st.lists(CELLS | st.text(max_size=4), max_size=17).map(",".join)


def assert_sound(found):
    for each in found:
        if not isinstance(each, tuple):
            assert each.message
            f"{each.column}{each.message}".encode()


@settings(max_examples=150, deadline=None)
@given(VALUE)
def test_i19_any_json_is_read_or_refused(value):
    assert_sound(read_json(json.dumps(value).encode()))
    assert_sound(read_json({"tests": [value], "global_checks": value}))


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, max_size=8), st.booleans())
def test_i19_any_csv_is_read_or_refused(rows, is_headed):
    assert_sound(read_csv("\n".join([TITLES] * is_headed + rows).encode("utf-8", "replace")))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_i19_any_bytes_are_read_or_refused(data):
    for read in (suite_csv.read, suite_json.read):
        assert_sound(read(io.BytesIO(data), options=ReadOptions()))
        assert_sound(read(io.BytesIO(TITLES.encode() + b"\n" + data), options=ReadOptions()))
