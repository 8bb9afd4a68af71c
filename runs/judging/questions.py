"""What a judge is asked about one output, and what a judge is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from datasets.formats.items import CheckRecord, Example
from datasets.operators import Group, Operator, find
from runs.judging.output_schema import OutputSchema
from runs.prompting import Template
from runs.verdicts import Case, CheckError, Verdict

NO_JUDGE = "needs a model as judge. Choose an endpoint for judging."


class JudgeError(CheckError):
    """The judge said nothing that can be read."""


@dataclass(frozen=True, slots=True)
class JudgeQuestion:
    """One check of one output. `case.output` is what is judged: the output, or what was taken from
    it. `condition` is the check that the output passed before, as (operator, criteria).
    """

    operator: Operator
    criteria: str
    case: Case
    examples: tuple[Example, ...] = ()
    condition: tuple[str, str] = ("", "")

    @property
    def right_answer(self) -> str:
        """The right answer, for the operators that compare with it; else nothing."""
        return self.case.expected if self.operator.group is Group.RIGHT_ANSWER else ""

    @property
    def sources(self) -> dict[str, object]:
        """What the output must agree with, by name, for the operators about sources."""
        if self.operator.group is not Group.SOURCE:
            return {}
        about_files = self.operator.slug == "consistent_with_docs"
        return dict(self.case.documents if about_files else self.case.context)


class Judge(Protocol):
    """Says of an output whether it passes; raises nothing but CheckError."""

    @property
    def name(self) -> str: ...

    def judge(self, question: JudgeQuestion) -> Verdict: ...

    def extract(self, prompt: str, case: Case) -> str: ...

    def evaluate(self, template: Template, case: Case, schema: OutputSchema) -> Verdict: ...


def operator_of(slug: str) -> Operator:
    """The operator that carries out checks of that name, or CheckError."""
    operator = find(slug)
    if operator is None:
        raise CheckError(f'There is no operator "{slug[:60]}". Choose another for this check.')
    return operator


def question_of(operator: Operator, check: CheckRecord, case: Case) -> JudgeQuestion:
    """What a judge is asked for this check; CheckError when there is nothing to compare with."""
    if not operator.is_unary and not check.criteria.strip():
        raise CheckError("This check has no criteria. Write what to look for.")
    question = JudgeQuestion(
        operator=operator,
        criteria="" if operator.is_unary else check.criteria,
        case=case,
        examples=check.examples,
        condition=(check.conditional_operator, check.conditional_criteria),
    )
    if operator.group is Group.RIGHT_ANSWER and not question.right_answer.strip():
        raise CheckError("This row has no right answer to compare with.")
    if operator.group is Group.SOURCE and not question.sources:
        raise CheckError(_without_sources(operator, case))
    return question


def _without_sources(operator: Operator, case: Case) -> str:
    if operator.slug != "consistent_with_docs":
        return "This row has no context to agree with. Add values to its context."
    if case.files:
        return "The attached files hold no text that a judge can read. Attach text files."
    return "This row has no files to agree with. Attach them."
