"""Rows of Eva's that the cast test asks for, each with a marker that no outsider may ever read."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import get_script_prefix
from django.utils import timezone

from datasets.cloning import request_clone
from datasets.formats.items import CheckRecord, ItemRecord
from datasets.models import (
    Attachment,
    Dataset,
    DatasetImport,
    DatasetVersion,
    Message,
    PopulationRule,
    RememberedMapping,
    RulePoll,
    Session,
    SessionImport,
)
from evalplatform.accounts.models import AccessLogEntry, ApiKey, Invitation
from evalplatform.audit.models import AuditEvent
from evalplatform.audit.recording import record
from evalplatform.jobs.models import Job
from evalplatform.notifications.models import Notification
from evalplatform.notifications.notifying import notify
from evalplatform.scoping.actor import Actor
from exports.models import Export
from reviews.models import EvalLabelRevision
from reviews.rubrics.builtin import PASS_FAIL
from runs.models import ConfigEvaluator, RunBatch
from tests.cast import Cast, make_cast, make_key
from tests.datasets_made import items_of, make_dataset
from tests.guards.product import Route
from tests.guards.review_rows import REVIEW_BODIES, make_review_rows, make_webhook_rows
from tests.guards.routes import PEOPLE, Line
from tests.reviews_made import LABELLED, YES
from tests.runs_made import (
    make_check_result,
    make_config,
    make_endpoint,
    make_evaluator,
    make_run,
    make_run_item,
    make_template,
)
from tests.sessions import make_label, make_session

MARKER = "evas-otter-marker"
MEMBERS = PEOPLE[:6]
OUTSIDERS = ("emil", "tess", "otto", "anon", "key")
JSON = "application/json"


@dataclass(frozen=True)
class World:
    """The cast, who each of them is to a web server, and the arguments that name Eva's rows."""

    cast: Cast
    cookies: dict[str, str]
    keys: dict[str, str]
    rows: dict[str, dict[str, Any]]

    def ask(self, name: str, line: Line, route: Route, **arguments: Any) -> Any:
        """Return the response this person gets: with their key under /api/, else their cookie."""
        address = address_of(route, self.rows.get(line.row, {}) | arguments)
        key = self.keys.get(name) if address.startswith("/api/") or name == "key" else None
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self.send(line, address, Client() if key else self.browser(name), headers)

    def ask_by_cookie(self, name: str, line: Line, route: Route, **headers: str) -> Any:
        """Return what the API answers this person's browser."""
        address = address_of(route, self.rows.get(line.row, {}))
        return self.send(line, address, self.browser(name), headers)

    def browser(self, name: str) -> Client:
        """Return a client that holds this person's session cookie; nobody's for others."""
        client = Client()
        if name in self.cookies:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[name]
        return client

    def send(self, line: Line, address: str, client: Client, headers: dict[str, str]) -> Any:
        """Send the line's body with its method."""
        body = self.body_of(line)
        if isinstance(body, str):
            return client.generic(line.method, address, body, JSON, headers=headers)
        return getattr(client, line.method.lower())(address, body, headers=headers)

    def body_of(self, line: Line) -> Any:
        """Return the form or the JSON text of a line."""
        made = BODIES.get(line.body)
        if made:
            return made(self)
        return dict(pair.split("=", 1) for pair in line.body.split("&")) if line.body else {}


# Bodies that name rows or are JSON; a text is sent as JSON.
BODIES: dict[str, Any] = {
    "intake": lambda world: json.dumps(
        {"externalId": "new", "source": "shop", "messages": [{"role": "user", "content": "Hi"}]}
    ),
    "clone": lambda world: {
        "ids": world.rows["session"]["pk"],
        "dataset": world.rows["dataset"]["pk"],
        "messages": "all",
        "token": str(uuid.uuid4()),
    },
    "api-clone": lambda world: json.dumps({"sessionIds": [str(world.rows["session"]["pk"])]}),
    "export": lambda world: json.dumps({"format": "text"}),
    "label-eva": lambda world: {"ids": world.rows["session"]["pk"], "status": "golden"},
    "label-draft": lambda world: json.dumps({"number": 0, "draft": {}}),
    "label-save": lambda world: json.dumps({"number": 0, "draft": LABELLED}),
    "queue-form": lambda world: {
        "name": "Evening",
        "rubric": world.rows["rubric"]["pk"],
        "reviews_per_item": "1",
        "lease_minutes": "30",
        "order": "added",
        "seed": "0",
        "plan": "all",
    },
    "review-draft": lambda world: json.dumps({"number": 1, "draft": {}}),
    "review-save": lambda world: json.dumps({"number": 1, "draft": YES}),
    "rubric": lambda world: {"name": "Tone", "shape": json.dumps(PASS_FAIL.as_json())},
    "api-label": lambda world: json.dumps({"evalStatus": "golden"}),
    "api-labels": lambda world: json.dumps(
        {"ids": [str(world.rows["session"]["pk"])], "evalStatus": "golden"}
    ),
    "api-dataset": lambda world: json.dumps({"name": "Rivers", "level": "message"}),
    "endpoint": lambda world: {
        "name": "Echo",
        "kind": "echo",
        "timeout_seconds": "60",
        "max_attempts": "4",
        "max_parallel": "4",
    },
    "api-endpoint": lambda world: json.dumps({"name": "Echo", "kind": "echo"}),
    "api-shared": lambda world: json.dumps({"shared": True}),
    "api-item": lambda world: json.dumps({"input": "Which river?"}),
    "api-items": lambda world: json.dumps(
        {"items": [{"id": str(world.rows["item"]["key"]), "tags": ["a"]}]}
    ),
    "api-ids": lambda world: json.dumps({"ids": [str(world.rows["item"]["key"])]}),
    "api-checks": lambda world: json.dumps({"checks": [{"operator": "grammar"}]}),
    "api-options": lambda world: json.dumps({"overwrite": True}),
    "api-evaluator": lambda world: json.dumps(
        {
            "name": "Polite",
            "level": "message",
            "prompt": "Polite? {output.content}",
            "outputSchema": {"type": "binary"},
        }
    ),
    "api-config": lambda world: json.dumps(
        {"name": "Nightly", "dataset": str(world.rows["dataset"]["pk"])}
    ),
    "api-start": lambda world: json.dumps({"kind": "preview", "limit": 1}),
    "api-launch": lambda world: json.dumps(
        {"prompts": [{"text": "Which river?"}], "generation": str(world.rows["endpoint"]["pk"])}
    ),
    "api-override": lambda world: json.dumps({"autoEval": "fail", "feedback": "Too curt."}),
    "api-title": lambda world: json.dumps({"title": "Back"}),
    "api-outputs": lambda world: json.dumps(
        {
            "dataset": str(world.rows["dataset"]["pk"]),
            "outputs": [{"input": f"{MARKER} input", "output": "An answer."}],
        }
    ),
    **REVIEW_BODIES,
    "config": lambda world: {
        "name": "Nightly",
        "dataset": world.rows["dataset"]["pk"],
        "uses_checks": "on",
        "heavyweight_factor": "1",
    },
    "mark": lambda world: {
        "action": "mark_eval_ready",
        "_selected_action": [world.rows["session"]["pk"]],
    },
    "end": lambda world: {
        "action": "end",
        "_selected_action": [world.rows["membership"]["pk"]],
    },
}


def address_of(route: Route, arguments: dict[str, Any]) -> str:
    """Return the address of a route, with the arguments its pattern names."""
    if "address" in arguments:
        return str(arguments["address"])
    values = {"slug": "lighthouse", "object_id": arguments.get("pk"), **arguments}
    text = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: str(values[found[1]]), route.address)
    text = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), text)
    return get_script_prefix().rstrip("/") + text.replace("^", "").replace("$", "")


def make_world() -> World:
    """Save the cast and Eva's rows."""
    cast = make_cast()
    cookies = {}
    for name in MEMBERS:
        client = Client()
        client.force_login(cast.actor(name).user, backend=settings.AUTHENTICATION_BACKENDS[0])
        cookies[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    keys = {name: make_key(cast.actor(name)) for name in MEMBERS}
    keys["key"] = make_key(cast.eva)
    revoked = ApiKey.find(keys["key"])
    assert revoked is not None
    revoked.revoke(by=cast.eva)
    return World(cast=cast, cookies=cookies, keys=keys, rows=make_rows(cast))


def make_rows(cast: Cast) -> dict[str, dict[str, Any]]:
    """Save one row of each kind and return the arguments that name them in addresses."""
    eva = cast.eva
    session = make_session(
        owner=eva,
        title=f"{MARKER} title",
        source=f"{MARKER} source",
        external_id=f"{MARKER} id",
        tags=[f"{MARKER} tag"],
        model=f"{MARKER} model",
        participant_identifier=f"{MARKER} participant",
        project_name=f"{MARKER} project",
        channel=f"{MARKER} channel",
        session_state={MARKER: MARKER},
        messages=(("user", f"{MARKER} question"), ("assistant", f"{MARKER} reply")),
    )
    make_label(session, notes=f"{MARKER} notes", expected_output=f"{MARKER} expected")
    job = make_job(eva)
    invitation, token = Invitation.issue("newcomer@example.org", "tester", by=cast.olga)
    with transaction.atomic():
        record(eva, "session.note", session, changes={"title": ["", MARKER]})
        notify(eva.user, eva.team, "note", f"{MARKER} title", f"{MARKER} body")
    api_key = ApiKey.all_rows.filter(membership=eva.membership, revoked_at=None).first()
    call = AccessLogEntry.all_rows.create(
        team=eva.team, user=eva.user, key=api_key, endpoint=f"/{MARKER}", method="GET",
        status_code=200, response_ms=1,
    )  # fmt: skip
    dataset = make_dataset(owner=eva, name=f"{MARKER} dataset", items=[item_record()])
    item = items_of(dataset, by=eva)[0]
    rule = make_rule(eva)
    run_rows = make_run_rows(eva, dataset)
    named = {
        **run_rows,
        **make_webhook_rows(cast.olga, marker=MARKER),
        **make_review_rows(eva, run_rows["run_item_row"], marker=MARKER),
        "rule_row": rule,
        "rule_poll": RulePoll.all_rows.get(rule=rule),
        "dataset": dataset,
        "dataset_version": DatasetVersion.all_rows.get(dataset=dataset, number=2),
        "item_row": item,
        "attachment": make_attachment(dataset),
        "dataset_import": make_dataset_import(eva, job, dataset),
        "mapping": make_mapping(eva),
        "session": session,
        "message": Message.all_rows.filter(session=session).first(),
        "source": session.source,
        "revision": EvalLabelRevision.all_rows.filter(session=session).first(),
        "import": make_import(eva, job),
        "export": make_export(eva, job),
        "job": job,
        "notification": Notification.all_rows.first(),
        "team": cast.team,
        "membership": eva.membership,
        "invitation": invitation,
        "api_key": api_key,
        "call": call,
        "event": AuditEvent.all_rows.filter(verb="session.note").first(),
    }
    rows: dict[str, dict[str, Any]] = {name: {"pk": row.pk} for name, row in named.items() if row}
    return rows | {
        "item": {"pk": dataset.pk, "key": item.key},
        "version": {"pk": dataset.pk, "number": 1},
        "diff": {"pk": dataset.pk, "a": 1, "b": 2},
        "run_item": {"pk": named["run"].pk, "item": named["run_item_row"].pk},
        "result": {
            "pk": named["run"].pk,
            "item": named["run_item_row"].pk,
            "result": named["check_result"].pk,
        },
        "two_runs": {
            "pk": named["run"].pk,
            "other": make_run(owner=eva, title=f"{MARKER} other", n_items=1).pk,
        },
        "review_item": {"pk": named["queue"].pk, "key": named["queue_item"].key},
        "queue_contest": {"pk": named["queue"].pk, "contest": named["contest"].pk},
        "queue_settled": {"pk": named["queue"].pk, "adjudication": named["adjudication"].pk},
        "delivery": {"pk": named["webhook"].pk, "delivery": named["webhook_delivery"].pk},
        "rubric_number": {"pk": named["rubric"].pk, "number": 1},
        "review_text": {"pk": named["queue"].pk, "key": named["queue_item"].key, "name": "0"},
        "review_file": {
            "pk": named["queue"].pk,
            "key": named["queue_item"].key,
            "file": named["attachment"].pk,
        },
        "label_file": {
            "pk": named["run"].pk,
            "item": named["run_item_row"].pk,
            "file": named["attachment"].pk,
        },
        "rule": {"pk": rule.dataset.pk, "rule": rule.pk},
        "clone": {"pk": dataset.pk, "job": make_clone(eva, dataset).pk},
        "file_of_dataset": {"pk": dataset.pk, "file": named["attachment"].pk},
        "app": {"address": "/admin/datasets/"},
        "nowhere": {"address": "/api/nowhere"},
        "token": {"token": token},
        "reset": {"uidb36": "1", "key": "set-password"},
        "email": {"key": "unknown"},
    }


def make_run_rows(eva: Actor, dataset: Dataset) -> dict[str, Any]:
    """One run with one row and one result that say the marker, and what they are made with."""
    endpoint = make_endpoint(owner=eva, name=f"{MARKER} endpoint", model=f"{MARKER} model")
    evaluator = make_evaluator(owner=eva, name=f"{MARKER} evaluator", description=MARKER)
    config = make_config(owner=eva, dataset=dataset, name=f"{MARKER} config", judge=endpoint)
    config.use([evaluator], by=eva)
    batch = RunBatch.all_rows.create(
        team=eva.team, owner=eva.user, title=f"{MARKER} batch", n_runs=1
    )
    run = make_run(
        owner=eva, title=f"{MARKER} run", batch=batch, batch_position=0, n_items=0,
        error_analysis=f"{MARKER} analysis",
    )  # fmt: skip
    item = make_run_item(run, prompt_text=f"{MARKER} prompt", response=f"{MARKER} response")
    return {
        "endpoint": endpoint,
        "evaluator": evaluator,
        "config": config,
        "config_evaluator": ConfigEvaluator.all_rows.get(config=config),
        "template": make_template(owner=eva),
        "batch": batch,
        "run": run,
        "run_item_row": item,
        "check_result": make_check_result(item, criteria=f"{MARKER} criteria"),
    }


def item_record() -> ItemRecord:
    """An item that says the marker wherever one can."""
    return ItemRecord(
        public_id=f"{MARKER}-id",
        input=f"{MARKER} input",
        output=f"{MARKER} output",
        tags=(f"{MARKER} tag",),
        context={MARKER: MARKER},
        history=({"role": "user", "content": f"{MARKER} history"},),
        checks=(CheckRecord("includes", f"{MARKER} criteria"),),
    )


def make_job(actor: Actor) -> Job:
    return Job.all_rows.create(
        team=actor.team,
        requested_by=actor.membership,
        kind="planted",
        note=f"{MARKER} note",
        arguments={"marker": MARKER},
    )


def make_attachment(dataset: Dataset) -> Attachment:
    """A file of the dataset under a name that says the marker."""
    row = Attachment(dataset=dataset, name=f"documents/{MARKER}.txt", sha256="0" * 64, n_bytes=6)
    row.file.save(str(row.pk), ContentFile(b"marker"), save=False)
    row.save()
    return row


def make_mapping(actor: Actor) -> RememberedMapping:
    """A header that Eva has mapped."""
    RememberedMapping.remember([MARKER], {MARKER: "input"}, by=actor)
    found: RememberedMapping = RememberedMapping.all_rows.get(user=actor.user)
    return found


def make_dataset_import(actor: Actor, job: Job, dataset: Dataset) -> DatasetImport:
    """An upload of items that is ready to be looked at."""
    row = DatasetImport(
        team=actor.team, imported_by=actor.user, dataset=dataset, format="dataset-csv",
        sha256="0" * 64, n_bytes=2, check_job=job, state=DatasetImport.State.READY,
    )  # fmt: skip
    row.file_name = f"{MARKER}.csv"
    row.file.save(f"{row.pk}.upload", ContentFile(b"{}"), save=False)
    row.save()
    return row


def make_rule(actor: Actor) -> PopulationRule:
    """A rule that says the marker, and a poll of it."""
    dataset = make_dataset(owner=actor, name=f"{MARKER} sessions", level="session")
    filters = {"tag": [f"{MARKER} tag"]}
    rule = PopulationRule.create(dataset, by=actor, name=f"{MARKER} rule", filters=filters)
    RulePoll.all_rows.create(rule=rule, error=f"{MARKER} error")
    return rule


def make_clone(actor: Actor, dataset: Dataset) -> Job:
    """A clone that waits for a worker."""
    rows = Session.objects.visible_to(actor)
    return request_clone(dataset, rows, by=actor)


def make_import(actor: Actor, job: Job) -> SessionImport:
    return SessionImport.all_rows.create(
        team=actor.team,
        imported_by=actor.user,
        file=ContentFile(b"{}", name="planted.json"),
        file_name=f"{MARKER}.json",
        format="session-json",
        sha256="0" * 64,
        n_bytes=2,
        state=SessionImport.State.READY,
        check_job=job,
    )


def make_export(actor: Actor, job: Job) -> Export:
    now = timezone.now()
    return Export.all_rows.create(
        team=actor.team,
        exported_by=actor.user,
        format="text",
        format_version="1",
        filters={"filters": {"q": MARKER}},
        job=job,
        file=ContentFile(MARKER.encode(), name="planted.txt"),
        file_name="planted.txt",
        sha256="0" * 64,
        n_sessions=1,
        n_rows=1,
        n_bytes=len(MARKER),
        manifest={"marker": MARKER},
        built_at=now,
        expires_at=now + timedelta(days=1),
    )
