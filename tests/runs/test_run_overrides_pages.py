"""Overriding a verdict from the page of its row: who may, what stays, how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from evalplatform.scoping.actor import Actor
from runs import metrics
from runs.models import CheckResult, Run, RunItem
from tests.cast import Cast
from tests.runs_made import make_check_result, make_run, make_run_item

pytestmark = pytest.mark.django_db
SignIn = Callable[[Actor], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def failed(cast: Cast) -> CheckResult:
    """A failing verdict of the only row of a shared run of Eva's."""
    run = make_run(owner=cast.eva, is_shared=True)
    Run.all_rows.filter(pk=run.pk).update(n_items=1)
    row = make_run_item(run, is_passed=False, n_passed=0, weight_passed=0)
    result = make_check_result(row, auto_eval="fail", is_passed=False, feedback="No river.")
    metrics.renew(run)
    return result


def address(result: CheckResult) -> str:
    return f"/t/lighthouse/runs/{result.run_id}/items/{result.run_item_id}/"


def say(client: Client, result: CheckResult, **said: str) -> Any:
    return client.post(f"{address(result)}checks/{result.pk}/override/", said, headers=HTMX)


def test_an_override_counts_and_keeps_the_original(
    cast: Cast, sign_in: SignIn, failed: CheckResult
) -> None:
    client = sign_in(cast.eva)

    response = say(client, failed, verdict="pass", feedback="It names the Danube.", seen="")
    text = response.content.decode()

    assert response.status_code == 200
    assert "It names the Danube." in text
    assert "Eva" in text
    assert "The machine said" in text
    assert 'id="row-verdict"' in text
    failed.refresh_from_db()
    assert (failed.auto_eval, failed.edited_auto_eval, failed.stands) == ("fail", "pass", True)
    assert RunItem.all_rows.get().is_passed
    page = client.get(f"/t/lighthouse/runs/{failed.run_id}/").content.decode()
    assert '1 <span class="stat__of">of 1</span>' in page


def test_an_override_is_taken_back(cast: Cast, sign_in: SignIn, failed: CheckResult) -> None:
    client = sign_in(cast.eva)
    toast = say(client, failed, verdict="pass", feedback="Fine.").headers["HX-Trigger"]
    assert f"{address(failed)}checks/{failed.pk}/override/" in toast

    undone = client.post(f"{address(failed)}checks/{failed.pk}/override/")

    assert undone.status_code == 302
    failed.refresh_from_db()
    assert (failed.edited_auto_eval, failed.edited_by, failed.stands) == ("", None, False)


def test_an_override_needs_a_reason(cast: Cast, sign_in: SignIn, failed: CheckResult) -> None:
    response = say(sign_in(cast.eva), failed, verdict="pass", feedback=" ")

    assert response.status_code == 422
    assert "Say why" in response.content.decode()
    failed.refresh_from_db()
    assert failed.edited_auto_eval == ""


def test_somebody_elses_override_is_not_written_over(
    cast: Cast, sign_in: SignIn, failed: CheckResult
) -> None:
    say(sign_in(cast.olga), failed, verdict="pass", feedback="Olga was here.", seen="")

    response = say(sign_in(cast.eva), failed, verdict="fail", feedback="No.", seen="")

    assert response.status_code == 422
    assert "Somebody changed this verdict meanwhile" in response.content.decode()


def test_who_only_sees_the_run_overrides_nothing(
    cast: Cast, sign_in: SignIn, failed: CheckResult
) -> None:
    client = sign_in(cast.emil)

    assert client.get(address(failed)).status_code == 200
    assert "run-override" not in client.get(address(failed)).content.decode()
    assert say(client, failed, verdict="pass", feedback="Mine.").status_code == 403
    assert say(sign_in(cast.otto), failed, verdict="pass").status_code == 404


def test_a_skipped_check_has_nothing_to_override(
    cast: Cast, sign_in: SignIn, failed: CheckResult
) -> None:
    skipped = make_check_result(
        failed.run_item, position=1, state="skipped", auto_eval="", is_passed=None
    )

    response = say(sign_in(cast.eva), skipped, verdict="pass", feedback="Fine.")

    assert response.status_code == 422
    assert "no verdict" in response.content.decode()


def test_a_result_of_another_row_is_absent(
    cast: Cast, sign_in: SignIn, failed: CheckResult
) -> None:
    other = make_check_result(make_run_item(failed.run, order_index=1))
    url = f"{address(failed)}checks/{other.pk}/override/"

    assert sign_in(cast.eva).post(url, {"verdict": "fail", "feedback": "x"}).status_code == 404
