"""The built-in judge: what words can tell, what they cannot, and that it is never sure."""

import pytest

from datasets.formats.items import CheckRecord, Example
from datasets.operators import OPERATORS
from runs.judging import LexicalJudge, carry_out, right_answer_checks
from runs.judging.lexical import RULES
from runs.judging.words import holds, is_same, normalised
from runs.verdicts import Case, CheckState, Confidence

# Operators whose examples in the help are a matter of words; the others take understanding.
TOLD_BY_WORDS = {"includes_nearly_exactly", "is_not_templated", "capitalized_correctly"}
TOLD_BY_WORDS |= {"affirmative_answer", "negative_answer", "golden_check_format"}

JUDGED = [each for each in OPERATORS.values() if each.needs_judge and not each.is_renamed]
KNOWN = Case(context={"a": 1}, expected="- one", documents={"a.txt": "text"})


def said(slug, output, criteria="", **known):
    check = CheckRecord(slug, criteria)
    outcome = carry_out(check, Case(output=output, **known), LexicalJudge())
    assert outcome.state is CheckState.DONE
    assert outcome.verdict.confidence is Confidence.LOW
    assert outcome.verdict.feedback.endswith(".")
    return outcome.verdict.is_passed


@pytest.mark.parametrize(
    ("slug", "output", "criteria", "is_passed"),
    [
        ("includes", "It is the DANUBE, of course.", "danube", True),
        ("includes", "At the party.", "art", False),
        ("includes", "ｆｕｌｌ　ｗｉｄｔｈ", "full width", True),
        ("includes", "Straße", "STRASSE", True),
        ("includes", "これは日本語です", "日本語", True),
        ("includes", "C++ and C", "C++", True),
        ("includes", "Really?!", "?!", True),
        ("excludes", "The price is 20 euros.", "discount", True),
        ("excludes", "A Discount!", "discount", False),
        ("equals", " the  danube. ", "The Danube", True),
        ("equals", "The Danube, yes", "The Danube", False),
        ("mostly_equals", "The danube", "The Danube", True),
        ("equal_intent", "The danube!", "The Danube", True),
        ("equal_intent", "Another", "The Danube", False),
        ("includes_any", "The North Sea.", "[Baltic Sea], [North Sea]", True),
        ("includes_any", "The Danube.", "[Baltic Sea], [North Sea]", False),
        ("includes_any_v2", "The North Sea.", "Baltic Sea; North Sea", True),
        ("includes_any_v2", "The Danube.", "Baltic Sea; North Sea;", False),
        ("includes_only", "1. The North Sea\n2. the Baltic Sea", "Baltic Sea, North Sea", True),
        ("includes_only", "Baltic Sea, North Sea, Black Sea", "Baltic Sea, North Sea", False),
        ("includes_only", "Baltic Sea", "Baltic Sea, North Sea", False),
        ("includes_nearly_exactly", "Please **call 112** in an emergency", "Call 112 in an "
         "emergency", True),
        ("includes_nearly_exactly", "Cal 112 in an emergncy", "Call 112 in an emergency", True),
        ("includes_nearly_exactly", "112", "Call 112 in an emergency", False),
        ("logical_includes", "Open at six.", "open at SIX", True),
        ("answers", "  ", "", False),
        ("answers", "I don’t know.", "", False),
        ("not_answers", "I would rather not say.", "", True),
        ("is_not_generated", "As an AI, I cannot.", "", False),
    ],
)  # fmt: skip
def test_words_decide_where_they_can(slug, output, criteria, is_passed):
    assert said(slug, output, criteria) is is_passed


def test_words_are_compared_with_the_row():
    hours = {"context": {"hours": "9 to 17"}}
    assert said("consistent_with_context", "We close at 17.", **hours)
    assert not said("consistent_with_context", "We close at 18.", **hours)
    assert not said("consistent_with_context", "We close at five.", **hours)
    assert said("consistent_with_docs", "It costs 3.", documents={"prices": "tea: 3"})
    assert said("consistent_with_json", "2 left", context={"stock": {"n": 2}})
    assert said("golden_check_content", "the danube", expected="The Danube.")
    assert not said("golden_check_content", "the elbe", expected="The Danube.")
    assert said("golden_check_format", "- a\n- b", expected="1. x\n2. y")
    assert not said("golden_check_format", '{"a": 1}', expected="A text.")


@pytest.mark.parametrize("operator", JUDGED, ids=lambda each: each.slug)
def test_every_judged_operator_gets_an_answer_of_low_confidence(operator):
    is_passed = said_of_known(operator, operator.passes)
    assert not said_of_known(operator, operator.fails) or operator.slug not in TOLD_BY_WORDS
    if operator.slug in TOLD_BY_WORDS:
        assert is_passed
    if operator.slug not in RULES and operator.slug != "includes_any_v2":
        assert not is_passed


def said_of_known(operator, output):
    check = CheckRecord(operator.slug, operator.example)
    outcome = carry_out(check, Case(output=output, **_fields(KNOWN)), LexicalJudge())
    assert outcome.state is CheckState.DONE
    assert outcome.verdict.confidence is Confidence.LOW
    return outcome.verdict.is_passed


def _fields(case):
    return {name: getattr(case, name) for name in ("context", "expected", "documents")}


def test_what_words_cannot_tell_does_not_pass_and_says_why():
    verdict = carry_out(CheckRecord("is_polite"), Case(output="Please."), LexicalJudge()).verdict
    assert verdict.is_passed is False
    assert verdict.feedback == (
        "Only words were compared, and they cannot tell this. A person or a model must say "
        "whether: The output is polite."
    )


def test_an_output_that_is_an_example_is_decided_by_it():
    examples = (Example("positive", "Please wait."), Example("negative", "Wait!"))
    check = CheckRecord("is_polite", examples=examples)
    assert carry_out(check, Case(output="please wait"), LexicalJudge()).verdict.is_passed
    assert not carry_out(check, Case(output="WAIT!"), LexicalJudge()).verdict.is_passed


@pytest.mark.parametrize(
    ("slug", "known", "part"),
    [
        ("consistent_with_context", {}, "has no context"),
        ("consistent_with_docs", {}, "has no files"),
        ("consistent_with_docs", {"files": ("a.pdf",)}, "hold no text"),
        ("golden_check_content", {}, "has no right answer"),
        ("includes", {}, "has no criteria"),
        ("nonsense", {}, 'There is no operator "nonsense"'),
    ],
)
def test_nothing_to_compare_with_is_an_error_and_no_verdict(slug, known, part):
    outcome = carry_out(CheckRecord(slug), Case(output="x", **known), LexicalJudge())
    assert outcome.state is CheckState.ERROR
    assert part in outcome.feedback


def test_the_right_answer_makes_three_checks_when_there_is_one():
    assert right_answer_checks(Case()) == right_answer_checks(Case(expected=" \n")) == []
    slugs = [each.operator for each in right_answer_checks(Case(expected="The Danube"))]
    assert slugs == ["golden_check_content", "golden_check_style", "golden_check_format"]


def test_words_are_folded():
    assert normalised("  ÉCOLE—№5,\u200b “ok” ") == "école no5 ok"
    assert holds("don’t", "don't")
    assert is_same("...", "...")
    assert not is_same("...", "!")
    assert not holds("", "a")
