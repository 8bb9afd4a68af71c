"""Which user message goes with which assistant reply."""

from collections.abc import Sequence

from exports.formats.records import ExportMessage


def pairs(messages: Sequence[ExportMessage]) -> list[tuple[int, int]]:
    """Positions (user, assistant) of each turn that has a reply, in order.

    The reply is the first assistant message with text before the next user message. An assistant
    message without text announces a tool call; it is the reply only where the turn has no other.
    """
    found = []
    user = reply = -1
    for position, (role, content) in enumerate(messages):
        if role == "user":
            if reply > user >= 0:
                found.append((user, reply))
            user = position
        elif role == "assistant" and (reply <= user or _is_announcement(messages, reply, content)):
            reply = position
    if reply > user >= 0:
        found.append((user, reply))
    return found


def _is_announcement(messages: Sequence[ExportMessage], reply: int, later: str) -> bool:
    return _is_blank(messages[reply].content) and not _is_blank(later)


def _is_blank(text: str) -> bool:
    return not text or text.isspace()
