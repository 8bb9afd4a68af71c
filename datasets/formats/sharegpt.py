"""ShareGPT JSON: `conversations: [{from, value}]`, a list or one object a line."""

from typing import BinaryIO

from datasets.formats import openai_chat
from datasets.formats.sessions import SessionReading

SLUG = "sharegpt"


def read(stream: BinaryIO, *, source: str = "") -> SessionReading:
    """The conversations of the file; the names are those that every chat file may use."""
    return openai_chat.read(stream, source=source, slug=SLUG)
