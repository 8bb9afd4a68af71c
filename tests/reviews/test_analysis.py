"""The numbers of the analysis: each against what was put in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from datasets.models import Dataset
from evalplatform.scoping.actor import Actor
from reviews.analysis.asking import asked
from reviews.analysis.labels import observatory
from reviews.analysis.one_run import analyse
from reviews.analysis.quality import quality_of
from reviews.analysis.scope import Scope, read_scope
from reviews.analysis.team import team_review
from reviews.claiming import claim
from reviews.models import BehavioralLabel, Queue, Rubric
from reviews.saving import save
from runs.metrics import renew
from runs.models import Run, RunItem
from tests.cast import Cast, make_member
from tests.counting import queries_of
from tests.reviews_made import NO, YES, make_queue, make_queue_with_verdicts
from tests.runs_made import make_run

pytestmark = pytest.mark.django_db
PAGES = ("", "team/", "labels/", "registry/")


def now(**asked_for: str) -> Scope:
    scope, faults = read_scope(asked_for)
    assert faults == {}
    return scope


def make_reviewed_run(owner: Actor, *sayings: tuple[Actor, str], n: int = 4) -> Queue:
    """A run with two categories whose rows are reviewed: `p` says pass and `f` fail, row by row."""
    run = make_run(owner=owner, n_items=n)
    RunItem.all_rows.filter(run=run, order_index__lt=n // 2).update(category="Noise")
    RunItem.all_rows.filter(run=run, order_index=0).update(is_passed=False, n_passed=0)
    renew(run)
    queue = make_queue_with_verdicts(
        owner=owner, run=run, reviewers=[each for each, _ in sayings],
        reviews_per_item=len(sayings),
    )  # fmt: skip
    Queue.all_rows.filter(pk=queue.pk).update(reviews_auto_evals=False)
    queue.refresh_from_db()
    for reviewer, words in sayings:
        for word in words:
            slot = claim(queue, by=reviewer)
            assert slot is not None
            save(slot.queue_item, YES if word == "p" else NO, by=reviewer)
    return queue


def test_quality_counts_machine_people_and_agreement(cast: Cast) -> None:
    make_reviewed_run(cast.eva, (cast.emil, "ppff"), (cast.tess, "pppf"))
    found = quality_of(now(), cast.olga)
    whole = found.whole
    assert (whole.n_runs, whole.n_items, whole.items_passed) == (1, 4, 3)
    assert (whole.n_said, whole.n_judged, whole.judged_passed) == (8, 8, 5)
    assert (whole.between.value, whole.between.n) == (0.75, 4)
    by = {part.name: part for part in found.by_category}
    assert (by["Noise"].n_items, by["Noise"].items_passed, by["Noise"].judged_passed) == (2, 1, 4)
    assert (by[""].n_items, by[""].between.value) == (2, 0.5)
    assert [part.name for part in found.by_source] == ["custom"]
    assert {part.label: part.judged_passed for part in found.by_reviewer} == {"Emil": 2, "Tess": 3}
    today = found.by_step[-1]
    assert (today.n_items, today.n_judged, today.between.n) == (4, 8, 4)
    assert sum(part.n_said for part in found.by_step) == 8


def test_quality_is_narrowed_by_each_filter(cast: Cast) -> None:
    make_reviewed_run(cast.eva, (cast.emil, "ppff"), (cast.tess, "pppf"))
    one = quality_of(now(category="Noise"), cast.olga).whole
    assert (one.n_items, one.n_judged, one.between.n) == (2, 4, 2)
    assert quality_of(now(source="import"), cast.olga).is_empty
    mine = quality_of(now(reviewer=str(cast.emil.user.pk)), cast.olga).whole
    assert (mine.n_judged, mine.judged_passed) == (4, 2)
    long_ago = quality_of(now(date_from="2020-01-01", date_to="2020-02-01"), cast.olga)
    assert long_ago.is_empty


def test_what_is_said_of_an_item_that_is_not_revealed_counts_nowhere(cast: Cast) -> None:
    make_reviewed_run(cast.eva, (cast.emil, "ppff"), (cast.tess, "p"))
    whole = quality_of(now(), cast.olga).whole
    assert (whole.n_said, whole.between.n) == (2, 1)
    assert team_review(now(), cast.olga).n_saved == 5


def test_ratings_are_means_by_criterion_and_step(cast: Cast) -> None:
    queue = make_queue(owner=cast.eva, n_items=2)
    rubric = Rubric.of_the_product("helpfulness", by=cast.eva)
    Queue.all_rows.filter(pk=queue.pk).update(rubric_version=rubric.newest())
    queue.refresh_from_db()
    for value in (2, 5):
        slot = claim(queue, by=cast.tess)
        assert slot is not None
        save(slot.queue_item, {"answers": {"helpfulness": {"value": value}}}, by=cast.tess)
    found = quality_of(now(), cast.olga)
    (rating,) = found.ratings
    assert (rating.criterion, rating.n, rating.mean) == ("helpfulness", 2, 3.5)
    assert rating.means(found.scope.steps)[-1] == 3.5
    assert [part.label for part in found.by_source] == ["Sessions of helpdesk"]


def test_team_review_says_what_each_has_done_and_what_waits(cast: Cast) -> None:
    queue = make_reviewed_run(cast.eva, (cast.emil, "ppff"), (cast.tess, "p"))
    claim(queue, by=cast.tess)
    found = {each.name: each for each in team_review(now(), cast.adam).reviewers}
    emil, tess = found["Emil"], found["Tess"]
    assert (emil.n_saved, emil.n_queues, emil.n_held, emil.n_waiting) == (4, 1, 0, 0)
    assert (tess.n_saved, tess.n_held, tess.n_asked, tess.n_waiting) == (1, 1, 1, 2)
    assert tess.oldest is not None
    assert emil.pace is not None
    assert sum(emil.by_step.values()) == 4
    assert (emil.agreement.value, emil.agreement.reason, emil.agreement.n) == (
        None, "too_few_units", 1,
    )  # fmt: skip


def test_own_agreement_is_leave_one_out_once_enough_is_revealed(cast: Cast) -> None:
    agree, differ = "p" * 15 + "f" * 5, "p" * 20
    make_reviewed_run(cast.eva, (cast.emil, agree), (cast.tess, agree), (cast.olga, differ), n=20)
    found = {each.name: each for each in team_review(now(), cast.adam).reviewers}
    assert found["Emil"].agreement.value == pytest.approx((15 + 5 * 0.5) / 20)
    assert found["Olga"].agreement.value == pytest.approx(0.75)
    low, high = found["Olga"].agreement.ci_low, found["Olga"].agreement.ci_high
    assert low is not None
    assert high is not None
    assert low < 0.75 < high


def test_the_database_gives_the_numbers_that_the_arithmetic_of_agreement_gives(cast: Cast) -> None:
    import numpy as np

    from reviews.agreement.people import leave_one_out
    from reviews.agreement.rates import headline_rate
    from reviews.agreement.tables import Ratings

    words = ("pfpf" * 6, "ppff" * 6, "pppf" * 6)
    people = (cast.emil, cast.tess, cast.olga)
    make_reviewed_run(cast.eva, *zip(people, words, strict=True), n=24)
    values = np.array([[word == "p" for word in each] for each in words]).T.astype(int)
    units, raters = np.divmod(np.arange(values.size), 3)
    alone = leave_one_out(Ratings.of(units, raters, values.ravel(), 2))
    found = {each.name: each for each in team_review(now(), cast.olga).reviewers}
    for at, name in enumerate(("Emil", "Tess", "Olga")):
        for one in ("value", "se", "ci_low", "ci_high", "n"):
            assert getattr(found[name].agreement, one) == pytest.approx(getattr(alone[at], one))
    passes = values.sum(axis=1)
    scores = (passes * (passes - 1) + (3 - passes) * (2 - passes)) / 6
    wanted = headline_rate(scores, np.arange(24))
    between = quality_of(now(), cast.olga).whole.between
    assert between.value == pytest.approx(wanted.value)
    assert between.ci_low == pytest.approx(wanted.ci_low)


def test_labels_are_spread_over_all_runs_and_drafts_count_nowhere(cast: Cast) -> None:
    run = make_run(owner=cast.eva, n_items=2)
    rows = list(RunItem.all_rows.filter(run=run))
    for row, reviewer, affect, status in (
        (rows[0], cast.emil, "Upset", "saved"),
        (rows[0], cast.tess, "Neutral", "saved"),
        (rows[1], cast.emil, "Upset", "saved"),
        (rows[1], cast.tess, "Grateful", "draft"),
    ):
        BehavioralLabel.all_rows.create(
            run=run, run_item=row, reviewer=reviewer.user, intent="Noise", guest_affect=affect,
            humanness=4, status=status, saved_at=timezone.now() if status == "saved" else None,
        )  # fmt: skip
    found = observatory(now(), cast.olga)
    assert (found.n_labels, found.n_items, found.n_reviewers) == (3, 2, 2)
    by = {each.name: dict(each.counts) for each in found.fields}
    assert (by["guest_affect"]["Upset"], by["intent"]["Noise"], by["humanness"][4]) == (2, 3, 3)
    assert (found.agreement["intent"].value, found.agreement["guest_affect"].value) == (1.0, 0.0)
    assert found.pairs == {("Noise", "Upset"): 2, ("Noise", "Neutral"): 1}
    assert observatory(now(reviewer=str(cast.tess.user.pk)), cast.olga).n_labels == 1


def test_the_number_of_statements_does_not_grow_with_the_team(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    client = sign_in(cast.olga)
    make_reviewed_run(cast.eva, (cast.emil, "ppff"), (cast.tess, "pppf"))

    def counts() -> list[int]:
        urls = [f"/t/lighthouse/analysis/{page}" for page in PAGES]
        return [queries_of(partial(client.get, url)) for url in urls]

    counts()  # what is looked up once in a process
    few = counts()
    for n in range(3):
        other = make_member(f"more{n}", team=cast.team, role="tester")
        make_reviewed_run(cast.eva, (cast.emil, "ppff"), (other, "pfff"))
    assert counts() == few


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_an_empty_team_say_what_they_are_for(
    cast: Cast, sign_in: Callable[[Actor], Client], page: str
) -> None:
    answer = sign_in(cast.adam).get(f"/t/lighthouse/analysis/{page}")
    assert answer.status_code == 200
    assert 'class="empty"' in answer.content.decode()
    assert sign_in(cast.eva).get(f"/t/lighthouse/analysis/{page}").status_code == 403


def test_a_wrong_filter_is_said_and_narrows_nothing(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    url = "/t/lighthouse/analysis/?date_from=spring&reviewer=nobody"
    page = sign_in(cast.adam).get(url).content.decode()
    assert "Write a day like 2026-03-31." in page
    assert "Choose a reviewer from the list." in page


@pytest.mark.parametrize(
    ("first", "last", "step", "n"),
    [
        ("2026-03-01", "2026-03-31", "day", 31),
        ("2026-03-01", "2026-05-29", "week", 14),
        ("2025-06-15", "2026-05-29", "month", 12),
    ],
)
def test_time_is_cut_into_days_weeks_or_months(first: str, last: str, step: str, n: int) -> None:
    scope = Scope(date.fromisoformat(first), date.fromisoformat(last))
    assert (scope.step, len(scope.steps)) == (step, n)
    assert scope.steps[0] <= scope.first
    assert scope.steps[-1] <= scope.last


def test_two_years_are_the_most() -> None:
    scope, faults = read_scope({"date_from": "2020-01-01", "date_to": "2026-01-01"})
    assert (scope.n_days, faults) == (90, {"date_from": "Choose at most 731 days: two years."})


def test_who_does_not_see_analysis_is_refused_by_the_statements_themselves(cast: Cast) -> None:
    with pytest.raises(PermissionDenied, match="does not see analysis"):
        asked("SELECT 1", cast.eva)
    make_reviewed_run(cast.eva, (cast.emil, "pppp"), (cast.tess, "pppp"))
    assert quality_of(now(), cast.otto).is_empty
    assert team_review(now(), cast.otto).reviewers == []


# --- one run -------------------------------------------------------------------------------------


def test_a_run_is_drawn_for_who_sees_it_and_people_for_who_runs_its_review(
    cast: Cast, sign_in: Callable[[Actor], Client], call_as: Callable[..., APIClient]
) -> None:
    queue = make_reviewed_run(cast.eva, (cast.emil, "ppff"), (cast.tess, "pppf"))
    run = queue.run
    assert run is not None
    RunItem.all_rows.filter(run=run, order_index=0).update(
        status="error", error="timeout", response="", duration=3.5
    )
    Run.all_rows.filter(pk=run.pk).update(is_shared=True)
    found = analyse(run, cast.eva)
    assert dict(found.seconds)["2–5 s"] == 1
    assert (dict(found.lengths)["empty"], dict(found.lengths)["1–99"]) == (1, 3)
    assert found.errors == [("timeout", 1)]
    assert found.people is not None
    (judged,) = found.people.judged
    assert (judged.n_judged, judged.n_passed) == (8, 5)
    assert (judged.of_passed, judged.of_failed) == ((6, 3), (2, 2))
    assert (found.people.between.value, found.people.between.n) == (0.75, 4)
    assert analyse(run, cast.emil).people is None

    url = f"/t/lighthouse/runs/{run.pk}/"
    assert f"{url}analysis/" in sign_in(cast.emil).get(url).content.decode()
    page = sign_in(cast.emil).get(f"{url}analysis/").content.decode()
    assert "What went wrong" in page
    assert "What people say" not in page
    assert "What people say" in sign_in(cast.eva).get(f"{url}analysis/").content.decode()
    told = call_as(cast.eva).get(f"/api/v1/runs/{run.pk}/analysis").json()
    assert told["people"]["criteria"][0]["whereMachineFails"] == {"judged": 2, "passed": 2}
    assert call_as(cast.emil).get(f"/api/v1/runs/{run.pk}/analysis").json()["people"] is None


def test_a_run_stands_beside_those_of_its_dataset_that_are_seen(cast: Cast) -> None:
    dataset = Dataset.create(name="Rivers", level="message", by=cast.eva)
    runs = [
        make_run(owner=owner, dataset=dataset, version=1, title=title, n_items=2,
                 metrics={"items": {"n": 2, "passed": n}})
        for n, (owner, title) in enumerate(((cast.eva, "One"), (cast.olga, "Two"),
                                            (cast.eva, "Three")))
    ]  # fmt: skip
    assert [each.title for each in analyse(runs[-1], cast.eva).before] == ["One", "Three"]
    assert [each.rate for each in analyse(runs[-1], cast.olga).before] == [0.0, 0.5, 1.0]


# --- over HTTP -----------------------------------------------------------------------------------


def test_the_api_gives_the_numbers_of_the_pages(
    cast: Cast, call_as: Callable[..., APIClient]
) -> None:
    make_reviewed_run(cast.eva, (cast.emil, "ppff"), (cast.tess, "pppf"))
    client, url = call_as(cast.adam, scopes=["review"]), "/api/v1/analysis"
    quality = client.get(f"{url}/quality").json()
    found = quality_of(now(), cast.adam)
    assert quality["whole"]["reviewersAgree"]["value"] == found.whole.between.value
    assert quality["whole"]["judgedPassed"] == found.whole.judged_passed == 5
    assert [part["label"] for part in quality["categories"]] == ["Noise", "Without"]
    assert len(quality["steps"]) == len(found.scope.steps)
    team = client.get(f"{url}/team").json()["reviewers"]
    assert [(each["name"], each["saved"]) for each in team] == [("Emil", 4), ("Tess", 4)]
    assert team[0]["agreement"]["reason"] == "too_few_units"
    assert client.get(f"{url}/behavior").json()["labels"] == 0
    wrong = client.get(f"{url}/quality?date_from=2026-05-01&date_to=2026-04-01")
    assert wrong.status_code == 400
    assert "after the last one" in wrong.content.decode()
    assert client.get(f"{url}/quality?colour=red").status_code == 400
    assert call_as(cast.adam, scopes=["read"]).get(f"{url}/quality").status_code == 403
