"""The pages of evaluators: writing one, its faults at their place, the preview, its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datasets.formats.items import ItemRecord
from evalplatform.audit.models import AuditEvent
from runs.models import Evaluator
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.runs_made import make_config, make_endpoint, make_evaluator

pytestmark = pytest.mark.django_db
URL = "/t/lighthouse/runs/evaluators/"
SAID: dict[str, Any] = {
    "name": "Polite",
    "level": "message",
    "kind": "judge",
    "prompt": "Is this polite? {output.content}",
    "answers": "binary",
}
SignIn = Callable[..., Client]


def told(client: Client, url: str, **said: Any) -> str:
    """What a page says of a form that is refused."""
    response = client.post(url, SAID | said)
    assert response.status_code == 422, response
    return response.content.decode()


def test_an_evaluator_is_made_changed_deleted_and_brought_back(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    assert "No evaluators yet" in client.get(URL).content.decode()

    client.post(f"{URL}new/", SAID)
    evaluator = Evaluator.all_rows.get()
    page = f"{URL}{evaluator.pk}/"
    assert (evaluator.output_schema, evaluator.weight) == ({"type": "binary"}, 1)
    client.post(page, SAID | {"name": "Kind", "weight": "0", "level": "session"})
    evaluator.refresh_from_db()
    assert (evaluator.name, evaluator.weight, evaluator.level) == ("Kind", 0, "message")
    gone = client.post(f"{page}delete/", follow=True).content.decode()
    assert "Deleted Kind" in gone
    assert f"{page}restore/" in gone
    assert client.get(page).status_code == 404
    client.post(f"{page}restore/")
    assert client.get(page).status_code == 200
    verbs = AuditEvent.all_rows.order_by("id").values_list("verb", flat=True)
    assert [verb for verb in verbs if verb.startswith("evaluator")] == [
        "evaluator.create", "evaluator.change", "evaluator.delete", "evaluator.restore",
    ]  # fmt: skip


def test_a_fault_of_the_prompt_is_said_with_its_line_and_column(
    cast: Cast, sign_in: SignIn
) -> None:
    client = sign_in(cast.eva)
    prompt = "First line\nIs {input.__class__} polite?"

    page = told(client, f"{URL}new/", prompt=prompt)
    shown = client.post(f"{URL}preview/", SAID | {"prompt": prompt}).content.decode()

    assert "Line 2, column 4:" in page
    assert "<mark>{input.__class__}</mark>" in shown
    assert 'data-select-start="14" data-select-end="31"' in shown
    assert not Evaluator.all_rows.exists()


def test_the_place_of_a_fault_counts_as_browsers_do(cast: Cast, sign_in: SignIn) -> None:
    shown = sign_in(cast.eva).post(f"{URL}preview/", SAID | {"prompt": "😀 {nothing}"})

    assert 'data-select-start="3" data-select-end="12"' in shown.content.decode()
    assert "column 3" in shown.content.decode()


@pytest.mark.parametrize(
    ("said", "schema"),
    [
        ({"answers": "string"}, {"type": "string"}),
        ({"answers": "int", "at_least": "3"}, {"type": "int", "passes": {"at_least": 3}}),
        (
            {"answers": "float", "at_least": "0.5", "at_most": "2"},
            {"type": "float", "passes": {"at_least": 0.5, "at_most": 2}},
        ),
        (
            {"answers": "choice", "choices_label": ["a", " ", "b"],
             "choices_passes": ["1", "1", ""]},
            {"type": "choice", "choices": ["a", "b"], "passes": ["a"]},
        ),
        (
            {"answers": "choice", "choices_label": ["a", "b"], "choices_passes": ["", ""]},
            {"type": "choice", "choices": ["a", "b"]},
        ),
    ],
)  # fmt: skip
def test_the_parts_of_an_answer_become_its_schema_and_are_shown_again(
    cast: Cast, sign_in: SignIn, said: dict[str, Any], schema: dict[str, Any]
) -> None:
    client = sign_in(cast.eva)

    client.post(f"{URL}new/", SAID | said)
    evaluator = Evaluator.all_rows.get()
    assert evaluator.output_schema == schema
    form = client.get(f"{URL}{evaluator.pk}/").context["form"]
    client.post(
        f"{URL}{evaluator.pk}/",
        SAID | said | {"name": "Again", "at_most": form["at_most"].value() or ""},
    )

    evaluator.refresh_from_db()
    assert (evaluator.name, evaluator.output_schema) == ("Again", schema)


def test_what_is_wrong_with_an_answer_is_said(cast: Cast, sign_in: SignIn) -> None:
    client, url = sign_in(cast.eva), f"{URL}new/"

    assert "2 to 100 different labels" in told(client, url, answers="choice", choices_label=["a"])
    assert "Enter a number" in told(client, url, answers="int", at_least="many")
    assert "The prompt is empty" in told(client, url, prompt=" ")


def test_checks_of_the_dataset_need_no_prompt(cast: Cast, sign_in: SignIn) -> None:
    sign_in(cast.eva).post(f"{URL}new/", {"name": "Checks", "level": "message", "kind": "checks",
                                          "answers": "binary", "prompt": "x"})  # fmt: skip

    assert (Evaluator.all_rows.get().prompt, Evaluator.all_rows.get().output_schema) == ("", {})


def test_the_preview_fills_the_prompt_with_the_row_that_was_chosen(
    cast: Cast, sign_in: SignIn
) -> None:
    items = [ItemRecord(input="One?", output="1"), ItemRecord(input="<b>Two?", output="2")]
    dataset = make_dataset(owner=cast.eva, items=items)
    client = sign_in(cast.eva)
    prompt = "Q: {input.content} T: {context.topic}"

    first = client.post(f"{URL}preview/", SAID | {"prompt": prompt}).content.decode()
    second = client.post(
        f"{URL}preview/",
        SAID | {"prompt": prompt, "preview-dataset": dataset.pk, "preview-n": "2"},
    ).content.decode()

    assert '<mark class="filled" title="input.content">One?</mark>' in first
    assert "row 1 of 2" in first
    assert "&lt;b&gt;Two?" in second
    assert "<code>context.topic</code>" in second


def test_the_preview_says_why_it_shows_nothing(cast: Cast, sign_in: SignIn) -> None:
    sessions = make_dataset(owner=cast.eva, level="session")
    foreign = make_dataset(owner=cast.emil, items=[ItemRecord(input="secret", output="x")])
    client = sign_in(cast.eva)

    def shown(**said: Any) -> str:
        return client.post(f"{URL}preview/", SAID | said).content.decode()

    assert "There is no dataset of messages" in shown()
    assert "This dataset holds sessions" in shown(**{"preview-dataset": sessions.pk})
    assert "Choose a dataset" in shown(**{"preview-dataset": foreign.pk})
    assert "Write a prompt" in shown(prompt="")
    assert "There is no variable" in shown(level="session", prompt="{full_histroy}")


def test_who_may_not_change_an_evaluator_reads_it(cast: Cast, sign_in: SignIn) -> None:
    evaluator = make_evaluator(owner=cast.eva, is_shared=True)
    url = f"{URL}{evaluator.pk}/"

    page = sign_in(cast.tess).get(url).content.decode()

    assert "Only its owner" in page
    assert "Save" not in page
    assert sign_in(cast.emil).post(url, SAID).status_code == 403
    assert sign_in(cast.emil).post(f"{url}delete/").status_code == 403


def test_a_copy_begins_with_what_the_other_says(cast: Cast, sign_in: SignIn) -> None:
    evaluator = make_evaluator(owner=cast.eva, is_shared=True, name="Tone")
    private = make_evaluator(owner=cast.eva)
    client = sign_in(cast.emil)

    page = client.get(f"{URL}new/", {"from": evaluator.pk}).content.decode()

    assert 'value="Tone (copy)"' in page
    assert client.get(f"{URL}new/", {"from": private.pk}).status_code == 404
    assert client.get(f"{URL}new/", {"from": "x"}).status_code == 404


def test_endpoints_of_others_cannot_be_chosen(cast: Cast, sign_in: SignIn) -> None:
    endpoint = make_endpoint(owner=cast.emil)

    page = told(sign_in(cast.eva), f"{URL}new/", endpoint=endpoint.pk)

    assert "Select a valid choice" in page


def test_deleting_says_how_many_configurations_go_on_without_it(
    cast: Cast, sign_in: SignIn
) -> None:
    evaluator = make_evaluator(owner=cast.eva)
    config = make_config(owner=cast.eva, dataset=make_dataset(owner=cast.eva))
    config.use([evaluator], by=cast.eva)
    client = sign_in(cast.eva)

    assert "1 <span" in client.get(URL).content.decode()
    page = client.post(f"{URL}{evaluator.pk}/delete/", follow=True).content.decode()

    assert "1 configuration runs without it from now on" in page
    assert config.evaluators() == []


def test_the_list_does_not_query_per_row(
    cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = sign_in(cast.eva)
    for n in range(20):
        make_evaluator(owner=cast.eva, name=f"No {n:02}")
    client.get(URL)

    with django_assert_max_num_queries(16):
        page = client.get(URL, {"q": "No 1"}).content.decode()
    assert "10 evaluators" in page
