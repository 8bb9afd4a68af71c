"""Guesses the format of a file from the names in its first megabyte, then from its suffix."""

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import BinaryIO

from datasets.formats.encodings import as_utf8
from evalplatform.strict_json import StrictJsonError

SAMPLE = 1 << 20
_KEYS_LOOKED_AT = 2000
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}:]', re.DOTALL)
_BY_SUFFIX = {".json": "session-json", ".jsonl": "openai-chat", ".ndjson": "openai-chat"}
_SESSION_KEYS = {"externalId", "projectPath", "durationMs"}
_CHAT_KEYS = {"messages", "conversation", "input", "inputs", "data"}


def guess_json(stream: BinaryIO, file_name: str) -> str | None:
    """The slug of the format; None when neither the content nor the suffix tells."""
    try:
        utf8 = as_utf8(stream)
        sample = utf8.read(SAMPLE)
    except StrictJsonError:
        sample = b""
    finally:
        stream.seek(0)
    by_suffix = _BY_SUFFIX.get(PurePath(file_name).suffix.lower())
    if sample.lstrip()[:1] not in (b"[", b"{"):
        return by_suffix
    return _by_names(sample) or by_suffix or "session-json"


def _by_names(sample: bytes) -> str | None:
    """What the names of the first objects tell, and those of the objects right inside them."""
    names = set(names_in(sample))
    tops = {name for depth, name in names if depth == 0}
    seconds = {name for depth, name in names if depth == 1}
    if "sessions" in tops or ("messages" in tops and tops & _SESSION_KEYS):
        return "session-json"
    is_event = "type" in tops and bool(tops & {"sessionId", "leafUuid", "messageId"})
    if "parentUuid" in tops or (is_event and "messages" not in tops):
        return "claude-code"
    if "conversations" in tops and "messages" not in tops and "role" not in seconds:
        return "sharegpt"
    if tops & (_CHAT_KEYS | {"conversations"}):
        return "openai-chat"
    return "session-json" if tops & _SESSION_KEYS else None


def names_in(sample: bytes) -> Iterator[tuple[int, str]]:
    """Names with the number of objects they are inside of, counted from the first object."""
    depth, text, n_names = -1, b"", 0
    for token in _TOKEN.finditer(sample):
        found = token[0]
        if found == b"{":
            depth += 1
        elif found == b"}":
            depth -= 1
        elif found == b":":
            yield depth, text[1:-1].decode("utf-8", "replace")
            n_names += 1
            if n_names == _KEYS_LOOKED_AT:
                return
        text = found
