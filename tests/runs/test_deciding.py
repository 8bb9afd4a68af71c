"""The ten operators that need no judge: what passes, what fails, and what nobody can decide."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.operators import OPERATORS, OperatorError

SCHEMA = '{"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}'
REFERRING = (
    '{"$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, '
    '"additionalProperties": false}}, "$ref": "#/$defs/node"}'
)
DEEP = "[" * 101 + "]" * 101

PASSING = {
    "includes_exactly": [
        ("Your Order 66 was sent.", "Order 66"),
        ("Straße", "aß"),
        ("a\nb", "a\nb"),
        ("x", "x"),
        ("日本語です", "本語"),
        ("ends with space ", "space "),
    ],
    "excludes_exactly": [
        ("your order 66", "Order 66"),
        ("", "x"),
        ("Strasse", "ß"),
        ("caf\u0065\u0301", "caf\u00e9"),
        ("space", "space "),
    ],
    "equals_exactly": [
        ("42", "42"),
        ("  42\n", "42"),
        ("42", "\t42 "),
        ("naïve", "naïve"),
        ("a b", "a b"),
    ],
    "regex": [
        ("It opens on 2026-01-15.", r"\d{4}-\d{2}-\d{2}"),
        ("line one\nline two", r"two$"),
        ("ÄÖ", r"^\pL+$"),
        ("anything", r"(?i)ANY"),
        ("", r"^$"),
        ("x\ud800y", r"x.y"),
        ("a" * 50_000, r"(a+)+$"),
    ],
    "less_than_length": [
        ("", "1"),
        ("abcd", "5"),
        ("éééé", "5"),
        ("👍🏽", "3"),
        ("one  two\nthree", "4 words"),
        ("word", " 2 WORDS "),
        ("   ", "1 word"),
    ],
    "valid_json": [
        ('{"river": "Danube"}', ""),
        ("  [1, 2]\n", ""),
        ('"text"', ""),
        ("null", ""),
        ("-1.5e3", ""),
        ('{"k": "日本"}', ""),
    ],
    "valid_yaml": [
        ("river: Danube", ""),
        ("- a\n- b", ""),
        ('{"json": [1, true]}', ""),
        ("---\na: 1\n...\n", ""),
        ("base: &b {x: 1}\nother: {<<: *b, y: 2}", ""),
        ("ключ: значение 👍", ""),
        ("a: |\n  text: with colon\n", ""),
        ("{}", ""),
    ],
    "matches_json_schema": [
        ('{"n": 1}', SCHEMA),
        (' {"n": 1, "more": null}\n', SCHEMA),
        ('{"n": 1.0}', SCHEMA),
        ("[]", "true"),
        ('{"next": {"next": {}}}', REFERRING),
        ('"aab"', '{"pattern": "^(?=a)a+b$"}'),
        ('["ä", "a"]', '{"uniqueItems": true, "items": {"maxLength": 1}}'),
        ("3", '{"$schema": "https://json-schema.org/draft/2020-12/schema", "enum": [3]}'),
    ],
    "list_format": [
        ("- Baltic Sea\n- North Sea", ""),
        ("1. one\n2. two", ""),
        ("1) one\n\n2) two", ""),
        ("Seas:\n* a\n* b", ""),
        ("  • eins\n  • zwei\n\n", ""),
        ("(1) a\n(2) b", ""),
        ("- a\r\n- b\r\nlast", ""),
    ],
    "paragraph_format": [
        ("Two seas come to mind. One is the Baltic.", ""),
        ("First.\n\nSecond.", ""),
        ("3.14 is a number and -5 is cold.\n-5 too.", ""),
        ("#hashtag is no heading", ""),
        ("**bold** begins here", ""),
        ("日本語の文です。", ""),
    ],
}

FAILING = {
    "includes_exactly": [
        ("Your order 66 was sent.", "Order 66"),
        ("", "x"),
        ("caf\u0065\u0301", "caf\u00e9"),
        ("Order  66", "Order 66"),
        ("STRASSE", "Straße"),
    ],
    "excludes_exactly": [
        ("As an AI, I cannot.", "As an AI"),
        ("x", "x"),
        ("über", "ü"),
        ("a\nb", "\nb"),
        ("tab\there", "\there"),
    ],
    "equals_exactly": [
        ("The answer is 42.", "42"),
        ("", "42"),
        ("a  b", "a b"),
        ("ABC", "abc"),
        ("caf\u0065\u0301", "caf\u00e9"),
    ],
    "regex": [
        ("It opens in January.", r"\d{4}"),
        ("one\ntwo", r"^two"),
        ("a\nb", r"a.b"),
        ("ABC", r"abc"),
        ("", r"."),
        ("a" * 50_000 + "b", r"(a+)+$"),
    ],
    "less_than_length": [
        ("a", "1"),
        ("abcde", "5"),
        ("éé", "2"),
        ("   ", "3"),
        ("one two three four", "4 words"),
        ("日本語", "3"),
    ],
    "valid_json": [
        ("{river: Danube}", ""),
        ("", ""),
        ("   ", ""),
        ("[1,]", ""),
        ("NaN", ""),
        ('{"a": 1, "a": 2}', ""),
        ('```json\n{"a": 1}\n```', ""),
        ("{} {}", ""),
        (DEEP, ""),
        ('"\\u0000"', ""),
    ],
    "valid_yaml": [
        ("The river is the Danube.", ""),
        ("", ""),
        ("# only a remark", ""),
        ("42", ""),
        ("a: b: c", ""),
        ("a: [1, 2", ""),
        ("a: 1\na: 2", ""),
        ("a: 1\n---\nb: 2", ""),
        ("a: *nothing", ""),
        ("!!python/object/apply:os.system [ls]", ""),
        ("Dear: {{ name }}", ""),
        ("? [a]\n: b", ""),
        ("a:\tb: \x07", ""),
        ("a: \ud800", ""),
        (DEEP, ""),
    ],
    "matches_json_schema": [
        ('{"m": 1}', SCHEMA),
        ('{"n": "1"}', SCHEMA),
        ("not json", SCHEMA),
        ("", SCHEMA),
        ("[]", "false"),
        ('{"next": {"other": 1}}', REFERRING),
        ('"b"', '{"pattern": "^a"}'),
        ("[1, 1]", '{"uniqueItems": true}'),
        ('{"n": 1, "n": 1}', SCHEMA),
    ],
    "list_format": [
        ("The Baltic Sea and the North Sea.", ""),
        ("", ""),
        ("- only one", ""),
        ("a\nb\n- c\n- d", ""),
        ("-a\n-b", ""),
        ("3.14\n2.71", ""),
        ("\n \n", ""),
    ],
    "paragraph_format": [
        ("# Seas\nText.", ""),
        ("", ""),
        (" \n\t\n", ""),
        ("Text.\n- a", ""),
        ("Text.\n  2) b", ""),
        ("Title\n=====\nText.", ""),
        ("Text.\n• c", ""),
    ],
}


def _rows(table):
    return [(slug, *row) for slug, rows in table.items() for row in rows]


def test_each_deterministic_operator_has_its_cases():
    deciding = {each.slug for each in OPERATORS.values() if each.decide}
    assert deciding == set(PASSING) == set(FAILING)
    assert min(len(rows) for rows in (*PASSING.values(), *FAILING.values())) >= 5


@pytest.mark.parametrize(("slug", "output", "criteria"), _rows(PASSING))
def test_these_outputs_pass(slug, output, criteria):
    assert OPERATORS[slug].decide(output, criteria) == ""


@pytest.mark.parametrize(("slug", "output", "criteria"), _rows(FAILING))
def test_these_outputs_fail_with_a_reason(slug, output, criteria):
    reason = OPERATORS[slug].decide(output, criteria)
    assert reason.endswith(".")
    assert len(reason) < 1_000


@pytest.mark.parametrize("slug", PASSING)
def test_the_examples_of_the_help_are_decided_as_they_say(slug):
    operator = OPERATORS[slug]
    assert operator.decide(operator.passes, operator.example) == ""
    assert operator.decide(operator.fails, operator.example) != ""


@pytest.mark.parametrize(
    ("slug", "criteria", "said"),
    [
        ("includes_exactly", "", "This check has no criteria."),
        ("equals_exactly", " \n", "This check has no criteria."),
        ("regex", "a(", "This is not a regular expression"),
        ("regex", r"(?=a)", "no look-around"),
        ("regex", "a" * 10_001, "longer than 10,000 characters"),
        ("regex", "a\ud800", "This is not a regular expression"),
        ("less_than_length", "many", "Write 200 for characters"),
        ("less_than_length", "-3", "Write 200 for characters"),
        ("less_than_length", "0", "Write 200 for characters"),
        ("matches_json_schema", "{", "The schema cannot be read."),
        ("matches_json_schema", '{"type": "text"}', "This is not a JSON Schema"),
        ("matches_json_schema", '{"pattern": "("}', "This is not a JSON Schema"),
        ("matches_json_schema", '{"$ref": "http://127.0.0.1:1/x"}', "nothing is fetched"),
        ("matches_json_schema", '{"$ref": "file:///etc/passwd"}', "nothing is fetched"),
        ("matches_json_schema", '{"$ref": "#/$defs/none"}', "which is not in it"),
        ("matches_json_schema", '{"$ref": "#"}', "leads round in a circle"),
    ],
)
def test_criteria_that_cannot_be_used_are_an_error_and_no_verdict(slug, criteria, said):
    with pytest.raises(OperatorError) as refused:
        OPERATORS[slug].decide('{"a": 1}', criteria)
    assert said in str(refused.value)


YAML_LIKE = st.lists(
    st.sampled_from(
        [
            "a",
            "b",
            ": ",
            "- ",
            "\n",
            "  ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "&x ",
            "*x",
            "'",
            '"',
            "#",
            "|",
            "? ",
            "!!str ",
            "!t ",
            "---\n",
            "...",
            "<<",
            "1",
            "é",
            "> ",
            "\t",
            "%",
            "@",
            "null",
        ]
    ),
    max_size=25,
).map("".join)


@given(YAML_LIKE)
@settings(max_examples=2_000, deadline=None)
def test_what_is_yaml_agrees_with_the_safe_loader(text):
    """Two keys alike are refused here; an odd value of a standard tag is refused by the loader."""
    reason = OPERATORS["valid_yaml"].decide(text, "")
    loaded = loaded_or_error(text)
    if reason:
        assert not isinstance(loaded, dict | list) or "stands twice" in reason
    else:
        odd = yaml.constructor.ConstructorError | ValueError
        assert isinstance(loaded, dict | list | set | odd)


def loaded_or_error(text):
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        return error


@given(st.text(max_size=200), st.sampled_from(sorted(PASSING)))
@settings(max_examples=500, deadline=None)
def test_any_output_gets_a_verdict(output, slug):
    operator = OPERATORS[slug]
    assert isinstance(operator.decide(output, operator.example), str)
