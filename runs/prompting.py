"""Prompts with variables such as {input.content}: read strictly, filled plainly, never evaluated.

A variable is looked up in mappings, key by key; no attribute of a Python object is ever asked for,
and what is filled in is not read again. `{{` and `}}` are one brace each. A brace that opens no
variable stays as it is, as long as it is closed: JSON can be written plainly.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from runs.verdicts import Case

MAX_TEMPLATE = 100_000
MAX_KEYS = 20
MESSAGE, SESSION = "message", "session"
_LITERAL = "Write {{ and }} for braces that stand for themselves."
_OBJECTS = ("context", "participant_data", "session_state")
_TURN = ("input.content", "output.content")

_BRACE = re.compile(r"[{}]")
_ROOT = re.compile(
    r"(input|output|expected|history|summary|full_history|context|participant_data|session_state)"
    r"(?![\w-])\s*(?!:)",
)
_NAME_LIKE = re.compile(r"[^\W\d][\w.-]*(?:[!\[(][^\s{}]*)?")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Variable(NamedTuple):
    """What a prompt may name; `KEY` in a name stands for keys of the row's own."""

    name: str
    help: str
    example: str


_VARIABLES = (
    Variable("input.content", "What was asked.", "{input.content}"),
    Variable("output.content", "What was answered.", "{output.content}"),
    Variable("expected.content", "The right answer, if there is one.", "{expected.content}"),
    Variable("history", "The messages before it, one line or more each.", "{history}"),
    Variable("summary", "The summary; on sessions, the whole transcript.", "{summary}"),
    Variable(
        "full_history",
        "All messages, the question and the answer included; on sessions, the transcript.",
        "{full_history}",
    ),
    Variable("context.KEY", "A value of the context.", "{context.topic}"),
    Variable("participant_data.KEY", "A value about the participant.", "{participant_data.name}"),
    Variable("session_state.KEY", "A value of the session's state.", "{session_state.step}"),
)


class TemplateFault(ValueError):  # noqa: N818 - what a person corrects
    """A prompt that cannot be used; characters `start` to `end` are to blame."""

    def __init__(self, message: str, start: int, end: int) -> None:
        self.message, self.start, self.end = message, start, end
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt that was read: texts, and the paths of variables between them."""

    pieces: tuple[str | tuple[str, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The variables in it, each once, in their order."""
        paths = [".".join(piece) for piece in self.pieces if isinstance(piece, tuple)]
        return tuple(dict.fromkeys(paths))

    def render(self, case: Case, mark: str = "") -> str:
        """The prompt for this row; a key that the row lacks is an empty text.

        With a mark, each value stands between tags that name it, so that a judge can tell the
        prompt from what it is about.
        """
        return "".join(
            piece if isinstance(piece, str) else _marked(_value(case, piece), mark)
            for piece in self.pieces
        )


def variables(level: str) -> list[Variable]:
    """What a prompt for rows of that level may name."""
    return [each for each in _VARIABLES if level == MESSAGE or each.name not in _TURN]


def parse(text: str, level: str) -> Template:
    """The template, or TemplateFault with the place: unknown names, open braces, too long."""
    if len(text) > MAX_TEMPLATE:
        raise TemplateFault(
            f"This prompt is longer than {MAX_TEMPLATE:,} characters. Shorten it.",
            MAX_TEMPLATE,
            len(text),
        )
    if found := _UNSTORABLE.search(text):
        message = "This character cannot be stored. Remove it."
        raise TemplateFault(message, found.start(), found.end())
    return Template(tuple(_joined(_Reader(text, level).pieces())))


class _Reader:
    """Walks over the braces of a prompt once, from left to right."""

    def __init__(self, text: str, level: str) -> None:
        self.text, self.level = text, level
        self.open: list[tuple[int, bool]] = []  # places of open braces, and whether they are double

    def pieces(self) -> Iterator[str | tuple[str, ...]]:
        at = 0
        while brace := _BRACE.search(self.text, at):
            start = brace.start()
            yield self.text[at:start]
            piece, at = self.opening(start) if brace[0] == "{" else self.closing(start)
            yield piece
        yield self.text[at:]
        for start, is_double in self.open:
            if not is_double:
                message = f"This brace is never closed. {_LITERAL}"
                raise TemplateFault(message, start, start + 1)

    def opening(self, start: int) -> tuple[str | tuple[str, ...], int]:
        if self.text.startswith("{{", start):
            self.open.append((start, True))
            return "{", start + 2
        brace = _BRACE.search(self.text, start + 1)
        end = brace.start() if brace else len(self.text)
        is_closed = brace is not None and brace[0] == "}"
        inner = self.text[start + 1 : end].strip()
        if not _ROOT.match(inner) and not (is_closed and _NAME_LIKE.fullmatch(inner)):
            self.open.append((start, False))
            return "{", start + 1
        if not is_closed:
            message = f"This variable is never closed. Write }} behind its name. {_LITERAL}"
            raise TemplateFault(message, start, end)
        return _path(inner, self.level, start, end + 1), end + 1

    def closing(self, start: int) -> tuple[str, int]:
        is_pair = self.text.startswith("}}", start)
        if self.open and self.open[-1][1] and is_pair:
            self.open.pop()
            return "}", start + 2
        if not (is_pair and not self.open):
            while self.open and self.open[-1][1]:
                self.open.pop()
            if self.open:
                self.open.pop()
                return "}", start + 1
            if not is_pair:
                message = f"This brace closes nothing. {_LITERAL}"
                raise TemplateFault(message, start, start + 1)
        return "}", start + 2


def _path(inner: str, level: str, start: int, end: int) -> tuple[str, ...]:
    """The keys of a variable, or TemplateFault at its place."""

    def refuse(message: str) -> NoReturn:
        raise TemplateFault(message, start, end)

    if inner in {each.name for each in variables(level)} and not inner.endswith(".KEY"):
        return tuple(inner.split("."))
    if inner in _TURN:
        refuse(f"Rows of sessions have no {{{inner}}}. Write {{full_history}}.")
    root, _, rest = inner.partition(".")
    if root not in _OBJECTS:
        refuse(_unknown(inner, level))
    keys = rest.split(".")
    if not rest:
        refuse(f"Which value of {root}? Write {{{root}.topic}}, with a key of your rows.")
    if len(keys) > MAX_KEYS:
        refuse(f"This name has more than {MAX_KEYS} keys. Shorten it.")
    for key in keys:
        if not key.strip() or (key.startswith("__") and key.endswith("__")):
            refuse(f'"{key[:100]}" is no key that a row can have. {_LITERAL}')
    return (root, *keys)


def _unknown(inner: str, level: str) -> str:
    names = [each.name for each in variables(level)]
    plain = [name for name in names if not name.endswith(".KEY")]
    begun = [name for name in plain if name.startswith(f"{inner[:100]}.")]
    near = begun or difflib.get_close_matches(inner[:100], plain, n=1)
    known = ", ".join(f"{{{name}}}" for name in names)
    hint = f"Did you mean {{{near[0]}}}?" if near else f"There are {known}."
    return f"There is no variable {{{inner[:100]}}}. {hint} {_LITERAL}"


def _joined(pieces: Iterator[str | tuple[str, ...]]) -> Iterator[str | tuple[str, ...]]:
    held: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            held.append(piece)
            continue
        if any(held):
            yield "".join(held)
        held = []
        yield piece
    if any(held):
        yield "".join(held)


def _value(case: Case, path: tuple[str, ...]) -> str:
    root, *keys = path
    if root in _OBJECTS:
        objects = {
            "context": case.context,
            "participant_data": case.participant_data,
            "session_state": case.session_state,
        }
        return shown(_found(objects[root], keys))
    texts = {"input": case.input, "output": case.output, "expected": case.expected}
    if root in texts:
        return texts[root]
    if root == "summary":
        return case.summary
    return transcript(case.history) if root == "history" else full_history(case)


def _found(value: Any, keys: list[str]) -> Any:
    """The value at the keys; of keys that are not nested, one key with dots in it."""
    for n, key in enumerate(keys):
        if not isinstance(value, Mapping):
            return None
        if key not in value:
            return value.get(".".join(keys[n:]))
        value = value[key]
    return value


def shown(value: Any) -> str:
    """A value as a prompt shows it: text plainly, nothing as nothing, all else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def transcript(history: list[dict[str, Any]]) -> str:
    """One message after the other, each behind its role."""
    return "\n".join(f"{shown(each.get('role'))}: {shown(each.get('content'))}" for each in history)


def full_history(case: Case) -> str:
    """The conversation and the exchange that ends it; of a session, its transcript."""
    turn = [
        {"role": role, "content": text}
        for role, text in (("user", case.input), ("assistant", case.output))
        if text
    ]
    return transcript([*case.history, *turn]) or case.summary


def _marked(value: str, mark: str) -> str:
    return f"<material-{mark}>\n{value}\n</material-{mark}>" if mark else value
