"""The demo team shows, in its first minute, what the product is for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from datasets.models import Dataset, DatasetItem, DatasetVersion, Message, Session
from evalplatform.accounts.models import ApiKey, Membership, User
from evalplatform.audit.models import AuditEvent
from evalplatform.jobs.models import Job
from evalplatform.notifications.models import Notification
from reviews.models import EvalLabel, Queue, QueueItem
from runs.models import Evaluator, ModelEndpoint, Run


@pytest.fixture
def sign_ins(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.setenv("EVALPLATFORM_HOME", str(tmp_path))
    call_command("seed_demo", url="http://127.0.0.1:8000/")
    kept = tmp_path / "demo.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    return dict(json.loads(kept.read_text()))


def test_the_kept_sign_ins_really_sign_in(sign_ins: dict[str, list[dict[str, str]]]) -> None:
    for entry in sign_ins["users"]:
        user = User.objects.get(email=entry["email"])
        assert user.check_password(entry["password"])
        assert user.memberships.filter(role=entry["role"], team__slug=sign_ins["team"]).exists()


def test_there_is_one_usable_key_per_role(sign_ins: dict[str, dict[str, str]]) -> None:
    roles = {role: ApiKey.find(text) for role, text in sign_ins["keys"].items()}

    assert sorted(roles) == ["admin", "evaluator", "owner", "tester"]
    assert all(key and key.membership.role == role for role, key in roles.items())


def test_every_status_is_shown_and_the_audit_log_tells_who_set_it(
    sign_ins: dict[str, object],
) -> None:
    olga = Membership.all_rows.get(user__email="olga@demo.example").act(via="page")

    statuses = set(EvalLabel.objects.visible_to(olga).values_list("status", flat=True))
    events = AuditEvent.objects.visible_to(olga)

    assert statuses == {"golden", "correct", "incorrect", "needs_review"}
    assert Session.objects.visible_to(olga).count() == 44
    assert Message.objects.visible_to(olga).count() == 160
    assert set(events.values_list("actor_email", flat=True)) >= {
        "olga@demo.example",
        "adam@demo.example",
        "eva@demo.example",
        "emil@demo.example",
    }


def test_an_evaluator_has_work_of_their_own_and_does_not_see_the_rest(
    sign_ins: dict[str, object],
) -> None:
    eva = Membership.all_rows.get(user__email="eva@demo.example", team__slug="harbour-hotels").act(
        via="page"
    )

    assert 15 <= Session.objects.visible_to(eva).count() < 44


def test_everybody_finds_one_welcome_in_their_inbox(sign_ins: dict[str, object]) -> None:
    for place in Membership.all_rows.filter(team__slug="harbour-hotels"):
        inbox = Notification.objects.visible_to(place.act(via="page"))
        (welcome,) = inbox.filter(title__startswith="Welcome")
        assert welcome.title == f"Welcome to Harbour Hotels, {place.user.name.split()[0]}"
        assert welcome.url == "/t/harbour-hotels/help/"


def test_a_second_start_keeps_what_is_there(sign_ins: dict[str, object]) -> None:
    call_command("seed_demo", if_empty=True)

    assert User.objects.filter(email__endswith="@demo.example").count() == 5
    with pytest.raises(CommandError, match="people already"):
        call_command("seed_demo")


def test_the_team_shares_a_suite_with_checks_on_each_item_and_on_all(
    sign_ins: dict[str, object],
) -> None:
    tess = Membership.all_rows.get(user__email="tess@demo.example").act(via="page")

    suite = Dataset.objects.visible_to(tess).get()
    items = list(DatasetItem.objects.visible_to(tess).filter(dataset=suite).newest())

    assert (suite.name, suite.n_items, len(items)) == ("Guest questions", 7, 7)
    assert all(item.check_records for item in items)
    version = DatasetVersion.objects.visible_to(tess).get(dataset=suite, number=suite.version)
    assert [check["operator"] for check in version.global_checks] == [
        "is_polite",
        "excludes_exactly",
    ]


def test_runs_have_ended_and_can_be_looked_at_at_once(sign_ins: dict[str, object]) -> None:
    tess = Membership.all_rows.get(user__email="tess@demo.example").act(via="page")

    typed, suite = Run.objects.visible_to(tess).order_by("-created_at")

    assert (suite.kind, suite.status, suite.n_items) == ("full", "success", 7)
    assert (typed.source, typed.status, typed.owner) == ("custom", "success", tess.user)
    assert 0 < suite.metrics["checks"]["passed"] < suite.metrics["checks"]["n"]
    assert suite.metrics["checks"]["errors"] == 0
    assert Evaluator.objects.visible_to(tess).count() == 1
    assert {each.kind for each in ModelEndpoint.objects.visible_to(tess)} == {"echo", "replay"}
    assert not Job.all_rows.filter(kind="run_chunk", state__in=Job.OPEN).exists()


def test_two_people_have_begun_to_review_a_run_and_disagree_once(
    sign_ins: dict[str, object],
) -> None:
    review = Queue.all_rows.get(run__isnull=False)
    items = QueueItem.all_rows.filter(queue=review)

    assert review.status == "active"
    assert items.filter(n_counted=2).count() == 6
    assert items.filter(state="needs_adjudication").count() == 1
    assert items.filter(open_slots=2).exists()
    assert Queue.all_rows.get(target="session").n_items > 0
