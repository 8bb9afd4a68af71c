"""The history of an item: lines `user: ...` and `assistant: ...` in a cell, or a JSON list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from datasets.formats.fields import Fields, Findings
from datasets.formats.messages import ROLES, compact
from datasets.formats.values import is_too_long, kind

Message = dict[str, Any]
_LINE_END = re.compile(r"\r\n?|\n")
_ROLE = re.compile(r"[ \t]*(user|assistant|system):(.*)", re.IGNORECASE | re.DOTALL)
_KEYS = frozenset({"role", "content", "summary"})
_TWO, _SPEAKERS = {2}, {"user", "assistant"}
_WRITE = 'Write lines that begin with "user:" or "assistant:".'


def read_lines(found: Findings, column: str, text: str) -> tuple[Message, ...]:
    """The messages of the line form; a line without a role continues the message above.

    One space behind the colon is not part of the text, nor are blank lines at its end.
    """
    messages: list[Message] = []
    held: list[str] = []
    for line in _LINE_END.split(text):
        begins = _ROLE.match(line)
        if begins is None:
            if not messages and line.strip():
                found.error(column, f"The history begins without a role. {_WRITE}", line)
                return ()
            held.append(line)
            continue
        role = begins[1].lower()
        if role == "system":
            message = f"A history holds no system lines. {_WRITE} Or write a JSON list."
            found.error(column, message, line)
            return ()
        _close(messages, held)
        held = [begins[2].removeprefix(" ")]
        messages.append({"role": role, "content": ""})
    _close(messages, held)
    return tuple(messages)


def _close(messages: list[Message], lines: list[str]) -> None:
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    if messages:
        messages[-1]["content"] = "\n".join(lines)


def write_cell(history: Sequence[Message]) -> str:
    """The line form when it reads back as the same, else a JSON list."""
    if not history:
        return ""
    if {len(each) for each in history} == _TWO and {
        each.get("role") for each in history
    } <= _SPEAKERS:
        text = "\n".join([f"{each['role']}: {each['content']}" for each in history])
        is_a_line_each = text.count("\n") == len(history) - 1 and "\r" not in text
        if is_a_line_each or read_lines(Findings(None), "", text) == tuple(history):
            return text
    return compact(list(history))


def read_list(found: Findings, path: str, value: Any) -> tuple[Message, ...]:
    """The messages of a JSON list of {role, content}; `summary` may stand beside them."""
    if not isinstance(value, list):
        message = f"The history must be a list, not {kind(value)}."
        found.error(path, f'{message} Write [{{"role": "user", "content": "..."}}].', value)
        return ()
    return tuple(
        [_plain(each) or _message(found, f"{path}[{n}]", each) for n, each in enumerate(value)]
    )


def _plain(value: Any) -> Message | None:
    """The message when it is as most are: a known role and a text, nothing to be said of it."""
    if not isinstance(value, dict) or len(value) != 2:
        return None
    role, content = value.get("role"), value.get("content")
    if not isinstance(role, str) or role not in ROLES:
        return None
    if not isinstance(content, str) or is_too_long(content):
        return None
    return {"role": ROLES[role], "content": content}


def _message(found: Findings, path: str, value: Any) -> Message:
    if not isinstance(value, dict):
        message = f"A message must be an object, not {kind(value)}."
        found.error(path, f'{message} Write {{"role": "user", "content": "..."}}.', value)
        return {}
    fields = Fields(found, value, f"{path}.")
    fields.warn_unknown(_KEYS)
    role = value.get("role")
    known = ROLES.get(role.strip().lower()) if isinstance(role, str) else None
    if known is None:
        fields.wrong("role", "The role of a message must be user or assistant.", role)
    if value.get("content") is None:
        fields.wrong("content", "The message has no content. Write its text; it may be empty.")
    read: Message = {"role": known, "content": fields.text("content")}
    summary = fields.text("summary")
    return read | {"summary": summary} if summary else read
