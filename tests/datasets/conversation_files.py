"""Small files of conversations for the tests of the readers."""

import io
import json
from pathlib import Path

import pytest

from datasets.formats.catalog import FORMATS
from datasets.formats.records import RowError, RowWarning

DATA = Path(__file__).parent.parent / "data" / "conversations"
REAL = Path(__file__).parent.parent.parent.parent / "shared" / "data"
CHAT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}


def findings(data, slug="openai-chat", **options):
    return list(FORMATS[slug].read(io.BytesIO(data), **options))


def rows(found):
    return [each[0] for each in found if isinstance(each, tuple)]


def sessions(found):
    return [each[1] for each in found if isinstance(each, tuple)]


def errors(found):
    return [each for each in found if isinstance(each, RowError)]


def warnings(found):
    return [each for each in found if isinstance(each, RowWarning)]


def lines(*values):
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


def texts(session):
    return [(message.role, message.content) for message in session.messages]


def real_file(name):
    """A file of the folder of real conversations, which not every machine has."""
    path = REAL / name
    if not path.exists():
        pytest.skip(f"the folder of real conversations is not here: {REAL}")
    return path
