"""The first whole way, as people go it: conversations in, labels on them, evaluation files out.

A real web server, a real worker, a real Chromium. The evaluator does everything by pages, the same
comes by `GET /api/export`; a colleague sees nothing of it, the owner sees all and who did what.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings
from django.db import transaction
from playwright.sync_api import Browser, Page, expect

from evalplatform.demo.seeding import seed
from tests.exports.test_format_readers import lines_of, loaded_by_deepeval
from tests.faults.workers import Worker
from tests.pages.visitor import Visitor
from tests.servers import WebServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

GIVEN = Path(__file__).parents[3] / "shared/data/chitchat_300.openai_chat.jsonl"
SOURCE, N_CHOSEN = "chitchat", 6
EXPECTED = 'Say "yes", and when: \n\n- tomorrow at 9 — «sharp» 🕘'
STATUSES = {"1": "Golden", "2": "Correct", "3": "Incorrect"}  # each waits for review at first
FILES = {"deepeval": ".json", "openai": ".jsonl", "text": ".txt"}
ACTS = ("session_import.commit", "label", "export.request", "export.download")


@dataclass
class Way:
    """Where it happens and who is there; filled with what the evaluator made on the way."""

    chromium: Browser
    server: WebServer
    slug: str
    people: dict[str, dict[str, str]]
    keys: dict[str, str]
    ids: list[str] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def visitor(self, first_name: str) -> Visitor:
        """A browser in which this person has signed in."""
        visitor = Visitor(self.chromium, self.server.url, self.slug)
        person = self.people[first_name]
        visitor.sign_in(person["email"], person["password"])
        return visitor


@pytest.fixture
def way(chromium: Browser, settings: Any, transactional_db: None) -> Iterator[Way]:
    """The demo team on a server and a worker of their own, which hash passwords in earnest."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    with WebServer() as server, Worker(lease_seconds=30):
        with transaction.atomic():
            made = seed(server.url)
        people = {each["name"].split()[0]: each for each in made["users"]}
        yield Way(chromium, server, made["team"], people, made["keys"])


@pytest.fixture
def conversations(tmp_path: Path) -> Path:
    """The given file of real conversations, else one of the same shape."""
    if GIVEN.exists():
        return GIVEN
    dice = random.Random(300)
    path = tmp_path / "conversations.openai_chat.jsonl"
    path.write_text("\n".join(made_up(dice) for _ in range(300)), "utf-8")
    return path


def made_up(dice: random.Random) -> str:
    """Return one line: two people who take turns, in words of several scripts."""
    words = ("well", "haha", "I’d say", "naïve", "half\nmarathon", "今日は", "שלום", "👩‍👩‍👧", "?")
    said = [
        " ".join(dice.choices(words, k=dice.randint(1, 40))) for _ in range(dice.randint(3, 24))
    ]
    messages = [
        {"role": ("user", "assistant")[place % 2], "content": text}
        for place, text in enumerate(said)
    ]
    return json.dumps({"messages": messages}, ensure_ascii=False)


def test_conversations_come_in_are_labelled_and_go_out_as_files_that_programs_load(
    way: Way, conversations: Path, tmp_path: Path
) -> None:
    eva = way.visitor("Eva")
    bring_in(eva, conversations)
    choose(eva, way)
    label(eva, way)
    for slug in FILES:
        export(eva, way, slug)
    eva.leave()

    the_api_gives_the_same_files(way)
    programs_load_them(way, tmp_path)
    a_colleague_sees_nothing_of_it(way)
    the_owner_sees_it_and_who_did_what(way)


def bring_in(eva: Visitor, conversations: Path) -> None:
    """Upload, look at the preview, save."""
    n = len(conversations.read_bytes().splitlines())
    page = eva.page
    eva.look("home")
    eva.go("s", "**/sessions/")
    page.get_by_role("link", name="Upload", exact=True).click()
    page.get_by_label("Drop a file here, or choose one").set_input_files(conversations)
    page.get_by_label("Source").fill(SOURCE)
    eva.look("upload")
    page.get_by_role("button", name="Check the file").click()

    expect(page.get_by_text("Nothing is saved yet")).to_be_visible(timeout=60_000)
    expect(page.get_by_text(f"the first 3 of {n} conversations")).to_be_visible()
    eva.look("preview")
    page.get_by_role("button", name=f"Save {n} sessions").click()
    expect(page.get_by_role("link", name="Open the sessions")).to_be_visible(timeout=60_000)
    eva.look("saved")


def choose(eva: Visitor, way: Way) -> None:
    """Among the sessions of the file, select some with the keyboard, mark them eval-ready."""
    page = eva.page
    page.get_by_role("link", name="Open the sessions").click()
    page.wait_for_url(f"**/sessions/?source={SOURCE}")
    eva.look("sessions")
    for _ in range(N_CHOSEN):
        eva.press("j", "x")
    expect(page.get_by_text(f"{N_CHOSEN} selected of")).to_be_visible()
    way.ids = [box.input_value() for box in page.locator("input[data-pick]:checked").all()]
    assert len(set(way.ids)) == N_CHOSEN
    eva.look("sessions-selected")
    eva.press("m")
    expect(page.get_by_text(f"{N_CHOSEN} sessions: marked eval-ready.")).to_be_visible()
    expect(page.get_by_role("img", name="Eval-ready")).to_have_count(N_CHOSEN)


def filter_by_source(visitor: Visitor) -> None:
    """Open the filter with its key and tick the source."""
    page = visitor.page
    visitor.press("f")
    page.get_by_role("checkbox", name=SOURCE).check()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(f"**source={SOURCE}*")


def label(eva: Visitor, way: Way) -> None:
    """In the Evals view: statuses by keys, an expected output, tags for all."""
    page = eva.page
    eva.go("e", "**/evals/")
    filter_by_source(eva)
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(N_CHOSEN)
    expect(page.get_by_role("button", name="Needs review")).to_have_count(N_CHOSEN)
    for place, (key, status) in enumerate(STATUSES.items()):
        eva.press("j", key)
        expect(rows.nth(place)).to_contain_text(status)
    eva.press("j", "4")
    expect(rows.nth(len(STATUSES))).not_to_contain_text("Needs review")
    eva.press("4")
    expect(rows.nth(len(STATUSES))).to_contain_text("Needs review")
    write_expected_output(eva)
    tag_all(eva)
    eva.look("evals")
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("button", name="Needs review")).to_be_visible()
    expect(page.locator("#label-history .timeline")).to_be_visible()
    eva.look("session")
    page.go_back()
    expect(rows).to_have_count(N_CHOSEN)


def write_expected_output(eva: Visitor) -> None:
    """For the row one is on, by keys alone."""
    page = eva.page
    eva.press("k", "e")
    expect(page.get_by_label("What it should have said")).to_be_focused()
    page.keyboard.insert_text(EXPECTED)
    eva.look("expected-output")
    eva.press("Control+Enter")
    expect(page.get_by_text("Expected output saved.")).to_be_visible()
    expect(page.locator("dialog[open]")).to_have_count(0)


def tag_all(eva: Visitor) -> None:
    """Select all rows and add two tags."""
    page = eva.page
    page.get_by_role("checkbox", name="Select all that are shown").check()
    eva.press("t")
    expect(page.get_by_label("Tags, one a line or with commas between")).to_be_focused()
    page.keyboard.type("small talk, first look")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text(f"{N_CHOSEN} sessions: tagged small talk, first look.")).to_be_visible()
    expect(page.locator(".tag", has_text="small talk")).to_have_count(N_CHOSEN)


def export(eva: Visitor, way: Way, slug: str) -> None:
    """Select all, choose the format in the dialog, wait for the file, download it."""
    page = eva.page
    page.goto(f"{way.server.url}/t/{way.slug}/evals/?source={SOURCE}")
    page.get_by_role("checkbox", name="Select all that are shown").check()
    page.locator("#selection").get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export")
    dialog.locator(f"[name=format][value={slug}]").check()
    expect(dialog.get_by_label("What will be in the file")).to_contain_text(f"{N_CHOSEN}")
    eva.look(f"export-dialog-{slug}")
    dialog.get_by_role("button", name="Export").click()
    page.wait_for_url("**/exports/*-*/")
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)
    eva.look(f"export-{slug}")
    way.exports[slug] = page.url.rstrip("/").rsplit("/", 1)[1]
    way.files[slug] = eva.download(lambda: eva.press("d"))


def the_api_gives_the_same_files(way: Way) -> None:
    """GET /api/export of the same sessions, with the evaluator's key: the same bytes."""
    ids = ",".join(way.ids)
    for slug, suffix in FILES.items():
        answer = way.server.get("/api/export", way.keys["evaluator"], format=slug, sessionIds=ids)
        assert answer.status == 200, answer.body
        assert answer.body == way.files[slug], slug
        assert f'{suffix}"' in answer.headers["Content-Disposition"]
        assert answer.headers["X-Export-Sessions"] == str(N_CHOSEN)


def programs_load_them(way: Way, folder: Path) -> None:
    """DeepEval, offline, and the message types of OpenAI read what was downloaded."""
    from openai.types.chat import ChatCompletionMessageParam
    from pydantic import TypeAdapter

    paths = {slug: folder / f"way{suffix}" for slug, suffix in FILES.items()}
    for slug, path in paths.items():
        path.write_bytes(way.files[slug])
    cases = json.loads(way.files["deepeval"])
    assert loaded_by_deepeval(paths["deepeval"]) == [cases, cases]
    assert EXPECTED in [case["expected_output"] for case in cases]

    reader = TypeAdapter[Any](list[ChatCompletionMessageParam])
    lines = lines_of(paths["openai"])
    assert len(lines) == N_CHOSEN
    for line in lines:
        assert reader.validate_python(line["messages"], extra="forbid") == line["messages"]
    assert lines[0]["messages"][0]["content"] in way.files["text"].decode()


def a_colleague_sees_nothing_of_it(way: Way) -> None:
    """The other evaluator's lists are empty of it, and its addresses do not exist for them."""
    emil = way.visitor("Emil")
    emil.open(f"sessions/?source={SOURCE}")
    expect(emil.page.get_by_text("Nothing fits this filter")).to_be_visible()
    emil.open(f"evals/?source={SOURCE}")
    expect(emil.page.get_by_text("Nothing fits this filter")).to_be_visible()
    emil.look("colleague")
    emil.open("exports/")
    expect(emil.page.get_by_text("No exports yet")).to_be_visible()
    paths = [f"sessions/{one}/" for one in way.ids]
    paths += [f"exports/{one}/{part}" for one in way.exports.values() for part in ("", "download/")]
    assert {path: emil.status(path) for path in paths} == dict.fromkeys(paths, 404)
    emil.leave()
    key = way.keys["tester"]
    answer = way.server.get("/api/export", key, format="text", sessionIds=",".join(way.ids))
    assert answer.status == 404
    assert way.server.get(f"/api/v1/sessions/{way.ids[0]}", key).status == 404


def the_owner_sees_it_and_who_did_what(way: Way) -> None:
    """The sessions with their labels, and each act in the audit log under Eva's name."""
    olga = way.visitor("Olga")
    page = olga.open(f"evals/?source={SOURCE}")
    expect(page.locator("[data-row]")).to_have_count(N_CHOSEN)
    assert [olga.status(f"sessions/{one}/") for one in way.ids] == [200] * N_CHOSEN
    olga.go("a", "**/audit/")
    olga.look("audit")
    for act in ACTS:
        audit_of(olga, act)
        rows = page.locator("tbody tr", has_text=way.people["Eva"]["email"])
        expect(rows.first).to_contain_text(act)
    olga.leave()


def audit_of(visitor: Visitor, verb: str) -> Page:
    """Filter the audit log by what was done."""
    page = visitor.page
    visitor.press("f")
    page.get_by_label("What was done", exact=True).select_option(verb)
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(f"**verb={verb}*")
    return page
