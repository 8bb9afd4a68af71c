"""The built-in judge: compares words, knows no meaning, and says so by a low confidence, always.

Where words cannot tell, the check does not pass: nothing counts as shown that nobody has read.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from datasets.operators import OPERATORS
from runs.judging import words
from runs.judging.output_schema import OutputSchema
from runs.judging.questions import NO_JUDGE, JudgeQuestion
from runs.prompting import Template, full_history, shown
from runs.verdicts import Case, CheckError, Confidence, Verdict, failed, passed

Finding = tuple[bool, str]  # whether it passes, and what was seen
_OPTION = re.compile(r"\[([^\[\]]*)\]")
_ITEMS = re.compile(r"[;,\n]")
_SMALL_WORDS = frozenset(
    ["a", "an", "and", "are", "as", "both", "is", "it", "or", "the", "they"]  # noqa: RUF005
    + ["und", "oder", "der", "die", "das"]
)
_YES = ("yes", "yeah", "yep", "sure", "certainly", "of course", "absolutely", "definitely", "ja")
_NO = ("no", "nope", "never", "not", "i am afraid not", "i m afraid not", "unfortunately", "nein")
_REFUSALS = (
    *("i do not know", "i don t know", "i cannot answer", "i can t answer", "i cannot help"),
    *("i can t help", "i would rather not", "i d rather not", "i am not able to answer"),
)
_MACHINE = ("as an ai", "as a large language model", "as a language model", "as an artificial")
_UNFILLED = re.compile(
    r"\{\{?\s*[A-Za-z][\w .]*\}|\[(?i:your|insert|name|first|last|company|date)\b[^\]\n]*\]"
    r"|<[A-Z][A-Z_ ]+>|(?i:lorem ipsum)"
)
_SMALL_BEGINNING = re.compile(r"(?:\A|[.!?]\s+)([a-zß-öø-ÿ]\w*)")
_SHAPES = ("valid_json", "list_format", "paragraph_format", "valid_yaml")


class LexicalJudge:
    """Matches normalised words; for what words cannot tell it fails the check and says why."""

    name = "lexical"

    def judge(self, question: JudgeQuestion) -> Verdict:
        finding = _by_example(question)
        rule = RULES.get(question.operator.slug)
        if finding is None and rule is not None:
            finding = rule(question)
        if finding is None:
            return failed(
                "Only words were compared, and they cannot tell this. A person or a model must "
                f"say whether: {question.operator.help}",
                confidence=Confidence.LOW,
            )
        is_passed, seen = finding
        say = passed if is_passed else failed
        return say(f"Only words were compared: {seen}.", confidence=Confidence.LOW)

    def extract(self, prompt: str, case: Case) -> str:
        raise CheckError(f"The extraction prompt {NO_JUDGE}")

    def evaluate(self, template: Template, case: Case, schema: OutputSchema) -> Verdict:
        raise CheckError(f"This evaluator {NO_JUDGE}")


def _by_example(question: JudgeQuestion) -> Finding | None:
    """An output that is one of the check's examples is decided by it."""
    for example in question.examples:
        if words.is_same(question.case.output, example.text):
            is_positive = example.type == "positive"
            return is_positive, f"it is an example that {'passes' if is_positive else 'fails'}"
    return None


def _includes(question: JudgeQuestion) -> Finding:
    is_there = words.holds(question.case.output, question.criteria)
    return is_there, f"the criteria are {'' if is_there else 'not '}in the output"


def _excludes(question: JudgeQuestion) -> Finding:
    is_there, seen = _includes(question)
    return not is_there, seen


def _equals(question: JudgeQuestion) -> Finding:
    is_same = words.is_same(question.case.output, question.criteria)
    return is_same, f"the output is {'' if is_same else 'not '}the criteria"


def _equals_or_unknown(question: JudgeQuestion) -> Finding | None:
    finding = _equals(question)
    return finding if finding[0] else None


def _includes_any(question: JudgeQuestion) -> Finding:
    options = _OPTION.findall(question.criteria) or _ITEMS.split(question.criteria)
    for option in options:
        if option.strip() and words.holds(question.case.output, option):
            return True, f'"{option.strip()[:200]}" is in the output'
    return False, "none of the options is in the output"


def _includes_only(question: JudgeQuestion) -> Finding:
    items = [part for part in map(words.normalised, _ITEMS.split(question.criteria)) if part]
    rest = f" {words.normalised(question.case.output)} "
    for item in sorted(items, key=len, reverse=True):
        if f" {item} " not in rest:
            return False, f'"{item[:200]}" is not in the output'
        rest = rest.replace(f" {item} ", " ")
    others = [word for word in rest.split() if word not in _SMALL_WORDS and not word.isdecimal()]
    if others:
        return False, f'the output says more than the items: "{" ".join(others)[:200]}"'
    return True, "the output holds the items and nothing else"


def _includes_nearly(question: JudgeQuestion) -> Finding | None:
    near = words.is_near(question.case.output, question.criteria)
    if near is None:
        return None
    return near >= words.NEAR, f"the nearest passage is {near:.0f} % the same"


def _answers(question: JudgeQuestion) -> Finding | None:
    output = question.case.output
    if not output.strip():
        return False, "the output is empty"
    refusal = next((each for each in _REFUSALS if words.holds(output, each)), "")
    return (False, f'the output says "{refusal}"') if refusal else None


def _not_answers(question: JudgeQuestion) -> Finding | None:
    finding = _answers(question)
    return (True, finding[1]) if finding else None


def _begins(output: str, phrases: tuple[str, ...]) -> str:
    said = f"{words.normalised(output)} "
    return next((each for each in phrases if said.startswith(f"{each} ")), "")


def _affirmative(question: JudgeQuestion) -> Finding | None:
    for phrases, is_yes in ((_YES, True), (_NO, False)):
        if found := _begins(question.case.output, phrases):
            return is_yes, f'the output begins with "{found}"'
    return None


def _negative(question: JudgeQuestion) -> Finding | None:
    finding = _affirmative(question)
    return (not finding[0], finding[1]) if finding else None


def _not_templated(question: JudgeQuestion) -> Finding:
    found = _UNFILLED.search(question.case.output)
    if found:
        return False, f'"{found[0][:200]}" looks like a place that was to be filled in'
    return True, "nothing looks like a place that was to be filled in"


def _not_generated(question: JudgeQuestion) -> Finding | None:
    found = next((each for each in _MACHINE if words.holds(question.case.output, each)), "")
    return (False, f'the output says "{found}"') if found else None


def _capitalised(question: JudgeQuestion) -> Finding:
    found = _SMALL_BEGINNING.search(question.case.output)
    if found:
        return False, f'a sentence begins with "{found[1][:50]}"'
    return True, "no sentence begins with a small letter"


def _agrees(question: JudgeQuestion) -> Finding | None:
    """Numbers are all that words can tell: one that stands in no source was not taken from it."""
    said = words.numbers(question.case.output)
    if not said:
        return None
    asked = full_history(Case(input=question.case.input, history=question.case.history))
    known = words.numbers("\n".join([asked, *map(shown, question.sources.values())]))
    if strange := sorted(said - known):
        return False, f"the number {strange[0][:50]} is in no source"
    return True, "every number of the output is in a source"


def _right_content(question: JudgeQuestion) -> Finding:
    is_same = words.is_same(question.case.output, question.right_answer)
    return is_same, f"the output is {'' if is_same else 'not '}the right answer"


def _right_format(question: JudgeQuestion) -> Finding:
    shape, wanted = _shape(question.case.output), _shape(question.right_answer)
    if shape == wanted:
        return True, "both have the same shape"
    return False, f"the right answer {_said(wanted)}, the output {_said(shape)}"


def _shape(text: str) -> str:
    for slug in _SHAPES:
        decide = OPERATORS[slug].decide
        if decide is not None and not decide(text, ""):
            return slug
    return ""


def _said(shape: str) -> str:
    return OPERATORS[shape].label.lower() if shape else "has a shape of its own"


RULES: dict[str, Callable[[JudgeQuestion], Finding | None]] = {
    "includes": _includes,
    "excludes": _excludes,
    "equals": _equals,
    "equal_intent": _equals_or_unknown,
    "includes_any": _includes_any,
    "includes_only": _includes_only,
    "logical_includes": _includes,
    "includes_nearly_exactly": _includes_nearly,
    "answers": _answers,
    "not_answers": _not_answers,
    "affirmative_answer": _affirmative,
    "negative_answer": _negative,
    "is_not_templated": _not_templated,
    "is_not_generated": _not_generated,
    "capitalized_correctly": _capitalised,
    "consistent_with_context": _agrees,
    "consistent_with_docs": _agrees,
    "consistent_with_json": _agrees,
    "golden_check_content": _right_content,
    "golden_check_format": _right_format,
}
