"""The API's description of agreement: what it publishes is what it answers, no more and no less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from reviews.models import QueueItem, Review
from tests.agreement_made import Told, add_reviews
from tests.cast import Cast
from tests.reviews.test_agreement_figures import of_all_kinds, review
from tests.reviews_made import make_queue

CallAs = Callable[..., APIClient]


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The published schema of the answer, as JSON Schema that allows nothing it does not name."""
    api = SchemaGenerator().get_schema(request=None, public=True)
    answer = api["paths"]["/api/v1/queues/{id}/agreement"]["get"]["responses"]["200"]
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return closed(schema | {"components": {"schemas": api["components"]["schemas"]}})


def closed(schema: Any) -> Any:
    """As JSON Schema: objects take only what they name, and `nullable` is a type of its own."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: closed(each) for name, each in schema.items() if name != "nullable"}
    if isinstance(schema.get("properties"), dict):
        told["additionalProperties"] = False
    return {"anyOf": [told, {"type": "null"}]} if schema.get("nullable") is True else told


def errors_of(schema: dict[str, Any], told: Any) -> list[str]:
    found = jsonschema.Draft202012Validator(schema).iter_errors(told)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


@pytest.mark.django_db
def test_what_the_api_answers_is_what_its_description_says(
    cast: Cast, call_as: CallAs, described: dict[str, Any]
) -> None:
    floors = {"reviewers": 0.7, "auto": 0.5, "alpha:criterion:verdict": 0.6}
    queue = of_all_kinds(cast, 21, floors=floors, reviews_per_item=2)
    review(queue, cast.eva, cast.emil)
    empty = make_queue(owner=cast.olga, n_items=1)
    uneven = make_queue(owner=cast.olga, n_items=20, reviews_per_item=2)
    items = list(QueueItem.all_rows.filter(queue=uneven))
    add_reviews(
        uneven,
        [
            Told(item, who, {"verdict": "fail" if item is items[0] and who is cast.eva else "pass"})
            for item in items
            for who in (cast.eva, cast.emil)
        ],
    )
    Review.all_rows.filter(queue_item=items[1]).update(draft={"answers": {}})

    told = {
        name: call_as(who).get(f"/api/v1/queues/{of.pk}/agreement").json()
        for name, of, who in (
            ("whole", queue, cast.olga), ("own", queue, cast.eva), ("empty", empty, cast.olga),
            ("uneven", uneven, cast.olga),
        )
    }  # fmt: skip

    assert {name: errors_of(described, each) for name, each in told.items()} == {
        "whole": [], "own": [], "empty": [], "uneven": [],
    }  # fmt: skip
    for name in ("metrics", "people", "pairs", "disputed", "floors"):
        assert told["whole"][name], f"nothing was seen of {name}"
    for name in ("warnings", "left_out"):
        assert told["uneven"][name], f"nothing was seen of {name}"
    assert told["whole"]["outlook"]["deciding"]
    assert told["whole"]["outlook"]["corrected"]


@pytest.mark.django_db
def test_a_field_too_many_too_few_or_of_another_kind_is_noticed(
    cast: Cast, call_as: CallAs, described: dict[str, Any]
) -> None:
    queue = make_queue(owner=cast.olga, n_items=1)
    told = call_as(cast.olga).get(f"/api/v1/queues/{queue.pk}/agreement").json()
    fewer = {name: each for name, each in told.items() if name != "scope"}
    inside = told["reviewers"] | {"quantity": told["reviewers"]["quantity"] | {"luck": 1}}
    unknown = told["auto"] | {"quantity": told["auto"]["quantity"] | {"reason": "bad_luck"}}

    for wrong in (told | {"luck": 1}, fewer, told | {"reviewers": inside},
                  told | {"auto": unknown}, told | {"n_items": None}):  # fmt: skip
        assert errors_of(described, wrong)
