"""Two runs of the same rows, item by item: what passes in one and fails in the other, both ways.

Rows of a dataset meet by the item (whatever its revision), prompts by their place and their words.
`before` is the run that was made first. A row in error did not pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Left, NullIf

from evalplatform.scoping.actor import Actor
from evalplatform.scoping.keyset import Page, fetch_page
from runs.models import CheckResult, Run, RunItem
from runs.run_item_listing import RESULT_COLUMNS, chip_of, name_of

PAGE = 20
PAGE_KEYS = ("order_index",)
SHOWN = 1_200  # characters of an output in the list
MOST_CHECKS = 100  # of a row that are compared
DIRECTIONS = {
    "changed": "Changed",
    "worse": "Passed, now fails",
    "better": "Failed, now passes",
    "same": "Same",
    "unclear": "Without a verdict in one",
    "only_before": "Only in the first",
    "only_after": "Only in the second",
}
COLUMNS = (
    *("id", "order_index", "item_id", "item_key", "public_id", "status", "is_passed"),
    *("n_checks", "n_passed"),
)
DIRECTED = """count(*) FILTER (WHERE a.is_passed AND NOT b.is_passed) AS worse,
    count(*) FILTER (WHERE NOT a.is_passed AND b.is_passed) AS better,
    count(*) FILTER (WHERE a.is_passed AND b.is_passed) AS both_pass,
    count(*) FILTER (WHERE NOT a.is_passed AND NOT b.is_passed) AS both_fail"""
BY_ITEM = f"""
SELECT {DIRECTED},
    count(*) FILTER (WHERE a.n IS NOT NULL AND b.n IS NOT NULL
        AND (a.is_passed IS NULL OR b.is_passed IS NULL)) AS unclear,
    count(*) FILTER (WHERE b.n IS NULL) AS only_before,
    count(*) FILTER (WHERE a.n IS NULL) AS only_after
FROM (SELECT item_key, order_index AS n, is_passed FROM runs_runitem
    WHERE run_id = %(before)s) a
FULL JOIN (SELECT item_key, order_index AS n, is_passed FROM runs_runitem
    WHERE run_id = %(after)s) b ON a.item_key = b.item_key"""  # noqa: S608
# A prompt meets one at most, so that those without are what is left of all: the texts are compared
# where the places agree, and go into no sort and no hash.
BY_PROMPT = f"""
SELECT {DIRECTED},
    count(*) FILTER (WHERE a.is_passed IS NULL OR b.is_passed IS NULL) AS unclear,
    (SELECT count(*) FROM runs_runitem WHERE run_id = %(before)s) - count(*) AS only_before,
    (SELECT count(*) FROM runs_runitem WHERE run_id = %(after)s) - count(*) AS only_after
FROM runs_runitem a JOIN runs_runitem b
    ON b.order_index = a.order_index AND b.prompt_text = a.prompt_text
WHERE a.run_id = %(before)s AND b.run_id = %(after)s"""  # noqa: S608

CHANGED = "SELECT xmin::text || ctid::text FROM runs_run WHERE id = ANY(%s) ORDER BY id"
KEPT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Comparison:
    """Two visible runs that can be compared; `before` was made first."""

    before: Run
    after: Run
    actor: Actor

    @classmethod
    def of(cls, run: Run, other: Run, actor: Actor) -> Comparison | None:
        """Return the comparison of two runs; None when they have no rows in common by nature."""
        if run.pk == other.pk or run.dataset_id != other.dataset_id:
            return None
        before, after = sorted((run, other), key=lambda each: (each.created_at, each.pk))
        return cls(before, after, actor)

    @property
    def is_by_item(self) -> bool:
        return self.before.dataset_id is not None

    def counts(self) -> dict[str, int]:
        """How many rows went each way; `same` and `changed` are sums of these.

        Counted once for runs that have ended, until a verdict of one is overridden or it goes on.
        """
        if any(run.is_open or run.metrics is None for run in (self.before, self.after)):
            return self._counted()
        key = self._key_of_counts()
        counts: dict[str, int] | None = cache.get(key)
        if counts is None:
            counts = self._counted()
            cache.set(key, counts, KEPT_SECONDS)
        return counts

    def _key_of_counts(self) -> str:
        """Another one once either run was saved: where its row is now and who wrote it there.

        Whatever changes a verdict renews the metrics of its run in the same transaction.
        """
        with connection.cursor() as cursor:
            cursor.execute(CHANGED, [[self.before.pk, self.after.pk]])
            changes = ":".join(number for (number,) in cursor.fetchall())
        return f"compared:{self.before.pk}:{self.after.pk}:{changes}"

    def _counted(self) -> dict[str, int]:
        statement = BY_ITEM if self.is_by_item else BY_PROMPT
        with connection.cursor() as cursor:
            cursor.execute(statement, {"before": self.before.pk, "after": self.after.pk})
            names = [column.name for column in cursor.description or ()]
            found: dict[str, int] = dict(zip(names, cursor.fetchone(), strict=True))
        found["same"] = found["both_pass"] + found["both_fail"]
        found["changed"] = found["worse"] + found["better"]
        found["both"] = found["same"] + found["changed"] + found["unclear"]
        return found

    def items(self, run: Run) -> Any:
        return RunItem.objects.visible_to(self.actor).filter(run=run)

    def rows(self, direction: str) -> Any:
        """The rows of one direction: of `after` for those that are only there, else of `before`."""
        if direction == "only_after":
            return self.items(self.after).filter(~self._meets(self.before))
        here = self.items(self.before)
        passes, fails = Q(is_passed=True), Q(is_passed=False)
        known, unknown = Q(is_passed__isnull=False), Q(is_passed=None)
        alike = Q(is_passed=OuterRef("is_passed"))
        return here.filter(
            {
                "worse": passes & self._meets(self.after, fails),
                "better": fails & self._meets(self.after, passes),
                # One condition each: of two with "or" between them the database gathers all
                # rows that fit either before it hands out the first page.
                "changed": known & self._meets(self.after, known & ~alike),
                "same": known & self._meets(self.after, alike),
                "unclear": (unknown & self._meets(self.after)) | self._meets(self.after, unknown),
                "only_before": ~self._meets(self.after),
            }[direction]
        )

    def _meets(self, run: Run, fitting: Q | None = None) -> Q:
        """The condition that a row has its counterpart in the run, and one that fits."""
        there = self.items(run).filter(fitting or Q())
        if self.is_by_item:
            return Q(Exists(there.filter(item_key=OuterRef("item_key"))))
        place, words = OuterRef("order_index"), OuterRef("prompt_text")
        return Q(Exists(there.filter(order_index=place, prompt_text=words)))

    def page(self, direction: str, token: str) -> tuple[Page, list[dict[str, Any]]]:
        """One page of a direction, each row with its counterpart and the checks that flipped."""
        page = fetch_page(self.rows(direction), PAGE_KEYS, token, PAGE, read, ascending=True)
        there = {} if direction.startswith("only_") else self._counterparts(page.rows)
        pairs = [self._pair(row, there.get(self._key(row)), direction) for row in page.rows]
        flips = self._verdicts([row["id"] for pair in pairs for row in pair if row])
        return page, [_compared(before, after, flips) for before, after in pairs]

    def _key(self, row: Mapping[str, Any]) -> Any:
        return row["item_key"] if self.is_by_item else row["order_index"]

    def _counterparts(self, rows: Iterable[Mapping[str, Any]]) -> dict[Any, Any]:
        keys = [self._key(row) for row in rows]
        there = self.items(self.after)
        met = there.filter(Q(item_key__in=keys) if self.is_by_item else Q(order_index__in=keys))
        return {self._key(row): row for row in read(met).order_by("-order_index")}

    def _pair(self, row: Any, other: Any, direction: str) -> tuple[Any, Any]:
        return (None, row) if direction == "only_after" else (row, other)

    def _verdicts(self, ids: list[Any]) -> defaultdict[Any, list[dict[str, Any]]]:
        found: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
        seen = CheckResult.objects.visible_to(self.actor)
        of_runs = seen.filter(run__in=[self.before.pk, self.after.pk], run_item__in=ids)
        rows = of_runs.filter(position__lt=MOST_CHECKS).order_by("run_item", "position")
        for row in rows.values(*RESULT_COLUMNS, "criteria"):
            found[row["run_item_id"]].append(row)
        return found


def read(rows: Any) -> Any:
    """Read what a comparison shows of rows, and of long texts only how they begin."""
    empty = Value("")
    return rows.annotate(
        asked_start=Left(Coalesce(NullIf("prompt_text", empty), "item__input", empty), 300),
        said_start=Left("response", SHOWN + 1),
        error_start=Left("error", 400),
    ).values(*COLUMNS, "asked_start", "said_start", "error_start")


def _compared(before: Any, after: Any, verdicts: Mapping[Any, Any]) -> dict[str, Any]:
    """One item in both runs."""
    one = before or after
    is_both = bool(before and after)
    return {
        "public_id": one["public_id"],
        "asked": one["asked_start"],
        "order_index": one["order_index"],
        "before": _side(before),
        "after": _side(after),
        "is_other_revision": is_both and before["item_id"] != after["item_id"],
        "flips": flips(verdicts[before["id"]], verdicts[after["id"]]) if is_both else [],
    }


def _side(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    text = row["said_start"]
    return {**row, "said": f"{text[:SHOWN]}…" if len(text) > SHOWN else text}


def flips(before: Iterable[Any], after: Iterable[Any]) -> list[dict[str, Any]]:
    """The checks of two rows whose standing verdicts differ, and those that only one of them has.

    Checks are the same by operator, criteria and evaluator; of several alike, by their order.
    """
    one, other = _by_check(before), _by_check(after)
    found = []
    for key in [*one, *(key for key in other if key not in one)]:
        left, right = one.get(key), other.get(key)
        if left and right and _verdict(left) == _verdict(right):
            continue
        some = left or right
        assert some is not None
        found.append(
            {
                "name": name_of(some["operator"], some["evaluator"]),
                "criteria": some["criteria"][:200],
                "before": chip_of(left) if left else None,
                "after": chip_of(right) if right else None,
            }
        )
    return found


def _by_check(rows: Iterable[Mapping[str, Any]]) -> dict[Any, Mapping[str, Any]]:
    found: dict[Any, Mapping[str, Any]] = {}
    seen: defaultdict[Any, int] = defaultdict(int)
    for row in rows:
        key = (row["operator"], row["criteria"], row["evaluator"])
        found[(*key, seen[key])] = row
        seen[key] += 1
    return found


def _verdict(row: Mapping[str, Any]) -> Any:
    """What counts of a verdict: its state, whether it passes, else what it says."""
    said = row["auto_eval"] if row["stands"] is None else ""
    return row["state"], row["stands"], said


def candidates(run: Run, actor: Actor, text: str) -> Any:
    """The visible runs that this one can be compared with."""
    rows = Run.objects.visible_to(actor).exclude(pk=run.pk).filter(dataset=run.dataset_id)
    if text:
        rows = rows.filter(title__icontains=text)
    if run.dataset_id:
        return rows
    first = RunItem.objects.visible_to(actor).filter(run=run, order_index=0)
    alike = RunItem.objects.visible_to(actor).filter(
        run=OuterRef("pk"), order_index=0, prompt_text__in=first.values("prompt_text")
    )
    return rows.filter(Exists(alike))
