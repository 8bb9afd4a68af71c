"""A notification is mailed once, by a job; a mail server that is away changes nothing else."""

from __future__ import annotations

import logging
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models.functions import Now

from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from evalplatform.jobs.sweeping import sweep
from evalplatform.notifications.models import Notification
from evalplatform.notifications.notifying import notify
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
    settings.HAS_MAIL_SERVER = True
    settings.PUBLIC_URL = "https://evals.example.org"


def tell_eva(cast: Cast, *, key: str | None = None) -> tuple[Notification, Job]:
    title, body = "A rule was disabled", "Three failures in a row."
    made = notify(cast.eva.user, cast.team, "rule_disabled", title, body, key=key)
    assert made is not None
    return made, Job.all_rows.get(arguments__notification=str(made.pk))


def test_mail_says_it_and_links_to_it(cast: Cast) -> None:
    made, job = tell_eva(cast)

    run_job(job.pk)

    (sent,) = mail.outbox
    job.refresh_from_db()
    made.refresh_from_db()
    assert (job.state, job.result) == ("done", {"sent": True})
    assert (sent.to, sent.subject) == (["eva@example.org"], "A rule was disabled")
    assert "Three failures in a row." in sent.body
    assert f"https://evals.example.org/t/lighthouse/notifications/{made.pk}/open/" in sent.body
    assert made.mailed_at is not None


def test_without_an_address_of_the_platform_the_mail_has_no_link(cast: Cast, settings: Any) -> None:
    settings.PUBLIC_URL = ""
    _, job = tell_eva(cast)

    run_job(job.pk)

    assert "/open/" not in mail.outbox[0].body


def test_job_belongs_to_the_recipient(cast: Cast) -> None:
    _, job = tell_eva(cast)

    assert list(Job.objects.visible_to(cast.eva)) == [job]
    assert not Job.objects.visible_to(cast.olga).exists()


def test_the_same_key_is_mailed_once(cast: Cast) -> None:
    tell_eva(cast, key="rule 1")
    notify(cast.eva.user, cast.team, "rule_disabled", "A rule was disabled", key="rule 1")

    assert Job.all_rows.count() == 1


def test_a_job_that_runs_twice_mails_once(cast: Cast) -> None:
    _, job = tell_eva(cast)
    run_job(job.pk)
    Job.all_rows.update(state=Job.State.READY)

    run_job(job.pk)

    assert len(mail.outbox) == 1


def test_a_dead_worker_loses_no_mail(cast: Cast) -> None:
    _, job = tell_eva(cast)
    Job.all_rows.update(
        state=Job.State.RUNNING, attempt=1, lease_until=Now() - timedelta(seconds=1)
    )

    sweep()
    run_job(job.pk)

    assert len(mail.outbox) == 1


def test_what_was_read_meanwhile_is_not_mailed(cast: Cast) -> None:
    made, job = tell_eva(cast)
    made.mark_read(by=cast.eva)

    run_job(job.pk)

    assert mail.outbox == []


def test_who_left_meanwhile_gets_no_mail(cast: Cast) -> None:
    _, job = tell_eva(cast)
    cast.eva.membership.end(by=cast.olga)

    run_job(job.pk)

    job.refresh_from_db()
    assert (mail.outbox, job.state) == ([], "failed")


def test_mail_server_that_is_away_is_logged_and_tried_again(
    cast: Cast, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = closed.getsockname()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    made, job = tell_eva(cast)

    with caplog.at_level(logging.ERROR):
        run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.n_errors) == ("ready", 1)
    assert "MailNotSentError: ConnectionRefusedError" in caplog.text
    assert "eva@example.org" not in caplog.text
    assert list(Notification.objects.visible_to(cast.eva).unread()) == [made]
