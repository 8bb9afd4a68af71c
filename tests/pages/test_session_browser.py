"""The session page in a real browser: label keys, find, folds, copy, hostile texts."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from datasets.models import Session
from reviews.models import EvalLabel
from tests.cast import Cast
from tests.pages.corpus import XSS
from tests.pages.watching import SignIn, Watch, enter
from tests.sessions import make_label, make_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(live_server: Any) -> str:
    return str(live_server.url)


def at(page: Page, site: str, session: Session, cast: Cast, sign_in: SignIn) -> Watch:
    watch = enter(page, sign_in(cast.eva), site)
    page.goto(f"{site}/t/lighthouse/sessions/{session.pk}/")
    return watch


def test_the_panel_is_worked_by_keys(page: Page, site: str, cast: Cast, sign_in: SignIn) -> None:
    session = make_session(owner=cast.eva)
    watch = at(page, site, session, cast, sign_in)
    pressed = page.locator(".status-picker [aria-pressed=true]")

    page.keyboard.press("1")
    expect(pressed).to_contain_text("Golden")
    page.keyboard.press("1")
    expect(pressed).to_have_count(0)
    page.keyboard.press("2")
    expect(pressed).to_contain_text("Correct")
    page.keyboard.press("m")
    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    page.keyboard.press("t")
    page.keyboard.type("keep")
    page.keyboard.press("Enter")
    expect(page.locator(".label-panel .tag")).to_contain_text("keep")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("Short and right.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#label-history")).to_contain_text("Short and right.")

    label = EvalLabel.all_rows.get(session=session)
    assert (label.status, label.is_eval_ready, label.tags) == ("correct", True, ["keep"])
    assert label.notes == "Short and right."
    assert watch.seen == []


def test_what_is_typed_while_a_save_is_under_way_is_kept_and_saved(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    session = make_session(owner=cast.eva)
    at(page, site, session, cast, sign_in)

    def answer_late(route: Route) -> None:
        page.wait_for_timeout(600)
        route.continue_()

    page.route("**/label/", answer_late, times=1)
    page.keyboard.press("1")
    page.keyboard.press("n")
    page.keyboard.type("Half a tho", delay=20)
    expect(page.locator(".status-picker [aria-pressed=true]")).to_contain_text("Golden")
    page.keyboard.type("ught")
    expect(page.locator("#label-notes")).to_have_value("Half a thought")
    page.keyboard.press("Tab")

    expect(page.locator("#label-history")).to_contain_text("Half a thought")
    assert EvalLabel.all_rows.get(session=session).notes == "Half a thought"


def test_j_and_k_go_through_the_list(page: Page, site: str, cast: Cast, sign_in: SignIn) -> None:
    older, newer = make_session(owner=cast.eva), make_session(owner=cast.eva)
    at(page, site, newer, cast, sign_in)

    page.keyboard.press("j")
    page.wait_for_url(f"**/{older.pk}/*")
    page.keyboard.press("k")
    page.wait_for_url(f"**/{newer.pk}/*")


def test_words_are_found_in_folded_messages_too(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    messages = (("user", "a needle"), ("tool", '{"name": "search", "x": "Needle"}'))
    at(page, site, make_session(owner=cast.eva, messages=messages), cast, sign_in)
    fold = page.locator("details.tool")

    expect(fold.locator("summary")).to_contain_text("search")
    expect(fold.locator(".tool__body")).to_be_hidden()
    page.keyboard.press("f")
    page.keyboard.type("needle")
    expect(page.locator("[data-find-count]")).to_have_text("1 of 2")
    page.keyboard.press("Enter")
    expect(page.locator("[data-find-count]")).to_have_text("2 of 2")
    expect(fold.locator(".tool__body")).to_be_visible()


def test_a_stale_save_keeps_what_was_typed_elsewhere(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    session = make_session(owner=cast.eva)
    at(page, site, session, cast, sign_in)
    sign_in(cast.adam).post(f"/t/lighthouse/sessions/{session.pk}/label/", {"status": "incorrect"})

    page.keyboard.press("1")

    expect(page.locator(".label-panel [role=alert]")).to_contain_text("Adam changed the status")
    assert EvalLabel.all_rows.get(session=session).status == "incorrect"


def test_more_messages_are_loaded(page: Page, site: str, cast: Cast, sign_in: SignIn) -> None:
    messages = tuple(("user", f"word {n}") for n in range(230))
    session = make_session(owner=cast.eva, messages=messages)
    at(page, site, session, cast, sign_in)

    expect(page.locator("[data-message]")).to_have_count(200)
    page.get_by_role("button", name="Load more").click()
    expect(page.locator("[data-message]")).to_have_count(230)
    page.goto(f"{site}/t/lighthouse/sessions/{session.pk}/?at=225#m225")
    expect(page.locator("#m225")).to_be_in_viewport()
    page.get_by_role("button", name="Load earlier").click()
    expect(page.locator("[data-message]")).to_have_count(230)


@pytest.mark.parametrize("view", ["", "?view=raw"])
def test_hostile_texts_are_only_texts_in_a_session(
    page: Page, site: str, cast: Cast, sign_in: SignIn, view: str
) -> None:
    roles = ("user", "assistant", "tool", "system")
    messages = tuple((roles[n % 4], text) for n, text in enumerate(XSS * 2))
    everything = "\n".join(XSS)
    session = make_session(
        owner=cast.eva, title=everything, messages=messages, model=everything, tags=list(XSS),
        participant={"x": everything}, session_state={everything: 1}, participant_identifier=XSS[1],
        project_name=XSS[0], project_path=XSS[1], channel=XSS[2], provider=XSS[3],
    )  # fmt: skip
    make_label(session, notes=everything, tags=list(XSS), expected_output=everything)
    watch = at(page, site, session, cast, sign_in)

    page.goto(page.url + view)
    expect(page.locator("#label-history")).to_contain_text("Notes")
    for fold in page.locator("details").all():
        fold.evaluate("fold => fold.open = true")
    page.keyboard.press("e")
    expect(page.locator("#expected-dialog")).to_be_visible()
    page.wait_for_load_state("networkidle")

    assert (
        page.locator(".conversation img, .conversation script, .conversation iframe").count() == 0
    )
    assert watch.seen == []
