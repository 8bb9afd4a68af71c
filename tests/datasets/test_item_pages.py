"""Items from their pages: read, written by hand, edited, tagged, deleted, moved, taken back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from datasets.editing import edition
from datasets.formats.items import CheckRecord, Example, ItemRecord
from datasets.models import Attachment, Dataset, DatasetItem
from datasets.restoring import pin
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.datasets_made import items_of, make_dataset
from tests.sessions import make_session

SignIn = Callable[[Actor], Client]
NO_CHECKS = {"checks-TOTAL_FORMS": "0", "checks-INITIAL_FORMS": "0"}
FULL = ItemRecord(
    public_id="q-1",
    input="Which river\r\ncrosses Vienna?",
    output="The Danube.",
    tags=("easy", "a, b"),
    context={"n": 12345678901234567890, "x": 1.0},
    history=({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "user: x"}),
    checks=(CheckRecord("includes", "Danube", examples=(Example("negative", "Rhine"),)),),
)


def page_of(dataset: Dataset, *parts: object) -> str:
    return "/".join(["/t/lighthouse/datasets", str(dataset.pk), *map(str, parts), ""])


def form_of(answer: Any) -> dict[str, Any]:
    """What a browser would send of the editor, untouched."""
    context = answer.context
    sent = {name: context["form"][name].value() or "" for name in context["form"].fields}
    sent = {name: value.replace("\r\n", "\n").replace("\n", "\r\n") for name, value in sent.items()}
    checks = context["checks"]
    sent |= {"checks-TOTAL_FORMS": checks.total_form_count(), "seen": context.get("seen", "")}
    sent |= {"checks-INITIAL_FORMS": checks.initial_form_count()}
    for form in checks:
        for name in form.fields:
            value = form[name].value()
            if name == "examples":
                sent[f"{form.prefix}-examples_type"] = [kind for kind, _ in value or ()]
                sent[f"{form.prefix}-examples_text"] = [text for _, text in value or ()]
            elif value not in (None, False):
                sent[f"{form.prefix}-{name}"] = value
    return sent


def only_item(dataset: Dataset, by: Actor) -> DatasetItem:
    (item,) = items_of(dataset, by=by)
    return item


def test_an_item_is_written_by_hand_with_history_and_checks(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva)
    form = {
        "input": "And which one Linz?",
        "output": "The Danube\r\ntoo.",
        "tags": 'easy, "a, b", EASY',
        "history": "user: Which river crosses Vienna?\r\nassistant: The Danube.\r\nIt is long.",
        "context": '{"n": 12345678901234567890}',
        "checks-TOTAL_FORMS": "2",
        "checks-INITIAL_FORMS": "0",
        "checks-0-operator": "grammar",
        "checks-0-ORDER": "2",
        "checks-1-operator": "includes",
        "checks-1-criteria": "Danube",
        "checks-1-weight": "3",
        "checks-1-ORDER": "1",
        "checks-1-examples_type": ["positive", "negative"],
        "checks-1-examples_text": ["The Danube.", ""],
    }

    answer = sign_in(cast.eva).post(page_of(dataset, "items/new"), form)

    item = only_item(dataset, cast.eva)
    assert answer.headers["Location"] == f"{page_of(dataset)}?item={item.key}"
    assert (item.output, item.tags) == ("The Danube\ntoo.", ["easy", "a, b"])
    assert item.history == [
        {"role": "user", "content": "Which river crosses Vienna?"},
        {"role": "assistant", "content": "The Danube.\nIt is long."},
    ]
    assert item.context == {"n": 12345678901234567890}
    assert item.check_records == [
        CheckRecord("includes", "Danube", 3, examples=(Example("positive", "The Danube."),)),
        CheckRecord("grammar"),
    ]


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"input": " "}, "input", "Write what was asked"),
        ({"history": "Hello"}, "history", "begins without a role"),
        ({"history": "[1"}, "history", "This is not JSON"),
        ({"context": "[]"}, "context", "must be an object"),
        ({"context": '{"__a__": 1}'}, "context", "cannot be used as a key"),
        ({"session_state": "{"}, "session_state", "This is not JSON"),
        ({"created_at": "yesterday"}, "created_at", "Write it as"),
        ({"public_id": "x" * 65}, "public_id", "at most 64"),
        ({"public_id": "q-1"}, "public_id", "already"),
        ({"public_id": "Q-1"}, "public_id", "differ in more than its case"),
        ({"tags": "x" * 201}, "tags", "longer than 200"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(
    cast: Cast, sign_in: SignIn, typed: dict[str, str], field: str, message: str
) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)

    answer = sign_in(cast.eva).post(
        page_of(dataset, "items/new"), {"input": "Which?"} | typed | NO_CHECKS
    )

    assert answer.status_code == 422
    assert message in str(answer.context["form"].errors[field])
    assert answer.context["form"][field].value() == typed[field]
    assert len(items_of(dataset, by=cast.eva)) == 1


@pytest.mark.parametrize(
    ("check", "field", "message"),
    [
        ({"operator": "regex", "criteria": "("}, "criteria", "not a regular expression"),
        ({"operator": "includes"}, "criteria", "needs criteria"),
        ({"operator": "nope", "criteria": "x"}, "operator", "There is no operator"),
        ({"criteria": "x"}, "operator", "Choose what is checked"),
        ({"operator": "grammar", "weight": "1001"}, "weight", "not between 0 and 1000"),
        ({"operator": "grammar", "conditional_criteria": "x"}, "conditional_criteria", "have no"),
        ({"operator": "grammar", "examples_text": "x"}, "examples", "no type"),
    ],
)
def test_what_is_wrong_with_a_check_is_said_at_its_field(
    cast: Cast, sign_in: SignIn, check: dict[str, str], field: str, message: str
) -> None:
    dataset = make_dataset(owner=cast.eva)
    form = {"input": "Which?", "checks-TOTAL_FORMS": "1", "checks-INITIAL_FORMS": "0"}

    answer = sign_in(cast.eva).post(
        page_of(dataset, "items/new"), form | {f"checks-0-{k}": v for k, v in check.items()}
    )

    assert answer.status_code == 422
    assert message in str(answer.context["checks"][0].errors[field])


def test_a_session_dataset_says_why_none_is_written_by_hand(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    client = sign_in(cast.eva)

    assert "none is written by hand" in client.get(page_of(dataset, "items/new")).content.decode()
    assert client.post(page_of(dataset, "items/new"), {"input": "x"}).status_code == 403


def test_a_form_that_was_not_touched_changes_nothing(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=[FULL])
    pin(dataset)
    client = sign_in(cast.eva)
    item = only_item(dataset, cast.eva)

    form = form_of(client.get(page_of(dataset, "items", item.key, "edit")))
    answer = client.post(page_of(dataset, "items", item.key, "edit"), form)

    assert answer.status_code == 302
    dataset.refresh_from_db()
    assert dataset.version == 2
    assert only_item(dataset, cast.eva).pk == item.pk


def test_fields_and_checks_are_changed_in_the_editor(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=[FULL])
    client = sign_in(cast.eva)
    item = only_item(dataset, cast.eva)

    address = page_of(dataset, "items", item.key, "edit")
    form = form_of(client.get(address)) | {"output": "The Rhine.", "checks-0-DELETE": "on"}
    client.post(address, form)

    now = only_item(dataset, cast.eva)
    assert (now.input, now.output, now.checks) == (item.input, "The Rhine.", [])
    assert now.history == item.history


def test_what_a_colleague_changed_meanwhile_is_not_written_over(
    cast: Cast, sign_in: SignIn
) -> None:
    dataset = make_dataset(owner=cast.eva, items=[FULL])
    client = sign_in(cast.eva)
    item = only_item(dataset, cast.eva)
    address = page_of(dataset, "items", item.key, "edit")
    form = form_of(client.get(address)) | {"output": "Typed by Eva."}
    with edition(dataset, by=cast.olga) as changing:
        changing.revise(item, output="Olga's words.")

    refused = client.post(address, form)

    page = refused.content.decode()
    assert refused.status_code == 409
    assert "Olga changed this item meanwhile" in page
    assert "Olga&#x27;s words." in page
    assert refused.context["form"]["output"].value() == "Typed by Eva."
    assert only_item(dataset, cast.eva).output == "Olga's words."
    client.post(address, form | {"seen": refused.context["seen"]})
    assert only_item(dataset, cast.eva).output == "Typed by Eva."


def test_a_row_is_edited_where_it_stands(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=[FULL])
    client = sign_in(cast.eva)
    item = only_item(dataset, cast.eva)
    address = page_of(dataset, "items", item.key, "inline")
    seen = client.get(address).context["seen"]
    form = {"input": "Which river\ncrosses Vienna?", "output": "It.", "tags": "hard", "seen": seen}

    answer = client.post(address, form | {"expected_output": "Danube"})
    stale = client.post(address, form | {"output": "Other"})

    now = only_item(dataset, cast.eva)
    assert (now.input, now.output, now.expected_output) == (item.input, "It.", "Danube")
    assert (now.tags, now.checks) == (["hard"], item.checks)
    assert f'id="i-{item.key}"' in answer.content.decode()
    assert stale.status_code == 409


def test_other_content_breaks_the_link_after_it_was_said(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    session = make_session(owner=cast.eva)
    DatasetItem.all_rows.filter(dataset=dataset).update(session=session)
    item = only_item(dataset, cast.eva)
    client = sign_in(cast.eva)
    address = page_of(dataset, "items", item.key, "inline")
    form = {"input": item.input, "output": "Changed.", "tags": "easy"}

    asked = client.post(address, form)
    assert asked.status_code == 422
    assert "This breaks the link to the session" in asked.content.decode()
    assert only_item(dataset, cast.eva).output == "Answer 1."

    client.post(address, form | {"output": item.output, "tags": "hard"})
    assert only_item(dataset, cast.eva).session_id == session.pk
    client.post(address, form | {"breaks_link": "1"})
    assert only_item(dataset, cast.eva).session_id is None


def act(client: Client, dataset: Dataset, query: str = "", **form: Any) -> dict[str, Any]:
    answer = client.post(page_of(dataset, "items/act") + query, form)
    assert answer.status_code == 204
    toast: dict[str, Any] = json.loads(answer.headers["HX-Trigger"])["toast"]
    return toast


def test_many_are_tagged_and_untagged(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=60)
    client = sign_in(cast.eva)
    first, second, *_ = items_of(dataset, by=cast.eva)

    assert act(client, dataset, act="tag", tags="hard", ids=[first.key, second.key])["text"] == (
        "2 items tagged hard."
    )
    act(client, dataset, "?tag=easy", act="untag", tags="easy", scope="all")

    tags = [item.tags for item in items_of(dataset, by=cast.eva)]
    assert tags == [["hard"], ["hard"], *[[]] * 58]


def test_deleting_is_undone_and_nothing_else_with_it(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    client = sign_in(cast.eva)
    first, second, third = items_of(dataset, by=cast.eva)
    act(client, dataset, act="tag", tags="hard", ids=[third.key])

    toast = act(client, dataset, act="delete", ids=[first.key, second.key])
    assert toast["text"] == "2 items deleted."
    assert client.post(toast["undo"]).status_code == 204

    tags = [item.tags for item in items_of(dataset, by=cast.eva)]
    assert tags == [["easy"], ["easy"], ["easy", "hard"]]
    assert client.post(toast["undo"]).status_code == 409


def test_undo_is_refused_when_something_came_after(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    client = sign_in(cast.eva)
    first, second, _ = items_of(dataset, by=cast.eva)
    toast = act(client, dataset, act="delete", ids=[first.key])
    act(client, dataset, act="tag", tags="hard", ids=[second.key])

    assert client.post(toast["undo"]).status_code == 409
    assert len(items_of(dataset, by=cast.eva)) == 2


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"act": "delete"}, "Select at least one"),
        ({"act": "delete", "ids": "x"}, "selection is broken"),
        ({"act": "burn", "ids": "x"}, "Say what to do"),
        ({"act": "tag", "ids": str(uuid.uuid4())}, "Type a tag first"),
        ({"act": "tag", "tags": "\u202e", "ids": str(uuid.uuid4())}, "invisible"),
    ],
)
def test_what_cannot_be_done_is_said(
    cast: Cast, sign_in: SignIn, form: dict[str, str], message: str
) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    assert message in act(sign_in(cast.eva), dataset, **form)["text"]


def test_a_broken_filter_deletes_nothing(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    toast = act(sign_in(cast.eva), dataset, "?operator=x", act="delete", scope="all")
    assert "The filter is broken" in toast["text"]
    assert len(items_of(dataset, by=cast.eva)) == 1


def test_items_are_moved(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=4)
    client = sign_in(cast.eva)

    def moved(place: int, to: str) -> str:
        item = items_of(dataset, by=cast.eva)[place]
        client.post(page_of(dataset, "items", item.key, "move"), {"to": to})
        return "".join(item.public_id[-1] for item in items_of(dataset, by=cast.eva))

    assert moved(2, "up") == "1324"
    assert moved(1, "up") == "3124"
    assert moved(0, "up") == "3124"
    assert moved(0, "down") == "1324"
    assert moved(3, "top") == "4132"
    assert moved(0, "bottom") == "1324"
    assert moved(3, "down") == "1324"
    assert moved(3, "away") == "1324"


def test_a_removed_item_and_earlier_versions_can_be_read(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=[FULL])
    item = only_item(dataset, cast.eva)
    with edition(dataset, by=cast.olga) as changing:
        changing.revise(item, output="Changed.")
    with edition(dataset, by=cast.eva) as changing:
        changing.remove([item.key])
    client = sign_in(cast.eva)
    address = page_of(dataset, "items", item.key)

    assert "It was removed in version 4" in client.get(address).content.decode()
    assert "Changed." in client.get(address).content.decode()
    assert "The Danube." in client.get(f"{address}?version=2").content.decode()
    for version in ("4", "0", "x", "99"):
        assert client.get(f"{address}?version={version}").status_code == 404


def test_an_attachment_is_a_file_to_keep(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    file = Attachment.all_rows.create(
        dataset=dataset, name="documents/map.html", sha256="0" * 64, n_bytes=8,
        media_type="text/html", file=ContentFile(b"<script>", name="a"),
    )  # fmt: skip
    DatasetItem.all_rows.filter(dataset=dataset).update(files=[file.pk])
    item = only_item(dataset, cast.eva)
    client = sign_in(cast.eva)

    assert "documents/map.html" in client.get(page_of(dataset, "items", item.key)).content.decode()
    answer = client.get(page_of(dataset, "files", file.pk))

    assert b"".join(answer) == b"<script>"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="map.html"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert AuditEvent.all_rows.filter(verb="attachment.download").count() == 1
    assert sign_in(cast.emil).get(page_of(dataset, "files", file.pk)).status_code == 404


def test_who_may_only_read_changes_nothing(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    dataset.change(is_shared=True, by=cast.eva)
    item = only_item(dataset, cast.eva)
    client = sign_in(cast.emil)

    assert client.get(page_of(dataset, "items", item.key)).status_code == 200
    for path in ("edit", "inline"):
        assert client.get(page_of(dataset, "items", item.key, path)).status_code == 403
        assert client.post(page_of(dataset, "items", item.key, path)).status_code == 403
    assert client.post(page_of(dataset, "items", item.key, "move"), {"to": "up"}).status_code == 403
    assert client.post(page_of(dataset, "items/act"), {"act": "delete"}).status_code == 403
    assert client.post(page_of(dataset, "items/new"), {"input": "x"}).status_code == 403
    assert client.post(page_of(dataset, "items/undo") + "?made=2").status_code == 403
