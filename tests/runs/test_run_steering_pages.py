"""Pause, resume, cancel and retry from the page, and the progress that it polls."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from evalplatform.scoping.actor import Actor
from runs.models import Run, RunItem
from runs.run_progress import Progress
from tests.cast import Cast
from tests.runs_made import make_run, make_run_item

pytestmark = pytest.mark.django_db
SignIn = Callable[[Actor], Client]


@pytest.fixture
def running(cast: Cast) -> Run:
    """A shared run of Eva's: one row done, one in error, two wait."""
    run = make_run(owner=cast.eva, status=Run.Status.RUNNING, completed_at=None, is_shared=True)
    Run.all_rows.filter(pk=run.pk).update(n_items=4)
    run.n_items = 4
    for n, status in enumerate(("success", "error", "pending", "pending")):
        is_passed = {"success": True, "error": False}.get(status)
        make_run_item(run, order_index=n, status=status, is_passed=is_passed)
    return run


def address(run: Run, part: str = "") -> str:
    return f"/t/lighthouse/runs/{run.pk}/{part}"


def act(client: Client, run: Run, name: str) -> Any:
    response = client.post(address(run, "act/"), {"act": name}, follow=True)
    run.refresh_from_db()
    return response


def test_open_run_shows_its_progress_and_its_buttons(
    cast: Cast, sign_in: SignIn, running: Run
) -> None:
    page = sign_in(cast.eva).get(address(running)).content.decode()

    assert "2 of 4 rows" in page
    assert "1 in error" in page
    assert 'value="pause"' in page
    assert 'value="cancel"' in page
    assert "Bring up to date" in page


def test_who_only_sees_it_has_no_buttons(cast: Cast, sign_in: SignIn, running: Run) -> None:
    client = sign_in(cast.emil)

    assert 'value="pause"' not in client.get(address(running)).content.decode()
    for name in ("pause", "resume", "cancel", "retry", "analyse"):
        assert act(client, running, name).status_code == 403
    assert running.status == Run.Status.RUNNING


def test_run_is_paused_resumed_and_cancelled(cast: Cast, sign_in: SignIn, running: Run) -> None:
    client = sign_in(cast.eva)

    assert "Paused." in act(client, running, "pause").content.decode()
    assert running.status == Run.Status.PAUSED
    assert "Resume" in client.get(address(running)).content.decode()
    act(client, running, "cancel")
    assert running.status == Run.Status.CANCELLED


def test_what_cannot_be_done_now_is_said(cast: Cast, sign_in: SignIn, running: Run) -> None:
    page = act(sign_in(cast.eva), running, "resume").content.decode()

    assert "Only a paused run can be resumed." in page


def test_progress_is_polled_and_refreshes_the_page_at_the_end(
    cast: Cast, sign_in: SignIn, running: Run
) -> None:
    client = sign_in(cast.eva)

    response = client.get(address(running, "progress/"))
    assert 'hx-trigger="every 2s"' in response.content.decode()
    assert "HX-Refresh" not in response.headers

    act(client, running, "cancel")
    response = client.get(address(running, "progress/"))
    assert response.headers["HX-Refresh"] == "true"
    assert "hx-get" not in response.content.decode()


def test_rows_are_brought_up_to_date_alone(cast: Cast, sign_in: SignIn, running: Run) -> None:
    part = sign_in(cast.eva).get(address(running, "items/?show=error")).content.decode()

    assert "<html" not in part
    assert "q-2" in part
    assert "q-1" not in part


def test_pace_is_measured_from_when_one_began_to_look(cast: Cast, running: Run) -> None:
    rows = RunItem.all_rows.filter(run=running)
    earlier = str(int(time.time()) - 10)

    assert Progress.of(running, rows).pace == (0, None)
    progress = Progress.of(running, rows, earlier, "0")
    assert progress.query == f"?since={earlier}&from=0"
    assert progress.pace[1] in {"10 s", "11 s"}


@pytest.mark.parametrize(
    ("since", "from_n"),
    [("x", "0"), ("99999999999", "0"), ("5", "0"), ("", ""), ("1" * 40, "1"), ("²", "0")],
)
def test_nonsense_in_the_address_begins_anew(
    cast: Cast, running: Run, since: str, from_n: str
) -> None:
    progress = Progress.of(running, RunItem.all_rows.filter(run=running), since, from_n)

    assert progress.from_n == 2
    assert progress.pace == (0, None)
