"""The whole way, from a suite to evidence that proves itself, as the people of a team go it.

A real web server, a real worker, a browser each. An evaluator imports a suite and runs it; two
reviewers judge the answers, each without the other, and disagree; an admin decides; the evaluator
finalises; a program downloads the evidence as a bundle and checks it with the check that is inside.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings
from playwright.sync_api import Browser, expect

from reviews.models import Adjudication, Queue, Review, Seal
from runs.models import ModelEndpoint, Run
from tests.cast import PASSWORD, Cast, make_cast, make_key
from tests.faults.workers import Worker
from tests.pages.visitor import Visitor
from tests.servers import WebServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

VIENNA, ROME = "Which river crosses Vienna?", "Which river crosses Rome?"
SUITE = f"""Test Id,Test Input,Right Answer,Tags,Operator,Criteria
vienna,{VIENNA},The Danube.,rivers,includes_exactly,Danube
rome,{ROME},The Tiber.,rivers,includes_exactly,Tiber
"""
ANSWERS = {VIENNA: "The Danube crosses Vienna.", ROME: "The Tevere, as people there call it."}
REASON = "Tevere is what the Tiber is called in Italian."
PATIENCE = 60_000  # for what the worker does


@dataclass
class Way:
    """Where it happens, who is there, and what was made on the way."""

    chromium: Browser
    server: WebServer
    cast: Cast
    folder: Path
    key: str  # of the owner's program

    def visitor(self, name: str) -> Visitor:
        """A browser in which this person has signed in."""
        visitor = Visitor(self.chromium, self.server.url, self.cast.team.slug)
        visitor.sign_in(f"{name}@example.org", PASSWORD)
        return visitor

    def call(self, path: str, body: Any = None) -> Any:
        """What the API answers the owner's program."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server.url + path, data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@pytest.fixture
def way(chromium: Browser, settings: Any, transactional_db: None, tmp_path: Path) -> Iterator[Way]:
    """The cast on a server and a worker of their own, with a model that answers from a list."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    cast = make_cast()
    ModelEndpoint.create(
        by=cast.olga, name="Guide", kind=ModelEndpoint.Kind.REPLAY, model="guide-1",
        answers=ANSWERS, is_shared=True,
    )  # fmt: skip
    with WebServer() as server, Worker(lease_seconds=30):
        yield Way(chromium, server, cast, tmp_path, make_key(cast.olga))


def test_from_a_suite_to_a_bundle_that_proves_itself(way: Way) -> None:
    eva = way.visitor("eva")
    import_the_suite(eva, way)
    run_it(eva)
    ask_for_reviews(eva)
    review(way, "emil", {VIENNA: "1", ROME: "1"})
    review(way, "tess", {VIENNA: "1", ROME: "2"})
    adjudicate(way)
    finalise(eva)
    eva.leave()
    path, told = download(way)
    prove(path, told["bundleDigest"])


def import_the_suite(eva: Visitor, way: Way) -> None:
    """Upload, look at what it would make, save."""
    file = way.folder / "rivers.csv"
    file.write_text(SUITE, "utf-8")
    page = eva.open("datasets/import/")
    page.get_by_label("Drop a file here, or choose one").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Create 2 items").click(timeout=PATIENCE)
    page.get_by_role("link", name="Open the dataset").click(timeout=PATIENCE)
    expect(page.get_by_text(VIENNA).first).to_be_visible()
    eva.look("suite")


def run_it(eva: Visitor) -> None:
    """Have the model answer, and see what the machine thinks of it."""
    page = eva.open("runs/new/custom/")
    page.locator(".segmented label", has_text="A dataset").click()
    page.get_by_label("Dataset", exact=True).select_option(label="rivers")
    page.get_by_label("Answered by").select_option(label="Guide")
    page.get_by_label("Title").fill("Guide, first try")
    page.get_by_role("button", name="Start the run").click()
    expect(page.locator(".run-head")).to_contain_text("Success", timeout=PATIENCE)
    expect(page.locator(".stats").first).to_contain_text("of 2")
    eva.look("run")
    assert Run.all_rows.get().n_items == 2


def ask_for_reviews(eva: Visitor) -> None:
    """A queue over the run's rows, two reviews each, nobody told what the other said."""
    page = eva.page
    eva.press("r")
    page.get_by_label("Name", exact=True).fill("Is it right?")
    page.get_by_label("Review the automatic checks too").uncheck()
    page.get_by_label("Reviews an item").fill("2")
    page.get_by_label("Emil").check()
    page.get_by_label("Tess").check()
    expect(page.get_by_label("Blind until done")).to_be_checked()
    eva.look("queue-form")
    eva.press("Control+Enter")
    expect(page.get_by_role("heading", name="Is it right?")).to_be_visible()
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("link", name="Review", exact=True)).to_be_visible()


def review(way: Way, name: str, keys: dict[str, str]) -> None:
    """Judge each row by its key, and see nothing of what anybody else said."""
    visitor = way.visitor(name)
    queue = Queue.all_rows.get()
    page = visitor.open(f"queues/{queue.pk}/review/")
    colleague = {"emil": "Tess", "tess": "Emil"}[name]
    for n in range(len(keys)):
        expect(page.locator(".desk__progress")).to_contain_text(f"{n} of 2 saved")
        shown = page.locator("#material").inner_text()
        assert colleague not in page.locator("main").inner_text()
        visitor.press(keys[VIENNA if VIENNA in shown else ROME])
        if n == 0:
            visitor.look(f"desk-{name}")
        visitor.press("Control+Enter")
    expect(page.get_by_role("heading", name="You are done")).to_be_visible()
    visitor.leave()
    said = Review.all_rows.filter(queue=queue, reviewer=way.cast.actor(name).user)
    assert said.count() == 2


def adjudicate(way: Way) -> None:
    """What both said is settled; of the rest the admin sees who said what, and decides."""
    adam = way.visitor("adam")
    page = adam.open(f"queues/{Queue.all_rows.get().pk}/adjudicate/")
    adam.look("waiting")
    adam.press("a")
    expect(page.locator(".desk__progress")).to_contain_text("0 of 1 settled")
    expect(page.locator("#material")).to_contain_text(ROME)
    for who, said in (("Emil", "Pass"), ("Tess", "Fail")):
        expect(page.locator(".said__group", has_text=who)).to_contain_text(said)
    adam.look("adjudicate")
    adam.press("1", "c", "4", "n")
    page.keyboard.type(REASON)
    adam.press("Control+Enter")
    expect(page.get_by_role("heading", name="Nothing waits for a decision")).to_be_visible()
    adam.leave()
    (made,) = Adjudication.all_rows.all()
    assert (made.answers["verdict"]["value"], made.cause, made.reason) == ("pass", "other", REASON)
    assert made.queue_item.run_item.prompt_text == ROME


def finalise(eva: Visitor) -> None:
    """All gates are met: seal it."""
    page = eva.open(f"queues/{Queue.all_rows.get().pk}/finalise/")
    eva.look("gates")
    eva.press("f")
    page.get_by_role("dialog").get_by_role("button", name="Finalise").click()
    expect(page.get_by_text("Finalised: 2 items are sealed.")).to_be_visible()
    eva.look("sealed")


def download(way: Way) -> tuple[Path, Any]:
    """Ask for the evidence of the review as a program does, wait, fetch it."""
    asked = {"format": "review-tables", "queue": str(Queue.all_rows.get().pk), "bundle": True}
    export = way.call("/api/v1/exports", asked)
    deadline = time.monotonic() + PATIENCE / 1000
    while export["state"] in {"ready", "running"} and time.monotonic() < deadline:
        time.sleep(0.2)
        export = way.call(f"/api/v1/exports/{export['id']}")
    assert export["state"] == "done", export["error"]
    answer = way.server.get(export["downloadUrl"], way.key)
    path = way.folder / "bundle.zip"
    path.write_bytes(answer.body)
    return path, export


def prove(path: Path, digest: str) -> None:
    """With the program of the bundle alone: it is whole; a row that was changed is named."""
    program = path.with_name("verify.py")
    with zipfile.ZipFile(path) as archive:
        program.write_bytes(archive.read("verify.py"))
        manifest = json.loads(archive.read("manifest.json"))
        rows = {each["name"]: each["rows"] for each in manifest["content"]["parts"]}
        decided = archive.read("data/adjudications.csv").decode()
    assert (rows["data/reviews.csv"], rows["data/adjudications.csv"]) == (4, 1)
    assert REASON in decided
    assert manifest["made"]["exportedBy"]["email"] == "olga@example.org"
    seal = Seal.all_rows.get()
    assert manifest["content"]["versions"]["seal"] == {"number": 1, "digest": seal.digest}
    assert seal.finalized_by.email == "eva@example.org"

    def check() -> tuple[int, str]:
        command = [sys.executable, "-I", "-S", program, path, "--digest", digest]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    assert check()[0] == 0
    other = REASON.replace("Italian", "Spanish").encode()
    path.write_bytes(path.read_bytes().replace(REASON.encode(), other))
    code, told = check()
    assert code == 1
    assert "data/adjudications.csv was changed: line 2 is not what was written." in told
