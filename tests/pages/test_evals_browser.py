"""The Evals view and the session list in a real browser: keys, selection, undo, hostile texts."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from datasets.models import Session
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from reviews import bulk
from reviews.models import EvalLabel
from tests.cast import Cast
from tests.pages.corpus import XSS
from tests.pages.watching import SignIn, Watch, enter
from tests.sessions import BEGIN, make_label, make_session

pytestmark = pytest.mark.django_db(transaction=True)


def make_ready(owner: Actor, n: int, **fields: Any) -> list[Session]:
    sessions = [make_session(owner=owner, **fields) for _ in range(n)]
    for session in sessions:
        make_label(session)
    return sessions[::-1]  # as the list shows them


def status_of(session: Session) -> str | None:
    return EvalLabel.all_rows.get(session=session).status


@pytest.fixture
def site(live_server: Any) -> str:
    return f"{live_server.url}/t/lighthouse"


def at(page: Page, site: str, path: str, cast: Cast, sign_in: SignIn, who: str = "eva") -> Watch:
    watch = enter(page, sign_in(cast.actor(who)), site.split("/t/")[0])
    page.goto(f"{site}/{path}")
    return watch


def test_keys_walk_judge_and_take_back(page: Page, site: str, cast: Cast, sign_in: SignIn) -> None:
    first, second, _ = make_ready(cast.eva, 3)
    watch = at(page, site, "evals/", cast, sign_in)

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("1")
    row = page.locator(f"#s-{second.pk}")
    expect(row).to_have_attribute("data-status", "golden")
    expect(row).to_have_class("is-current")
    expect(page.locator("#eval-stats")).to_contain_text("1 of 3")
    page.keyboard.press("k")
    page.keyboard.press("3")
    expect(page.locator(f"#s-{first.pk}")).to_have_attribute("data-status", "incorrect")
    page.keyboard.press("3")
    expect(page.locator(f"#s-{first.pk}")).to_have_attribute("data-status", "")
    page.keyboard.press("u")
    expect(page.locator(f"#s-{first.pk}")).to_have_attribute("data-status", "incorrect")

    assert (status_of(first), status_of(second)) == ("incorrect", "golden")
    assert watch.seen == []


def test_the_status_menu_sets_and_clears(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    (session,) = make_ready(cast.eva, 1)
    at(page, site, "evals/", cast, sign_in)
    row = page.locator(f"#s-{session.pk}")

    row.locator("[data-status-menu]").click()
    page.locator("#status-menu").get_by_text("Correct", exact=False).first.click()
    expect(row).to_have_attribute("data-status", "correct")
    row.locator("[data-status-menu]").click()
    page.locator("#status-menu").get_by_text("Clear").click()
    expect(row).to_have_attribute("data-status", "")

    assert status_of(session) is None


def test_expected_output_is_written_beside_the_last_answer(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    (session,) = make_ready(cast.eva, 1)
    at(page, site, "evals/", cast, sign_in)

    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("#expected-dialog")).to_contain_text("The Danube.")
    page.get_by_text("Start from it").click()
    page.locator("#expected-text").press("End")
    page.locator("#expected-text").type(" And the Wien.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#expected-dialog")).to_be_hidden()

    label = EvalLabel.all_rows.get(session=session)
    assert label.expected_output == "The Danube. And the Wien."


def test_select_all_means_the_whole_filtered_view(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    make_ready(cast.eva, 60, tags=["a"])
    (other,) = make_ready(cast.eva, 1)
    at(page, site, "evals/?tag=a", cast, sign_in)

    page.locator("[data-pick-page]").click()
    page.locator("[data-select-matching]").click()
    page.locator("#selection summary", has_text="Status").click()
    page.locator("#selection [data-status=golden]").click()
    expect(page.locator(".toast")).to_contain_text("60 sessions: Golden.")

    assert EvalLabel.all_rows.filter(status="golden").count() == 60
    assert status_of(other) == "needs_review"

    page.locator(".toast [data-undo]").first.click()
    expect(page.locator(".toast", has_text="Undone")).to_be_visible()
    assert EvalLabel.all_rows.filter(status="needs_review").count() == 61


def test_rows_loaded_stay_when_the_list_is_refreshed(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    make_ready(cast.eva, 60)
    at(page, site, "evals/", cast, sign_in)

    expect(page.locator("[data-row]")).to_have_count(50)
    page.get_by_role("button", name="Load more").click()
    expect(page.locator("[data-row]")).to_have_count(60)
    page.locator("[data-pick]").nth(55).click()
    page.locator("#selection summary", has_text="Status").click()
    page.locator("#selection [data-status=correct]").click()

    expect(page.locator("[data-row]").nth(55)).to_have_attribute("data-status", "correct")
    expect(page.locator("[data-row]")).to_have_count(60)


def test_sessions_are_marked_from_the_list(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    session = make_session(owner=cast.eva)
    at(page, site, "sessions/", cast, sign_in)

    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("m")
    expect(page.locator(".chip--attention")).to_contain_text("Needs review")
    expect(page.locator("#selection")).to_be_hidden()

    assert EvalLabel.all_rows.get(session=session).is_eval_ready


def test_the_filter_panel_narrows_and_its_chips_widen(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    make_session(owner=cast.eva, title="With model", model="m & n")
    make_session(owner=cast.eva, title="Without")
    at(page, site, "sessions/", cast, sign_in)

    page.keyboard.press("f")
    page.get_by_label("m & n").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_label("Remove the filter Model m & n").click()
    expect(page.locator("[data-row]")).to_have_count(2)


def test_the_export_dialog_opens_for_the_selection(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    make_ready(cast.eva, 3)
    at(page, site, "evals/", cast, sign_in)

    page.locator("[data-pick]").nth(0).click()
    page.locator("#selection").get_by_role("button", name="Export").click()

    expect(page.locator("dialog[open]")).to_contain_text("1")
    assert page.locator("dialog[open] input[name=ids]").count() == 1


@pytest.mark.parametrize("path", ["sessions/", "evals/"])
def test_hostile_texts_are_only_texts_in_lists(
    page: Page, site: str, cast: Cast, sign_in: SignIn, path: str
) -> None:
    for text in XSS:
        session = make_session(
            owner=cast.eva, title=text, model=text[:200], tags=[text[:200]], source=text[:190],
            project_name=text, channel=text,
        )  # fmt: skip
        make_label(session, tags=[text[:200]], notes=text)
    watch = at(page, site, path, cast, sign_in)

    expect(page.locator("[data-row]")).to_have_count(len(XSS))
    page.keyboard.press("f")
    expect(page.locator("#filter-choices fieldset").first).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(f"{site}/{path}?q=%3Cscript%3Ealert(1)%3C/script%3E&tag=%22onx=")
    page.wait_for_load_state("networkidle")

    assert watch.seen == []


def test_a_tester_sees_no_tools_for_labelling(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    make_ready(cast.tess, 1)
    at(page, site, "evals/", cast, sign_in, who="tess")

    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("[data-status-menu]")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("1")
    assert EvalLabel.all_rows.get().status == "needs_review"


def test_many_sessions_are_labelled_by_a_job_that_is_shown_in_place(
    page: Page, site: str, cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 50)
    make_ready(cast.eva, 59)
    make_label(
        make_session(owner=cast.eva), status="golden", reviewed_at=BEGIN, reviewed_by=cast.eva.user
    )
    watch = at(page, site, "evals/", cast, sign_in)

    page.locator("[data-pick-page]").click()
    page.locator("[data-select-matching]").click()
    page.locator("#selection summary", has_text="Status").click()
    page.locator("#selection [data-status=golden]").click()
    expect(page.locator("#label-jobs .progress")).to_contain_text("Waiting for a worker")
    page.goto(f"{site}/sessions/")
    expect(page.locator("#label-jobs .progress")).to_contain_text("Golden")
    page.goto(f"{site}/evals/")
    expect(page.locator("#label-jobs .progress")).to_be_visible()
    run_job(Job.all_rows.get().pk)

    told = page.locator("#label-jobs .notice")
    expect(told).to_contain_text("Golden: 59 labelled, 1 unchanged.")
    expect(page.locator("[data-row][data-status=golden]")).to_have_count(50)
    expect(page.locator("#label-jobs .progress")).to_have_count(0)
    told.get_by_role("button", name="Undo").click()
    expect(page.locator("#label-jobs .progress")).to_contain_text("Undo")
    run_job(Job.all_rows.get(state="ready").pk)
    expect(page.locator("#label-jobs")).to_contain_text("Undo: 59 labelled")

    assert EvalLabel.all_rows.filter(status="needs_review").count() == 59
    assert watch.seen == []


def test_a_job_of_labels_is_cancelled_where_it_is_shown(
    page: Page, site: str, cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    make_ready(cast.eva, 3)
    at(page, site, "evals/", cast, sign_in)

    page.locator("[data-pick-page]").click()
    page.locator("#selection summary", has_text="Status").click()
    page.locator("#selection [data-status=golden]").click()
    page.locator("#label-jobs").get_by_role("button", name="Cancel").click()

    expect(page.locator("#label-jobs .notice")).to_contain_text("Cancelled after 0 of 3 sessions")
    assert EvalLabel.all_rows.filter(status="golden").count() == 0
