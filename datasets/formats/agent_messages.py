"""Turns the events of a coding agent's log that share a message id into one message."""

from collections.abc import Iterable
from typing import Any

from datasets.formats.agent_events import holds_only_results
from datasets.formats.fields import Fields, Findings
from datasets.formats.messages import compact, joined_parts, tool_call
from datasets.formats.records import MessageRecord

_THINKING = ("thinking", "redacted_thinking")  # no sets: a type may be a list


def joined_message(found: Findings, events: list[dict[str, Any]]) -> MessageRecord:
    """One message: texts joined, tool calls kept in the session state, usage counted once."""
    first, last = events[0], events[-1]
    blocks = [block for event in events for block in _blocks(event)]
    is_result = all(holds_only_results(event["message"].get("content")) for event in events)
    calls = [tool_call(block) for block in blocks if _type(block) == "tool_use"]
    fields = Fields(found, {"message.content": blocks})
    prompt_tokens, completion_tokens = _usage(last["message"].get("usage"))
    model = last["message"].get("model")
    return MessageRecord(
        role="tool" if is_result else first["type"],
        content=_text(fields, blocks),
        external_id=first["uuid"],
        created_at=_quiet_moment(first),
        model=model[:256] if isinstance(model, str) and model != "<synthetic>" else "",
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        session_state={"tool_calls": calls} if calls else {},
    )


def n_left_out(events: list[dict[str, Any]]) -> int:
    """How many blocks of thinking the message had."""
    return sum(_type(block) in _THINKING for event in events for block in _blocks(event))


def usage_of(messages: Iterable[MessageRecord]) -> tuple[int | None, int | None]:
    """The sum of what the messages used; None when no message says."""
    prompt = [m.prompt_tokens for m in messages if m.prompt_tokens is not None]
    completion = [m.completion_tokens for m in messages if m.completion_tokens is not None]
    return sum(prompt) if prompt else None, sum(completion) if completion else None


def _blocks(event: dict[str, Any]) -> list[Any]:
    content = event["message"].get("content")
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def _type(block: Any) -> Any:
    return block.get("type") if isinstance(block, dict) else None


def _text(fields: Fields, blocks: list[Any]) -> str:
    parts: list[Any] = []
    for block in blocks:
        if _type(block) == "tool_result":
            parts.extend(_result_parts(block.get("content")))
        elif _type(block) not in (*_THINKING, "tool_use"):
            parts.append(block)
    return joined_parts(fields, "message.content", parts)


def _result_parts(content: Any) -> list[Any]:
    if content is None:
        return []
    if isinstance(content, list):
        return content
    return [content if isinstance(content, str) else compact(content)]


def _quiet_moment(event: dict[str, Any]) -> Any:
    """The time of an event; whatever is to be said about it was said when the event was indexed."""
    return Fields(Findings(None), event).moment("timestamp")


def _usage(usage: Any) -> tuple[int | None, int | None]:
    """Tokens in, cached ones included, and tokens out; what is no count is not known."""
    if not isinstance(usage, dict):
        return None, None
    keys = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    counts = [n for n in (_count(usage.get(key)) for key in keys) if n is not None]
    return sum(counts) if counts else None, _count(usage.get("output_tokens"))


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if is_count else None
