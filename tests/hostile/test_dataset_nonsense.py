"""Nonsense sent to the pages of datasets: a refusal or an empty list, never a 500."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.datasets_made import items_of, make_dataset

SignIn = Callable[[Actor], Client]
DEEP = "[" * 5_000
FORMS: tuple[dict[str, Any], ...] = (
    {},
    {"checks-TOTAL_FORMS": "x", "checks-INITIAL_FORMS": "-1"},
    {"checks-TOTAL_FORMS": "999999999", "checks-INITIAL_FORMS": "999999999", "input": "x"},
    {"input": ["a", "b"], "tags": '"', "history": DEEP, "context": DEEP, "created_at": "9" * 59},
    {"input": "\ud83d".encode("utf-8", "surrogatepass"), "output": "\u202e", "seen": "x:y,input:"},
    {"act": "tag", "tags": "a\x00b", "ids": ["x"], "scope": "everything", "to": "nowhere"},
    {"act": "delete", "ids": "00000000-0000-0000-0000-000000000000", "seen": ":" * 99},
    {"name": " ", "level": "both", "is_shared": "perhaps", "title": "\u202e" * 300},
    {"checks-TOTAL_FORMS": "1", "checks-INITIAL_FORMS": "0", "checks-0-operator": "regex",
     "checks-0-criteria": "(" * 9_000, "checks-0-weight": "1e999999", "checks-0-ORDER": "1.5",
     "checks-0-examples_type": ["x"] * 9, "checks-0-examples_text": ["y"], "input": "x"},
    {"checks-TOTAL_FORMS": "1", "checks-INITIAL_FORMS": "0", "input": "x",
     "checks-0-operator": "matches_json_schema", "checks-0-criteria": DEEP},
)  # fmt: skip
QUERIES = (
    "?page=x",
    "?item=x&item=y",
    "?item=00000000-0000-0000-0000-000000000000",
    "?q=%00",
    "?q=" + "x" * 600,
    "?q=%22%20-%20%7C%7C",
    "?tag=" + "&tag=".join("abcdefghij" * 6),
    "?operator=%27&checks=2&linked=x&arrived=",
    "?version=99999999999999999999&made=-1&show=gone",
)


@pytest.mark.parametrize("form", FORMS, ids=range(len(FORMS)))
def test_a_nonsense_form_is_refused_or_means_nothing(
    cast: Cast, sign_in: SignIn, form: dict[str, Any]
) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    key = items_of(dataset, by=cast.eva)[0].key
    client = sign_in(cast.eva)
    for path in (
        "items/new/", "items/act/", "items/undo/", f"items/{key}/edit/", f"items/{key}/inline/",
        f"items/{key}/move/", "checks/", "settings/", "share/", "versions/1/title/", "../new/",
    ):  # fmt: skip
        answer = client.post(f"/t/lighthouse/datasets/{dataset.pk}/{path}".replace(
            f"{dataset.pk}/../", ""), form)  # fmt: skip
        assert answer.status_code < 500, path


@pytest.mark.parametrize(("sent", "drawn"), [({}, 0), ({"checks-1-criteria": "x"}, 2)])
def test_many_checks_that_are_claimed_and_not_sent_are_refused_and_not_drawn(
    cast: Cast, sign_in: SignIn, sent: dict[str, str], drawn: int
) -> None:
    dataset = make_dataset(owner=cast.eva)
    claim = {"checks-TOTAL_FORMS": "999999999", "checks-INITIAL_FORMS": "0"}

    answer = sign_in(cast.eva).post(
        f"/t/lighthouse/datasets/{dataset.pk}/items/new/", {"input": "x"} | claim | sent
    )

    checks = answer.context["checks"]
    assert checks.non_form_errors() == ["Please submit at most 500 forms."]
    assert len(checks.forms) == drawn


@pytest.mark.parametrize("query", QUERIES)
def test_a_nonsense_address_is_refused_or_means_nothing(
    cast: Cast, sign_in: SignIn, query: str
) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    key = items_of(dataset, by=cast.eva)[0].key
    client = sign_in(cast.eva)
    for path in (
        "", "items/", f"items/{key}/", "versions/", "versions/1/", "versions/999999999999999/",
        "diff/1/2/", "diff/2/99999999999/", "checks/",
    ):  # fmt: skip
        answer = client.get(f"/t/lighthouse/datasets/{dataset.pk}/{path}{query}")
        assert answer.status_code < 500, path
    assert client.get(f"/t/lighthouse/datasets/{query}").status_code < 500
