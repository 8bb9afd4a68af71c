"""/api/v1/endpoints: keys are written and never read, and belong to their host (W10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from evalplatform.scoping.actor import Actor
from runs.models import ModelEndpoint
from tests.cast import Cast
from tests.openai_server import OpenAIServer

CallAs = Callable[..., APIClient]
KEY = "sk-very-private-0123456789-WXYZ"
URL = "/api/v1/endpoints"
SERVER = {
    "name": "Judge",
    "kind": "openai",
    "baseUrl": "https://api.example.org/v1/",
    "model": "big",
    "key": KEY,
    "parameters": {"temperature": 0},
    "perMinute": 60,
}


def make(client: APIClient, **changes: Any) -> Any:
    return client.post(URL, SERVER | changes, format="json")


def test_a_made_endpoint_says_of_its_key_only_that_it_is_there(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)

    made = make(client)

    assert made.status_code == 201
    body = made.json()
    assert {name: body[name] for name in ("baseUrl", "hasKey", "keyOrigin", "keyHint")} == {
        "baseUrl": "https://api.example.org/v1",
        "hasKey": True,
        "keyOrigin": "https://api.example.org:443",
        "keyHint": "WXYZ",
    }
    for answer in (made, client.get(URL), client.get(f"{URL}/{body['id']}")):
        assert "private" not in answer.content.decode()
    stored = ModelEndpoint.objects.visible_to(cast.eva).get(pk=body["id"])
    assert stored.spec().key.reveal() == KEY


def test_another_host_asks_for_the_key_again(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)
    url = f"{URL}/{make(client).json()['id']}"

    moved = {"baseUrl": "https://attacker.example/v1"}
    refused = client.patch(url, moved, format="json")
    assert refused.status_code == 400
    assert refused.json()["error"]["errors"] == [
        {
            "row": None,
            "column": "key",
            "message": "The key belongs to another host. Type the key for this one.",
        }
    ]
    assert client.get(url).json()["baseUrl"] == "https://api.example.org/v1"

    allowed = client.patch(url, moved | {"key": "another-key-of-24-signs!"}, format="json")
    assert (allowed.status_code, allowed.json()["keyHint"]) == (200, "gns!")
    assert client.patch(url, {"key": ""}, format="json").json()["hasKey"] is False


def test_a_change_keeps_what_it_does_not_name(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)
    made = make(client)
    url = f"{URL}/{made.json()['id']}"

    changed = client.patch(url, {"shared": True}, format="json", HTTP_IF_MATCH=made["ETag"])

    assert changed.status_code == 200
    assert changed.json() | {"shared": False, "updatedAt": ""} == made.json() | {"updatedAt": ""}
    stale = client.patch(url, {"shared": False}, format="json", HTTP_IF_MATCH=made["ETag"])
    assert stale.status_code == 409


@pytest.mark.parametrize(
    ("changes", "column", "message"),
    [
        ({"baseUrl": "file:///x"}, "baseUrl", "Write an address that begins with https://"),
        ({"key": "a b"}, "key", "A key holds letters, digits and signs, without spaces."),
        ({"parameters": {"stream": True}}, "parameters", "stream is not sent to models"),
        ({"parameters": []}, "parameters", "Write an object"),
        ({"answers": {"a": 1}}, "answers", 'Write {"question": "answer"}.'),
        ({"kind": "telnet"}, "kind", "not a valid choice"),
        ({"maxAttempts": 99}, "maxAttempts", "less than or equal to 10"),
        ({"sealed_key": "x"}, "sealed_key", "There is no such key"),
        ({"owner": "x"}, "owner", "There is no such key"),
    ],
)
def test_what_cannot_be_saved_is_said_by_name(
    cast: Cast, call_as: CallAs, changes: dict[str, Any], column: str, message: str
) -> None:
    refused = make(call_as(cast.eva), **changes)

    assert refused.status_code == 400
    (error,) = refused.json()["error"]["errors"]
    assert error["column"] == column
    assert message in error["message"]
    assert not ModelEndpoint.all_rows.exists()


def test_a_replay_takes_its_answers_and_gives_their_number(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)
    said = {"name": "Old outputs", "kind": "replay", "answers": {"How far? ": "Far"}}

    made = client.post(URL, said, format="json").json()

    assert made["answerCount"] == 1
    tried = client.post(f"{URL}/{made['id']}/test").json()
    assert {name: tried[name] for name in ("ok", "question", "answer", "error")} == {
        "ok": True, "question": "How far?", "answer": "Far", "error": ""
    }  # fmt: skip


def test_a_test_says_what_is_wrong_and_no_secret(
    cast: Cast, call_as: CallAs, openai_server: OpenAIServer
) -> None:
    openai_server.program(faults=[{"fault": "status", "status": 401, "message": f"no {KEY}"}])
    client = call_as(cast.eva)
    made = make(client, baseUrl=openai_server.url).json()

    tried = client.post(f"{URL}/{made['id']}/test").json()

    assert tried["ok"] is False
    assert tried["error"] == "127.0.0.1 does not accept the key (401). It says: no [key]"


def test_a_deleted_endpoint_is_gone(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)
    url = f"{URL}/{make(client).json()['id']}"

    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert client.get(URL).json()["results"] == []


@pytest.mark.parametrize("name", ["emil", "tess", "otto"])
def test_an_endpoint_of_one_s_own_is_seen_by_nobody_else(
    cast: Cast, call_as: CallAs, name: str
) -> None:
    other: Actor = cast.actor(name)
    url = f"{URL}/{make(call_as(cast.eva)).json()['id']}"

    assert call_as(other).get(url).status_code == 404
    assert call_as(other).get(URL).json()["results"] == []
