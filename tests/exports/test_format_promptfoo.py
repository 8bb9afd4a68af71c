"""The promptfoo tests file: texts that stay texts, and assertions that decide as our checks do."""

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import example, given, settings

from datasets.formats.items import CheckRecord, ItemRecord
from exports.formats.chat import NO_INPUT
from exports.formats.promptfoo import as_text, write
from exports.formats.records import ItemTally
from tests.exports.items import BARE, DATASETS, HOSTILE_TEXTS, RIVER, SNAPSHOT, TEXTS, hostile_items

_STRING = re.compile(r'\{\{ "(\\n|.)" \}\}')


def rendered(template: str) -> str:
    """What promptfoo makes of a template in which only strings stand between braces.

    Anything else that its template language would act upon fails, as do names of files.
    """
    assert not template.startswith(("file:", "package:"))
    template = template.removesuffix("\n")
    written, at = "", 0
    for found in re.finditer(r"\{[{%#]|#\}", template):
        if found.start() < at:
            continue
        string = _STRING.match(template, found.start())
        assert string, f"{template[found.start() :][:40]!r} is markup"
        written += template[at : found.start()] + string[1].replace("\\n", "\n")
        at = string.end()
    return written + template[at:]


def lines(items: Iterable[ItemRecord], title: str = "") -> Any:
    text = "".join(write(items, ItemTally(), title=title))
    return [json.loads(line) for line in text.split("\n")] if text else []


@settings(max_examples=500)
@given(TEXTS)
@example("{\n")
@example("file:\n")
@example("package:{{")
@example("{#}#}{{{%")
def test_every_text_is_rendered_to_itself(text: str) -> None:
    assert rendered(as_text(text)) == text


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("{{ x }}", '{{ "{" }}{ x }}'),
        ("{% x %}", '{{ "{" }}% x %}'),
        ("{# x #}", '{{ "{" }}# x #{{ "}" }}'),
        ("file://x", '{{ "f" }}ile://x'),
        ("package:x", '{{ "p" }}ackage:x'),
        ("two\n\n", 'two\n{{ "\\n" }}'),
        ("{\n", '{{ "{" }}{{ "\\n" }}'),
        ("{ x }} %} plain", "{ x }} %} plain"),
    ],
)
def test_escaping_is_that_of_the_rules(text: str, template: str) -> None:
    assert as_text(text) == template


def test_variables_are_texts_alone_and_render_to_what_was_stored() -> None:
    [test] = lines([RIVER])
    read = {name: rendered(template) for name, template in test["vars"].items()}
    assert read["input"] == RIVER.input
    assert read["expected_output"] == "The Danube"
    assert json.loads(read["history"]) == list(RIVER.history)
    assert json.loads(read["messages"])[-1] == {"role": "user", "content": RIVER.input}
    assert json.loads(read["context"]) == RIVER.context


def test_metadata_is_text_alone_and_finds_the_item_again() -> None:
    [test] = lines([RIVER])
    assert test["metadata"]["case_id"] == "geo-001"
    assert all(isinstance(value, str) for value in test["metadata"].values())
    assert json.loads(test["metadata"]["tags"]) == ["rivers", "easy"]
    assert json.loads(test["metadata"]["checks"]) == [RIVER.checks[0].as_json()]


def test_the_description_is_the_title_and_the_id() -> None:
    assert lines([BARE], "Seas")[0]["description"] == "Seas geo-002"


def test_no_name_of_a_file_stands_where_nothing_is_rendered() -> None:
    [test] = lines([BARE._replace(public_id="file:///etc/hostname")])
    assert test["metadata"]["case_id"] == test["description"] == '"file:///etc/hostname"'


def test_the_expected_output_is_asserted_where_no_check_is() -> None:
    assert lines([RIVER])[0]["assert"] == [{"type": "equals", "value": "The Danube"}]
    assert "assert" not in lines([BARE])[0]


def test_an_item_without_input_is_skipped_and_counted() -> None:
    tally = ItemTally()
    "".join(write([SNAPSHOT, RIVER], tally))
    assert (tally.n_rows, tally.skipped) == (1, {NO_INPUT: 1})


def test_global_checks_stand_behind_the_checks_of_every_test() -> None:
    own = CheckRecord("includes_exactly", "Danube")
    everywhere = (CheckRecord("excludes_exactly", "Elbe"), CheckRecord("grammar"))
    items = [RIVER._replace(checks=(own,)), BARE, RIVER._replace(checks=())]
    text = "".join(write(items, ItemTally(), global_checks=everywhere))
    tests = [json.loads(line) for line in text.split("\n")]
    excludes = {"type": "not-contains", "value": "Elbe"}
    contains = {"type": "contains", "value": "Danube"}
    assert [test["assert"] for test in tests] == [[contains, excludes], [excludes], [excludes]]
    for test in tests:
        assert json.loads(test["metadata"]["checks"]) == [{"operator": "grammar"}]


SCHEMA = '{"type": "object", "properties": {"a": {"items": {"enum": [1]}}}, "required": ["a"]}'


@pytest.mark.parametrize(
    ("check", "assertion"),
    [
        (CheckRecord("includes_exactly", "{{a"), {"type": "contains", "value": '{{ "{" }}{a'}),
        (CheckRecord("excludes_exactly", "b "), {"type": "not-contains", "value": "b "}),
        (
            CheckRecord("equals_exactly", " c\n"),
            {"type": "equals", "value": "c", "transform": "output.trim()"},
        ),
        (CheckRecord("regex", r"^\d{2}$"), {"type": "regex", "value": r"^\d{2}$"}),
        (CheckRecord("valid_json"), {"type": "is-json"}),
        (CheckRecord("matches_json_schema", SCHEMA), {"type": "is-json", "value": SCHEMA}),
        (
            CheckRecord("includes_exactly", "x", weight=3, category="{{c"),
            {"type": "contains", "value": "x", "weight": 3, "metric": '{{ "{" }}{c'},
        ),
    ],
)
def test_a_check_with_an_equal_is_its_assertion(
    check: CheckRecord, assertion: dict[str, Any]
) -> None:
    [test] = lines([RIVER._replace(checks=(check,))])
    assert test["assert"] == [assertion]
    assert test["metadata"]["checks"] == "[]"


@pytest.mark.parametrize(
    "check",
    [
        CheckRecord("includes", "judged"),
        CheckRecord("less_than_length", "5 words"),
        CheckRecord("includes_exactly", "x", extractor="the name"),
        CheckRecord("includes_exactly", "x", conditional_operator="valid_json"),
        CheckRecord("includes_exactly", "x", weight=0),
        CheckRecord("equals_exactly", "  "),
        CheckRecord("regex", r"(?i)x"),
        CheckRecord("matches_json_schema", '{"$ref": "file:///etc/hostname"}'),
        CheckRecord("matches_json_schema", '{"pattern": "x"}'),
        CheckRecord("matches_json_schema", '{"items": [{"type": "string"}]}'),
        CheckRecord("matches_json_schema", '{"properties": {"a": {"format": "date"}}}'),
        CheckRecord("matches_json_schema", "no JSON"),
    ],
)
def test_a_check_without_an_equal_is_kept_in_the_metadata(check: CheckRecord) -> None:
    [test] = lines([BARE._replace(checks=(check,))])
    assert "assert" not in test
    assert json.loads(test["metadata"]["checks"]) == [check.as_json()]


@settings(deadline=None)
@given(DATASETS, TEXTS)
def test_nothing_in_a_test_is_markup_a_list_or_the_name_of_a_file(
    items: list[ItemRecord], title: str
) -> None:
    for test in lines(items, title):
        for template in test["vars"].values():
            rendered(template)
        for assertion in test.get("assert", []):
            rendered(assertion.get("value", ""))
            rendered(assertion.get("metric", ""))
        for text in (test["description"], *test["metadata"].values()):
            assert not text.startswith(("file:", "package:"))


def test_hostile_texts_and_a_megabyte_render_to_what_was_stored() -> None:
    items = [item for item in hostile_items() if item.input.strip()]
    for item, test in zip(items, lines(items), strict=True):
        assert rendered(test["vars"]["input"]) == item.input
        assert rendered(test["assert"][0]["value"]) == item.expected_output
    assert len(items) > len(HOSTILE_TEXTS) - 5
