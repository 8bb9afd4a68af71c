"""The SQL that reads a Lab session (formats.md 3.3 and 3.4): cases as the file has them.

Reviews come as they are stored; review_lab_results.py makes the contract's objects of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from exports.formats.review_records import LabReview
from exports.review_sql import (
    constant,
    ids_of,
    joined,
    json,
    json_moment,
    json_object,
    members,
    moment,
    person,
    whole,
)

LABELS = (
    *("guestIntent", "followThroughRequired", "actionType", "emotionalRead", "ownerStressLevel"),
)
_RISKY = "('slightly_off', 'definitely_wrong', 'not_sure')"


@dataclass(frozen=True, slots=True)
class LabPlan:
    """What a statement has to know: ids, defaults of the run, and what may be told.

    `keys` are those of the rubric that are the Lab's; `others` whether it asks more than these.
    """

    session_id: str
    run_id: Any
    queue_id: Any
    reader_id: Any
    case_id: str  # the column that names a case
    category: str
    subcategory: str
    template_key: str
    created_at: str
    keys: frozenset[str]
    others: bool
    sees_run: bool
    suggests: bool

    @property
    def queue(self) -> str:
        """The queue's id as a constant; of none, no item is found."""
        return constant(self.queue_id) if self.queue_id else "NULL::uuid"


class Rows(Protocol):
    """The rows of a page: a SELECT each of the ids that may be in it, and its range."""

    @property
    def cases(self) -> str: ...
    @property
    def reviews(self) -> str: ...
    @property
    def adjudications(self) -> str: ...
    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...


def order(plan: LabPlan, rows: Rows) -> str:
    """The ids of the cases, one a line."""
    line = joined(["'      '", whole(f"i.{plan.case_id}"), "','"])
    return _from_cases(plan, rows, line)


def cases(plan: LabPlan, rows: Rows) -> str:
    """What was asked and answered, one case a line; where anything is suggested, with the prompt,
    the response and the status that it follows from."""
    told = {
        "id": whole(f"i.{plan.case_id}"),
        "sessionId": constant(f'"{plan.session_id}"'),
        "orderIndex": "i.order_index",
        "sourceType": """CASE i.source_type WHEN 'template' THEN '"generated"'
            ELSE '"custom"' END""",
        "title": json("i.title"),
        "promptText": whole("i.prompt_text"),
        "promptLocked": "CASE WHEN i.prompt_locked THEN 'true' ELSE 'false' END",
        "luciaResponse": whole("i.response"),
        "runStatus": whole("i.status"),
        "runError": json("i.error"),
        "category": json(or_of_run("i.category", plan.category)),
        "subcategory": json(or_of_run("i.subcategory", plan.subcategory)),
        "templateKey": json(or_of_run("i.template_key", plan.template_key)),
        "createdAt": constant(f'"{plan.created_at}"'),
        "updatedAt": f"""COALESCE('"' || {moment("i.finished_at")} || '"',
            {constant(f'"{plan.created_at}"')})""",
    }
    line = joined(["'      '", whole(f"i.{plan.case_id}"), "': {'", *members(told), "'},'"])
    texts = ", i.prompt_text, i.response, i.status" if plan.suggests else ""
    return _from_cases(plan, rows, f"{line}{texts}")


def _from_cases(plan: LabPlan, rows: Rows, line: str) -> str:
    return f"""SELECT {line} FROM runs_runitem i
        WHERE {page_of(plan, rows)} ORDER BY i.order_index"""  # noqa: S608


def page_of(plan: LabPlan, rows: Rows) -> str:
    only = "" if plan.sees_run else f" AND i.id IN ({rows.cases})"
    return f"""i.run_id = {constant(plan.run_id)}
        AND i.order_index BETWEEN {rows.first} AND {rows.last}{only}"""


def or_of_run(value: str, of_run: str) -> str:
    return f"COALESCE(NULLIF({value}, ''), {constant(of_run)})"


# --- what was said --------------------------------------------------------------------------------


def items(plan: LabPlan, rows: Rows) -> str:
    """Each case as `LabItem` has it, in the order of `cases`."""
    return f"""SELECT i.{plan.case_id}::text, q.id, q.state,
            q.revealed_at IS NOT NULL OR NOT u.is_blind,
            w.id IS NOT NULL, (w.draft -> 'answers')::text, w.shown ? 'suggestions'
        FROM runs_runitem i
        LEFT JOIN reviews_queueitem q ON q.queue_id = {plan.queue} AND q.run_item_id = i.id
        LEFT JOIN reviews_queue u ON u.id = q.queue_id
        LEFT JOIN reviews_review w ON w.queue_item_id = q.id
            AND w.reviewer_id = {constant(plan.reader_id)} AND w.draft IS NOT NULL
        WHERE {page_of(plan, rows)} ORDER BY i.order_index"""  # noqa: S608


def reviews(plan: LabPlan, rows: Rows) -> str:
    """Each review of a page as `LabReview` has it."""
    others = f"(n.answers - {_keys(plan)})::text" if plan.others else "'{}'"
    asks = plan.suggests and not plan.sees_run
    shown = "COALESCE((n.exposure ->> 'suggestions')::boolean, false)" if asks else "false"
    return f"""WITH page AS MATERIALIZED ({rows.reviews})
        SELECT v.queue_item_id, v.reviewer_kind, v.is_counted, v.n_revisions,
            {moment("v.saved_at")}, v.reviewer_id::text, n.saved_by_id::text,
            n.answers::text, {others}, n.checks::text, n.feedback, {shown}
        FROM page v
        JOIN reviews_reviewrevision n ON n.review_id = v.id AND n.number = v.n_revisions
        ORDER BY v.saved_at, v.id"""  # noqa: S608


REVIEWER, SAVED_BY = map(LabReview._fields.index, ("reviewer_id", "saved_by_id"))


def people(ids: Iterable[str]) -> str:
    """The ids of these people, and the contract's object of each."""
    return f"""SELECT u.id::text, {person("u")} FROM accounts_user u
        WHERE u.id = ANY({ids_of(ids)})"""  # noqa: S608


def settled(rows: Rows) -> str:
    """What stands as settled of the items of a page: their ids, and the contract's object."""
    return f"""SELECT d.queue_item_id, {_adjudication()}
        FROM reviews_adjudication d JOIN accounts_user u ON u.id = d.adjudicator_id
        WHERE d.id IN ({rows.adjudications}) AND d.is_current
            AND d.reopened_at IS NULL"""  # noqa: S608


def _keys(plan: LabPlan) -> str:
    return f"ARRAY[{', '.join(map(constant, sorted(plan.keys)))}]::text[]"


def state_of(plan: LabPlan, a: str, state: str) -> str:
    """Where the review sends its item, or where the item is once that is told to all."""
    senior = said_value(plan, a, "employeeReview.seniorReview")
    risk = said_value(plan, a, "employeeReview.riskOrConfusion")
    return f"""CASE
        WHEN (q.revealed_at IS NOT NULL OR NOT u.is_blind)
            AND {state} IN ('needs_adjudication', 'needs_review', 'reviewed') THEN {state}
        WHEN {senior} = 'true' THEN 'needs_adjudication'
        WHEN {risk} IN {_RISKY} THEN 'needs_review' ELSE 'reviewed' END"""


def said_value(plan: LabPlan, a: str, key: str) -> str:
    return f"{a} -> {constant(key)} ->> 'value'" if key in plan.keys else "NULL::text"


def canon_of(plan: LabPlan, a: str) -> str:
    """Set by the reviewer, or by itself when others can learn from it."""
    names = ("canonCandidate", "employeeReview.reusableLearning")
    asked = [f"({said_value(plan, a, name)})" for name in names if name in plan.keys]
    if not asked:
        return "'null'"
    is_any = " OR ".join(f"{each} = 'true'" for each in asked)
    is_said = " OR ".join(f"{each} IS NOT NULL" for each in asked)
    return f"CASE WHEN {is_any} THEN 'true' WHEN {is_said} THEN 'false' ELSE 'null' END"


def _adjudication() -> str:
    labels = json_object(
        {name: f"COALESCE((d.labels -> '{name}')::text, 'null')" for name in LABELS}
    )
    return json_object(
        {
            "finalLabels": labels,
            "reason": json("d.reason"),
            "adjudicator": person("u"),
            "adjudicatedAt": json_moment("d.adjudicated_at"),
        }
    )
