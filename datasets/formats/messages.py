"""The rules for one message: its role, its text, its tokens and its tool calls."""

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from datasets.formats.fields import NO_NAMES, Fields, Findings
from datasets.formats.records import MessageRecord
from datasets.formats.values import is_too_long, kind

ROLES: Mapping[str, str] = MappingProxyType(
    {role: role for role in ("user", "assistant", "system", "tool", "unknown")}
    | {"developer": "system", "function": "tool"}
)
MESSAGE_KEYS = frozenset(
    {
        *("role", "content", "externalId", "createdAt", "model", "tokens", "promptTokens"),
        *("completionTokens", "tags", "comments", "participantData", "sessionState", "summary"),
        *("tool_calls", "function_call"),
    }
)
_SHORT = 1_000_000  # characters, at most 4 MB
MessageNames = Callable[[dict[str, Any]], tuple[dict[str, Any], Mapping[str, str]]]


def read_messages(
    fields: Fields, roles: Mapping[str, str], rename: MessageNames | None
) -> tuple[MessageRecord, ...]:
    value = fields.values.get("messages")
    if not isinstance(value, list):
        what = "are missing" if value is None else f"must be a list, not {kind(value)}"
        message = f'The messages {what}. Write [{{"role": "user", "content": "..."}}].'
        fields.wrong("messages", message, "" if value is None else value)
        return ()
    if not value:
        fields.found.warn(fields.path("messages"), "This conversation has no messages.")
    place = fields.path("messages")
    return tuple(_all_messages(fields.found, value, place, roles, rename))


def _all_messages(
    found: Findings,
    values: list[Any],
    place: str,
    roles: Mapping[str, str],
    rename: MessageNames | None,
) -> Iterator[MessageRecord]:
    for n, value in enumerate(values):
        message = _plain(value, roles)
        if message is None:
            message = _message(found, value, f"{place}[{n}]", roles, rename)
        if message is not None:
            yield message


def _plain(value: Any, roles: Mapping[str, str]) -> MessageRecord | None:
    """A message of role and text and nothing else, which nearly all are: read without ado."""
    if type(value) is not dict or len(value) != 2:
        return None
    role, content = value.get("role"), value.get("content")
    if type(role) is str and type(content) is str and role in roles and len(content) < _SHORT:
        return MessageRecord(roles[role], content)
    return None


def _message(
    found: Findings,
    value: Any,
    place: str,
    roles: Mapping[str, str],
    rename: MessageNames | None,
) -> MessageRecord | None:
    if not isinstance(value, dict):
        found.error(
            place,
            f"A message must be an object, not {kind(value)}. "
            'Write {"role": "user", "content": "..."}.',
            value,
        )
        return None
    values, names = rename(value) if rename else (value, NO_NAMES)
    if rename and (message := _plain(values, roles)):
        return message
    fields = Fields(found, values, f"{place}.", names)
    role = _role(fields, roles)
    prompt_tokens, completion_tokens = _tokens(fields, role)
    fields.warn_unknown(MESSAGE_KEYS)
    return MessageRecord(
        role=role,
        content=_content(fields),
        external_id=fields.identifier("externalId") or None,
        created_at=fields.moment("createdAt"),
        model=fields.name("model"),
        tags=fields.tags("tags"),
        comments=fields.comments("comments"),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        participant_data=fields.data("participantData"),
        session_state=_state(fields),
        summary=fields.text("summary"),
    )


def _role(fields: Fields, roles: Mapping[str, str]) -> str:
    value = fields.values.get("role")
    if not isinstance(value, str) or not value.strip():
        what = "is missing" if value in (None, "") else f"must be text, not {kind(value)}"
        fields.wrong(
            "role", f"The role {what}. Write user, assistant, system or tool.", value or ""
        )
        return "unknown"
    role = roles.get(value.strip().lower())
    if role is None:
        message = f'The role "{value[:40]}" is not one we know, it is kept as unknown.'
        fields.found.warn(fields.path("role"), message)
    return role or "unknown"


def _content(fields: Fields) -> str:
    value = fields.values.get("content")
    if value is None and not (
        fields.values.get("tool_calls") or fields.values.get("function_call")
    ):
        message = "The message has no content. Write its text; an empty text is allowed."
        fields.wrong("content", message)
        return ""
    if isinstance(value, list):
        return joined_parts(fields, "content", value)
    return fields.text("content")


def joined_parts(fields: Fields, key: str, parts: list[Any]) -> str:
    """The text of a list of parts, one to a line; what is no text stays JSON, with a warning."""
    texts = []
    for n, part in enumerate(parts):
        text = part if isinstance(part, str) else text_of_part(part)
        if text is None:
            path = f"{fields.path(key)}[{n}]"
            fields.found.warn(
                path, f"This part is {_part_kind(part)}, not text: it is kept as JSON."
            )
            text = compact(part)
        texts.append(text)
    whole = "\n".join(texts)
    if is_too_long(whole):
        fields.wrong(key, "This text is longer than 10 MB. Shorten it.", whole)
        return ""
    return whole


_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})


def text_of_part(part: Any) -> str | None:
    """The text of one part of a content list; None when it is no text."""
    if not isinstance(part, dict):
        return None
    text = part.get("text")
    is_text = (
        part.get("type", "text") in _TEXT_PARTS
        if isinstance(part.get("type", "text"), str)
        else False
    )
    return text if is_text and isinstance(text, str) else None


def _part_kind(part: Any) -> str:
    if isinstance(part, dict) and isinstance(part.get("type"), str):
        return f'a "{part["type"][:40]}"'
    return kind(part)


def compact(value: Any) -> str:
    """A value as JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _tokens(fields: Fields, role: str) -> tuple[int | None, int | None]:
    """Prompt and completion tokens; a bare number counts for the side that the role is on."""
    value = fields.values.get("tokens")
    if isinstance(value, dict):
        inner = Fields(fields.found, value, f"{fields.path('tokens')}.")
        inner.warn_unknown(frozenset({"prompt", "completion"}))
        return inner.count("prompt"), inner.count("completion")
    count = fields.count("tokens")
    prompt, completion = fields.count("promptTokens"), fields.count("completionTokens")
    if role == "assistant":
        return prompt, count if completion is None else completion
    return count if prompt is None else prompt, completion


def _state(fields: Fields) -> dict[str, Any]:
    """The session state at the message, with the tool calls it made, arguments as text."""
    state = fields.data("sessionState")
    calls = fields.values.get("tool_calls") or []
    if function_call := fields.values.get("function_call"):
        calls = [function_call]
    if not isinstance(calls, list):
        fields.wrong(
            "tool_calls", f"Tool calls must be a list, not {kind(calls)}. Write [].", calls
        )
        return state
    if not calls:
        return state
    return {"tool_calls": [tool_call(call) for call in calls]} | state


def tool_call(call: Any) -> dict[str, str]:
    """Name and arguments of a tool call of any usual shape; as text they may hold any key."""
    outer: dict[str, Any] = call if isinstance(call, dict) else {}
    function = outer.get("function")
    inner = function if isinstance(function, dict) else outer
    name = inner.get("name")
    arguments = inner.get("arguments", inner.get("input", None if inner else call))
    return {
        "name": name if isinstance(name, str) else "",
        "arguments": arguments if isinstance(arguments, str) else compact(arguments),
    }
