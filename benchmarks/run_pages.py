"""The page of a run of 100,000 rows with three checks each: at any depth and filter; its rows."""

from __future__ import annotations

from django.db import connection
from django.test import Client

from benchmarks.evidence import make_team
from benchmarks.lists import measure
from benchmarks.runs import clear, fill_run
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.keyset import make_token
from evalplatform.settling import settle
from runs import metrics
from runs.models import Run, RunItem

# What real runs hold too: a few errors, skipped checks and overrides, and prompts by category.
VARIETY = (
    """UPDATE runs_runitem SET status = 'error', error = 'No answer came.', response = '',
        is_passed = false, n_checks = 0, n_passed = 0, n_done = 0, n_low = 0
    WHERE run_id = %(run)s AND order_index %% 997 = 3""",
    "DELETE FROM runs_checkresult r USING runs_runitem i "
    "WHERE i.id = r.run_item_id AND i.run_id = %(run)s AND i.status = 'error'",
    """UPDATE runs_runitem SET n_skipped = 1, n_done = 2, n_checks = 2, n_passed = 2
    WHERE run_id = %(run)s AND order_index %% 1009 = 5 AND is_passed""",
    """UPDATE runs_checkresult SET edited_auto_eval = 'pass', edited_feedback = 'It does.',
        edited_at = now(), edited_by_id = %(user)s
    WHERE run_id = %(run)s AND position = 2 AND id %% 2003 = 2""",
    "UPDATE runs_runitem SET category = 'kind-' || order_index %% 12 WHERE run_id = %(run)s",
)
FLIPS = """UPDATE runs_runitem SET is_passed = NOT is_passed
    WHERE run_id = %(run)s AND order_index %% %(n)s = 0"""
FILTERS: dict[str, dict[str, str]] = {
    "no filter": {},
    "failed": {"show": "failed"},
    "passed": {"show": "passed"},
    "in error (100)": {"show": "error"},
    "low confidence": {"show": "low"},
    "skipped (100)": {"show": "skipped"},
    "overridden (50)": {"show": "overridden"},
    "no verdict (none)": {"show": "unclear"},
    "waiting (none)": {"show": "pending"},
    "failing check": {"operator": "includes"},
    "failing check, nowhere": {"operator": "grammar"},
    "failing category": {"check_category": "Correctness"},
    "category": {"category": "kind-7"},
    "category, nowhere": {"category": "nothing"},
    "tag": {"tag": "tag-7"},
    "tag, nowhere": {"tag": "nothing-like-this"},
    "failed with a tag": {"tag": "tag-7", "show": "failed"},
    "text, one row": {"q": "bench-{n}"},
    "text, in every row": {"q": "ferry"},
    "text, nowhere": {"q": "nothinglikethis"},
}


def run(smoke: bool) -> list[str]:
    """Measure the page, its rows alone, one row, and two runs compared."""
    actor, n_items = make_team("bench-run-pages"), 500 if smoke else 100_000
    clear()
    other, made = filled(actor, n_items), filled(actor, n_items)
    flip(other, 50)
    client = Client()
    client.force_login(actor.user, backend="django.contrib.auth.backends.ModelBackend")
    settle()
    url = f"/t/{actor.team.slug}/runs/{made.pk}/"
    lines = []
    for name, address in (("page", url), ("rows alone", f"{url}items/")):
        for depth in (0.0, 0.5, 0.999):
            query = {"page": token_at(made, int(n_items * depth))} if depth else {}
            lines.append(f"{name}, {depth:.1%} deep: {measure(client, address, query, smoke)}")
    for name, said in FILTERS.items():
        query = {key: value.format(n=n_items - 7) for key, value in said.items()}
        lines.append(f"page, {name}: {measure(client, url, query, smoke)}")
    row = RunItem.all_rows.get(run=made, order_index=n_items // 2)
    for name, query in (("all rows", {}), ("the failing rows", {"show": "failed"})):
        told = measure(client, f"{url}items/{row.pk}/", query, smoke)
        lines.append(f"one row among {name}: {told}")
    lines.append(f"list of runs: {measure(client, f'/t/{actor.team.slug}/runs/', {}, smoke)}")
    for show in ("changed", "same", "only_before"):
        query = {"with": str(other.pk), "show": show}
        lines.append(f"compare, {show}: {measure(client, f'{url}compare/', query, smoke)}")
    return lines


def filled(actor: Actor, n_items: int) -> Run:
    """A run of so many rows, with some of everything, and its metrics."""
    made = fill_run(actor, n_items)
    with connection.cursor() as cursor:
        for statement in VARIETY:
            cursor.execute(statement, {"run": made.pk, "user": actor.user.pk})
        cursor.execute("VACUUM ANALYZE")
    metrics.renew(made)
    return made


def flip(made: Run, n: int) -> None:
    """Turn the verdict of every n-th row."""
    with connection.cursor() as cursor:
        cursor.execute(FLIPS, {"run": made.pk, "n": n})
        cursor.execute("VACUUM ANALYZE")


def token_at(made: Run, place: int) -> str:
    """Return the token of the page behind this row."""
    return make_token("older", {"order_index": place}, ("order_index",))
