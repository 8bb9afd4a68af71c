"""The one set of rules for a conversation, for files of every format and for the JSON API."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from datasets.formats.fields import NO_NAMES, Fields, Findings
from datasets.formats.messages import ROLES, MessageNames, read_messages
from datasets.formats.records import RowError, RowWarning, SessionRecord
from datasets.formats.values import holds_hidden, kind

SESSION_KEYS = frozenset(
    {
        *("externalId", "source", "messages", "title", "projectPath", "projectName", "model"),
        *("provider", "promptTokens", "completionTokens", "cost", "durationMs", "tags"),
        *("participant", "channel", "sessionState", "createdAt"),
    }
)
MAX_SOURCE = 200
Outcome = tuple[SessionRecord | None, list[RowError], list[RowWarning]]


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
    messages = read_messages(fields, roles, message_names)
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
    source = unicodedata.normalize("NFC", fields.name("source", MAX_SOURCE)) or default
    if holds_hidden(source):
        fields.wrong("source", "The source holds invisible characters. Remove them.", source)
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
