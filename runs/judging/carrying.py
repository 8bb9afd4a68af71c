"""One check of one row, carried out: condition, extraction, then the function or the judge."""

from __future__ import annotations

import dataclasses

from datasets.formats.items import CheckRecord
from datasets.operators import OPERATORS, Operator, OperatorError, find
from runs.judging.questions import Judge, operator_of, question_of
from runs.verdicts import (
    Case,
    CheckError,
    CheckState,
    Confidence,
    Outcome,
    Verdict,
    failed,
    passed,
)

MOST_OPTIONS = 100
MOST_KNOWN = 50  # reasons of one check
_RIGHT_ANSWER_PARTS = ("content", "style", "format")


def right_answer_checks(case: Case) -> list[CheckRecord]:
    """The three comparisons with the right answer; none for a row without one."""
    if not case.expected.strip():
        return []
    return [CheckRecord(f"golden_check_{part}") for part in _RIGHT_ANSWER_PARTS]


class Asked:
    """A check that many rows are asked. Where a function decides alone, `decided` is all there is
    to it, and rows of which it says the same share one outcome.
    """

    __slots__ = ("_decide", "_known", "check", "is_global")

    def __init__(self, check: CheckRecord, is_global: bool) -> None:
        operator = find(check.operator)
        is_plain = not (check.conditional_operator or check.extractor.strip())
        self.check, self.is_global = check, is_global
        self._decide = operator.decide if operator and is_plain else None
        self._known: dict[str, Outcome] = {}

    @property
    def is_plain(self) -> bool:
        """Whether a function decides, without a condition, an extraction or a judge."""
        return self._decide is not None

    def decided(self, output: str) -> Outcome:
        """What became of a plain check."""
        assert self._decide is not None
        try:
            reason = self._decide(output, self.check.criteria)
        except OperatorError as error:
            state = CheckState.ERROR
            return Outcome(self.check, state, feedback=str(error), is_global=self.is_global)
        return self._known.get(reason) or self._outcome(reason)

    def _outcome(self, reason: str) -> Outcome:
        verdict = failed(reason) if reason else passed()
        outcome = Outcome(self.check, CheckState.DONE, verdict, is_global=self.is_global)
        if len(self._known) < MOST_KNOWN:
            self._known[reason] = outcome
        return outcome


def carry_out(
    check: CheckRecord, case: Case, judge: Judge, *, is_global: bool = False, evaluator: str = ""
) -> Outcome:
    """What became of the check; never raises, an error is an outcome and leaves the others be."""
    state, verdict, feedback = CheckState.DONE, None, ""
    try:
        if reason := _unmet_condition(check, case, judge):
            state, feedback = CheckState.SKIPPED, reason
        else:
            verdict = _extracted_and_decided(check, case, judge)
    except (CheckError, OperatorError) as error:
        state, feedback = CheckState.ERROR, str(error)
    return Outcome(check, state, verdict, feedback, is_global, evaluator)


def _unmet_condition(check: CheckRecord, case: Case, judge: Judge) -> str:
    """Why the check does not apply; empty when it does."""
    if not check.conditional_operator:
        return ""
    condition = CheckRecord(check.conditional_operator, check.conditional_criteria)
    try:
        verdict = _decided(condition, case, judge)
    except (CheckError, OperatorError) as error:
        raise CheckError(f"The condition could not be decided. {error}") from error
    if verdict.is_passed:
        return ""
    return f"The condition does not hold. {verdict.feedback}".rstrip()


def _extracted_and_decided(check: CheckRecord, case: Case, judge: Judge) -> Verdict:
    if not check.extractor.strip():
        return _decided(check, case, judge)
    value = judge.extract(check.extractor, case)
    verdict = _decided(check, dataclasses.replace(case, output=value), judge)
    return dataclasses.replace(verdict, extracted=value)


def _decided(check: CheckRecord, case: Case, judge: Judge) -> Verdict:
    operator = operator_of(check.operator)
    if operator.decide is not None:
        reason = operator.decide(case.output, check.criteria)
        return failed(reason) if reason else passed()
    if operator.slug == "includes_any_v2":
        return _any_option(check, case, judge)
    return _judged(operator, check, case, judge)


def _judged(operator: Operator, check: CheckRecord, case: Case, judge: Judge) -> Verdict:
    return judge.judge(question_of(operator, check, case))


def _any_option(check: CheckRecord, case: Case, judge: Judge) -> Verdict:
    """Each option is judged alone, until one passes.

    Examples are of the check as a whole, and would mislead the judge of a single option.
    """
    options = [part.strip() for part in check.criteria.split(";") if part.strip()]
    if not 0 < len(options) <= MOST_OPTIONS:
        raise CheckError(f"Write 1 to {MOST_OPTIONS} options, with semicolons between them.")
    confidence = Confidence.HIGH
    for option in options:
        alone = check._replace(criteria=option, examples=())
        verdict = _judged(OPERATORS["includes"], alone, case, judge)
        if verdict.is_passed:
            feedback = f'"{option[:200]}": {verdict.feedback}'
            return dataclasses.replace(verdict, feedback=feedback)
        if verdict.confidence is Confidence.LOW:
            confidence = Confidence.LOW
    feedback = f"None of {len(options)} options. {verdict.feedback}".rstrip()
    return dataclasses.replace(verdict, feedback=feedback, confidence=confidence)
