"""The demo team: people, conversations, labels; the first minute shows what this is for."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.urls import reverse

from datasets.editing import edition
from datasets.formats import suite_csv
from datasets.formats.conversations import session_from_object
from datasets.formats.items import GlobalCheck, Item
from datasets.formats.options import ReadOptions
from datasets.formats.records import SessionRecord
from datasets.intake import take_now
from datasets.models import Dataset, DatasetVersion, Session
from evalplatform.accounts.models import ApiKey, Invitation, Membership, Team, User
from evalplatform.accounts.roles import Role
from evalplatform.demo.queues import add_queues
from evalplatform.demo.runs import add_runs
from evalplatform.notifications.models import Notification
from evalplatform.scoping.actor import Actor
from reviews.changes import LabelChange
from reviews.labelling import label_session

CONTENT = Path(__file__).with_name("conversations.json")
SUITE = Path(__file__).with_name("guest_suite.csv")
NEWEST = timedelta(hours=3)


@dataclass(frozen=True)
class Person:
    """One of the demo's people; the password is made anew in every installation."""

    key: str
    name: str
    role: Role

    @property
    def email(self) -> str:
        return f"{self.key}@demo.example"


PEOPLE = (
    Person("olga", "Olga Lindqvist", Role.OWNER),
    Person("adam", "Adam Osei", Role.ADMIN),
    Person("eva", "Eva Moreau", Role.EVALUATOR),
    Person("emil", "Emil Haddad", Role.EVALUATOR),
    Person("tess", "Tess Okafor", Role.TESTER),
)
KINDS = {"guest-chat": "chatbot", "ops-copilot": "coding_tool", "booking-api": "api"}


def seed(url: str) -> dict[str, Any]:
    """Make the demo team, in the caller's transaction; return what its sign-ins file holds."""
    team = Team.all_rows.create(name="Harbour Hotels", slug="harbour-hotels")
    actors, passwords = add_people(team)
    second = Team.all_rows.create(name="Night Desk", slug="night-desk")
    Membership.all_rows.create(user=actors["eva"].user, team=second, role=Role.OWNER)
    keys = {role: make_key(actors[first_with(role).key]) for role in Role}
    Invitation.issue("nora@demo.example", Role.EVALUATOR, by=actors["olga"])
    add_conversations(actors)
    suite = add_suite(actors["eva"])
    run = add_runs(suite, by=actors["eva"], typed_by=actors["tess"])
    add_queues(run, by=actors["eva"], reviewers=[actors["emil"], actors["tess"]])
    welcome(actors)
    return {
        "url": url,
        "team": team.slug,
        "users": [
            {"email": p.email, "name": p.name, "role": p.role, "password": passwords[p.key]}
            for p in PEOPLE
        ],
        "keys": keys,
    }


def add_people(team: Team) -> tuple[dict[str, Actor], dict[str, str]]:
    """Save the five, each with a password of their own."""
    passwords = {person.key: secrets.token_urlsafe(9) for person in PEOPLE}
    actors = {}
    for person in PEOPLE:
        user = User.objects.create_user(person.email, passwords[person.key], name=person.name)
        membership = Membership.all_rows.create(user=user, team=team, role=person.role)
        actors[person.key] = membership.act(via="command")
    return actors, passwords


def welcome(actors: dict[str, Actor]) -> None:
    """Put one notification into each inbox; none is mailed, for nobody reads @demo.example."""
    for actor in actors.values():
        Notification.all_rows.create(
            user=actor.user,
            team=actor.team,
            kind="welcome",
            title=f"Welcome to {actor.team.name}, {actor.user.name.split()[0]}",
            body="What happens while you are away is told here. Begin with how it all works.",
            url=reverse("help", args=[actor.team.slug]),
        )


def first_with(role: Role) -> Person:
    """Return the person whose key stands for the role."""
    return next(person for person in PEOPLE if person.role == role)


def make_key(actor: Actor) -> str:
    """Return the text of a key for this person."""
    _, text = ApiKey.issue("Demo key", by=actor)
    return text


def add_conversations(actors: dict[str, Actor]) -> None:
    """Take the conversations in as their owners and label them, all moved to end near now."""
    entries = json.loads(CONTENT.read_text())
    shift = shift_to_now(entries)
    for owner, source in sorted({(e["owner"], e["session"]["source"]) for e in entries}):
        mine = [e for e in entries if (e["owner"], e["session"]["source"]) == (owner, source)]
        rows = [(n, read(moved(e["session"], shift), n)) for n, e in enumerate(mine, start=1)]
        take_now(rows, by=actors[owner], kind=KINDS[source])
        for entry in mine:
            if entry["label"]:
                add_label(actors[owner], entry["session"]["externalId"], entry["label"])


def add_suite(actor: Actor) -> Dataset:
    """Make a shared suite of guest questions, with checks on each and on every answer."""
    name = "Guest questions"
    description = "What guests ask most, and what a good answer must hold."
    level = Dataset.Level.MESSAGE
    suite = Dataset.create(name=name, description=description, level=level, by=actor)
    with SUITE.open("rb") as stream:
        found = list(suite_csv.read(stream, options=ReadOptions()))
    title = "Import of guest_suite.csv"
    with edition(suite, by=actor, kind=DatasetVersion.Kind.IMPORT, title=title) as changing:
        changing.add([each.record for each in found if isinstance(each, Item)], arrived="suite")
        changing.set_global_checks([each.check for each in found if isinstance(each, GlobalCheck)])
    suite.change(is_shared=True, by=actor)
    return suite


def read(session: dict[str, Any], row: int) -> SessionRecord:
    """Return the conversation as every other reader gives it."""
    record, errors, _ = session_from_object(session, row)
    assert record is not None, errors
    return record


def add_label(actor: Actor, external_id: str, label: dict[str, Any]) -> None:
    """Mark the session eval-ready and say what the demo says of it, in two saves as people do."""
    session = Session.objects.visible_to(actor).get(external_id=external_id)
    label_session(session, LabelChange.cleaned(is_eval_ready=True), by=actor)
    said = {"status": label["status"], "notes": label["notes"], "tags": tuple(label["tags"])}
    if label["status"] != "needs_review" or label["notes"]:
        change = LabelChange.cleaned(**said, expected_output=label["expected"])
        label_session(session, change, by=actor)


def shift_to_now(entries: list[dict[str, Any]]) -> timedelta:
    """Return by how much times move so that the newest conversation is some hours old."""
    newest = max(datetime.fromisoformat(each["session"]["createdAt"]) for each in entries)
    return datetime.now(UTC) - NEWEST - newest


def moved(session: dict[str, Any], shift: timedelta) -> dict[str, Any]:
    """Return the session with all its times moved."""
    messages = [
        {**each, "createdAt": later(each["createdAt"], shift)} for each in session["messages"]
    ]
    return {**session, "createdAt": later(session["createdAt"], shift), "messages": messages}


def later(text: str, shift: timedelta) -> str:
    return (datetime.fromisoformat(text) + shift).isoformat()


def keep(sign_ins: dict[str, Any], path: Path) -> None:
    """Write the sign-ins file, readable by its owner only."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        json.dump(sign_ins, stream, indent=2)
    part.replace(path)
