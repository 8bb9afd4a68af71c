"""A dataset item as programs that run models take it: what is asked, and what goes along."""

from typing import Any

from datasets.formats.items import ItemRecord

NO_INPUT = "The item has no input, so there is nothing to ask."

# A tool's answer without the call it answers is refused by every model service; as a system message
# its text reaches the model. `unknown` is left out, as in the `openai` format.
_ROLES = {"system": "system", "user": "user", "assistant": "assistant", "tool": "system"}


def is_blank(text: str) -> bool:
    """Whether a text says nothing: programs that compare take it as matching all."""
    return not text or text.isspace()


def asked(item: ItemRecord) -> list[dict[str, str]]:
    """The messages up to the answer: the history, then the input. Content is always text."""
    messages = [
        {"role": _ROLES[message["role"]], "content": message.get("content") or ""}
        for message in item.history
        if message["role"] in _ROLES
    ]
    return [*messages, {"role": "user", "content": item.input}]


def metadata(item: ItemRecord) -> dict[str, Any]:
    """All of the item that is not asked, the same keys on every item; an unknown time is absent."""
    values: dict[str, Any] = {
        "id": item.public_id,
        "output": item.output,
        "expected_output": item.expected_output,
        "context": item.context,
        "participant_data": item.participant_data,
        "session_state": item.session_state,
        "summary": item.summary,
        "tags": list(item.tags),
        "checks": [check.as_json() for check in item.checks],
        "files": list(item.files),
    }
    if item.created_at is not None:
        values["created_at"] = item.created_at.isoformat()
    return values
