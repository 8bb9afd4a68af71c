"""The pages of population rules: making, changing, counting, stopping, and what polls did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from datasets.models import PopulationRule, RulePoll, Session
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.sessions import make_session

pytestmark = pytest.mark.django_db
SAID = {"name": "Shop", "lookback_days": "7", "quiet_minutes": "0"}


def test_a_rule_is_made_changed_and_polled_on_its_pages(
    cast: Cast, sign_in: Callable[..., Client]
) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    client, url = sign_in(cast.eva), f"/t/lighthouse/datasets/{dataset.pk}/rules/"
    assert "No rules yet" in client.get(url).content.decode()

    made = client.post(f"{url}new/", SAID | {"tag": ["a", "b"], "date_to": "2027-03-31"})
    rule = PopulationRule.all_rows.get()

    assert made.url == f"{url}{rule.pk}/"
    assert rule.filters == {"date_to": "2027-04-01T00:00:00+00:00", "tag": ["a", "b"]}
    assert (rule.lookback_days, rule.quiet_minutes, rule.created_by) == (7, 0, cast.eva.user)
    form = client.get(f"{made.url}edit/").content.decode()
    assert 'value="2027-03-31"' in form
    client.post(f"{made.url}edit/", SAID | {"name": "All", "source": "helpdesk"})
    rule.refresh_from_db()
    assert (rule.name, rule.filters) == ("All", {"source": ["helpdesk"]})
    make_session(owner=cast.eva)
    PopulationRule.all_rows.update(created_at=timezone.now() - timedelta(days=1))
    Session.all_rows.update(created_at=timezone.now(), updated_at=timezone.now())
    client.post(f"{made.url}poll/")
    run_job(Job.all_rows.get(kind="poll_rule").pk)
    page = client.get(made.url).content.decode()
    assert "Version 2" in page
    assert "Source: helpdesk" in page
    assert "All" in client.get(url).content.decode()


def test_what_is_wrong_with_a_rule_is_said_at_its_field(
    cast: Cast, sign_in: Callable[..., Client]
) -> None:
    messages = make_dataset(owner=cast.eva, level="message")
    sessions = make_dataset(owner=cast.eva, level="session")
    client = sign_in(cast.eva)

    def told(dataset: object, **said: str) -> str:
        response = client.post(f"/t/lighthouse/datasets/{dataset}/rules/new/", SAID | said)
        assert response.status_code == 422
        return response.content.decode()

    assert "Rules fill datasets of whole sessions only" in told(messages.pk)
    assert "less than or equal to 365" in told(sessions.pk, lookback_days="366")
    assert "Write a day or time like" in told(sessions.pk, date_from="soon")
    assert not PopulationRule.all_rows.exists()


def test_the_form_counts_what_fits_now(cast: Cast, sign_in: Callable[..., Client]) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    for tags in (["a"], ["a"], ["b"]):
        make_session(owner=cast.eva, tags=tags)
    make_session(owner=cast.emil, tags=["a"])
    Session.all_rows.update(created_at=timezone.now())
    make_session(owner=cast.eva, tags=["a"])  # long ago
    url = f"/t/lighthouse/datasets/{dataset.pk}/rules/count/"

    text = sign_in(cast.eva).get(url, {"tag": "a", "lookback_days": "7"}).content.decode()

    assert '<b class="num">2</b> sessions</a> of the last 7 days fit now' in text


def test_a_rule_is_disabled_enabled_and_deleted(cast: Cast, sign_in: Callable[..., Client]) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    rule = PopulationRule.create(dataset, by=cast.eva, name="All")
    client, url = sign_in(cast.eva), f"/t/lighthouse/datasets/{dataset.pk}/rules/{rule.pk}/"

    client.post(f"{url}switch/", {"enabled": "0"})
    assert "Disabled by hand." in client.get(url).content.decode()
    client.post(f"{url}switch/", {"enabled": "1"})
    rule.refresh_from_db()
    assert rule.is_enabled
    client.post(f"{url}delete/")
    assert not PopulationRule.all_rows.exists()


def test_polls_come_in_pages_newest_first(cast: Cast, sign_in: Callable[..., Client]) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    rule = PopulationRule.create(dataset, by=cast.eva, name="All")
    RulePoll.all_rows.bulk_create(RulePoll(rule=rule, n_seen=1000 + n) for n in range(60))
    client, url = sign_in(cast.eva), f"/t/lighthouse/datasets/{dataset.pk}/rules/{rule.pk}/"

    first = client.get(url)
    older = client.get(url + first.context["older_url"]).content.decode()

    assert "1,059" in first.content.decode()
    assert "1,009" not in first.content.decode()
    assert "1,009" in older
    assert "1,000" in older
