"""One question to a model: an answer, or a plain reason within a bounded time (F15)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from runs import retrying
from runs.asking import AskError, EndpointSpec, ask, storable
from runs.model_parameters import parameter_problems
from runs.outbound.deadlines import Deadline
from runs.outbound.secret import Secret
from runs.retrying import AttemptError, Retries, back_off, read_retry_after
from tests.openai_server import OpenAIServer, OpenAIServerProcess

KEY = Secret("sk-very-private-0123456789abcdef")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a little between attempts, not as long as with strangers' servers."""
    monkeypatch.setattr(retrying, "FIRST_WAIT", 0.02)


def spec(server: OpenAIServer, **changes: Any) -> EndpointSpec:
    given = {"base_url": server.url, "model": "small", "key": KEY, "timeout_seconds": 30.0}
    return EndpointSpec(kind="openai", **(given | changes))


def messages(question: str = "Hello", system: str = "Be kind.") -> list[dict[str, str]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": question}]


def refused(endpoint: EndpointSpec, seconds: float = 60) -> AskError:
    with pytest.raises(AskError) as error:
        ask(endpoint, messages(), deadline=Deadline.after(seconds))
    return error.value


# --- answers --------------------------------------------------------------------------------------


def test_a_server_is_asked_once_and_its_answer_told_with_tokens(
    openai_server: OpenAIServer,
) -> None:
    openai_server.program(replies=[["capital of France", "Paris it is"]])
    question = "What is the capital of France?"

    answer = ask(spec(openai_server), messages(question), deadline=Deadline.after(60))

    assert (answer.text, answer.in_tokens, answer.out_tokens) == ("Paris it is", 8, 3)
    assert 0 < answer.duration < 10
    assert openai_server.asked == openai_server.answered == {question: 1}


def test_what_is_sent_is_the_question_the_parameters_and_the_key(
    openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of the installation")
    monkeypatch.setenv("OPENAI_ORG_ID", "of the installation")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Private: of the installation")
    parameters = {"temperature": 0.5, "top_k": 4, "stream": True, "extra_headers": {"a": "b"}}

    ask(spec(openai_server, parameters=parameters), messages("Why?"), deadline=Deadline.after(60))

    sent = openai_server.seen()["last_request"]
    assert sent["body"] == {
        "model": "small", "messages": messages("Why?"), "temperature": 0.5, "top_k": 4
    }  # fmt: skip
    assert sent["headers"]["authorization"] == f"Bearer {KEY.reveal()}"
    assert "installation" not in str(sent)


def test_without_a_key_none_is_sent_not_even_the_environments(
    openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of the installation")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "of the installation")

    ask(spec(openai_server, key=Secret("")), messages(), deadline=Deadline.after(60))

    assert "authorization" not in openai_server.seen()["last_request"]["headers"]


def test_echo_says_what_the_user_said_last() -> None:
    said = [*messages("First"), {"role": "assistant", "content": "?"}, *messages("Last")]

    assert ask(EndpointSpec(kind="echo"), said, deadline=Deadline.after(1)).text == "Last"


def test_replay_gives_the_stored_answer_and_names_a_question_it_does_not_know() -> None:
    replay = EndpointSpec(kind="replay", answers={"Hello": "Good day", "Two\nlines": "Yes"})

    assert ask(replay, messages("Hello"), deadline=Deadline.after(1)).text == "Good day"
    assert ask(replay, messages(" Two \r\nlines\n"), deadline=Deadline.after(1)).text == "Yes"
    with pytest.raises(AskError, match=r"^There is no stored answer to “Bye”\.$"):
        ask(replay, messages("Bye"), deadline=Deadline.after(1))


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": ""}, ""),
        ({"content": None, "refusal": "I cannot help with that."}, "I cannot help with that."),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "ab"),
        ({"content": "NUL \x00 and half \ud83d"}, "NUL \ufffd and half \ufffd"),
    ],
)
def test_unusual_answers_are_read(
    openai_server: OpenAIServer, message: dict[str, Any], text: str
) -> None:
    usage = {"prompt_tokens": "many", "completion_tokens": -1}
    value = {"choices": [{"message": message}], "usage": usage}
    openai_server.program(faults=[{"fault": "wrong_schema", "value": value}])

    answer = ask(spec(openai_server), messages(), deadline=Deadline.after(60))

    assert (answer.text, answer.in_tokens, answer.out_tokens) == (text, None, None)


def test_text_that_no_column_holds_is_replaced() -> None:
    assert storable("a\x00b\udc00c😀") == "a\ufffdb\ufffdc😀"


# --- what goes wrong ------------------------------------------------------------------------------

HOST = "127.0.0.1"
LASTING = [
    (401, "does not accept the key (401)."),
    (403, "does not allow this with the key (403)."),
    (404, "does not know the model or the address (most base addresses end with /v1) (404)."),
    (400, "refused the question (400)."),
    (422, "refused the question (422)."),
]


@pytest.mark.parametrize(("status", "says"), LASTING)
def test_a_refusal_that_will_not_pass_is_asked_once(
    openai_server: OpenAIServer, status: int, says: str
) -> None:
    openai_server.program(faults=[{"fault": "status", "status": status}])

    error = refused(spec(openai_server))

    assert error.reason == f"{HOST} {says} It says: told to answer {status}"
    assert error.attempts == 1
    assert openai_server.asked == {"Hello": 1}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 408},
        {"fault": "status", "status": 409},
        {"fault": "status", "status": 429},
        {"fault": "status", "status": 500},
        {"fault": "status", "status": 503},
        {"fault": "reset"},
        {"fault": "cut"},
        {"fault": "close"},
        {"fault": "invalid_json"},
        {"fault": "html"},
        {"fault": "deep_json"},
        {"fault": "not_http"},
    ],
    ids=lambda fault: str(fault.get("status", fault["fault"])),
)
def test_a_failure_that_may_pass_is_asked_again_until_it_does(
    openai_server: OpenAIServer, fault: dict[str, Any]
) -> None:
    openai_server.program(faults=[fault | {"first": 2}])

    answer = ask(spec(openai_server), messages(), deadline=Deadline.after(60))

    assert answer.text == "Hello"
    assert openai_server.asked == {"Hello": 3}
    assert openai_server.answered == {"Hello": 1}


@pytest.mark.usefixtures("quick")
def test_attempts_are_capped(openai_server: OpenAIServer) -> None:
    openai_server.program(faults=[{"fault": "status", "status": 500}])

    error = refused(spec(openai_server, max_attempts=3))

    assert error.reason == f"{HOST} had an error (500). It says: told to answer 500 Asked 3 times."
    assert error.attempts == 3
    assert openai_server.asked == {"Hello": 3}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"fault": "wrong_schema"}, "127.0.0.1 answered without a text."),
        ({"fault": "wrong_schema", "value": []}, "127.0.0.1 answered without a text."),
        ({"fault": "wrong_schema", "value": {"choices": None}}, "answered without a text."),
        (
            {"fault": "wrong_schema", "value": {"error": {"message": "out of quota"}}},
            "127.0.0.1 answered without a text. It says: out of quota",
        ),
        ({"fault": "oversized"}, "127.0.0.1 sent more than 5,000,000 bytes."),
        ({"fault": "endless"}, "127.0.0.1 sent more than 5,000,000 bytes."),
        ({"fault": "gzip"}, "sent a compressed answer"),
        ({"fault": "headers"}, "sent more headers than we read."),
        ({"fault": "redirect", "to": "http://10.0.0.1/v1"}, "redirects to http://10.0.0.1, which"),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else "",
)
def test_what_will_not_get_better_is_told_at_once(
    openai_server: OpenAIServer, fault: dict[str, Any], says: str
) -> None:
    openai_server.program(faults=[fault])

    error = refused(spec(openai_server))

    assert says in error.reason
    assert openai_server.asked == {"Hello": 1}


@pytest.mark.parametrize("fault", [{"fault": "hang"}, {"fault": "drip", "every": 0.2}])
def test_attempts_at_a_server_that_hangs_end_with_the_deadline(
    openai_server: OpenAIServer, fault: dict[str, Any]
) -> None:
    openai_server.program(faults=[fault])
    began = time.monotonic()

    error = refused(spec(openai_server, timeout_seconds=0.4, max_attempts=50), seconds=1.5)

    assert time.monotonic() - began < 2.5
    assert "127.0.0.1 did not answer in time." in error.reason
    assert 1 <= error.attempts <= 4


def test_a_private_address_is_refused_without_a_second_attempt(
    openai_server: OpenAIServer, settings: Any
) -> None:
    settings.OUTBOUND_ALLOWED = []

    error = refused(spec(openai_server, base_url=f"http://localhost:{openai_server.port}/v1"))

    assert error.reason.startswith("localhost is not on the public internet, so nothing was sent")
    assert (error.attempts, openai_server.asked) == (1, {})


def test_nobody_listening_is_said_plainly(openai_server: OpenAIServer, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = ["127.0.0.1"]

    error = refused(spec(openai_server, base_url="http://127.0.0.1:9/v1", max_attempts=1))

    assert error.reason == "Cannot connect to 127.0.0.1: connection refused."


# --- waiting --------------------------------------------------------------------------------------


def test_retry_after_is_honoured(openai_server: OpenAIServer) -> None:
    openai_server.program(faults=[{"fault": "status", "status": 429, "retry_after": 1, "first": 1}])

    ask(spec(openai_server), messages(), deadline=Deadline.after(60))

    first, second = openai_server.seen()["times"]
    assert 1.0 <= second - first < 2.5


def test_a_retry_after_beyond_our_patience_ends_it(openai_server: OpenAIServer) -> None:
    openai_server.program(faults=[{"fault": "status", "status": 429, "retry_after": 3600}])

    error = refused(spec(openai_server))

    assert error.reason == (
        "127.0.0.1 is asked too often (429). It says: told to answer 429 It asks to wait 3,600 "
        "seconds; ask again later."
    )
    assert openai_server.asked == {"Hello": 1}


def test_a_retry_after_beyond_the_deadline_does_not_wait(openai_server: OpenAIServer) -> None:
    openai_server.program(faults=[{"fault": "status", "status": 503, "retry_after": 30}])
    began = time.monotonic()

    refused(spec(openai_server), seconds=3)

    assert time.monotonic() - began < 1.5


def test_waits_double_are_spread_and_have_a_longest() -> None:
    for n_failures, longest in ((1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (9, 20.0), (500, 20.0)):
        waits = [back_off(n_failures) for _ in range(200)]
        assert longest / 2 <= min(waits) < max(waits) <= longest
        assert len(set(waits)) > 100
    assert all(7 <= back_off(1, retry_after=7) <= 7.7 for _ in range(100))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("", None), ("soon", None), ("-1", None), ("nan", None),
     ("inf", None), ("1e400", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
     ("Thu, 99 Foo 1970", None)],
)  # fmt: skip
def test_retry_after_is_read_as_a_number_or_a_date(header: str, seconds: float | None) -> None:
    assert read_retry_after(header) == seconds
    assert read_retry_after(header, "1500") == 1.5


def test_a_turn_is_taken_before_each_attempt(openai_server: OpenAIServer, quick: None) -> None:
    openai_server.program(faults=[{"fault": "status", "status": 500, "first": 2}])
    turns: list[Deadline] = []
    deadline = Deadline.after(10)

    ask(spec(openai_server), messages(), deadline=deadline, take_turn=turns.append)

    assert turns == [deadline] * 3


def test_no_attempt_begins_after_the_deadline() -> None:
    retries = Retries(5, Deadline.after(0.1))
    retries.begin()

    assert retries.wait_after(AttemptError("x", may_pass=True)) is None
    assert retries.seconds(60) <= 0.1


# --- secrets --------------------------------------------------------------------------------------


def test_the_key_and_what_looks_like_one_stay_out_of_reasons(openai_server: OpenAIServer) -> None:
    message = (
        f"Incorrect API key: {KEY.reveal()} or sk-other-key-of-somebody\n<b>\x1b[31m" + "x" * 999
    )
    openai_server.program(faults=[{"fault": "status", "status": 401, "message": message}])

    error = refused(spec(openai_server))

    assert "private" not in error.reason
    assert "It says: Incorrect API key: [key] or [key] <b>[31mxxx" in error.reason
    assert len(error.reason) < 300


@pytest.mark.parametrize("key", ["two\nlines", "späť-private", "with space"])
def test_a_key_that_no_header_holds_is_refused_without_showing_it(
    openai_server: OpenAIServer, key: str
) -> None:
    error = refused(spec(openai_server, key=Secret(key)))

    assert error.reason == "The key holds characters that no server takes: enter it again."
    assert error.__cause__ is None
    assert openai_server.asked == {}


def test_nothing_of_a_request_is_logged(
    openai_server: OpenAIServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        ask(spec(openai_server), messages("a private question"), deadline=Deadline.after(60))

    assert "private" not in caplog.text


# --- parameters and the server itself -------------------------------------------------------------


def test_parameters_that_are_not_sent_are_named() -> None:
    assert parameter_problems({"temperature": 0, "max_tokens": 5, "stop": ["a"]}) == []
    problems = parameter_problems({"temperature": 9, "max_tokens": True, "stream": True})
    assert problems[:2] == [
        "temperature is a number from 0 to 2.",
        "max_tokens is a whole number from 1.",
    ]
    assert problems[2].startswith("stream is not sent to models: write temperature, top_p,")


def test_the_server_of_the_tests_serves_as_a_process_too(settings: Any, quick: None) -> None:
    with OpenAIServerProcess() as server:
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{server.port}"]
        server.program(
            answer="You said {prompt}", faults=[{"fault": "reset", "fraction": 1, "seed": 3}]
        )

        answer = ask(spec(server), messages("Hi"), deadline=Deadline.after(60))

        assert answer.text == "You said Hi"
        assert (server.asked, server.answered) == ({"Hi": 2}, {"Hi": 1})
        server.forget()
        assert server.asked == {}
