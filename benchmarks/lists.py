"""List pages over a million messages: time at any depth and filter, and number of queries."""

from __future__ import annotations

import statistics
from time import perf_counter
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.evidence import make_evidence, make_team
from datasets.models import Session
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.keyset import make_token
from evalplatform.settling import settle

ROUNDS = 40
FILTERS: dict[str, dict[str, str]] = {
    "no filter": {},
    "source": {"source": "bench"},
    "model": {"model": "model-3"},
    "project": {"project": "project-7"},
    "tag": {"tag": "tag-7"},
    "participant": {"participant": "guest-77"},
    "channel": {"channel": "channel-1"},
    "status": {"status": "golden"},
    "eval-ready": {"eval_ready": "1"},
    "not eval-ready (none)": {"eval_ready": "0"},
    "dates": {"date_from": "2026-01-01", "date_to": "2026-12-31"},
    "text, rare": {"q": "rare777"},
    "text, in every session": {"q": "conversation"},
    "text, nowhere": {"q": "nothinglikethis"},
}


def run(smoke: bool) -> list[str]:
    """Measure the sessions list and the evals view."""
    actor = make_team("bench-lists")
    make_evidence(actor, n_messages=20_000 if smoke else 1_000_000, text_bytes=400)
    client = Client()
    client.force_login(actor.user, backend="django.contrib.auth.backends.ModelBackend")
    settle()  # as a web process does before its first request
    lines = []
    for page in ("sessions", "evals"):
        url = f"/t/{actor.team.slug}/{page}/"
        for depth in (0.0, 0.5, 0.999):
            query = {"page": token_at(actor, depth)} if depth else {}
            lines.append(f"{page}, {depth:.1%} deep: {measure(client, url, query, smoke)}")
        for name, query in FILTERS.items():
            lines.append(f"{page}, {name}: {measure(client, url, query, smoke)}")
    return lines


def token_at(actor: Actor, depth: float) -> str:
    """Return the token of the page that begins at this share of the whole list."""
    rows = Session.objects.visible_to(actor).order_by("-started_at", "-id")
    return make_token("older", rows[int(rows.count() * depth) - 1], ("started_at", "id"))


def measure(client: Client, url: str, query: dict[str, str], smoke: bool) -> str:
    """Return median, 95th percentile and worst of a page in ms, and its number of queries."""
    address = f"{url}?{urlencode(query)}" if query else url
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
        n_queries = len(queries)
    assert response.status_code == 200, (address, response.status_code)
    times = []
    for _ in range(3 if smoke else ROUNDS):
        began = perf_counter()
        client.get(address)
        times.append((perf_counter() - began) * 1000)
    slow = sorted(times)[int(len(times) * 0.95)]
    middle, worst = statistics.median(times), max(times)
    return f"median {middle:.0f} ms, p95 {slow:.0f} ms, worst {worst:.0f} ms, {n_queries} queries"
