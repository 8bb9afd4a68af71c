"""One row, carried out: its output is made or taken as it is, then its checks, in their order.

Runs in threads when servers are asked: nothing here reads or writes rows.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.db import connection

from datasets.formats.items import CheckRecord
from evalplatform.jobs.kinds import JobRefusedError
from runs.asking import AskError, EndpointSpec, TakeTurn, ask
from runs.judging import (
    Asked,
    EvaluatorPlan,
    Judge,
    JudgeError,
    LexicalJudge,
    ModelJudge,
    carry_out,
    carry_out_evaluator,
    right_answer_checks,
)
from runs.models import ModelEndpoint
from runs.outbound.deadlines import Deadline
from runs.plans import Plan
from runs.row_reading import Row
from runs.saving import Finished
from runs.verdicts import Answer, CheckState, Outcome

log = logging.getLogger(__name__)
LONGEST = 1800.0  # seconds of one question, all of its attempts and waits included
WAIT = 60.0  # seconds that may lie before an attempt
ROLES = {"system", "user", "assistant"}


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """The run was paused, cancelled or taken over: no further question is asked."""


@dataclass(frozen=True)
class Asker:
    """One endpoint, ready to be asked; asks nothing any more once `stopping` is set."""

    name: str
    spec: EndpointSpec
    turns: TakeTurn | None
    stopping: threading.Event

    @classmethod
    def of(cls, endpoint: ModelEndpoint, stopping: threading.Event) -> Asker:
        """JobRefusedError when the endpoint's key cannot be opened."""
        try:
            spec = endpoint.spec()
        except AskError as error:
            raise JobRefusedError(f"“{endpoint.name}” cannot be asked. {error.reason}") from error
        return cls(endpoint.model or endpoint.name, spec, endpoint.turns(), stopping)

    def ask(self, messages: Sequence[dict[str, str]]) -> Answer:
        """The answer, or AskError; Stopped when the run is to stop."""
        seconds = (self.spec.timeout_seconds + WAIT) * self.spec.max_attempts
        deadline = Deadline.after(min(LONGEST, seconds))
        self._take_turn(deadline, is_first=True)
        try:
            return ask(self.spec, messages, deadline=deadline, take_turn=self._take_turn)
        finally:
            if self.turns:  # taking turns opened a connection for this thread
                connection.close()

    def _take_turn(self, deadline: Deadline, *, is_first: bool = False) -> None:
        if self.stopping.is_set():
            raise Stopped
        if self.turns and not is_first:
            self.turns(deadline)

    def judge(self, heavyweight: int) -> Judge:
        """A judge that asks this endpoint."""

        def asked(messages: list[dict[str, str]]) -> Answer:
            try:
                return self.ask(messages)
            except AskError as error:
                raise JudgeError(error.reason) from error

        return ModelJudge(asked, heavyweight, self.name)


class Work:
    """The plan of a run, ready to be carried out on one row after the other."""

    def __init__(self, plan: Plan, level: str, askers: dict[str, Asker]) -> None:
        """`askers` are by the ids of endpoints; JobRefusedError when the plan cannot be used."""
        self.plan = plan
        self.generation = askers[plan["generation"]["endpoint"]] if plan["generation"] else None
        self.heavyweight = plan["heavyweight_factor"]
        self.judge: Judge = LexicalJudge()
        if plan["judge"]:
            self.judge = askers[plan["judge"]["endpoint"]].judge(self.heavyweight)
        self.evaluators = [self._evaluator(each, level, askers) for each in plan["evaluators"]]
        self.global_checks = [CheckRecord.from_json(each) for each in plan["global_checks"]]
        self._asked = lru_cache(maxsize=200)(self._together)

    def _evaluator(
        self, frozen: dict[str, Any], level: str, askers: dict[str, Asker]
    ) -> tuple[EvaluatorPlan, Judge]:
        try:
            plan = EvaluatorPlan.read(frozen, level)
        except ValueError as error:
            raise JobRefusedError(f"“{frozen['name']}” cannot be used. {error}") from error
        own = frozen.get("judge")
        return plan, askers[own["endpoint"]].judge(self.heavyweight) if own else self.judge

    def carry_out(self, row: Row) -> Finished:
        """Make the row's output if it has to be made, then its checks; raises only Stopped."""
        finished = Finished(row.id, row.order_index, is_added_to=bool(row.done))
        if self.generation and not (row.done or row.case.output):
            try:
                answer = self.generation.ask(self.messages(row))
            except AskError as error:
                finished.error = error.reason
                return finished
            except Exception as error:
                if isinstance(error, Stopped):
                    raise
                log.exception("no output made", extra={"row": str(row.id)})
                finished.error = unexpected(error)
                return finished
            finished.is_answered = True
            finished.response = answer.text
            finished.in_tokens, finished.out_tokens = answer.in_tokens, answer.out_tokens
            finished.duration = answer.duration
            row.case = replace(row.case, output=answer.text)
            row.whole = replace(row.whole, output=answer.text)
        finished.outcomes = list(self.outcomes(row))
        return finished

    def messages(self, row: Row) -> list[dict[str, str]]:
        """What is sent: the system prompt, what was said before, and the prompt as it stands."""
        system = self.plan["system_prompt"]
        said = [{"role": "system", "content": system}] if system else []
        for each in row.case.history:
            role, content = str(each.get("role")), each.get("content")
            if isinstance(content, str) and content:
                said.append({"role": role if role in ROLES else "user", "content": content})
        return [*said, {"role": "user", "content": row.case.input}]

    def outcomes(self, row: Row) -> Iterator[tuple[int, Outcome]]:
        """What became of the row's checks, each at its place: own, right answer, global, then
        evaluators. Places that have results already are left out.
        """
        right: Sequence[CheckRecord] = ()
        if self.plan["compares_right_answer"]:
            right = right_answer_checks(row.case)
        checks = self._asked(row.checks, tuple(right))
        for position, asked in enumerate(checks):
            if position not in row.done:
                yield position, self._check(asked, row)
        for position, (plan, judge) in enumerate(self.evaluators, start=len(checks)):
            if position not in row.done:
                yield position, self._evaluate(plan, judge, row)

    def _together(
        self, own: tuple[CheckRecord, ...], right: tuple[CheckRecord, ...]
    ) -> list[Asked]:
        """All checks of rows that have these; many rows have the same ones."""
        local = (*own, *right) if self.plan["uses_checks"] else right
        return [
            *(Asked(check, is_global=False) for check in local),
            *(Asked(check, is_global=True) for check in self.global_checks),
        ]

    def _check(self, asked: Asked, row: Row) -> Outcome:
        try:
            if asked.is_plain:
                return asked.decided(row.case.output)
            return carry_out(asked.check, row.case, self.judge, is_global=asked.is_global)
        except Stopped:
            raise
        except Exception as error:  # a fault of ours in one check leaves the others be
            log.exception("check not carried out", extra={"row": str(row.id)})
            state, reason = CheckState.ERROR, unexpected(error)
            return Outcome(asked.check, state, feedback=reason, is_global=asked.is_global)

    def _evaluate(self, plan: EvaluatorPlan, judge: Judge, row: Row) -> Outcome:
        try:
            return carry_out_evaluator(plan, row.whole, judge)
        except Stopped:
            raise
        except Exception as error:
            log.exception("evaluator not carried out", extra={"row": str(row.id)})
            check = CheckRecord("custom_operator", plan.name, plan.weight, plan.category)
            reason = unexpected(error)
            return Outcome(check, CheckState.ERROR, feedback=reason, evaluator=plan.name)


def unexpected(error: Exception) -> str:
    return f"An unexpected error ({type(error).__name__}); the log has it."
