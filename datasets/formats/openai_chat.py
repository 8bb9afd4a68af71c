"""Chat JSON and JSON Lines as people bring them: OpenAI's `messages` and the usual other names for
the same thing.

Also samples of the OpenAI Evals library (`input`, `ideal`), LangSmith (`inputs`, `outputs`) and
Langfuse (`input`, `expectedOutput`): what was asked and the answer become one conversation.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, BinaryIO

from datasets.formats.conversations import read_session
from datasets.formats.fields import NO_NAMES, Findings
from datasets.formats.messages import ROLES, compact
from datasets.formats.records import SessionRecord
from datasets.formats.sessions import SessionReading, read_sessions

SLUG = "openai-chat"
CHAT_ROLES: Mapping[str, str] = MappingProxyType(
    dict(ROLES)
    | {"human": "user"}
    | dict.fromkeys(("gpt", "chatgpt", "bing", "ai"), "assistant")
    | dict.fromkeys(("observation", "function_call"), "tool")
)
SESSION_NAMES = {
    "messages": ("messages", "conversations", "conversation"),
    "externalId": (
        "externalId",
        "external_id",
        "id",
        "conversation_id",
        "conversation_hash",
        "session_id",
        "sessionId",
        "thread_id",
    ),
    "createdAt": ("createdAt", "created_at", "timestamp", "create_time"),
}
MESSAGE_NAMES = {
    "role": ("role", "from"),
    "content": ("content", "value"),
    "externalId": ("externalId", "id"),
    "createdAt": ("createdAt", "created_at", "timestamp"),
}
ASKED, ANSWERED = (
    ("input", "inputs"),
    ("ideal", "outputs", "output", "expectedOutput", "expected_output"),
)
Named = tuple[dict[str, Any], Mapping[str, str]]


def read(stream: BinaryIO, *, source: str = "", slug: str = SLUG) -> SessionReading:
    """The conversations of the file; those without an id get one made from their messages."""

    def read_object(found: Findings, value: Any) -> SessionRecord | None:
        return read_chat(found, value, default_source=source or slug)

    return read_sessions(stream, read_object, envelope_keys=frozenset({"data"}), id_column="id")


def read_chat(found: Findings, value: Any, *, default_source: str) -> SessionRecord | None:
    """One conversation under any of the usual names."""
    names: Mapping[str, str] = NO_NAMES
    if isinstance(value, dict) and not (len(value) == 1 and "messages" in value):
        value, names = renamed(value, SESSION_NAMES)
        if value.get("messages") is None and any(key in value for key in ASKED):
            value, names = _sample(found, value, names)
    return read_session(
        found,
        value,
        default_source=default_source,
        names=names,
        roles=CHAT_ROLES,
        message_names=_message_names,
        is_id_needed=False,
    )


def renamed(value: dict[str, Any], names: Mapping[str, tuple[str, ...]]) -> Named:
    """The object under our keys, and their names in the file; the first that is there counts."""
    used = {}
    for ours, theirs in names.items():
        if key := next((key for key in theirs if value.get(key) is not None), None):
            used[key] = ours
    if all(key == ours for key, ours in used.items()):
        return value, NO_NAMES
    ours_of = {used.get(key, key): each for key, each in value.items() if used.get(key, key) == key}
    ours_of.update({ours: value[key] for key, ours in used.items()})
    return ours_of, {ours: key for key, ours in used.items()}


def _message_names(value: dict[str, Any]) -> Named:
    named, names = renamed(value, MESSAGE_NAMES)
    kind = value.get("type")
    if "role" not in named and isinstance(kind, str) and kind in CHAT_ROLES:
        rest = {key: each for key, each in named.items() if key != "type"}
        return rest | {"role": kind}, dict(names) | {"role": "type"}
    return named, names


def _sample(found: Findings, value: dict[str, Any], names: Mapping[str, str]) -> Named:
    """What was asked and the answer, as the messages of one conversation."""
    asked = next(key for key in ASKED if key in value)
    answered = next((key for key in ANSWERED if value.get(key) is not None), None)
    messages = _turns(found, asked, value[asked], "user")
    answer = answer_turns(found, answered, value[answered]) if answered else []
    if answer and _is_answered(messages):
        message = "The conversation ends in an answer already: this one is not kept."
        found.warn(answered or "", message)
    else:
        messages = [*messages, *answer]
    rest = {key: each for key, each in value.items() if key not in {asked, answered}}
    return rest | {"messages": messages}, dict(names) | {"messages": asked}


def answer_turns(found: Findings, key: str, value: Any) -> list[Any]:
    """The answer that stands apart from the messages, as messages."""
    if key == "ideal" and isinstance(value, list) and value and isinstance(value[0], str):
        if len(value) > 1:
            found.warn(key, f"Of {len(value)} ideal answers the first is kept.")
        value = value[0]
    return _turns(found, key, value, "assistant")


def _is_answered(messages: list[Any]) -> bool:
    last = messages[-1] if messages else None
    if not isinstance(last, dict):
        return False
    role = last.get("role", last.get("from", last.get("type")))
    return isinstance(role, str) and CHAT_ROLES.get(role.strip().lower()) == "assistant"


def _turns(found: Findings, key: str, value: Any, role: str) -> list[Any]:
    """A text, a list of messages, or an object around either, as messages."""
    while isinstance(value, dict) and isinstance(value.get("messages"), list):
        value = value["messages"]
    if isinstance(value, list):
        return value[0] if len(value) == 1 and isinstance(value[0], list) else value
    if value is None:
        return []
    if isinstance(value, dict) and ("content" in value or "value" in value) and len(value) > 1:
        return [value]
    if (
        isinstance(value, dict)
        and len(value) == 1
        and isinstance(text := next(iter(value.values())), str)
    ):
        return [{"role": role, "content": text}]
    if not isinstance(value, str):
        found.warn(key, "This is no text and no list of messages: it is kept as JSON.")
        value = compact(value)
    return [{"role": role, "content": value}]
