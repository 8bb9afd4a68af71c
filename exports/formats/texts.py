"""What the options do to the texts of a conversation, the same for every format."""

import re
from collections.abc import Callable, Sequence

import msgspec

from exports.formats.options import ExportOptions
from exports.formats.records import ExportMessage, ExportSession

_LABELS = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}
_encode = msgspec.json.Encoder().encode


def json_text(text: str) -> str:
    """The text as JSON, the same characters as `json.dumps(text, ensure_ascii=False)`.

    Four times as fast, which is what the speed of an export is made of; a test holds them equal.
    """
    return _encode(text).decode()


def role_label(role: str) -> str:
    """The role as people read it."""
    return _LABELS.get(role, "Unknown")


def cleaned(session: ExportSession, options: ExportOptions) -> ExportSession:
    """The session with its texts cut and anonymised as the options say; positions stay.

    Only replies are cut to their code: without its question a reply is no test case.
    """
    if not (options.anonymise_paths or options.code_blocks_only):
        return session
    clean = anonymise_paths if options.anonymise_paths else str
    clean_reply = _then_clean(clean) if options.code_blocks_only else clean
    return session._replace(
        title=clean(session.title),
        project=clean(session.project),
        expected_output=_cleaned_expected(session.expected_output, clean_reply, clean),
        messages=tuple(
            ExportMessage(role, clean_reply(text) if role == "assistant" else clean(text))
            for role, text in session.messages
        ),
    )


def is_left_out(message: ExportMessage, options: ExportOptions) -> bool:
    """Whether the options take a cleaned message out of the conversation altogether."""
    if message.role == "system" and not options.include_system:
        return True
    return options.code_blocks_only and message.role == "assistant" and not message.content


def shown(session: ExportSession, options: ExportOptions) -> Sequence[ExportMessage]:
    """The messages of a cleaned session that a conversation shows.

    None when only code was wanted and no reply has any: questions alone are no evidence.
    """
    messages = [message for message in session.messages if not is_left_out(message, options)]
    if options.code_blocks_only and all(role != "assistant" for role, _ in messages):
        return ()
    return messages


def _then_clean(clean: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: clean(code_blocks(text))


def _cleaned_expected(
    expected: str | None, clean_reply: Callable[[str], str], clean: Callable[[str], str]
) -> str | None:
    """An expected output without a fence is code typed bare, or the reviewer's words: kept."""
    if expected is None:
        return None
    return clean_reply(expected) or clean(expected)


# A name ends at a separator, a space or a quote; a full stop at its end belongs to the sentence.
_NAME = r"[\w$@~+-](?:[\w$@~+.-]*[\w$@~+-])?"
# On Windows a name may have spaces; it is taken whole between two backslashes.
_SPACED_NAME = rf"(?<=\\){_NAME}(?: {_NAME}){{1,3}}(?=\\)"
# Two separators: source code and JSON inside a message write each backslash twice. The expression
# begins with one character so that the search runs from slash to slash; that is ten times as fast.
_USER_PATH = re.compile(
    r"([\\/](?:home|Users|(?:(?<=\b[A-Za-z]:[\\/])|(?<=\b[A-Za-z]:\\\\))(?i:users))[\\/]{1,2})"
    rf"(?:{_SPACED_NAME}|{_NAME})"
)


def anonymise_paths(text: str) -> str:
    r"""The text with `user` for the user name in /home/NAME, /Users/NAME and C:\Users\NAME.

    Anywhere in the text, addresses included: a name too many is better than one left behind.
    """
    if "/" not in text and "\\" not in text:
        return text  # looking for one character is cheaper still than the expression
    return _USER_PATH.sub(r"\1user", text)


_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})(.*)")


def code_blocks(text: str) -> str:
    """The fenced code blocks of a markdown text with their fences, a blank line between them.

    Fences as CommonMark has them, at any indentation (models put them into lists); a block that
    is never closed goes to the end of the text. No block: an empty text.
    """
    if "```" not in text and "~~~" not in text:
        return ""
    blocks: list[list[str]] = []
    fence = ""
    for line in text.split("\n"):
        marker, info = _fence_of(line)
        if fence:
            blocks[-1].append(line)
            if marker.startswith(fence) and not info:
                fence = ""
        elif marker and not (marker[0] == "`" and "`" in info):
            blocks.append([line])
            fence = marker
    return "\n\n".join("\n".join(lines) for lines in blocks)


def _fence_of(line: str) -> tuple[str, str]:
    match = _FENCE.match(line)
    return (match[1], match[2].strip()) if match else ("", "")
