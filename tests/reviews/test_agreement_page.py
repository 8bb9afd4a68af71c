"""The agreement page: the same numbers as the figures, each a way to its items, to whom it may."""

from __future__ import annotations

import html as markup
import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.test import Client

from reviews.figures.whole import figures_of
from reviews.models import Queue, QueueItem, Rubric
from runs.models import CheckResult
from tests.agreement_made import FLAG, Told, add_reviews
from tests.cast import Cast
from tests.counting import queries_of
from tests.reviews_made import make_queue, make_queue_with_verdicts
from tests.runs_made import make_check_result, make_run, make_run_item

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
OPTIONS = [{"value": each} for each in ("kind", "plain", "rude")]
SHAPE = {
    "sections": [
        {"key": "all", "label": "All", "criteria": [
            {"key": "verdict", "label": "Good enough?", "kind": "pass_fail"},
            {"key": "useful", "label": "Useful", "kind": "rating", "min": 1, "max": 5},
            {"key": "safe", "label": "Safe", "kind": "boolean"},
            {"key": "topics", "label": "Topics", "kind": "multi_choice", "options": OPTIONS},
        ]}
    ]
}  # fmt: skip


def reviewed(cast: Cast, *, n_items: int = 30, **fields: Any) -> Queue:
    """A run's review by Eva, Emil and Tess, who agree more often than not; the last two items wait
    for Tess, and every tenth answer was given with the verdict in view."""
    run = make_run(owner=cast.olga, title="Spring")
    for n in range(n_items):
        row = make_run_item(run, order_index=n)
        make_check_result(row, is_passed=n % 4 > 0, auto_eval="pass" if n % 4 else "fail")
    rubric = Rubric.create(name="All kinds", shape=SHAPE, by=cast.olga)
    said = {"rubric": rubric, "reviews_per_item": 3} | fields
    queue = make_queue_with_verdicts(owner=cast.olga, run=run, **said)
    rng = random.Random(11)
    checks = dict(CheckResult.all_rows.filter(run=run).values_list("run_item", "pk"))
    items = list(QueueItem.all_rows.filter(queue=queue).order_by("position"))
    add_reviews(
        queue,
        [
            told(item, who, checks[item.run_item_id], rng, is_exposed=n % 10 == 0)
            for n, item in enumerate(items)
            for who in (cast.eva, cast.emil, cast.tess)
            if n < n_items - 2 or who is not cast.tess
        ],
    )
    return queue


def told(item: QueueItem, who: Any, check: int, rng: random.Random, *, is_exposed: bool) -> Told:
    is_off = rng.random() < 0.25
    answers = {
        "verdict": "fail" if is_off == bool(item.position % 3) else "pass",
        "useful": 1 + (item.position + is_off) % 5,
        "safe": rng.random() < 0.97,
        "topics": ["kind"] if is_off else ["kind", "plain"],
    }
    verdict = "pass" if bool(item.position % 4) != is_off else "fail"
    checks = {check: FLAG if rng.random() < 0.05 else verdict}
    return Told(item, who, answers, checks, is_exposed)


def address(queue: Queue, rest: str = "") -> str:
    return f"/t/lighthouse/queues/{queue.pk}/agreement/{rest}"


def links_of(html: str, part: str) -> Iterator[str]:
    return (markup.unescape(url) for url in re.findall(rf'href="([^"]*{part}[^"]*)"', html))


def test_the_page_says_the_numbers_of_the_figures_to_the_last_digit(
    cast: Cast, sign_in: SignIn
) -> None:
    queue = reviewed(cast)
    figures = figures_of(queue, by=cast.olga)
    html = sign_in(cast.olga).get(address(queue)).content.decode()

    said = set(re.findall(r'<data value="([^"]+)"', html))
    wanted = [figures.reviewers, figures.auto, figures.same_cells.reviewers, figures.false_pass]
    wanted += [figures.exposed.reviewers, figures.blind.auto]
    wanted += [each.agreement for each in figures.metrics]
    numbers = [rate.quantity.value for rate in wanted]
    numbers += [each.alpha.value for each in figures.metrics]
    numbers += [each.leave_one_out.value for each in figures.people]
    assert all(number is not None for number in numbers)
    assert {repr(number) for number in numbers} <= said
    labels = [markup.escape(each.label) for each in figures.metrics]
    places = [html.index(f'>{label}</a><span class="metric-table') for label in labels]
    assert places == sorted(places)
    for pair in figures.pairs:
        assert f"n {pair.agreement.n}<" in html
    assert "style=" not in html


def test_every_number_leads_to_items(cast: Cast, sign_in: SignIn) -> None:
    queue = reviewed(cast, n_items=24)
    client = sign_in(cast.olga)
    html = client.get(address(queue)).content.decode()
    urls = set(links_of(html, "agreement/items/"))

    assert len(urls) > 20
    for url in sorted(urls)[::3]:
        page = client.get(url)
        assert page.status_code == 200, url
        assert "No item is behind this" not in page.content.decode(), url
    anchors = set(re.findall(r'href="#(w-\w+)"', html))
    assert anchors
    assert all(f'id="{each}"' in html for each in anchors)


def test_items_behind_a_figure_are_told_in_words(cast: Cast, sign_in: SignIn) -> None:
    queue = reviewed(cast)
    client = sign_in(cast.olga)
    eva, emil = cast.eva.user.pk, cast.emil.user.pk
    query = f"?cells=disputed&metric=criterion:verdict&reviewer={eva}&other={emil}&view=blind"
    html = client.get(address(queue, f"items/{query}")).content.decode()
    assert "on which reviewers differ, Good enough?, reviewed by Eva and Emil, given blind" in html
    for fault in ("cells=x", "metric=x", "page=x"):
        page = client.get(address(queue, f"items/?{fault}")).content.decode()
        assert "notice--fail" in page


def test_the_page_does_not_query_per_row(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.olga)
    few, many = reviewed(cast, n_items=6), reviewed(cast, n_items=40)
    client.get(address(few))  # what is asked once a session
    for rest in ("", "items/"):
        counts = [queries_of(partial(client.get, address(queue, rest))) for queue in (few, many)]
        assert counts[0] == counts[1]
        assert counts[0] <= 24


def test_a_reviewer_sees_their_own_agreement_and_nobodys_name(cast: Cast, sign_in: SignIn) -> None:
    queue = reviewed(cast)
    client = sign_in(cast.tess)
    html = client.get(address(queue)).content.decode()

    assert "You and the others" in html
    assert "28 items that you reviewed" in html
    for hidden in ("Emil", "Eva", 'id="pairs', 'id="reviewers-each', "Alpha without", "Machine"):
        assert not re.search(rf"\b{hidden}\b", html), hidden
    Queue.all_rows.filter(pk=queue.pk).update(shows_auto_verdict=True)
    assert "Machine against reviewers" in client.get(address(queue)).content.decode()
    emil = cast.emil.user.pk
    page = client.get(address(queue, f"items/?reviewer={emil}")).content.decode()
    assert "notice--fail" in page
    assert "Nobody of this queue that you are told of" in page
    for url in links_of(html, "agreement/items/"):
        assert client.get(url).status_code == 200


def test_empty_states_say_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=2, reviews_per_item=2)
    owner, reviewer = sign_in(cast.eva), sign_in(cast.tess)
    assert "No item has all of its reviews" in owner.get(address(queue)).content.decode()
    assert "Go on reviewing" in reviewer.get(address(queue)).content.decode()
    bare = make_queue(owner=cast.eva, n_items=0, name="Bare")
    assert "Add items" in owner.get(address(bare)).content.decode()


def test_from_a_run_to_its_reviews_agreement(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva, n_items=1)
    client, page = sign_in(cast.eva), f"/t/lighthouse/runs/{run.pk}/agreement/"
    assert f'href="{page}"' in client.get(f"/t/lighthouse/runs/{run.pk}/").content.decode()
    assert "Review this run" in client.get(page).content.decode()
    queue = make_queue_with_verdicts(owner=cast.eva, run=run)
    assert client.get(page).headers["Location"] == address(queue)
    assert f'href="{address(queue)}"' in client.get(queue.get_absolute_url()).content.decode()
