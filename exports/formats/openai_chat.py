"""The OpenAI chat file: one JSON line per session, the whole conversation."""

from collections.abc import Iterable, Iterator, Mapping

from exports.formats.options import ExportOptions
from exports.formats.pairing import pairs
from exports.formats.records import ExportSession, Tally
from exports.formats.texts import cleaned, json_text, shown

# The beginning of a message up to its text. A role that is not here is left out of the file.
_HEADS = {
    role: f'{{"role": "{role}", "content": ' for role in ("system", "user", "assistant", "tool")
}


def write(
    sessions: Iterable[ExportSession], options: ExportOptions, tally: Tally | None = None
) -> Iterator[str]:
    r"""The bytes of `json.dumps({"messages": [...]}, ensure_ascii=False)`, "\n" between lines.

    A session left without messages is skipped. Test cases are counted as pairs of messages.
    """
    tally = Tally() if tally is None else tally
    heads = {r: h for r, h in _HEADS.items() if r != "system" or options.include_system}
    separator = ""
    for session in sessions:
        messages = _messages(cleaned(session, options), heads, options)
        if not messages:
            tally.count_skipped()
            continue
        yield f'{separator}{{"messages": [{messages}]}}'
        separator = "\n"
        tally.count_session(len(pairs(session.messages)))


def _messages(session: ExportSession, heads: Mapping[str, str], options: ExportOptions) -> str:
    messages = shown(session, options) if options.code_blocks_only else session.messages
    return ", ".join(
        [f"{heads[role]}{json_text(content)}}}" for role, content in messages if role in heads]
    )
