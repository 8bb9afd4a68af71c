"""One question to one server that speaks the API of OpenAI, through its own client library.

The library builds the request and knows the API; connections, retries and limits are ours.
Imported when a server is asked, not before: the library takes over a second to load.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import httpx2
import openai

from runs.model_parameters import usable
from runs.outbound.errors import OutboundError
from runs.outbound.transport import client
from runs.retrying import AttemptError, read_retry_after
from runs.verdicts import Answer

if TYPE_CHECKING:
    from runs.asking import EndpointSpec

MAY_PASS = (408, 409, 429)  # and everything from 500
SAYS = {
    401: "does not accept the key",
    403: "does not allow this with the key",
    404: "does not know the model or the address (most base addresses end with /v1)",
    408: "did not answer in time",
    429: "is asked too often",
}
MOST_SAID = 200  # characters of a server's own words that are shown
LIKE_A_KEY = re.compile(r"\b(?:sk|pk|key|evp|gsk|xai)[-_][\w*.\-]{6,}")
MOST_TOKENS = 2**31 - 1


def complete(
    endpoint: EndpointSpec, messages: Sequence[Mapping[str, Any]], *, seconds: float
) -> Answer:
    """Return the answer to one attempt, or raise AttemptError; never later than the seconds."""
    try:
        # Raw, because the library trusts what it reads; and got before the clock is looked at,
        # because it is loaded with its first use.
        completions = library(endpoint, seconds).chat.completions.with_raw_response
        began = time.monotonic()
        answer = completions.create(
            model=endpoint.model,
            messages=cast(Any, list(messages)),
            extra_headers=authorization(endpoint),
            extra_body=usable(endpoint.parameters),
        )
    except OutboundError as error:
        raise AttemptError(str(error), may_pass=error.may_pass) from None
    except openai.APIStatusError as error:
        raise refusal(endpoint, error.response) from None
    except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise AttemptError(
            f"{host_of(endpoint)} could not be asked ({type(error).__name__})."
        ) from None
    duration = time.monotonic() - began
    return replace(read_answer(endpoint, answer.http_response.content), duration=duration)


def library(endpoint: EndpointSpec, seconds: float) -> openai.OpenAI:
    """Return the library's client, on our connections, reading nothing from the environment."""
    return openai.OpenAI(
        api_key="sent with each request",
        admin_api_key="",
        organization="",
        project="",
        webhook_secret="",
        base_url=endpoint.base_url,
        http_client=client(),
        max_retries=0,
        timeout=seconds,
    )


def authorization(endpoint: EndpointSpec) -> dict[str, Any]:
    """Return the header that says the key, or that none is sent, not even the environment's."""
    key = endpoint.key.reveal()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise AttemptError("The key holds characters that no server takes: enter it again.")
    return {"Authorization": f"Bearer {key}" if key else openai.Omit()}


def refusal(endpoint: EndpointSpec, response: httpx2.Response) -> AttemptError:
    """Return the failure that an error status means."""
    status, headers = response.status_code, response.headers
    says = SAYS.get(status) or ("had an error" if status >= 500 else "refused the question")
    words = scrubbed(own_words(response.content), endpoint)
    more = f" It says: {words}" if words else ""
    return AttemptError(
        f"{host_of(endpoint)} {says} ({status}).{more}",
        may_pass=status in MAY_PASS or status >= 500,
        retry_after=read_retry_after(
            headers.get("retry-after", ""), headers.get("retry-after-ms", "")
        ),
    )


def read_answer(endpoint: EndpointSpec, body: bytes) -> Answer:
    """Return the answer of a body, whatever it holds besides."""
    try:
        held = json.loads(body)
    except (ValueError, RecursionError):
        raise AttemptError(
            f"{host_of(endpoint)} answered with something that is no JSON.", may_pass=True
        ) from None
    try:
        text = text_of(held["choices"][0]["message"])
    except (LookupError, TypeError):
        text = None
    if text is None:
        words = scrubbed(own_words(body), endpoint)
        more = f" It says: {words}" if words else ""
        raise AttemptError(f"{host_of(endpoint)} answered without a text.{more}")
    usage = held.get("usage") or {}
    return Answer(text, tokens(usage, "prompt_tokens"), tokens(usage, "completion_tokens"))


def text_of(message: Mapping[str, Any]) -> str | None:
    """Return what a message says: its content, the texts of its parts, or why it says nothing."""
    content = message["content"] if message.get("content") is not None else message.get("refusal")
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part["type"] == "text")
    return content if isinstance(content, str) else None


def tokens(usage: Any, name: str) -> int | None:
    """Return a count of tokens when the server gives one that can be one."""
    count = usage.get(name) if isinstance(usage, dict) else None
    if not isinstance(count, int) or isinstance(count, bool):
        return None
    return count if 0 <= count <= MOST_TOKENS else None


def own_words(body: bytes) -> str:
    """Return the message of an error in the form this API has; nothing else is ever shown."""
    try:
        error = json.loads(body)["error"]
        words = error if isinstance(error, str) else error["message"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return ""
    return words if isinstance(words, str) else ""


def scrubbed(words: str, endpoint: EndpointSpec) -> str:
    """Return a server's words on one line, cut, without the key or anything like one."""
    key = endpoint.key.reveal()
    words = words.replace(key, "[key]") if key else words
    words = " ".join(LIKE_A_KEY.sub("[key]", words).split())
    words = "".join(letter for letter in words if letter.isprintable())
    return words if len(words) <= MOST_SAID else f"{words[:MOST_SAID]}…"


def host_of(endpoint: EndpointSpec) -> str:
    return urlsplit(endpoint.base_url).hostname or "The server"
