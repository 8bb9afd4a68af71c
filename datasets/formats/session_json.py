"""The platform's own session JSON: `{"sessions": [...]}`, a list, one object, or one a line."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from datasets.formats.conversations import read_session
from datasets.formats.fields import Findings
from datasets.formats.records import MessageRecord, SessionRecord
from datasets.formats.sessions import SessionReading, read_sessions

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def read(stream: BinaryIO, *, source: str = "") -> SessionReading:
    """The sessions of the file; `source` stands in where a session names none."""

    def read_object(found: Findings, value: Any) -> SessionRecord | None:
        return read_session(found, value, default_source=source)

    return read_sessions(stream, read_object, envelope_keys=frozenset({"sessions"}))


def write(sessions: Iterable[SessionRecord]) -> Iterator[str]:
    """The file that reads back as the same sessions; what is empty is left out."""
    between = '{"sessions": [\n'
    for session in sessions:
        yield between + json.dumps(session_object(session), ensure_ascii=False)
        between = ",\n"
    yield "]}\n" if between == ",\n" else '{"sessions": []}\n'


def session_object(session: SessionRecord) -> dict[str, Any]:
    """A session under the keys of the contract."""
    optional = {
        "title": session.title,
        "projectPath": session.project_path,
        "projectName": session.project_name,
        "model": session.model,
        "provider": session.provider,
        "promptTokens": session.prompt_tokens,
        "completionTokens": session.completion_tokens,
        "cost": _number(session.cost),
        "durationMs": session.duration_ms,
        "tags": list(session.tags),
        "participant": _participant(session),
        "channel": session.channel,
        "sessionState": session.session_state,
        "createdAt": _time(session.started_at),
    }
    return {
        "externalId": session.external_id,
        "source": session.source,
        **_said(optional),
        "messages": [_message_object(message) for message in session.messages],
    }


def _message_object(message: MessageRecord) -> dict[str, Any]:
    tokens = {"prompt": message.prompt_tokens, "completion": message.completion_tokens}
    optional = {
        "externalId": message.external_id,
        "createdAt": _time(message.created_at),
        "model": message.model,
        "tokens": _said(tokens),
        "tags": list(message.tags),
        "comments": list(message.comments),
        "participantData": message.participant_data,
        "sessionState": message.session_state,
        "summary": message.summary,
    }
    return {"role": message.role, "content": message.content, **_said(optional)}


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def _participant(session: SessionRecord) -> dict[str, Any]:
    return _said({"identifier": session.participant_identifier}) | session.participant


def _number(amount: Decimal | None) -> float | str | None:
    """As a number when that loses nothing, else as text."""
    if amount is None:
        return None
    return float(amount) if Decimal(str(float(amount))) == amount else str(amount)


def _time(moment: datetime | None) -> int | str | None:
    """Epoch milliseconds; a time that is no whole millisecond as ISO 8601."""
    if moment is None:
        return None
    since = moment - _EPOCH
    if since % _MILLISECOND:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return since // _MILLISECOND
