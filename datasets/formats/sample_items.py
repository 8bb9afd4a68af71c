"""Samples that people bring, as items: chats, OpenAI Evals, LangSmith and Langfuse.

One new item an entry, its ids being those of another program. The last message of the user is the
input, the first reply of the assistant behind it the output, and all before it the history. An
answer that stands apart from the messages (`ideal`, `outputs`, `expectedOutput`) is the expected
output, and then the item may have no output yet; `output` beside `input` is one.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from datasets.formats.dataset_json import read_items
from datasets.formats.fields import Findings
from datasets.formats.history import Message
from datasets.formats.items import ItemReading, ItemRecord
from datasets.formats.openai_chat import answer_turns, read_chat
from datasets.formats.options import ReadOptions
from datasets.formats.records import MessageRecord, SessionRecord

_DEFAULTS = ReadOptions()
_SLUG = "chat-items"
_EXPECTED = ("ideal", "outputs", "expectedOutput", "expected_output")
_ENVELOPES = frozenset({"data"})
_REQUIRED = {"input": "messages"}


def read(stream: BinaryIO, *, options: ReadOptions = _DEFAULTS) -> ItemReading:
    """One item for each conversation or sample of the file."""
    return read_items(
        stream, read_sample, options=options, envelope_keys=_ENVELOPES, columns=_REQUIRED
    )


def read_sample(found: Findings, value: Any) -> ItemRecord | None:
    """The item of one entry under any of the usual names."""
    key = next((key for key in _EXPECTED if isinstance(value, dict) and value.get(key)), "")
    rest = {name: each for name, each in value.items() if name != key} if key else value
    session = read_chat(found, rest, default_source=_SLUG)
    if session is None or found.errors:
        return None
    asked = _last_question(session)
    if asked is None:
        message = 'No message is by the user. Write one: {"role": "user", "content": "..."}.'
        found.error("messages", message)
        return None
    record = _item(session, asked)
    if key:
        return record._replace(expected_output=_answer(found, key, value[key]))
    if not record.output:
        found.warn("messages", "Nobody answers the last question: the item has no output.")
    return record


def _last_question(session: SessionRecord) -> int | None:
    numbered = enumerate(session.messages)
    return max((n for n, message in numbered if message.role == "user"), default=None)


def _item(session: SessionRecord, asked: int) -> ItemRecord:
    behind = session.messages[asked + 1 :]
    replies = (each.content for each in behind if each.role == "assistant" and each.content.strip())
    participant: dict[str, Any] = dict(session.participant)
    if session.participant_identifier:
        participant = {"identifier": session.participant_identifier} | participant
    record = ItemRecord(
        input=session.messages[asked].content,
        output=next(replies, ""),
        history=tuple([_history_message(each) for each in session.messages[:asked]]),
        participant_data=participant,
        session_state=session.session_state,
        tags=session.tags,
        created_at=session.messages[asked].created_at or session.started_at,
    )
    said = (name for name in record._fields if getattr(record, name))
    return record._replace(said=frozenset(said))


def _history_message(message: MessageRecord) -> Message:
    kept: Message = {"role": message.role, "content": message.content}
    return kept | {"summary": message.summary} if message.summary else kept


def _answer(found: Findings, key: str, value: Any) -> str:
    """The text of an answer of any shape; the last message of several."""
    turns = answer_turns(found, key, value)
    session = read_chat(found, {"messages": turns}, default_source=_SLUG)
    return session.messages[-1].content if session and session.messages else ""
