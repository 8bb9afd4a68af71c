"""Conversations for the tests, and the formats written naively from their contract."""

import json
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from exports.formats.records import ExportMessage, ExportSession

NOTHING: dict[str, Any] = {
    "id": "s-1",
    "title": "",
    "source": "",
    "model": "",
    "project": "",
    "started_at": "",
    "prompt_tokens": None,
    "completion_tokens": None,
    "cost": None,
    "duration_ms": None,
    "tags": (),
    "eval_status": None,
    "label_tags": (),
    "expected_output": None,
}


def messages(*turns: tuple[str, str]) -> tuple[ExportMessage, ...]:
    return tuple(ExportMessage(role, content) for role, content in turns)


def session(*turns: tuple[str, str], **values: Any) -> ExportSession:
    return ExportSession(**{**NOTHING, **values}, messages=messages(*turns))


RICH = session(
    ("system", "Be brief. You are in /home/olga/shop."),
    ("user", 'Say "hello" in Arabic.\nOne word.'),
    ("assistant", ""),
    ("tool", '{"path": "C:\\Users\\Olga\\dictionary"}'),
    ("assistant", "مرحبا 👋"),
    ("user", "Are you there?"),
    ("user", "And in code?"),
    ("unknown", "kept apart"),
    ("assistant", "Here:\n\n```python\nprint('مرحبا')  # /Users/olga/x.py\n```\n\nThat is all."),
    id="s-rich",
    title="Greetings\nin two lines",
    source="chat",
    model="example-model-1",
    project="/home/olga/shop",
    started_at="2026-01-15T10:00:00+00:00",
    prompt_tokens=1200,
    completion_tokens=34,
    cost=Decimal("0.0205"),
    duration_ms=2100,
    tags=("greeting", "arabic"),
    eval_status="correct",
    label_tags=("arabic", "code"),
    expected_output="```python\nprint('مرحبا')\n```",
)

_SPECIAL = [
    "",
    " ",
    '"',
    "\\",
    "\n",
    "\r\n",
    "\x01\x1f\x7f\x80",
    "\u2028\u2029",
    "👩‍👩‍👧",
    "שלום",
    "\ufeff",
]
TEXTS = st.sampled_from(_SPECIAL) | st.text(st.characters(exclude_categories=["Cs"]))
_ROLES = st.sampled_from(["user", "assistant", "system", "tool", "unknown"])
_NUMBERS = st.none() | st.integers(0, 2**63 - 1)
MESSAGES = st.lists(st.builds(ExportMessage, role=_ROLES, content=TEXTS), max_size=12).map(tuple)
SESSIONS = st.lists(
    st.builds(
        ExportSession,
        id=TEXTS,
        title=TEXTS,
        source=TEXTS,
        model=TEXTS,
        project=TEXTS,
        started_at=TEXTS,
        prompt_tokens=_NUMBERS,
        completion_tokens=_NUMBERS,
        cost=st.none() | st.decimals(0, 10**9, places=6),
        duration_ms=_NUMBERS,
        tags=st.lists(TEXTS, max_size=3, unique=True).map(tuple),
        eval_status=st.sampled_from([None, "golden", "correct", "incorrect", "needs_review"]),
        label_tags=st.lists(TEXTS, max_size=3, unique=True).map(tuple),
        expected_output=st.none() | TEXTS,
        messages=MESSAGES,
    ),
    max_size=4,
)


def naive_pairs(items: tuple[ExportMessage, ...]) -> list[tuple[int, int]]:
    found = []
    users = [i for i, message in enumerate(items) if message.role == "user"]
    for user, following in pairwise([*users, len(items)]):
        replies = [i for i in range(user + 1, following) if items[i].role == "assistant"]
        with_text = [i for i in replies if items[i].content.strip()]
        if replies:
            found.append((user, (with_text or replies)[0]))
    return found


def naive_deepeval(sessions: list[ExportSession], *, metadata: bool) -> str:
    objects: list[dict[str, Any]] = []
    for item in sessions:
        turns = naive_pairs(item.messages)
        for user, reply in turns:
            objects.append(
                {
                    "input": item.messages[user].content,
                    "actual_output": item.messages[reply].content,
                    "expected_output": item.expected_output if (user, reply) == turns[-1] else None,
                    "context": [message.content for message in item.messages[:user]],
                    "retrieval_context": [],
                }
            )
            if metadata:
                objects[-1]["metadata"] = _naive_metadata(item)
    return json.dumps(objects, indent=2, ensure_ascii=False)


def _naive_metadata(item: ExportSession) -> dict[str, Any]:
    return {
        "session_id": item.id,
        "model": item.model or None,
        "tool": item.source or None,
        "timestamp": item.started_at or None,
        "tokens_input": item.prompt_tokens,
        "tokens_output": item.completion_tokens,
        "latency_ms": item.duration_ms,
        "project": item.project or None,
        "tags": [*item.tags, *(tag for tag in item.label_tags if tag not in item.tags)],
        "eval_status": item.eval_status,
    }


def naive_openai(sessions: list[ExportSession], *, system: bool) -> str:
    left_out = {"unknown"} if system else {"unknown", "system"}
    lines = []
    for item in sessions:
        kept = [
            {"role": message.role, "content": message.content}
            for message in item.messages
            if message.role not in left_out
        ]
        if kept:
            lines.append(json.dumps({"messages": kept}, ensure_ascii=False))
    return "\n".join(lines)
