"""Logs of the coding agent Claude Code: JSON Lines, one event a line, each `sessionId` a session.

The log has no published schema, so types that are not known are passed over. It is read twice:
first a light index of the events, then only the messages of each conversation, so that one session
at a time is in memory.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO

from datasets.formats.agent_events import KEPT_TYPES, Event, SessionIndex, event_from
from datasets.formats.agent_messages import joined_message, n_left_out, usage_of
from datasets.formats.encodings import as_utf8
from datasets.formats.fields import Findings
from datasets.formats.reading import Element, elements, file_errors
from datasets.formats.records import (
    MessageRecord,
    RowError,
    RowWarning,
    SessionRecord,
    row_error,
    row_warning,
)
from datasets.formats.sessions import SessionReading
from evalplatform import strict_json
from evalplatform.strict_json import StrictJsonError

SLUG = "claude-code"


def read(stream: BinaryIO, *, source: str = "") -> SessionReading:
    """The sessions of the log in the order they begin; the row of one is its first event's."""
    try:
        stream = as_utf8(stream)
    except StrictJsonError as error:
        yield from file_errors(error)
        return
    log = _Log()
    yield from log.index(stream)
    for session in log.sessions.values():
        chain = list(session.conversation(log.events))
        yield from (found for found in chain if not isinstance(found, list))
        for groups in (found for found in chain if isinstance(found, list)):
            yield from _session(stream, session, groups, log, source or SLUG)


class _Log:
    """What the first reading keeps: where events stand and what they follow, not what they say."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.sessions: dict[str, SessionIndex] = {}
        self.titles: dict[str, str] = {}

    def index(self, stream: BinaryIO) -> Iterator[RowError | RowWarning]:
        """Takes in every line, and says what is wrong with it."""
        n_errors = 0
        for element in elements(stream):
            faults = self._take(element) if isinstance(element, Element) else [element]
            n_errors += sum(isinstance(fault, RowError) for fault in faults)
            yield from faults
        if not self.sessions and not n_errors:
            message = "There is no message of a user or an assistant. Choose the log of a session."
            yield row_error(None, "", message)

    def _take(self, element: Element) -> list[RowError | RowWarning]:
        value = element.value
        if not isinstance(value, dict):
            message = "A line must hold an object. Write one event a line."
            return [row_error(element.row, "", message, value)]
        self._take_title(value)
        if isinstance(value.get("uuid"), str) or value.get("type") in KEPT_TYPES:
            return self._take_event(element)
        return []

    def _take_title(self, value: dict[str, Any]) -> None:
        title, leaf = value.get("summary"), value.get("leafUuid")
        if value.get("type") == "summary" and isinstance(title, str) and isinstance(leaf, str):
            self.titles[leaf] = title[:1000]

    def _take_event(self, element: Element) -> list[RowError | RowWarning]:
        found = Findings(element.row)
        event = event_from(found, element)
        if event is not None and event.uuid in self.events:
            found.warn("uuid", "This event stands in the file already, it is passed over.")
        elif event is not None:
            self._add(event)
        return [*found.errors, *found.warnings]

    def _add(self, event: Event) -> None:
        self.events[event.uuid] = event
        if event.session_id:
            session = self.sessions.get(event.session_id)
            if session is None and (event.is_turn or event.kind == "system"):
                session = self.sessions[event.session_id] = SessionIndex(event)
            if session is not None and event.is_kept:
                session.events.append(event)


def _session(
    stream: BinaryIO, session: SessionIndex, groups: list[list[Event]], log: _Log, source: str
) -> Iterator[tuple[int, SessionRecord] | RowError | RowWarning]:
    found = Findings(session.row)
    read_groups = ([_read_again(stream, event) for event in group] for group in groups)
    first, messages, left_out = _messages(found, read_groups)
    if left_out:
        what = "block of thinking is" if left_out == 1 else "blocks of thinking are"
        message = f"{left_out} {what} left out: a conversation is what was said."
        yield row_warning(session.row, "message.content", message)
    yield from found.warnings
    if found.errors:
        yield from found.errors
        return
    yield session.row, _record(session, first, messages, groups, log, source)


def _messages(
    found: Findings, groups: Iterable[list[dict[str, Any]]]
) -> tuple[dict[str, Any], list[MessageRecord], int]:
    first: dict[str, Any] = {}
    messages, left_out = [], 0
    for group in groups:
        first = first or group[0]
        messages.append(joined_message(found, group))
        left_out += n_left_out(group)
    return first, messages, left_out


def _read_again(stream: BinaryIO, event: Event) -> dict[str, Any]:
    stream.seek(event.offset)
    value: dict[str, Any] = strict_json.loads(stream.read(event.length))
    return value


def _record(
    session: SessionIndex,
    first: dict[str, Any],
    messages: list[MessageRecord],
    groups: list[list[Event]],
    log: _Log,
    source: str,
) -> SessionRecord:
    prompt_tokens, completion_tokens = usage_of(messages)
    models = [message.model for message in messages if message.model]
    times = [message.created_at for message in messages if message.created_at]
    path = first["cwd"] if isinstance(first.get("cwd"), str) else ""
    titles = [log.titles[e.uuid] for group in groups for e in group if e.uuid in log.titles]
    state = {"git_branch": first.get("gitBranch"), "version": first.get("version")}
    return SessionRecord(
        external_id=session.session_id,
        source=source,
        messages=tuple(messages),
        title=titles[-1] if titles else "",
        project_path=path,
        project_name=_last_part(path),
        model=models[-1] if models else "",
        provider="anthropic" if models and models[-1].startswith("claude") else "",
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        duration_ms=round((max(times) - min(times)).total_seconds() * 1000) if times else None,
        session_state={key: value for key, value in state.items() if isinstance(value, str)},
        started_at=min(times) if times else None,
    )


def _last_part(path: str) -> str:
    return (PureWindowsPath(path) if "\\" in path else PurePosixPath(path)).name[:256]
