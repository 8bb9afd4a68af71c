"""The evidence: where sessions come from, sessions, messages, and how they arrived."""

from datasets.models.message import Message
from datasets.models.session import Session
from datasets.models.session_import import SessionImport
from datasets.models.source import Source

__all__ = ["Message", "Session", "SessionImport", "Source"]
