"""The one set of rules for a conversation: files of every format and the JSON API all pass through
here.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from datasets.formats.fields import NO_NAMES, Fields, Findings, is_too_long, kind
from datasets.formats.records import (
    MessageRecord,
    RowError,
    RowWarning,
    SessionRecord,
    row_error,
)

ROLES: Mapping[str, str] = MappingProxyType(
    {role: role for role in ("user", "assistant", "system", "tool", "unknown")}
    | {"developer": "system", "function": "tool"}
)
SESSION_KEYS = frozenset(
    {
        *("externalId", "source", "messages", "title", "projectPath", "projectName", "model"),
        *("provider", "promptTokens", "completionTokens", "cost", "durationMs", "tags"),
        *("participant", "channel", "sessionState", "createdAt"),
    }
)
MESSAGE_KEYS = frozenset(
    {
        *("role", "content", "externalId", "createdAt", "model", "tokens", "promptTokens"),
        *("completionTokens", "tags", "comments", "participantData", "sessionState", "summary"),
        *("tool_calls", "function_call"),
    }
)
_SHORT = 1_000_000  # characters, at most 4 MB
Outcome = tuple[SessionRecord | None, list[RowError], list[RowWarning]]
MessageNames = Callable[[dict[str, Any]], tuple[dict[str, Any], Mapping[str, str]]]


def session_from_object(
    obj: Any, row: int | None, *, default_source: str = "", path_prefix: str = ""
) -> Outcome:
    """The session of one object in our own shape, or why not; errors name the path in it."""
    found = Findings(row, path_prefix)
    session = read_session(found, obj, default_source=default_source)
    return (None if found.errors else session), found.errors, found.warnings


def read_session(
    found: Findings,
    obj: Any,
    *,
    default_source: str = "",
    names: Mapping[str, str] = NO_NAMES,
    roles: Mapping[str, str] = ROLES,
    message_names: MessageNames | None = None,
    is_id_needed: bool = True,
) -> SessionRecord | None:
    """Reads an object whose keys are ours; `names` and `message_names` tell what they are called in
    the file.

    Without an id the external id is "", which `Ids.settle` fills. The record is worth something
    only without errors.
    """
    if not isinstance(obj, dict):
        found.error(
            "",
            f'A conversation must be an object, not {kind(obj)}. Write {{"messages": [...]}}.',
            obj,
        )
        return None
    fields = Fields(found, obj, names=names)
    messages = _messages(fields, roles, message_names)
    if not is_id_needed and len(obj) == 1 and "messages" in obj:
        return SessionRecord("", _source(fields, default_source), messages)
    identifier, participant = _participant(fields)
    fields.warn_unknown(SESSION_KEYS)
    return SessionRecord(
        external_id=_external_id(fields, is_id_needed),
        source=_source(fields, default_source),
        messages=messages,
        title=fields.text("title"),
        project_path=fields.text("projectPath"),
        project_name=fields.name("projectName"),
        model=fields.name("model"),
        provider=fields.name("provider"),
        prompt_tokens=fields.count("promptTokens"),
        completion_tokens=fields.count("completionTokens"),
        cost=fields.cost("cost"),
        duration_ms=fields.duration("durationMs"),
        tags=fields.tags("tags"),
        participant_identifier=identifier,
        participant=participant,
        channel=fields.name("channel"),
        session_state=fields.data("sessionState"),
        started_at=fields.moment("createdAt"),
    )


def _external_id(fields: Fields, is_needed: bool) -> str:
    n_errors = len(fields.found.errors)
    external_id = fields.identifier("externalId")
    is_absent = fields.values.get("externalId") is None
    if not external_id and len(fields.found.errors) == n_errors and (is_needed or not is_absent):
        what = "is missing" if is_absent else "is empty"
        message = (
            f"The id of the conversation {what}. Write 1 to 256 characters that stay the same."
        )
        fields.wrong("externalId", message)
    return external_id


def _source(fields: Fields, default: str) -> str:
    n_errors = len(fields.found.errors)
    source = unicodedata.normalize("NFC", fields.name("source")) or default
    if not source and len(fields.found.errors) == n_errors:
        fields.wrong("source", "The source is missing. Write where the conversation comes from.")
    return source


def _participant(fields: Fields) -> tuple[str, dict[str, Any]]:
    """Identifier and other data of the participant, who may be given by identifier alone."""
    value = fields.values.get("participant")
    if not isinstance(value, dict):
        return fields.identifier("participant"), {}
    at = f"{fields.path('participant')}."
    identifier = Fields(fields.found, value, at).identifier("identifier")
    data = fields.data("participant")
    return identifier, {key: each for key, each in data.items() if key != "identifier"}


def _messages(
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
    """The session state at the message; the tool calls it made are kept there too, arguments as
    text.
    """
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
    """Name and arguments of a tool call in any of the usual shapes; the arguments are text, so any
    key may stand in them.
    """
    outer: dict[str, Any] = call if isinstance(call, dict) else {}
    function = outer.get("function")
    inner = function if isinstance(function, dict) else outer
    name = inner.get("name")
    arguments = inner.get("arguments", inner.get("input", None if inner else call))
    return {
        "name": name if isinstance(name, str) else "",
        "arguments": arguments if isinstance(arguments, str) else compact(arguments),
    }


class Ids:
    """The ids of one file: none stands twice under one source, and a conversation without one gets
    a stable one.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[str, int]] = {}
        self._n_alike: dict[str, int] = {}

    def settle(self, row: int, session: SessionRecord, column: str) -> SessionRecord | RowError:
        """The session with its id, or the error that the id was there before. The same conversation
        again is numbered.
        """
        if not session.external_id:
            session = session._replace(external_id=self._made(session.messages))
        external_id = session.external_id
        key = (session.source, external_id.casefold())
        first, first_row = self._rows.setdefault(key, (external_id, row))
        if first_row == row:
            return session
        if first == external_id:
            message = (
                f"This id stands on row {first_row} already. Give each conversation its own id."
            )
        else:
            message = f'This id differs from "{first}" on row {first_row} in case only. Change one.'
        return row_error(row, column, message, external_id)

    def _made(self, messages: Iterable[MessageRecord]) -> str:
        made = stable_id(messages)
        n_alike = self._n_alike[made] = self._n_alike.get(made, 0) + 1
        return made if n_alike == 1 else f"{made}-{n_alike}"


def stable_id(messages: Iterable[MessageRecord]) -> str:
    """An id made from roles and texts alone, so that the same conversation has the same id in every
    file.
    """
    text = "\0\0".join([f"{message.role}\0{message.content}" for message in messages])
    return f"sha256-{hashlib.sha256(text.encode()).hexdigest()[:40]}"


class OnceEach:
    """Lets the warning about an unknown key through once a file, not once a row."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def fresh(self, warnings: Iterable[RowWarning]) -> Iterator[RowWarning]:
        """The warnings that were not said before for the same place in another row."""
        for warning in warnings:
            if not warning.message.endswith("it is ignored."):
                yield warning
                continue
            place = (re_indexed(warning.column), warning.message)
            if place not in self._seen:
                self._seen.add(place)
                yield RowWarning(
                    warning.row, warning.column, f"{warning.message} (Said once a file.)"
                )


def re_indexed(column: str) -> str:
    """The path without its numbers."""
    return "".join(
        part.partition("]")[2] if n else part for n, part in enumerate(column.split("["))
    )
