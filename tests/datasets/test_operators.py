"""The table of operators, and what criteria each of them takes."""

import html
import re
from pathlib import Path

import pytest

from datasets.operators import OPERATORS, choices, criteria, find, operator_fault, retired_remark
from tests.datasets_made import make_dataset

DETERMINISTIC = {
    *("includes_exactly", "excludes_exactly", "equals_exactly", "regex", "less_than_length"),
    *("valid_json", "valid_yaml", "matches_json_schema", "list_format", "paragraph_format"),
}
CONTRACT = Path(__file__).parents[3] / "shared" / "spec" / "formats.md"


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_every_operator_is_explained_with_an_output_that_passes_and_one_that_fails(operator):
    assert operator.label
    assert operator.category
    assert operator.help.endswith(".")
    assert operator.passes != operator.fails
    assert bool(operator.example) is not operator.is_unary
    assert operator.fault(operator.example) == ""
    assert operator.is_renamed <= operator.is_retired
    assert bool(operator.remedy) >= (not operator.is_importable)


def test_exactly_the_ten_deterministic_operators_need_no_judge():
    assert {each.slug for each in OPERATORS.values() if each.is_deterministic} == DETERMINISTIC


def test_the_table_is_that_of_the_contract():
    if not CONTRACT.exists():
        pytest.skip("the contract is not beside this checkout")
    table = CONTRACT.read_text().split("### 2.2")[1].split("### 2.3")[0]
    said = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        names = re.findall(r"`(\w+)`", cells[1]) if len(cells) > 5 else []
        said |= {name: (cells[3].startswith("yes"), cells[4] == "yes") for name in names}
    said |= {f"golden_check_{part}": (True, True) for part in ("style", "format")}
    del said["_style"], said["_format"]
    assert said == {each.slug: (each.is_unary, each.needs_judge) for each in OPERATORS.values()}


def test_operators_are_found_whatever_their_case():
    assert find(" Includes_Exactly ").slug == "includes_exactly"
    assert operator_fault("GRAMMAR") == ""


def test_an_unknown_operator_gets_a_proposal():
    assert operator_fault("incldes") == ('There is no operator "incldes". Did you mean "includes"?')
    assert 'such as "includes"' in operator_fault("zzzzzz")
    assert find("zzzzzz") is None


@pytest.mark.parametrize("slug", ["mostly_equals", "legacy_equals"])
def test_older_equals_are_read_as_equals_with_a_remark(slug):
    assert find(slug).slug == "equals"
    assert operator_fault(slug) == ""
    assert retired_remark(slug) == f'"{slug}" is retired: it is read as "equals".'


@pytest.mark.parametrize(
    "slug", ["includes_any", "capitalized_correctly", "is_not_templated", "check_salesiness"]
)
def test_other_retired_operators_still_work_and_are_not_offered(slug):
    assert find(slug).slug == slug
    assert retired_remark(slug).startswith(f'"{slug}" is retired: it still works.')
    assert slug not in {each.slug for each in choices()}
    assert retired_remark("includes") == ""


@pytest.mark.parametrize(
    "slug",
    ["golden_check_content", "golden_check_style", "golden_check_format", "custom_operator"],
)
def test_operators_that_the_platform_adds_itself_cannot_be_named(slug):
    assert f'The operator "{slug}" cannot be named in a file.' in operator_fault(slug)


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_criteria_are_needed_unless_the_operator_is_unary(empty):
    assert 'The operator "includes" needs criteria.' in find("includes").fault(empty)
    assert find("grammar").fault(empty) == ""
    assert find("grammar").fault("anything") == ""


@pytest.mark.parametrize("pattern", ["a+", "(?i)x", r"\bday\b", "[", "(a)\\1", "(?=a)", "a{2000}"])
def test_patterns_are_those_of_re2(pattern, capfd):
    fault = find("regex").fault(pattern)
    assert bool(fault) is (pattern in {"[", "(a)\\1", "(?=a)", "a{2000}"})
    if fault:
        assert "RE2" in fault
        assert "look-around" in fault
    assert capfd.readouterr() == ("", "")


def test_a_pattern_that_would_explode_elsewhere_is_searched_at_once():
    assert criteria.pattern("(a+)+$").search("a" * 50_000 + "b") is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("200", (200, False)),
        (" 40 words ", (40, True)),
        ("1 Word", (1, True)),
        ("0", None),
        ("-1", None),
        ("2.5", None),
        ("ten", None),
        ("40 letters", None),
        ("٤", None),
        ("9" * 30, None),
    ],
)
def test_a_length_is_a_number_of_characters_or_of_words(text, length):
    assert criteria.read_length(text) == length
    assert bool(find("less_than_length").fault(text)) is (length is None)


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        ('{"type": "object"}', ""),
        ("true", ""),
        ('{"type": "thing"}', "at type"),
        ("5", "is not a JSON Schema"),
        ("{", "cannot be read"),
        ('{"type": "object", "type": "array"}', "stands twice"),
        ('{"pattern": "("}', "at pattern"),
        ('{"not": ' * 90 + "{}" + "}" * 90, ""),
        ('{"not": ' * 5000 + "{}" + "}" * 5000, "100 levels"),
        (f'"{"x" * 1_000_001}"', "Shorten it"),
    ],
)
def test_a_schema_is_one_of_draft_2020_12(schema, part):
    fault = find("matches_json_schema").fault(schema)
    assert part in fault
    assert bool(fault) is bool(part)


@pytest.mark.parametrize("place", ["checks", "items/new"])
@pytest.mark.django_db
def test_where_checks_are_edited_every_operator_is_explained_with_both_examples(
    cast, sign_in, place
):
    dataset = make_dataset(owner=cast.eva, items=1)
    page = sign_in(cast.eva).get(f"/t/lighthouse/datasets/{dataset.pk}/{place}/").content.decode()
    shown = {
        slug: html.unescape(said)
        for slug, said in re.findall(
            r'<template data-help-of="(\w+)"[^>]*>(.*?)</template>', page, re.DOTALL
        )
    }
    for operator in OPERATORS.values():
        for said in (operator.help, operator.given, operator.passes, operator.fails):
            assert said in shown[operator.slug]
