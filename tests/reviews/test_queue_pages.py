"""The pages by which an owner sets a queue up: the forms, adding, people, and who may do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datasets.cloning import request_clone
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from reviews import queue_adding, queue_datasets
from reviews.claiming import claim
from reviews.models import Queue, QueueItem, QueueReviewer, Rubric
from reviews.queueing import Added, add_ids, add_sessions, create_queue
from reviews.sampling import Plan
from reviews.saving import save
from tests.cast import Cast
from tests.datasets_made import items_of, make_dataset
from tests.reviews_made import YES, make_queue
from tests.runs_made import make_run, make_run_item
from tests.sessions import make_label, make_session

pytestmark = pytest.mark.django_db
SignIn = Callable[[Actor], Client]
TEAM = "/t/lighthouse/"
NEW = f"{TEAM}queues/new/"
CHOOSE = f"{TEAM}queues/choose/"


def form_of(by: Actor, **said: Any) -> dict[str, Any]:
    """What a browser sends of the form as it stands, with other values."""
    return {
        "name": "Morning",
        "rubric": str(Rubric.of_the_product("helpfulness", by=by).pk),
        "reviews_per_item": "2",
        "lease_minutes": "15",
        "is_blind": "on",
        "order": "added",
        "seed": "7",
        "plan": "all",
        "rest": "100",
    } | said


def make_mixed_run(owner: Actor, n: int = 40) -> Any:
    """A run of which every fourth row fails."""
    run = make_run(owner=owner)
    run.__class__.all_rows.filter(pk=run.pk).update(n_items=n)
    for k in range(n):
        make_run_item(run, order_index=k, is_passed=k % 4 != 0, tags=["billing"] if k % 2 else [])
    return run


# --- a new queue ---------------------------------------------------------------------------------


def test_a_new_queue_keeps_what_the_form_said(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    said = form_of(cast.eva, instructions="Be kind.\r\nBe brief.", order="shuffled",
                   reviewers=[str(cast.tess.user.pk)])  # fmt: skip

    answer = client.post(NEW, said)

    queue = Queue.all_rows.get()
    assert answer.headers["Location"] == f"{TEAM}queues/{queue.pk}/"
    assert (queue.status, queue.target, queue.owner) == ("draft", "session", cast.eva.user)
    assert (queue.reviews_per_item, queue.lease_minutes, queue.seed) == (2, 15, 7)
    assert (queue.order, queue.is_blind, queue.instructions) == (
        "shuffled", True, "Be kind.\nBe brief.",
    )  # fmt: skip
    assert queue.rubric_version.rubric.slug == "helpfulness"
    assert [row.reviewer for row in QueueReviewer.all_rows.filter(is_assigned=True)] == [
        cast.tess.user
    ]
    assert not queue.is_for_everyone


def test_blind_is_on_and_what_reviewers_could_be_shown_is_off_at_first(
    cast: Cast, sign_in: SignIn
) -> None:
    run = make_mixed_run(cast.eva, 1)

    form = sign_in(cast.eva).get(NEW, {"run": str(run.pk)}).context["form"]

    shown = ("is_blind", "shows_auto_verdict", "shows_suggestions", "reviews_auto_evals")
    assert [bool(form[name].value()) for name in shown] == [True, False, False, False]
    assert {str(each) for each in form.fields["rubric"].queryset} >= {"Pass / fail / flag"}


@pytest.mark.parametrize(
    ("wrong", "at", "says"),
    [
        ({"name": " "}, "name", "This field is required."),
        ({"reviews_per_item": "11"}, "reviews_per_item", "less than or equal to 10"),
        ({"lease_minutes": "0"}, "lease_minutes", "greater than or equal to 1"),
        ({"rubric": "6f1ff2f4-0000-4000-8000-000000000000"}, "rubric", "Select a valid choice"),
        ({"plan": "strata"}, "strata", "Choose by what the items are parted"),
        ({"plan": "strata", "strata": "tag", "stratum": "x", "share": "101"}, "plan", "0 to 100"),
        ({"plan": "strata", "strata": "tag", "stratum": "x", "share": "nan"}, "plan", "0 to 100"),
        ({"strata": "verdict"}, "strata", "Select a valid choice"),
        ({"seed": "-1"}, "seed", "greater than or equal to 0"),
        ({"reviewers": "otto"}, "reviewers", "Select a valid choice"),
    ],
)
def test_a_fault_is_told_at_its_field_and_nothing_is_made(
    cast: Cast, sign_in: SignIn, wrong: dict[str, str], at: str, says: str
) -> None:
    answer = sign_in(cast.eva).post(NEW, form_of(cast.eva, **wrong))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [at]
    assert says in answer.content.decode()
    assert not Queue.all_rows.exists()


def test_a_faulty_share_keeps_the_strata_and_what_was_typed(cast: Cast, sign_in: SignIn) -> None:
    run = make_mixed_run(cast.eva, 8)
    said = form_of(cast.eva, run=str(run.pk), plan="strata", strata=["verdict"],
                   stratum=["failing", "passing"], share=["half", "20"])  # fmt: skip

    lines = sign_in(cast.eva).post(NEW, said).context["lines"]

    told = {each["line"].stratum: (each["typed"], each["error"]) for each in lines}
    assert told == {"failing": ("half", "From 0 to 100."), "passing": ("20", "")}


def test_a_run_review_draws_its_rows_by_stratum(cast: Cast, sign_in: SignIn) -> None:
    run = make_mixed_run(cast.eva)
    said = form_of(
        cast.eva, run=str(run.pk), plan="strata", strata=["verdict", "tag"], rest="0",
        stratum=["failing / no tag", "passing / billing"], share=["100", "50"],
        shows_auto_verdict="on", hidden_percent="25",
    )  # fmt: skip

    preview = sign_in(cast.eva).post(f"{TEAM}queues/preview/", said).context["preview"]
    sign_in(cast.eva).post(NEW, said)

    queue = Queue.all_rows.get()
    assert (queue.run, queue.hidden_share, queue.shows_auto_verdict) == (run, 0.25, True)
    rows = QueueItem.all_rows.filter(queue=queue)
    assert rows.filter(stratum="failing / no tag", inclusion_probability=1).count() == 10
    assert 0 < rows.filter(stratum="passing / billing", inclusion_probability=0.5).count() < 20
    assert rows.count() == queue.n_items == preview.n_in
    told = {line.stratum: (line.n_all, line.percent) for line in preview.lines}
    assert told == {
        "failing / no tag": (10, "100"), "passing / billing": (20, "50"),
        "passing / no tag": (10, "0"),
    }  # fmt: skip


def test_a_run_has_one_review_and_the_way_to_it_leads_there(cast: Cast, sign_in: SignIn) -> None:
    run = make_mixed_run(cast.eva, 2)
    client, way = sign_in(cast.eva), f"{TEAM}runs/{run.pk}/review/"
    assert client.get(way).headers["Location"] == f"{NEW}?run={run.pk}"
    said = form_of(cast.eva, run=str(run.pk))
    client.post(NEW, said)

    again = client.post(NEW, said)

    queue = Queue.all_rows.get()
    assert again.status_code == 422
    assert "This run has its review already" in again.content.decode()
    assert client.get(way).headers["Location"] == f"{TEAM}queues/{queue.pk}/"
    assert client.get(NEW, {"run": str(run.pk)}).headers["Location"] == f"{TEAM}queues/{queue.pk}/"
    assert f"{way}" in client.get(f"{TEAM}runs/{run.pk}/").content.decode()


def test_nobody_reviews_a_run_that_they_may_only_read(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva, is_shared=True, n_items=1)
    emil = sign_in(cast.emil)

    assert emil.get(NEW, {"run": str(run.pk)}).status_code == 403
    assert emil.post(NEW, form_of(cast.emil, run=str(run.pk))).status_code == 403
    assert emil.get(f"{TEAM}runs/{run.pk}/review/").status_code == 404
    assert "Review this run" not in emil.get(f"{TEAM}runs/{run.pk}/").content.decode()


# --- another setting -----------------------------------------------------------------------------


def test_what_may_not_change_any_more_is_shown_with_the_reason_and_stays(
    cast: Cast, sign_in: SignIn
) -> None:
    queue = make_queue(owner=cast.eva, n_items=1, is_blind=True)
    Queue.all_rows.filter(pk=queue.pk).update(n_items=1)
    slot = claim(queue, by=cast.eva)
    assert slot
    save(slot.queue_item, YES, by=cast.eva)
    client, url = sign_in(cast.eva), f"{TEAM}queues/{queue.pk}/edit/"
    said = form_of(cast.eva, name="Evening", lease_minutes="5", seed="9", order="shuffled")
    del said["is_blind"]

    page = client.get(url)
    client.post(url, said)

    fixed = page.context["form"].why_fixed
    assert set(fixed) == {"rubric", "reviews_per_item", "order", "seed", "is_blind"}
    for reason in set(fixed.values()):
        assert reason in page.content.decode()
    queue.refresh_from_db()
    assert (queue.name, queue.lease_minutes) == ("Evening", 5)
    assert (queue.is_blind, queue.reviews_per_item, queue.order, queue.seed) == (
        True, 1, "added", 0,
    )  # fmt: skip
    assert queue.rubric_version.rubric.slug == "pass-fail"


def test_a_drafts_reviews_per_item_and_rubric_can_still_change(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=2, status="draft")

    sign_in(cast.eva).post(f"{TEAM}queues/{queue.pk}/edit/", form_of(cast.eva))

    queue.refresh_from_db()
    assert (queue.reviews_per_item, queue.rubric_version.rubric.slug) == (2, "helpfulness")
    assert list(QueueItem.all_rows.values_list("open_slots", flat=True)) == [2, 2]


# --- adding --------------------------------------------------------------------------------------


def test_ticked_sessions_come_in_once_in_the_order_in_which_they_began(
    cast: Cast, sign_in: SignIn
) -> None:
    sessions = [make_session(owner=cast.eva) for _ in range(3)]
    queue = make_queue(owner=cast.eva, n_items=0, status="draft")
    said = {"queue": str(queue.pk), "ids": [str(row.pk) for row in reversed(sessions)]}
    client = sign_in(cast.eva)

    client.post(CHOOSE, said)
    answer = client.post(CHOOSE, said, follow=True)

    rows = QueueItem.all_rows.filter(queue=queue).order_by("position")
    assert [row.session for row in rows] == sessions
    assert "0 sessions added, 3 there already." in answer.content.decode()


def test_all_that_fit_the_filter_come_in_and_others_sessions_do_not(
    cast: Cast, sign_in: SignIn
) -> None:
    for n in range(4):
        make_session(owner=cast.eva, model="m-1" if n % 2 else "m-2")
    make_session(owner=cast.emil, model="m-1")
    queue = make_queue(owner=cast.eva, n_items=0)
    said = {"queue": str(queue.pk), "scope": "all", "model": "m-1"}

    sign_in(cast.eva).post(CHOOSE, said)

    queue.refresh_from_db()
    assert queue.n_items == 2
    assert set(QueueItem.all_rows.values_list("session__owner", flat=True)) == {cast.eva.user.pk}


def test_the_bar_of_the_sessions_leads_to_a_new_queue_with_the_selection(
    cast: Cast, sign_in: SignIn
) -> None:
    session = make_session(owner=cast.eva)
    make_session(owner=cast.eva)
    client = sign_in(cast.eva)
    assert CHOOSE in client.get(f"{TEAM}sessions/").content.decode()
    chosen = {"ids": str(session.pk)}
    dialog = client.post(CHOOSE, chosen, headers={"HX-Request": "true"})
    assert dialog.templates[0].name == "reviews/_queue_choice_dialog.html"

    begun = client.post(NEW, chosen | {"begin": "1"})
    client.post(NEW, form_of(cast.eva) | chosen)

    assert begun.context["preview"].n_all == 1
    assert [row.session for row in QueueItem.all_rows.all()] == [session]


@pytest.mark.parametrize("status", ["closed", "archived"])
def test_closed_queues_and_those_of_others_are_not_to_be_chosen(
    cast: Cast, sign_in: SignIn, status: str
) -> None:
    session = make_session(owner=cast.eva)
    for queue in (
        make_queue(owner=cast.eva, n_items=0, status=status),
        make_queue(owner=cast.emil, n_items=0),
    ):
        said = {"queue": str(queue.pk), "ids": str(session.pk)}
        answer = sign_in(cast.eva).post(CHOOSE, said)
        assert answer.status_code == 422
        assert "Select a valid choice" in str(answer.context["form"].errors["queue"])
    assert not QueueItem.all_rows.exists()


def test_many_are_added_by_a_job_that_goes_on_where_it_was(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_adding, "AT_ONCE", 2)
    monkeypatch.setattr(queue_adding, "BATCH", 2)
    for _ in range(5):
        make_session(owner=cast.eva)
    queue = make_queue(owner=cast.eva, n_items=0)
    client = sign_in(cast.eva)
    client.post(CHOOSE, {"queue": str(queue.pk), "scope": "all"})
    job = Job.all_rows.get(kind="queue_add")
    waiting = client.get(f"{TEAM}queues/{queue.pk}/").content.decode()

    run_job(job.pk)

    job.refresh_from_db()
    assert f"progress-{job.pk}" in waiting
    assert (job.state, job.n_done, job.result) == (
        "done", 5, {"done": 5, "added": 5, "already": 0, "left_out": 0},
    )  # fmt: skip
    queue.refresh_from_db()
    assert queue.n_items == QueueItem.all_rows.filter(queue=queue).count() == 5
    assert "5 added." in client.get(f"{TEAM}queues/{queue.pk}/").content.decode()


def test_the_queues_own_plan_draws_what_is_added_later(cast: Cast) -> None:
    for n in range(40):
        label = make_session(owner=cast.eva, external_id=f"s-{n}")
        make_label(label, status="incorrect" if n % 4 == 0 else "golden")
    sampling = {"strata": ["status"], "shares": {"incorrect": 1.0}, "rest": 0.25, "seed": 3}
    rubric = Rubric.of_the_product("pass-fail", by=cast.eva)
    queue = create_queue(name="Q", target="session", rubric=rubric, by=cast.eva, sampling=sampling)
    sessions = label.__class__.objects.visible_to(cast.eva).order_by("started_at")

    told = add_sessions(queue, sessions, by=cast.eva)

    rows = QueueItem.all_rows.filter(queue=queue)
    assert rows.filter(stratum="incorrect", inclusion_probability=1).count() == 10
    n_golden = rows.filter(stratum="golden", inclusion_probability=0.25).count()
    assert (told.added, told.left_out) == (10 + n_golden, 30 - n_golden)
    assert 0 < n_golden < 30


def test_a_larger_share_later_is_the_chance_of_what_was_drawn_before_too(cast: Cast) -> None:
    ids = [make_session(owner=cast.eva).pk for _ in range(30)]
    queue = make_queue(owner=cast.eva, n_items=0)
    first = add_ids(queue, ids, by=cast.eva, plan=Plan({}, rest=0.3, seed=5), strata=())

    second = add_ids(queue, ids, by=cast.eva, plan=Plan({}, rest=0.8, seed=5), strata=())

    assert second.already == first.added
    chances = QueueItem.all_rows.values_list("inclusion_probability", flat=True)
    assert set(chances) == {0.8}
    assert len(chances) == first.added + second.added


# --- datasets ------------------------------------------------------------------------------------


def test_items_with_a_session_go_to_a_queue_and_the_others_are_told(
    cast: Cast, sign_in: SignIn
) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    session = make_session(owner=cast.eva)
    rows = session.__class__.objects.visible_to(cast.eva)
    run_job(request_clone(dataset, rows, by=cast.eva).pk)
    queue = make_queue(owner=cast.eva, n_items=0)
    client, url = sign_in(cast.eva), f"{TEAM}datasets/{dataset.pk}/send-to-queue/"

    page = client.get(url, {"scope": "all"}).content.decode()
    client.post(url, {"scope": "all", "queue": str(queue.pk)})

    assert "1 of 2" in page
    assert "Written by hand: there is no session to review." in page
    item = QueueItem.all_rows.get()
    assert item.session == session
    assert item.dataset_item is not None
    assert item.dataset_item.dataset == dataset


def test_a_queues_sessions_come_into_a_dataset_of_sessions_once(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = make_queue(owner=cast.eva, n_items=3)
    dataset = make_dataset(owner=cast.eva, level="session")
    client, url = sign_in(cast.eva), f"{TEAM}datasets/{dataset.pk}/from-queue/"

    client.post(url, {"queue": str(queue.pk)})
    monkeypatch.setattr(queue_datasets, "AT_ONCE", 2)
    begun = client.post(url, {"queue": str(queue.pk)})
    job = Job.all_rows.get(kind="queue_to_dataset")
    run_job(job.pk)

    items = items_of(dataset, by=cast.eva)
    assert {item.arrived for item in items} == {"queue"}
    assert len(items) == 3
    told = client.get(begun.headers["Location"]).content.decode()
    assert "0 items added, 3 there already." in told


def test_archived_queues_are_not_offered_and_datasets_of_messages_take_none(
    cast: Cast, sign_in: SignIn
) -> None:
    archived = make_queue(owner=cast.eva, n_items=1, status="archived", name="Old")
    make_queue(owner=cast.eva, n_items=0, name="New")
    sessions = make_dataset(owner=cast.eva, level="session", name="A")
    messages = make_dataset(owner=cast.eva, name="B")
    client = sign_in(cast.eva)

    page = client.get(f"{TEAM}datasets/{sessions.pk}/from-queue/").content.decode()
    refused = client.post(f"{TEAM}datasets/{sessions.pk}/from-queue/", {"queue": str(archived.pk)})

    assert "New (active)" in page
    assert "Old (" not in page
    assert refused.status_code == 422
    other = client.get(f"{TEAM}datasets/{messages.pk}/from-queue/").content.decode()
    assert "they go into datasets of sessions only" in other


# --- people, and the page of the queue -----------------------------------------------------------


def test_reviewers_are_chosen_and_each_ones_workload_is_shown(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=3, reviewers=[cast.tess, cast.emil])
    slot = claim(queue, by=cast.tess)
    assert slot
    save(slot.queue_item, YES, by=cast.tess)
    claim(queue, by=cast.tess)
    client, url = sign_in(cast.eva), f"{TEAM}queues/{queue.pk}/assign/"

    people = {each.pk: each for each in client.get(url).context["people"]}
    client.post(url, {"reviewers": [str(cast.adam.user.pk)]})

    tess, emil = people[cast.tess.user.pk], people[cast.emil.user.pk]
    assert (tess.n_saved, tess.n_held, tess.left, tess.is_asked) == (1, 1, 1, True)
    assert (emil.n_saved, emil.n_held, emil.left) == (0, 0, 1)
    assert len(people) == 5
    asked = QueueReviewer.all_rows.filter(queue=queue, is_assigned=True)
    assert [row.reviewer for row in asked] == [cast.adam.user]


def test_people_of_other_teams_cannot_be_asked(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=0)

    url = f"{TEAM}queues/{queue.pk}/assign/"
    answer = sign_in(cast.eva).post(url, {"reviewers": str(cast.otto.user.pk)})

    assert answer.status_code == 422
    assert "Choose again" in answer.content.decode()


def test_the_state_of_an_item_is_told_after_its_reveal_only(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=2, reviews_per_item=2)
    Queue.all_rows.filter(pk=queue.pk).update(n_items=2)
    for by in (cast.tess, cast.emil, cast.tess):
        slot = claim(queue, by=by)
        assert slot
        save(slot.queue_item, YES, by=by)
    client, url = sign_in(cast.eva), f"{TEAM}queues/{queue.pk}/"

    items = client.get(url).context["items"]

    assert [(row["n_counted"], row["state"]) for row in items] == [(2, "reviewed"), (1, "")]
    for progress, n in (("none", 0), ("some", 1), ("all", 1), ("broken", 2)):
        assert len(client.get(url, {"progress": progress}).context["items"]) == n
    assert "items" not in sign_in(cast.tess).get(url).context


def test_items_are_paged_by_their_keys(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=0)
    add_ids(queue, [make_session(owner=cast.eva).pk for _ in range(52)], by=cast.eva)
    client, url = sign_in(cast.eva), f"{TEAM}queues/{queue.pk}/"

    first = client.get(url).context
    second = client.get(url + first["older_url"].partition("#")[0]).context

    assert (len(first["items"]), len(second["items"])) == (50, 2)
    assert second["newer_url"]


def test_an_empty_queue_says_what_to_do_next(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=0, status="draft")
    client = sign_in(cast.eva)

    assert "Choose sessions" in client.get(f"{TEAM}queues/{queue.pk}/").content.decode()
    own = client.get(f"{TEAM}queues/", {"view": "archived"}).content.decode()
    assert NEW in own
    assert NEW not in sign_in(cast.tess).get(f"{TEAM}queues/").content.decode()


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["edit", "add", "assign"])
def test_a_colleague_gets_404_and_who_only_reviews_403(
    cast: Cast, sign_in: SignIn, page: str
) -> None:
    private = make_queue(owner=cast.eva, n_items=1, reviewers=[cast.tess])
    everyones = make_queue(owner=cast.eva, n_items=1)

    def status(by: Actor, queue: Queue) -> list[int]:
        url = f"{TEAM}queues/{queue.pk}/{page}/"
        return [sign_in(by).get(url).status_code, sign_in(by).post(url).status_code]

    assert status(cast.emil, private) == [404, 404]
    assert status(cast.emil, everyones) == [403, 403]
    assert status(cast.tess, private) == [403, 403]
    assert status(cast.otto, private) == [404, 404]


def test_a_job_of_who_lost_the_verb_adds_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_adding, "AT_ONCE", 0)
    queue = make_queue(owner=cast.eva, n_items=0)
    job = queue_adding.add_many(queue, [make_session(owner=cast.eva).pk], by=cast.eva)
    assert isinstance(job, Job)
    cast.eva.membership.change_role("tester", by=cast.olga)

    run_job(job.pk)

    job.refresh_from_db()
    assert job.state == "failed"
    assert not QueueItem.all_rows.filter(queue=queue).exists()


def test_added_says_what_it_did() -> None:
    told = queue_adding.in_words(Added(1, 2, 3), "row")

    assert told == "1 row added, 2 there already, 3 left out by the sampling plan."
