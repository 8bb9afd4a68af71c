"""What a run is made of: the pinned version, the frozen plan, rows in their order."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.http import Http404

from datasets.editing import edition
from datasets.formats.items import CheckRecord, ItemRecord
from datasets.models import Attachment, Dataset, DatasetItem, DatasetVersion
from evalplatform.accounts.models import ApiKey
from evalplatform.audit.models import AuditEvent
from evalplatform.jobs.models import Job
from runs import planning
from runs.models import CheckResult, Run, RunItem
from runs.planning import Output, Prompt
from tests.cast import Cast, make_key
from tests.datasets.clones import assistant, clone_into, make_conversation, user
from tests.datasets_made import items_of, make_dataset
from tests.openai_server import OpenAIServer
from tests.runs.engine import checked, ended, rows_of
from tests.runs_made import make_config, make_endpoint, make_evaluator

pytestmark = pytest.mark.django_db(transaction=True)


def test_run_reads_the_version_it_was_made_with(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=checked(3))
    run = planning.start_config(make_config(owner=cast.eva, dataset=dataset), by=cast.eva)
    with edition(dataset, by=cast.eva) as changing:
        first, second, _ = items_of(dataset, by=cast.eva)
        changing.revise(first, output="Something else")
        changing.remove([second.key])

    ended(run)

    assert (run.version, dataset.version) == (2, 3)
    assert [row.response for row in rows_of(run)] == ["Answer 1", "Answer 2", "Answer 3"]
    assert run.metrics is not None
    assert run.metrics["checks"]["passed"] == 4
    version = DatasetVersion.all_rows.get(dataset=dataset, number=2)
    assert not version.is_open


def test_choice_of_evaluators_is_told_once_for_each_change(cast: Cast) -> None:
    config = make_config(owner=cast.eva, dataset=make_dataset(owner=cast.eva, items=checked(1)))
    evaluator = make_evaluator(owner=cast.eva)
    for chosen in ([evaluator], [evaluator], []):
        config.use(chosen, by=cast.eva)
    told = AuditEvent.all_rows.filter(verb="config.change").order_by("id")
    assert [event.changes for event in told] == [
        {"evaluators": [[], [evaluator.name]]},
        {"evaluators": [[evaluator.name], []]},
    ]


def test_plan_is_not_reached_by_later_changes(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=checked(1))
    evaluator = make_evaluator(owner=cast.eva)
    config = make_config(owner=cast.eva, dataset=dataset)
    config.use([evaluator], by=cast.eva)
    run = planning.start_config(config, by=cast.eva)

    evaluator.change(by=cast.eva, prompt="Is it long? {output.content}", name="Is it long?")

    assert run.plan["evaluators"][0]["prompt"] == "Is this polite? {output.content}"
    ended(run)
    last = CheckResult.all_rows.filter(run=run).latest("position")
    assert last.evaluator == "Is it polite?"
    with pytest.raises(DatabaseError):
        Run.all_rows.filter(pk=run.pk).update(plan={})


def test_checks_stand_in_their_order_own_right_answer_global_evaluators(cast: Cast) -> None:
    item = ItemRecord(
        input="Q?", output="A", expected_output="A", checks=(CheckRecord("valid_json"),)
    )
    dataset = make_dataset(owner=cast.eva, items=[item])
    with edition(dataset, by=cast.eva) as changing:
        changing.set_global_checks([CheckRecord("less_than_length", "5")])
    parameters = {"compares_right_answer": True}
    config = make_config(owner=cast.eva, dataset=dataset, parameters=parameters)
    config.use([make_evaluator(owner=cast.eva)], by=cast.eva)

    run = ended(planning.start_config(config, by=cast.eva))

    results = CheckResult.all_rows.filter(run=run).order_by("position")
    assert [(each.position, each.operator, each.is_global) for each in results] == [
        (0, "valid_json", False),
        (1, "golden_check_content", False),
        (2, "golden_check_style", False),
        (3, "golden_check_format", False),
        (4, "less_than_length", True),
        (5, "custom_operator", False),
    ]


def test_without_checks_only_evaluators_are_asked(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=checked(1))
    config = make_config(owner=cast.eva, dataset=dataset, parameters={"uses_checks": False})
    config.use([make_evaluator(owner=cast.eva)], by=cast.eva)

    run = ended(planning.start_config(config, by=cast.eva))

    assert CheckResult.all_rows.get(run=run).evaluator == "Is it polite?"


def test_evaluator_of_kind_checks_carries_out_the_checks(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=checked(1))
    config = make_config(owner=cast.eva, dataset=dataset, parameters={"uses_checks": False})
    config.use(
        [make_evaluator(owner=cast.eva, kind="checks", prompt="", output_schema={})], by=cast.eva
    )

    run = ended(planning.start_config(config, by=cast.eva))

    assert CheckResult.all_rows.filter(run=run).count() == 2


@pytest.mark.parametrize(
    ("asked", "public_ids"),
    [
        ({"limit": 2}, ["q-1", "q-2"]),
        ({"kind": "preview"}, [f"q-{n}" for n in range(1, 11)]),
        ({"kind": "preview", "limit": 1}, ["q-1"]),
    ],
)
def test_run_of_the_first_items(cast: Cast, asked: Any, public_ids: list[str]) -> None:
    dataset = make_dataset(owner=cast.eva, items=12)
    run = planning.start_config(make_config(owner=cast.eva, dataset=dataset), by=cast.eva, **asked)

    assert [row.public_id for row in rows_of(run)] == public_ids
    assert (run.n_items, run.prompt_count) == (len(public_ids), len(public_ids))


def test_run_of_chosen_items_keeps_their_order(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=5)
    keys = [item.key for item in items_of(dataset, by=cast.eva)]
    config = make_config(owner=cast.eva, dataset=dataset)

    run = planning.start_config(config, by=cast.eva, item_keys=[keys[3], keys[1]])

    assert [(row.order_index, row.public_id) for row in rows_of(run)] == [(0, "q-2"), (1, "q-4")]


def test_context_tags_and_names_of_files_come_along(cast: Cast) -> None:
    dataset = make_dataset(
        owner=cast.eva, items=[ItemRecord(input="Q?", context={"a": 1}, tags=("x",))]
    )
    names = ["docs/b.txt", "docs/a.txt"]
    made = [
        Attachment.all_rows.create(dataset=dataset, name=name, sha256=name, n_bytes=1)
        for name in names
    ]
    DatasetItem.all_rows.update(files=[row.pk for row in made])

    run = planning.start_config(make_config(owner=cast.eva, dataset=dataset), by=cast.eva)

    row = rows_of(run)[0]
    assert (row.input_context, row.tags, row.files) == ({"a": 1}, ["x"], names)
    assert row.source_type == "dataset"


def test_of_a_session_the_last_reply_is_judged(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    make_conversation(
        user("Hello"), assistant("Hi!"), user("Which river?"), assistant("The Danube."),
        user("Thanks"), owner=cast.eva, title="Rivers",
    )  # fmt: skip
    clone_into(dataset, by=cast.eva)
    with edition(dataset, by=cast.eva) as changing:
        changing.set_global_checks([CheckRecord("equals_exactly", "The Danube.")])

    run = ended(planning.start_config(make_config(owner=cast.eva, dataset=dataset), by=cast.eva))

    row = rows_of(run)[0]
    assert (row.title, row.response, row.is_passed) == ("Rivers", "The Danube.", True)


def test_prompts_are_trimmed_unless_they_are_locked(cast: Cast) -> None:
    echo = make_endpoint(owner=cast.eva)
    prompts = [
        Prompt(text="  One {city} ", category="Travel", template_key="t"),
        Prompt(text="  Two\n", locked=True, source_type="template"),
    ]

    run = ended(
        planning.start_prompts(prompts, by=cast.eva, title="Two", generation=echo, mode="quick")
    )

    first, second = rows_of(run)
    assert (first.prompt_text, first.response) == ("One {city}", "One {city}")
    assert (second.prompt_text, second.response) == ("  Two\n", "  Two\n")
    assert (second.prompt_locked, second.source_type) == (True, "template")
    assert (run.kind, run.source, run.mode, run.status) == (
        "launched",
        "custom",
        "quick",
        "success",
    )
    assert (first.category, first.template_key, first.public_id) == ("Travel", "t", "1")


def test_history_and_system_prompt_go_out_with_the_input(
    cast: Cast, openai_server: OpenAIServer
) -> None:
    endpoint = make_endpoint(
        owner=cast.eva, kind="openai", base_url=openai_server.url, model="small"
    )
    history = ({"role": "user", "content": "Hi"}, {"role": "tool", "content": "{}"},
               {"role": "assistant", "content": "Hello"})  # fmt: skip
    dataset = make_dataset(owner=cast.eva, items=[ItemRecord(input=" Q? ", history=history)])
    config = make_config(
        owner=cast.eva, dataset=dataset, generation=endpoint, system_prompt="Be brief."
    )

    run = ended(planning.start_config(config, by=cast.eva))

    assert openai_server.seen()["last_request"]["body"]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "user", "content": "{}"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": " Q? "},
    ]
    row = rows_of(run)[0]
    assert row.response == " Q? "
    assert (row.in_tokens, row.out_tokens) == (6, 1)
    assert row.duration is not None


def test_outputs_from_elsewhere_are_matched_by_input_or_key(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=checked(4))
    key = items_of(dataset, by=cast.eva)[1].key
    outputs = [
        Output(input="Question 4?", response="Answer 4", in_tokens=12, duration=0.8,
               input_context={"region": "EU"}, output_context={"sources": ["atlas"]}),
        Output(item_key=key, response="No"),
    ]  # fmt: skip

    run = ended(
        planning.start_outputs(outputs, by=cast.eva, dataset=dataset, title="QA", model="gpt")
    )

    assert (run.kind, run.source, run.n_items) == ("imported", "import", 2)
    assert run.parameters["generation_model"] == "gpt"
    first, second = rows_of(run)
    assert (first.public_id, first.response, first.is_passed) == ("q-2", "No", False)
    assert (second.public_id, second.in_tokens, second.duration) == ("q-4", 12, 0.8)
    assert second.input_context == {"region": "EU"}
    assert second.output_context == {"sources": ["atlas"]}
    assert second.is_passed is True


def test_output_of_no_item_is_refused_and_nothing_is_made(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=checked(1))
    outputs = [Output(input=text, response="x") for text in ("Question 1?", "Who?", "Where?")]

    with pytest.raises(ValidationError, match="“Who\\?” and 1 more"):
        planning.start_outputs(outputs, by=cast.eva, dataset=dataset, title="QA")

    assert not Run.all_rows.exists()
    assert not RunItem.all_rows.exists()


def test_outputs_without_a_dataset_stand_alone(cast: Cast) -> None:
    outputs = [Output(input="Q", response="A", title="Log 1"), Output(input="Q", response="B")]

    run = ended(planning.start_outputs(outputs, by=cast.eva, dataset=None, title="Logs"))

    assert [(row.title, row.response) for row in rows_of(run)] == [("Log 1", "A"), ("", "B")]
    assert run.status == "success"


def test_run_is_told_to_the_audit(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    planning.start_dataset(dataset, by=cast.eva)

    event = AuditEvent.all_rows.get(verb="run.create")
    assert event.changes == {"content": [None, "3 rows"]}


# --- what is refused -------------------------------------------------------------------------


def test_dataset_without_items_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="There is nothing to run"):
        planning.start_dataset(make_dataset(owner=cast.eva), by=cast.eva)
    assert not Run.all_rows.exists()
    assert not Job.all_rows.filter(kind="run_chunk").exists()


def test_colleague_and_outsider_cannot_run_what_they_do_not_see(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    config = make_config(owner=cast.eva, dataset=dataset)

    for somebody in (cast.emil, cast.otto):
        with pytest.raises(Http404):
            planning.start_dataset(dataset, by=somebody)
        with pytest.raises(Http404):
            planning.start_config(config, by=somebody)


def test_reading_key_cannot_start_a_run(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    make_key(cast.eva, scopes=["read"])

    with pytest.raises(PermissionDenied, match="may not start runs"):
        planning.start_dataset(dataset, by=ApiKey.all_rows.get().act())


def test_endpoint_that_is_not_shared_is_refused(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    Dataset.all_rows.update(is_shared=True)
    config = make_config(
        owner=cast.eva, dataset=dataset, is_shared=True, judge=make_endpoint(owner=cast.eva)
    )

    with pytest.raises(ValidationError, match="not there, or not shared with you"):
        planning.start_config(config, by=cast.emil)


def test_evaluator_of_the_other_level_and_generation_of_sessions_are_refused(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")

    with pytest.raises(ValidationError, match="of level message"):
        planning.start_dataset(dataset, by=cast.eva, evaluators=[make_evaluator(owner=cast.eva)])
    with pytest.raises(ValidationError, match="judged as they are"):
        planning.start_dataset(dataset, by=cast.eva, generation=make_endpoint(owner=cast.eva))


def test_prompts_need_an_endpoint_and_a_text(cast: Cast) -> None:
    echo = make_endpoint(owner=cast.eva)

    with pytest.raises(ValidationError, match="Choose the endpoint"):
        planning.start_prompts([Prompt(text="Q")], by=cast.eva, title="T", generation=None)
    with pytest.raises(ValidationError, match="A prompt is empty"):
        planning.start_prompts([Prompt(text=" ")], by=cast.eva, title="T", generation=echo)
    with pytest.raises(ValidationError, match="title"):
        planning.start_prompts([Prompt(text="Q")], by=cast.eva, title=" ", generation=echo)
