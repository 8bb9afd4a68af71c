"""The behavioral observatory: how saved behavioral labels of the whole team are spread.

Two statements. Drafts and suggestions count nowhere; agreement is between the people who labelled
the same row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from evalplatform.scoping.actor import Actor
from reviews.agreement.quantity import NO_OVERLAP, Quantity, null
from reviews.analysis.asking import asked
from reviews.analysis.quality_statements import STEP
from reviews.analysis.scope import Scope
from reviews.analysis.shares import SUMS, clustered
from reviews.behaviour import LABELS, VALUES
from reviews.behaviour_spread import FieldSpread

SAVED = f"""
    WITH label AS (
        SELECT l.run_item_id AS item, l.reviewer_id AS reviewer, l.intent, l.guest_affect,
            l.response_strategy, l.humanness, {STEP.format("l.saved_at")} AS step
        FROM runs_run run JOIN reviews_behaviorallabel l ON l.run_id = run.id
            AND l.status = 'saved' AND l.saved_at >= %(start)s AND l.saved_at < %(end)s
        JOIN runs_runitem x ON x.id = l.run_item_id
        WHERE run.team_id = %(team)s AND run.deleted_at IS NULL
            AND (%(category)s::text IS NULL
                OR coalesce(nullif(x.category, ''), run.category) = %(category)s)
            AND (%(source)s::text IS NULL OR run.source = %(source)s)
            AND (%(reviewer)s::uuid IS NULL OR l.reviewer_id = %(reviewer)s)
    )"""  # noqa: S608  (constants of this file)
SPREAD = f"""{SAVED}
    SELECT GROUPING(intent, guest_affect, response_strategy, humanness, step) AS by,
        intent, guest_affect, response_strategy, humanness, step, count(*) AS n,
        count(DISTINCT item) AS n_items, count(DISTINCT reviewer) AS n_reviewers,
        avg(humanness)::float8 AS mean
    FROM label GROUP BY GROUPING SETS ((intent), (guest_affect), (response_strategy),
        (humanness), (intent, guest_affect), (step), ())"""  # noqa: S608
ALIKE = f"""{SAVED}, said AS (
        SELECT item, f.name, f.value, count(*) AS n
        FROM label CROSS JOIN LATERAL (VALUES ('intent', intent), ('guest_affect', guest_affect),
            ('response_strategy', response_strategy), ('humanness', humanness::text)
        ) AS f (name, value)
        WHERE f.value <> '' GROUP BY item, f.name, f.value
    ), by_item AS (
        SELECT item, name, 1 AS c, (sum(n * n) - sum(n)) / (sum(n) * (sum(n) - 1))::float8 AS t
        FROM said GROUP BY item, name HAVING sum(n) > 1
    )
    SELECT name, {SUMS} FROM by_item GROUP BY name"""  # noqa: S608
# What GROUPING() says of a row that is told by these columns.
BY = {15: "intent", 23: "guest_affect", 27: "response_strategy", 29: "humanness", 7: "both",
      30: "step", 31: "all"}  # fmt: skip


@dataclass(slots=True)
class Observatory:
    """`n_labels` saved labels of `n_items` rows by `n_reviewers`; `pairs` is intent by affect."""

    scope: Scope
    n_labels: int = 0
    n_items: int = 0
    n_reviewers: int = 0
    fields: list[FieldSpread] = field(default_factory=list)
    agreement: dict[str, Quantity] = field(default_factory=dict)
    pairs: dict[tuple[str, str], int] = field(default_factory=dict)
    by_step: dict[date, tuple[int, float | None]] = field(default_factory=dict)


def observatory(scope: Scope, actor: Actor) -> Observatory:
    """The labels of the actor's team; 403 for who does not see analysis."""
    found, counts = Observatory(scope), {name: dict[Any, int]() for name in VALUES}
    mean = None
    for row in asked(SPREAD, actor, **scope.asked()):
        by = BY[row["by"]]
        if by == "both":
            if row["intent"] and row["guest_affect"]:
                found.pairs[row["intent"], row["guest_affect"]] = row["n"]
        elif by == "step":
            found.by_step[row["step"]] = (row["n"], row["mean"])
        elif by == "all":
            found.n_labels, found.n_items = row["n"], row["n_items"]
            found.n_reviewers, mean = row["n_reviewers"], row["mean"]
        else:
            counts[by][row[by]] = row["n"]
    for name, values in VALUES.items():
        told = tuple((value, counts[name].get(value, 0)) for value in values)
        n = sum(each for _, each in told)
        found.fields.append(
            FieldSpread(name, LABELS[name], n, told, mean if name == "humanness" else None)
        )
    alike = {row["name"]: clustered(row) for row in asked(ALIKE, actor, **scope.asked())}
    found.agreement = {name: alike.get(name, null(NO_OVERLAP)) for name in VALUES}
    return found
