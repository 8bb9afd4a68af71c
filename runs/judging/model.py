"""A judge that asks a model, reads its reply strictly, and lets it vote several times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from runs.judging import prompts
from runs.judging.output_schema import OutputSchema
from runs.judging.prompts import Messages
from runs.judging.questions import JudgeError, JudgeQuestion
from runs.judging.replies import (
    ReplyFault,
    read_confidence,
    read_feedback,
    read_object,
    read_pass,
)
from runs.judging.voting import settle
from runs.prompting import Template
from runs.verdicts import Answer, Case, Verdict

Ask = Callable[[Messages], Answer]
Read = TypeVar("Read")
_LONGEST_QUOTE = 4_000


class ModelJudge:
    """Asks `heavyweight` times and takes the mode; a reply that cannot be read is asked for once
    more. What `ask` raises when there is no answer must be a CheckError.
    """

    def __init__(self, ask: Ask, heavyweight: int = 1, name: str = "model") -> None:
        self.ask, self.heavyweight, self.name = ask, max(1, heavyweight), name

    def judge(self, question: JudgeQuestion) -> Verdict:
        asked = prompts.judging(question)
        return settle([self._read(asked, _verdict) for _ in range(self.heavyweight)])

    def extract(self, prompt: str, case: Case) -> str:
        """The value; an empty text when the output does not hold it."""
        return self._read(prompts.extracting(prompt, case), _value)

    def evaluate(self, template: Template, case: Case, schema: OutputSchema) -> Verdict:
        asked = prompts.evaluating(template, case, schema)

        def read(reply: str) -> Verdict:
            said = read_object(reply, ("value", "confidence", "feedback"))
            sure, feedback = read_confidence(said["confidence"]), read_feedback(said["feedback"])
            return schema.verdict(said["value"], sure, feedback)

        return settle([self._read(asked, read) for _ in range(self.heavyweight)])

    def _read(self, asked: Messages, read: Callable[[str], Read]) -> Read:
        reply = self.ask(asked).text
        try:
            return read(reply)
        except ReplyFault as fault:
            again = self.ask([*asked, *_correction(reply, fault)]).text
        try:
            return read(again)
        except ReplyFault as fault:
            raise JudgeError(f"The judge's reply cannot be read: {fault}.") from None


def _correction(reply: str, fault: ReplyFault) -> Messages:
    said = f"Your reply cannot be read: {fault}. Reply with the JSON object alone."
    return [
        {"role": "assistant", "content": reply[:_LONGEST_QUOTE] or "(nothing)"},
        {"role": "user", "content": said},
    ]


def _verdict(reply: str) -> Verdict:
    said = read_object(reply, ("verdict", "confidence", "feedback"))
    is_passed = read_pass(said["verdict"])
    sure, feedback = read_confidence(said["confidence"]), read_feedback(said["feedback"])
    return Verdict("pass" if is_passed else "fail", is_passed, sure, feedback)


def _value(reply: str) -> str:
    value: Any = read_object(reply, ("value",))["value"]
    if value is not None and not isinstance(value, str):
        raise ReplyFault('"value" must be a text or null')
    return value or ""
