"""The plain text file: conversations for a person to read, with their label.

Message texts stand as they are, also where they hold a rule or a heading: this file is for eyes,
and the JSON formats are for programs. Titles, models and tags are put on one line.
"""

from collections.abc import Iterable, Iterator

from exports.formats.options import ExportOptions
from exports.formats.pairing import pairs
from exports.formats.records import ExportSession, Tally
from exports.formats.texts import cleaned, role_label, shown


def write(
    sessions: Iterable[ExportSession], options: ExportOptions, tally: Tally | None = None
) -> Iterator[str]:
    """Two newlines between sessions, one at the end; a session without messages is skipped."""
    tally = Tally() if tally is None else tally
    separator = ""
    for session in sessions:
        clean = cleaned(session, options)
        blocks = _blocks(clean, options)
        if not blocks:
            tally.count_skipped()
            continue
        title = _one_line(clean.title) or "Untitled"
        yield f"{separator}## Session: {title}\n\n{blocks}\n\n{_footer(clean)}"
        separator = "\n\n"
        tally.count_session(len(pairs(session.messages)))
    if separator:
        yield "\n"


def _blocks(session: ExportSession, options: ExportOptions) -> str:
    return "\n\n".join(
        f"**{role_label(message.role)}:** {message.content}" for message in shown(session, options)
    )


def _footer(session: ExportSession) -> str:
    """The two last lines; tokens and cost that were not recorded are written as zero."""
    n_tokens = (session.prompt_tokens or 0) + (session.completion_tokens or 0)
    tags = ", ".join(_one_line(tag) for tag in session.all_tags)
    return (
        f"---\nTokens: {n_tokens:,} | Cost: ${session.cost or 0:.2f}"
        f" | Model: {_one_line(session.model) or 'unknown'}\n"
        f"Status: {session.eval_status or 'unset'}{f' | Tags: {tags}' if tags else ''}"
    )


def _one_line(text: str) -> str:
    """A text of several lines as one, its lines separated by a space."""
    if not text.strip():
        return ""
    lines = text.splitlines()
    return text if lines == [text] else " ".join(line.strip() for line in lines if line.strip())
