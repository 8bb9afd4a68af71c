"""Pages of endpoints: the key goes in and never comes out, and belongs to its host (W10, W13)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from runs.asking import AskError
from runs.models import ModelEndpoint
from tests.cast import Cast
from tests.openai_server import OpenAIServer

SignIn = Callable[[Actor], Client]
KEY = "sk-very-private-0123456789-WXYZ"


def said(**changes: Any) -> dict[str, Any]:
    """What a person types for a server with a key."""
    return {
        "name": "Judge", "kind": "openai", "base_url": "https://api.example.org/v1", "model": "big",
        "key": KEY, "timeout_seconds": 30, "max_attempts": 2, "max_parallel": 3,
    } | changes  # fmt: skip


def address(name: str, actor: Actor, *args: Any) -> str:
    return reverse(name, args=[actor.team.slug, *args])


def make(client: Client, actor: Actor, **changes: Any) -> ModelEndpoint:
    answer = client.post(address("endpoint-create", actor), said(**changes))
    assert answer.status_code == 302, answer.content.decode()
    made: ModelEndpoint = ModelEndpoint.all_rows.latest("created_at")
    return made


def change(client: Client, endpoint: ModelEndpoint, actor: Actor, **changes: Any) -> Any:
    kept = said(key="", base_url=endpoint.base_url) | changes
    return client.post(address("endpoint-edit", actor, endpoint.pk), kept)


def test_a_key_is_sealed_for_its_address_and_opens_for_asking(cast: Cast, sign_in: SignIn) -> None:
    made = make(sign_in(cast.eva), cast.eva, base_url="https://API.example.org/v1/ ")

    assert (made.base_url, made.key_origin) == (
        "https://API.example.org/v1",
        "https://api.example.org:443",
    )
    assert made.key_hint == "WXYZ"
    assert KEY.encode() not in bytes(made.sealed_key or b"")
    assert made.spec().key.reveal() == KEY


def test_a_key_is_in_no_page_no_audit_and_no_column(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.olga)
    made = make(client, cast.olga, is_shared="on")
    change(client, made, cast.olga, key=KEY + "2")
    pages = ["endpoints", "audit", "endpoint-create"]
    texts = [client.get(address(name, cast.olga)).content.decode() for name in pages]
    texts.append(client.get(address("endpoint-edit", cast.olga, made.pk)).content.decode())
    texts.append(client.get(f"/admin/runs/modelendpoint/{made.pk}/change/").content.decode())
    texts.append(
        client.post(address("endpoint-create", cast.olga), said(model="")).content.decode()
    )
    texts += [json.dumps(event.changes) for event in AuditEvent.all_rows.all()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM runs_modelendpoint e")
        texts += [text for (text,) in cursor.fetchall()]

    assert [text for text in texts if "very-private" in text or KEY.encode().hex() in text] == []
    assert '"sealed_key": ["hidden", "hidden"]' in " ".join(texts)


@pytest.mark.parametrize(
    "moved",
    ["https://attacker.example/v1", "http://api.example.org/v1", "https://api.example.org:8443/v1",
     "https://api.example.org.attacker.example/v1", "https://10.0.0.1/v1"],
)  # fmt: skip
def test_another_host_asks_for_the_key_again(cast: Cast, sign_in: SignIn, moved: str) -> None:
    client = sign_in(cast.eva)
    made = make(client, cast.eva)

    answer = change(client, made, cast.eva, base_url=moved)

    assert answer.status_code == 422
    assert "The key belongs to another host. Type the key for this one." in answer.content.decode()
    made.refresh_from_db()
    assert made.base_url == "https://api.example.org/v1"

    assert change(client, made, cast.eva, base_url=moved, key="another-key-1").status_code == 302
    made.refresh_from_db()
    assert made.spec().key.reveal() == "another-key-1"
    assert made.key_hint == ""


def test_another_path_of_the_host_keeps_the_key(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    made = make(client, cast.eva)

    answer = change(client, made, cast.eva, base_url="https://api.example.org/v2", name="Renamed")

    assert answer.status_code == 302
    made.refresh_from_db()
    assert (made.name, made.spec().key.reveal()) == ("Renamed", KEY)


def test_a_host_that_is_changed_in_the_database_does_not_get_the_key(
    cast: Cast, sign_in: SignIn
) -> None:
    made = make(sign_in(cast.eva), cast.eva)
    ModelEndpoint.all_rows.update(
        base_url="https://attacker.example/v1", key_origin="https://attacker.example:443"
    )
    made.refresh_from_db()

    with pytest.raises(AskError, match=r"was entered for https://api\.example\.org:443 and is not"):
        made.spec()


def test_a_stored_key_can_be_removed(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    made = make(client, cast.eva)

    change(client, made, cast.eva, forget_key="on", base_url="https://elsewhere.example/v1")

    made.refresh_from_db()
    assert (made.sealed_key, made.key_origin, made.key_hint) == (None, "", "")
    assert not made.spec().key


def test_keys_are_sealed_again_when_the_sealing_key_changes(
    cast: Cast, sign_in: SignIn, settings: Any
) -> None:
    made = make(sign_in(cast.eva), cast.eva)
    new = "a-new-sealing-key-of-forty-characters-12"
    settings.SEALING_KEYS = [new]

    call_command("reseal_keys")

    settings.SECRET_KEY = "another secret key, now that the old one is not needed"
    made.refresh_from_db()
    assert made.spec().key.reveal() == KEY


def test_a_deleted_endpoint_is_gone_with_its_key(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    made = make(client, cast.eva)

    client.post(address("endpoint-delete", cast.eva, made.pk))

    made.refresh_from_db()
    assert (made.sealed_key, made.deleted_at is None) == (None, False)
    assert client.get(address("endpoint-edit", cast.eva, made.pk)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"base_url": ""}, "Write an address that begins with https:// or http:// and a host."),
        ({"base_url": "file:///etc/passwd"}, "Write an address that begins with https://"),
        ({"base_url": "https://a:b@example.org/v1"}, "without a name and password"),
        ({"base_url": "https://example.org/v1?k=v"}, "Write the address without ? and #"),
        ({"model": ""}, "Name the model as the server calls it."),
        ({"parameters": "{"}, "not"),
        ({"parameters": "[1]"}, "Write an object"),
        ({"parameters": '{"stream": true}'}, "stream is not sent to models"),
        ({"parameters": '{"temperature": 9}'}, "temperature is a number from 0 to 2."),
        ({"key": "two\nlines"}, "A key holds letters, digits and signs, without spaces."),
        ({"kind": "replay"}, "Paste questions and answers, or choose a file."),
        ({"kind": "replay", "answers_text": "Question,Answer\nA,\n"}, "Row 2: The answer is empty"),
        ({"kind": "replay", "answers_text": '{"A": 1}'}, "Question 1 or its answer is no text."),
        ({"kind": "replay", "answers_text": '[{"question": "A"}]'}, "Question 1 or its answer is"),
        ({"kind": "replay", "answers_text": '{"A": "1", " A ": "2"}'}, "Question 2 stands there"),
        ({"kind": "telnet"}, "Select a valid choice."),
        ({"max_attempts": "99"}, "less than or equal to 10"),
    ],
)  # fmt: skip
def test_what_cannot_be_saved_is_said_at_its_field(
    cast: Cast, sign_in: SignIn, changes: dict[str, Any], says: str
) -> None:
    answer = sign_in(cast.eva).post(address("endpoint-create", cast.eva), said(**changes))

    assert answer.status_code == 422
    page = answer.content.decode().replace("&quot;", '"')
    assert says in page
    assert not ModelEndpoint.all_rows.exists()


@pytest.mark.parametrize(
    "text",
    [
        "Question,Answer\nHow far?,Far\nHow long?,Long\n",
        "question\tanswer\nHow far?\tFar\nHow long?\tLong\n",
        '{"How far?": "Far", "How long?": "Long"}',
        '[{"question": "How far?", "answer": "Far"}, {"input": "How long?", "output": "Long"}]',
    ],
)
@pytest.mark.parametrize("as_file", [False, True])
def test_answers_of_a_replay_are_pasted_or_uploaded(
    cast: Cast, sign_in: SignIn, text: str, as_file: bool
) -> None:
    given: dict[str, Any] = {"answers_text": text}
    if as_file:
        given = {"answers_file": SimpleUploadedFile("answers.txt", text.encode())}

    made = make(sign_in(cast.eva), cast.eva, kind="replay", **given)

    assert made.answers == {"How far?": "Far", "How long?": "Long"}
    assert (made.base_url, made.model, made.sealed_key) == ("", "", None)


def test_answers_stay_until_others_are_given(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    made = make(client, cast.eva, kind="replay", answers_text='{"A": "1"}')
    page = client.get(address("endpoint-edit", cast.eva, made.pk)).content.decode()
    assert "1 stored. What you paste or choose here takes their place." in page

    change(client, made, cast.eva, kind="replay", name="Renamed")
    made.refresh_from_db()
    assert (made.name, made.answers) == ("Renamed", {"A": "1"})

    change(client, made, cast.eva, kind="replay", answers_text='{"B": "2", "C": "3"}')
    made.refresh_from_db()
    assert made.answers == {"B": "2", "C": "3"}
    event = AuditEvent.all_rows.filter(verb="endpoint.change").latest("id")
    assert event.changes["answers"] == ["1 entries", "2 entries"]


def test_the_test_shows_the_answer_and_the_time(
    cast: Cast, sign_in: SignIn, openai_server: OpenAIServer
) -> None:
    openai_server.program(answer="OK <b>")
    client = sign_in(cast.eva)
    made = make(client, cast.eva, base_url=openai_server.url, per_minute=60)

    page = client.post(address("endpoint-test", cast.eva, made.pk)).content.decode()

    assert "It answered in " in page
    assert "OK &lt;b&gt;" in page
    assert openai_server.asked == {"Say OK": 1}
    sent = openai_server.seen()["last_request"]["headers"]
    assert sent["authorization"] == f"Bearer {KEY}"


def test_the_test_says_plainly_what_is_wrong(
    cast: Cast, sign_in: SignIn, openai_server: OpenAIServer, settings: Any
) -> None:
    client = sign_in(cast.eva)
    made = make(client, cast.eva, base_url=openai_server.url)
    test = address("endpoint-test", cast.eva, made.pk)
    openai_server.program(faults=[{"fault": "status", "status": 401, "message": f"bad {KEY}"}])
    page = client.post(test).content.decode()
    assert "127.0.0.1 does not accept the key (401). It says: bad [key]" in page

    settings.OUTBOUND_ALLOWED = []
    made = make(client, cast.eva, base_url=f"http://localhost:{openai_server.port}/v1")
    page = client.post(address("endpoint-test", cast.eva, made.pk)).content.decode()
    assert "localhost is not on the public internet, so nothing was sent there." in page
    assert openai_server.asked == {"Say OK": 1}


def test_a_test_asks_once_whatever_the_endpoint_would(
    cast: Cast, sign_in: SignIn, openai_server: OpenAIServer
) -> None:
    openai_server.program(faults=[{"fault": "status", "status": 500}])
    client = sign_in(cast.eva)
    made = make(client, cast.eva, base_url=openai_server.url, max_attempts=10)

    client.post(address("endpoint-test", cast.eva, made.pk))

    assert openai_server.asked == {"Say OK": 1}


def test_a_replay_is_tested_with_a_question_it_knows(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    made = make(client, cast.eva, kind="replay", answers_text='{"How far?": "Far"}')

    page = client.post(address("endpoint-test", cast.eva, made.pk)).content.decode()

    assert "It answered" in page
    assert "Far" in page


def test_a_shared_endpoint_is_seen_and_asked_and_changed_by_its_owner_alone(
    cast: Cast, sign_in: SignIn
) -> None:
    made = make(sign_in(cast.eva), cast.eva, kind="echo", is_shared="on")
    for person in (cast.emil, cast.tess):
        client = sign_in(person)
        page = client.get(address("endpoint-edit", person, made.pk)).content.decode()
        assert 'name="base_url"' not in page
        tried = client.post(address("endpoint-test", person, made.pk)).content.decode()
        assert "Say OK" in tried
        assert change(client, made, person, kind="echo").status_code == 403
        assert client.post(address("endpoint-delete", person, made.pk)).status_code == 403


def test_the_list_does_not_query_per_row(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.eva)
    client.get(address("endpoints", cast.eva))  # the first visit notes which team is open
    n_queries = []
    for n_rows in (1, 20):
        for n in range(n_rows):
            ModelEndpoint.create(by=cast.eva, name=f"Echo {n}", kind="echo")
        with CaptureQueriesContext(connection) as queries:
            client.get(address("endpoints", cast.eva))
        n_queries.append(len(queries))

    assert n_queries[0] == n_queries[1]
