"""Pages of rubrics: the list, one with its versions, the editor, its preview, and the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evalplatform.audit.models import AuditEvent
from reviews.claiming import claim
from reviews.models import Queue, Rubric, RubricVersion
from reviews.rubrics.builtin import BUILT_IN
from reviews.saving import save
from tests.cast import Cast
from tests.reviews_made import YES, make_queue

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LIST = "/t/lighthouse/queues/rubrics/"
TWO = [
    {"value": "a", "label": "A", "description": "First"},
    {"value": "b", "label": "", "description": ""},
]
KINDS: dict[str, dict[str, Any]] = {
    "pass_fail": {},
    "choice": {"options": TWO},
    "multi_choice": {"options": TWO, "required": False},
    "rating": {"min": 0, "max": 3},
    "number": {"min": None, "max": 2.5, "step": 0.5},
    "boolean": {"instructions": "Look twice."},
    "text": {"required": False},
}


def criterion(key: str, kind: str = "pass_fail", **more: Any) -> dict[str, Any]:
    said = {"key": key, "label": key.title(), "kind": kind, "instructions": "", "required": True}
    return said | more


def shape(*criteria: dict[str, Any]) -> dict[str, Any]:
    return {
        "sections": [{"key": "s", "label": "S", "instructions": "", "criteria": list(criteria)}]
    }


ONE = shape(criterion("verdict"))


def form(held: Any, **more: Any) -> dict[str, Any]:
    return {"name": "Tone", "description": "Is it kind?", "shape": json.dumps(held)} | more


def made(by: Any, held: Any = ONE) -> Rubric:
    return Rubric.create(name="Tone", shape=held, by=by)


def answered(rubric: Rubric, cast: Cast) -> Queue:
    """Have the newest version answered: it is frozen."""
    queue = make_queue(owner=cast.eva, rubric=rubric)
    slot = claim(queue, by=cast.tess)
    assert slot is not None
    save(slot.queue_item, YES, by=cast.tess)
    return queue


# --- the list and the page -----------------------------------------------------------------------


def test_list_has_the_built_in_rubrics_from_the_first_look(cast: Cast, sign_in: SignIn) -> None:
    response = sign_in(cast.tess).get(LIST)

    assert {row.slug: row.n_criteria for row in response.context["rubrics"]} == {
        slug: len(built.by_key) for slug, (_, _, built) in BUILT_IN.items()
    }
    assert response.content.decode().count("Built-in") == len(BUILT_IN)


def test_list_counts_only_queues_that_the_reader_may_see(cast: Cast, sign_in: SignIn) -> None:
    rubric = made(cast.eva)
    make_queue(owner=cast.eva, rubric=rubric)
    make_queue(owner=cast.eva, rubric=rubric, reviewers=[cast.eva])

    def counted(actor: Any) -> int:
        rows = sign_in(actor).get(LIST).context["rubrics"]
        return next(row.n_queues for row in rows if row.pk == rubric.pk)

    assert (counted(cast.olga), counted(cast.eva), counted(cast.tess)) == (2, 2, 1)


def test_list_does_not_query_per_row(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    client.get(LIST)
    made(cast.eva)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(LIST)
    for _ in range(20):
        made(cast.eva)
    with CaptureQueriesContext(connection) as many:
        client.get(LIST)

    assert len(many) == len(few)


def test_page_shows_the_form_of_a_review_and_what_changed(cast: Cast, sign_in: SignIn) -> None:
    rubric = made(cast.eva)
    answered(rubric, cast)
    rubric.change(by=cast.eva, shape=shape(criterion("verdict", label="Good?"), criterion("warm")))
    client = sign_in(cast.tess)

    newest = client.get(f"{LIST}{rubric.pk}/")
    first = client.get(f"{LIST}{rubric.pk}/?version=1")

    assert [(each.how, each.key) for each in newest.context["changes"]] == [
        ("changed", "verdict"), ("added", "warm"),
    ]  # fmt: skip
    assert 'data-field="warm"' in newest.content.decode()
    assert 'data-field="warm"' not in first.content.decode()
    assert "Frozen since it was first answered" in first.content.decode()
    assert "nobody has answered it yet" in newest.content.decode()
    assert [(row.number, row.n_queues) for row in newest.context["versions"]] == [(2, 0), (1, 1)]


@pytest.mark.parametrize("asked", ["version=9", "version=x", "version=2&since=9"])
def test_version_that_is_not_there_is_404(cast: Cast, sign_in: SignIn, asked: str) -> None:
    rubric = made(cast.eva)
    answered(rubric, cast)
    rubric.change(by=cast.eva, shape=shape(criterion("warm")))

    assert sign_in(cast.eva).get(f"{LIST}{rubric.pk}/?{asked}").status_code == 404


# --- making and changing -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back_as_it_was_written(cast: Cast, sign_in: SignIn, kind: str) -> None:
    held = shape(criterion("it", kind, **KINDS[kind]))
    client = sign_in(cast.eva)

    saved = client.post(f"{LIST}new/", form(held))
    rubric = Rubric.all_rows.get(name="Tone")
    editor = client.get(f"{LIST}{rubric.pk}/edit/")

    assert saved.headers["Location"] == f"{LIST}{rubric.pk}/"
    assert rubric.newest().shape == held
    assert json.loads(editor.context["form"]["shape"].value()) == held
    assert rubric.description == "Is it kind?"


@pytest.mark.parametrize(
    ("held", "path", "message"),
    [
        (shape(), "sections[0].criteria", "A section holds at least one criterion. Add one."),
        (
            shape(criterion("a", label=" ")),
            "sections[0].criteria[0].label",
            "Write something here.",
        ),
        (
            shape(criterion("a"), criterion("a")),
            "sections[0].criteria[1].key",
            "The criterion “a” is there twice. Rename one.",
        ),
        (
            shape(criterion("a", "choice", options=TWO[:1])),
            "sections[0].criteria[0].options",
            "Give 2 to 50 options.",
        ),
        (
            shape(criterion("a", "number", min="few")),
            "sections[0].criteria[0].min",
            "Write a number.",
        ),
    ],
)
def test_fault_is_told_at_the_very_criterion_and_nothing_is_saved(
    cast: Cast, sign_in: SignIn, held: Any, path: str, message: str
) -> None:
    response = sign_in(cast.eva).post(f"{LIST}new/", form(held))

    assert response.status_code == 422
    assert json.loads(response.context["faults"]) == {path: message}
    assert f"{path}: {message}" in response.content.decode()  # who edits the JSON reads it too
    assert json.loads(response.context["form"]["shape"].value()) == held
    assert not Rubric.all_rows.filter(name="Tone").exists()


@pytest.mark.parametrize("text", ["{", '{"sections": NaN}', r'{"a": "\u0000"}', '{"a": 1, "a": 2}'])
def test_what_is_not_strict_json_is_refused(cast: Cast, sign_in: SignIn, text: str) -> None:
    client = sign_in(cast.eva)

    response = client.post(f"{LIST}new/", form(None, shape=text))
    preview = client.post(f"{LIST}preview/", {"shape": text})

    assert response.status_code == 422
    assert "This is not JSON." in json.loads(response.context["faults"])[""]
    assert preview.status_code == 200
    assert "This is not JSON." in preview.content.decode()


def test_answered_version_is_continued_by_the_next_and_queues_keep_theirs(
    cast: Cast, sign_in: SignIn
) -> None:
    rubric = made(cast.eva)
    queue = answered(rubric, cast)
    client = sign_in(cast.eva)
    editor = client.get(f"{LIST}{rubric.pk}/edit/").content.decode()

    client.post(f"{LIST}{rubric.pk}/edit/", form(shape(criterion("warm"))))

    assert "Saving makes version 2" in editor
    assert "1 queue in progress goes on asking the version it was made with" in editor
    rubric.refresh_from_db()
    assert rubric.version == 2
    assert list(rubric.newest().read().by_key) == ["warm"]
    queue.refresh_from_db()
    assert queue.rubric_version.number == 1
    assert queue.rubric_version.shape == ONE


def test_version_that_nobody_answered_changes_as_it_is(cast: Cast, sign_in: SignIn) -> None:
    rubric = made(cast.eva)
    queue = make_queue(owner=cast.eva, rubric=rubric)
    slot = claim(queue, by=cast.tess)
    assert slot is not None
    client = sign_in(cast.eva)

    assert (
        "Queues ask this version already" in client.get(f"{LIST}{rubric.pk}/edit/").content.decode()
    )
    client.post(f"{LIST}{rubric.pk}/edit/", form(shape(criterion("warm"))))

    assert RubricVersion.all_rows.filter(rubric=rubric).count() == 1
    saved = sign_in(cast.tess).post(
        f"/t/lighthouse/queues/{queue.pk}/review/{slot.queue_item.key}/save/",
        json.dumps({"number": 0, "draft": YES}),
        "application/json",
    )
    assert saved.status_code == 422
    assert set(saved.json()["errors"]) == {"verdict", "warm"}


def test_second_of_two_editors_is_told_and_can_save_over(cast: Cast, sign_in: SignIn) -> None:
    rubric = made(cast.eva)
    client = sign_in(cast.eva)
    seen_at = client.get(f"{LIST}{rubric.pk}/edit/").context["form"]["seen_at"].value()
    rubric.change(by=cast.olga, name="Warmth")

    refused = client.post(f"{LIST}{rubric.pk}/edit/", form(ONE, seen_at=seen_at))
    rubric.refresh_from_db()
    assert refused.status_code == 422
    assert "Somebody saved this rubric while you were changing it." in refused.content.decode()
    assert rubric.name == "Warmth"

    again = refused.context["form"]["seen_at"].value()
    saved = client.post(f"{LIST}{rubric.pk}/edit/", form(ONE, seen_at=again))
    rubric.refresh_from_db()
    assert (saved.status_code, rubric.name) == (302, "Tone")


def test_copy_begins_with_what_the_newest_version_asks(cast: Cast, sign_in: SignIn) -> None:
    lab = Rubric.of_the_product("lab-review", by=cast.eva)
    client = sign_in(cast.emil)

    picked = client.get(f"{LIST}new/").content.decode()
    copy = client.get(f"{LIST}new/?from={lab.pk}").context["form"]

    assert f'href="?from={lab.pk}"' in picked
    assert 'href="?from=empty"' in picked
    assert copy["name"].value() == "Lab review (copy)"
    assert json.loads(copy["shape"].value()) == BUILT_IN["lab-review"][2].as_json()


def test_preview_is_the_form_of_a_review_with_what_is_not_ready(
    cast: Cast, sign_in: SignIn
) -> None:
    steps = criterion("cost", "number", min=0, step=0.5)
    held = shape(criterion("warm", "rating", min=1, max=4), steps, criterion("", label=""))

    html = sign_in(cast.eva).post(f"{LIST}preview/", form(held)).content.decode()

    assert 'data-field="warm" data-kind="rating"' in html
    assert html.count('data-digit="') == 4
    assert "Not ready: Write something here." in html
    assert "from 0 in steps of 0.5" in html
    assert "2 criteria; 1 place needs a change" in html


# --- who may -------------------------------------------------------------------------------------


def test_built_in_rubric_cannot_be_changed_by_anybody(cast: Cast, sign_in: SignIn) -> None:
    lab = Rubric.of_the_product("lab-review", by=cast.olga)
    client = sign_in(cast.olga)

    told = client.get(f"{LIST}{lab.pk}/edit/", follow=True)

    assert told.redirect_chain == [(f"{LIST}{lab.pk}/", 302)]
    assert "make a copy and change that" in told.content.decode()
    assert f"{LIST}new/?from={lab.pk}" in told.content.decode()
    assert client.post(f"{LIST}{lab.pk}/edit/", form(ONE)).status_code == 403
    assert client.post(f"{LIST}{lab.pk}/delete/").status_code == 403
    assert lab.newest().shape == BUILT_IN["lab-review"][2].as_json()


@pytest.mark.parametrize(
    ("name", "reads", "changes"),
    [("olga", 200, 302), ("adam", 200, 302), ("eva", 200, 302), ("emil", 200, 403),
     ("tess", 200, 403), ("otto", 404, 404)],
)  # fmt: skip
def test_team_reads_and_its_owner_and_administrators_change(
    cast: Cast, sign_in: SignIn, name: str, reads: int, changes: int
) -> None:
    rubric = made(cast.eva)
    client = sign_in(cast.actor(name))

    assert client.get(f"{LIST}{rubric.pk}/").status_code == reads
    assert client.post(f"{LIST}{rubric.pk}/edit/", form(ONE)).status_code == changes
    assert client.post(f"{LIST}{rubric.pk}/delete/").status_code == changes


def test_who_may_not_make_queues_makes_no_rubric_and_sees_no_such_button(
    cast: Cast, sign_in: SignIn
) -> None:
    client = sign_in(cast.tess)

    assert client.get(f"{LIST}new/").status_code == 403
    assert client.post(f"{LIST}new/", form(ONE)).status_code == 403
    assert client.post(f"{LIST}preview/", form(ONE)).status_code == 403
    assert "New rubric" not in client.get(LIST).content.decode()
    assert not Rubric.all_rows.filter(name="Tone").exists()


def test_deleted_rubric_leaves_the_choice_and_its_queues_keep_it(
    cast: Cast, sign_in: SignIn
) -> None:
    rubric = made(cast.eva)
    queue = make_queue(owner=cast.eva, rubric=rubric)
    client = sign_in(cast.eva)

    told = client.post(f"{LIST}{rubric.pk}/delete/", follow=True).content.decode()

    assert "1 queue goes on asking it." in told
    assert rubric.pk not in [row.pk for row in client.get(LIST).context["rubrics"]]
    assert client.get(f"{LIST}{rubric.pk}/").status_code == 404
    assert sign_in(cast.tess).get(f"/t/lighthouse/queues/{queue.pk}/review/").status_code == 200
    assert sign_in(cast.emil).post(f"{LIST}{rubric.pk}/restore/").status_code == 404
    assert client.post(f"{LIST}{rubric.pk}/restore/").status_code == 204
    assert client.get(f"{LIST}{rubric.pk}/").status_code == 200
    acts = AuditEvent.all_rows.filter(object_id=str(rubric.pk)).order_by("pk")
    assert [event.verb for event in acts] == ["rubric.create", "rubric.delete", "rubric.restore"]
