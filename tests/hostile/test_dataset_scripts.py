"""What a file of items holds in any field is shown and never run: imported, compared, edited."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from datasets.models import DatasetImport, DatasetVersion
from tests.cast import Cast, make_cast
from tests.datasets.archives import Entry, archive
from tests.datasets.dataset_imports import checked, committed, imported, uploaded
from tests.datasets_made import items_of
from tests.hostile.test_stored_scripts import LIVE, SCRIPTS
from tests.pages.corpus import XSS
from tests.pages.watching import SignIn, enter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SQL = ("'; DROP TABLE datasets_dataset; --", '" OR 1=1 --', "%' AND pg_sleep(9) --", "\\'; --")
ALL = " ".join((*SCRIPTS, *XSS, *SQL))
TEST = {
    "id": SCRIPTS[0],
    "input_under_test": ALL,
    "right_answer": ALL,
    "tags": [text[:150] for text in (*SCRIPTS, *SQL)],
    "context": dict.fromkeys(SCRIPTS, ALL),
    "files_under_test": ["documents/<img src=x onerror=alert(1)>.html"],
    "checks": [
        {
            "operator": "includes",
            "criteria": ALL,
            "modifiers": {
                "category": SCRIPTS[1],
                "extractor": ALL,
                "conditional": {"operator": "equals", "criteria": ALL},
                "examples": [{"type": "positive", "text": ALL}],
            },
        }
    ],
}
ITEM = {
    "input": ALL,
    "output": ALL,
    "context": {"k": {SQL[0]: [ALL]}},
    "participant_data": {SCRIPTS[1]: ALL},
    "session_state": {SCRIPTS[2]: ALL},
    "history": [{"role": "user", "content": ALL}],
    "tags": [text[:150] for text in XSS if "\u200b" not in text],
}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def suite(answer: str = "") -> bytes:
    told = {
        "title": ALL[:150],
        "description": ALL,
        "global_checks": [{"operator": "excludes", "criteria": ALL}],
        "tests": [TEST | {"right_answer": answer + ALL}],
    }
    return archive(
        Entry("suite.json", json.dumps(told).encode()),
        Entry("documents/<img src=x onerror=alert(1)>.html", b"<script>alert(1)</script>"),
    )


def test_nothing_in_an_imported_file_runs_fetches_or_breaks_the_policy(
    page: Page, live_server: Any, cast: Cast, sign_in: SignIn
) -> None:
    eva = cast.eva
    zipped: dict[str, Any] = {"format_slug": "suite-zip", "name": f"{SCRIPTS[1]}.zip"}
    dataset = imported(suite(), eva, **zipped)
    rows = [
        committed(checked(json.dumps([ITEM]), eva, into=dataset, format_slug="dataset-json"), eva)
    ]
    rows += [checked(suite("x"), eva, into=dataset, overwrite=True, **zipped)]
    bad = f"id,Human Message,AI Response,{json.dumps(SCRIPTS[0])[1:-1]},context.__a__\n<b>,q,a,,\n"
    rows += [checked(bad, eva, into=dataset), uploaded("x,y\n", eva, into=dataset)]
    rows[1].name_version(ALL, by=eva)
    committed(rows[1], eva)
    assert DatasetImport.all_rows.filter(state="refused").count() == 1
    n_versions = DatasetVersion.all_rows.filter(dataset=dataset).count()
    assert n_versions == 4
    client = sign_in(eva)
    watch = enter(page, client, live_server.url)
    query = f"?q={quote(ALL[:150])}&tag={quote(SCRIPTS[1])}"
    here = f"datasets/{dataset.pk}/"
    keys = [item.key for item in items_of(dataset, by=eva)]
    assert len(keys) == 2
    paths = [f"{here}items/{key}/{rest}" for key in keys for rest in ("", "edit/")]
    paths += [f"{here}{rest}" for rest in ("", "versions/", "versions/2/", "diff/2/4/", "diff/3/4/",
              "checks/", "settings/", "import/", query)]  # fmt: skip
    paths += ["datasets/", "datasets/imports/", "datasets/import/"]
    found = []

    for path in [f"/t/lighthouse/{each}" for each in paths] + [r.get_absolute_url() for r in rows]:
        answer = page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        assert answer is not None
        assert answer.status == 200, path
        found += [f"{path}: {each}" for each in page.evaluate(LIVE)]

    assert found == []
    assert watch.seen == []
    download = client.get(f"/t/lighthouse/{here}files/{items_of(dataset, by=eva)[0].files[0]}/")
    assert download["Content-Disposition"].startswith("attachment")
    assert download["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in download["Content-Security-Policy"]
