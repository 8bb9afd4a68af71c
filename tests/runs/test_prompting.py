"""Prompts with variables: what they may name, what stays literal, what is refused and where."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.prompting import MAX_TEMPLATE, Template, TemplateFault, parse, variables
from runs.verdicts import Case

CASE = Case(
    input="Which river crosses Vienna?",
    output="The {input.content} Danube.",
    expected="The Danube",
    context={"topic": "rivers", "deep": {"n": 3, "list": [1, "é"]}, "billing.plan": "gold"},
    participant_data={"name": "Jane"},
    session_state={"step": None, "is_new": True},
    history=[{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}],
    summary="A talk.",
)


def rendered(text, case=CASE):
    return parse(text, "message").render(case)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("No variable.", "No variable."),
        ("{input.content}", "Which river crosses Vienna?"),
        ("{ input.content }", "Which river crosses Vienna?"),
        ("[{expected.content}]", "[The Danube]"),
        ("{history}", "user: Hello\nassistant: Hi"),
        ("{summary}", "A talk."),
        ("{context.topic}/{participant_data.name}", "rivers/Jane"),
        ("{context.deep}", '{"n": 3, "list": [1, "é"]}'),
        ("{context.deep.n}", "3"),
        ("{context.deep.list.0}", ""),
        ("{context.billing.plan}", "gold"),
        ("{context.none}{context.topic.more}{session_state.step}", ""),
        ("{session_state.is_new}", "true"),
        ("{{input.content}}", "{input.content}"),
        ("{{{input.content}}}", "{Which river crosses Vienna?}"),
        ("{{}} }} {{", "{} } {"),
        ('{"verdict": "pass", "of": {"n": {}}}', '{"verdict": "pass", "of": {"n": {}}}'),
        ('{{"verdict": {{"n": 1}}}}', '{"verdict": {"n": 1}}'),
        ('{"a": {{"b": 1}}, "c": {summary}}', '{"a": {"b": 1}, "c": A talk.}'),
        ('{"q":{"x":{expected.content}}}', '{"q":{"x":The Danube}}'),
        ("{input: 1, output: 2}", "{input: 1, output: 2}"),
        ("{1, 2} {} { } {a, b} {color: red}", "{1, 2} {} { } {a, b} {color: red}"),
        ("function () { return 1; }", "function () { return 1; }"),
    ],
)
def test_variables_are_filled_and_other_braces_stay(text, expected):
    assert rendered(text) == expected


def test_what_is_filled_in_is_not_read_again():
    assert rendered("{output.content}") == "The {input.content} Danube."


def test_the_full_history_ends_with_the_exchange_and_of_a_session_is_its_transcript():
    assert rendered("{full_history}").splitlines()[1:] == [
        "assistant: Hi",
        "user: Which river crosses Vienna?",
        "assistant: The {input.content} Danube.",
    ]
    session = parse("{full_history}", "session").render(Case(summary="user: Hello"))
    assert session == "user: Hello"


@pytest.mark.parametrize(
    ("text", "place", "part"),
    [
        ("Say {input.__class__}", (4, 21), "There is no variable {input.__class__}"),
        ("{input}", (0, 7), "Did you mean"),
        ("{input.contnt}", (0, 14), "Did you mean {input.content}?"),
        ("{question}", (0, 10), "There are {input.content}, "),
        ("{input.content.x}", (0, 17), "There is no variable"),
        ("{input.content!r}", (0, 17), "There is no variable"),
        ("{input.content:>10}", (0, 19), "There is no variable"),
        ("{input[content]}", (0, 16), "There is no variable"),
        ("{summary.x}", (0, 11), "There is no variable"),
        ("{history of it}", (0, 15), "There is no variable"),
        ("{context.__class__}", (0, 19), "no key that a row can have"),
        ("{context.a.__init__.__globals__}", (0, 32), "no key that a row can have"),
        ("{context.a..b}", (0, 14), "no key that a row can have"),
        ("{context}", (0, 9), "Which value of context?"),
        ("{context.}", (0, 10), "Which value of context?"),
        ("{context." + "a." * 20 + "a}", (0, 51), "more than 20 keys"),
        ("ab {input.content", (3, 17), "never closed"),
        ("{input.content {summary}", (0, 15), "never closed"),
        ("a { b", (2, 3), "This brace is never closed."),
        ("a } b", (2, 3), "This brace closes nothing."),
        ('{"a": 1}}', (8, 9), "This brace closes nothing."),
        ('{"a": {"b": 1}', (0, 1), "This brace is never closed."),
        ("a\x00b", (1, 2), "cannot be stored"),
    ],
)
def test_i18_what_cannot_be_used_is_refused_at_its_place(text, place, part):
    with pytest.raises(TemplateFault) as refused:
        parse(text, "message")
    assert (refused.value.start, refused.value.end) == place
    assert part in refused.value.message


@pytest.mark.parametrize("piece", ["a", "{", "}", "{{", "{input.content}", "{input.", '{"'])
def test_i18_a_megabyte_is_refused_at_once(piece):
    text = piece * (1_000_000 // len(piece))
    with pytest.raises(TemplateFault, match="longer than 100,000 characters") as refused:
        parse(text, "message")
    assert (refused.value.start, refused.value.end) == (MAX_TEMPLATE, len(text))


def test_rows_of_sessions_have_no_single_exchange():
    with pytest.raises(TemplateFault, match=r"Write \{full_history\}"):
        parse("{output.content}", "session")
    assert "input.content" not in {each.name for each in variables("session")}
    assert len(variables("message")) == len(variables("session")) + 2


@pytest.mark.parametrize("level", ["message", "session"])
def test_the_example_of_each_variable_can_be_used(level):
    for each in variables(level):
        assert len(parse(each.example, level).names) == 1


def test_names_are_given_once_in_their_order():
    text = "{summary} {context.a.b} {summary} {input.content}"
    assert parse(text, "message").names == ("summary", "context.a.b", "input.content")


def test_with_a_mark_each_value_stands_between_tags():
    said = parse("Rate: {summary}", "message").render(CASE, mark="ab12")
    assert said == "Rate: <material-ab12>\nA talk.\n</material-ab12>"


FRAGMENTS = st.sampled_from(
    [
        "{",
        "}",
        "{{",
        "}}",
        "input",
        "context",
        ".",
        "__class__",
        "content",
        ":",
        "!r",
        "[0]",
        '"',
        "history",
        "é",
        "0",
        "{input.content}",
        "{context.a}",
        "(",
        ")",
        "%s",
        "$x",
        " ",
        "\n",
    ]
)
HOSTILE = st.one_of(st.text(max_size=300), st.lists(FRAGMENTS, max_size=40).map("".join))
PLAIN = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3),
)


@given(HOSTILE, st.sampled_from(["message", "session"]))
@settings(max_examples=1_000, deadline=None)
def test_any_text_is_a_template_or_a_fault_with_its_place(text, level):
    read = read_or_fault(text, level)
    if isinstance(read, TemplateFault):
        assert 0 <= read.start < read.end <= len(text)
        assert read.message.endswith((".", "?"))
    else:
        assert isinstance(read.render(CASE), str)


def read_or_fault(text, level) -> Template | TemplateFault:
    try:
        return parse(text, level)
    except TemplateFault as fault:
        return fault


@given(HOSTILE)
@settings(max_examples=300, deadline=None)
def test_values_are_never_evaluated(text):
    case = Case(input=text, context={"a": text})
    assert rendered("<{input.content}|{context.a}>", case) == f"<{text}|{text}>"


@given(JSON, st.sampled_from([None, 2]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_json_stays_as_it_is_written(value, indent, is_compact):
    text = json.dumps(value, indent=indent, separators=(",", ":") if is_compact else None)
    if "\\u0000" not in text:
        assert rendered(f"Reply {text} on {{summary}}") == f"Reply {text} on A talk."


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200))
@settings(max_examples=300, deadline=None)
def test_doubled_braces_say_any_text(text):
    assert rendered(text.replace("{", "{{").replace("}", "}}")) == text
