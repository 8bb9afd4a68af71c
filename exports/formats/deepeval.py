"""The DeepEval file: one JSON array over all sessions, one object per pair of messages."""

from collections.abc import Iterable, Iterator, Sequence

from exports.formats.options import ExportOptions, TurnMode
from exports.formats.pairing import pairs
from exports.formats.records import ExportMessage, ExportSession, Tally
from exports.formats.texts import cleaned, is_left_out, json_text, role_label


def write(
    sessions: Iterable[ExportSession], options: ExportOptions, tally: Tally | None = None
) -> Iterator[str]:
    """The bytes of `json.dumps(objects, indent=2, ensure_ascii=False)`, an object at a time.

    A session without a pair is skipped; a file without an object is `[]`.
    """
    tally = Tally() if tally is None else tally
    separator = "[\n  "
    for session in sessions:
        n_objects = 0
        for test_case in _test_cases(session, options):
            yield f"{separator}{test_case}"
            separator = ",\n  "
            n_objects += 1
        if n_objects:
            tally.count_session(n_objects)
        else:
            tally.count_skipped()
    yield "\n]" if tally.n_test_cases else "[]"


def _test_cases(session: ExportSession, options: ExportOptions) -> Iterator[str]:
    turns = pairs(session.messages)  # before the cut: which message answers which is not an option
    if not turns:
        return
    session = cleaned(session, options)
    expected = "null" if session.expected_output is None else json_text(session.expected_output)
    tail = f",\n    {_metadata(session)}" if options.include_metadata else ""
    if options.turn_mode is TurnMode.FULL:
        yield from _conversation(session, turns[-1], options, expected, tail)
    else:
        yield from _turns(session, turns, options, expected, tail)


def _turns(
    session: ExportSession,
    turns: Sequence[tuple[int, int]],
    options: ExportOptions,
    expected: str,
    tail: str,
) -> Iterator[str]:
    messages = session.messages
    last = turns[-1]
    encoded = [json_text(content) for _, content in messages[: last[1] + 1]]
    context: list[str] = []
    start = 0
    for turn in turns if options.turn_mode is TurnMode.PER_TURN else [last]:
        user, reply = turn
        if options.context_from_turns:
            context += _shown(messages, encoded, start, user, options)
            start = user
        if not is_left_out(messages[reply], options):
            answer = expected if turn == last else "null"
            yield _object(encoded[user], encoded[reply], answer, _list(context, 6), tail)


def _shown(
    messages: Sequence[ExportMessage],
    encoded: Sequence[str],
    start: int,
    stop: int,
    options: ExportOptions,
) -> list[str]:
    return [encoded[i] for i in range(start, stop) if not is_left_out(messages[i], options)]


def _conversation(
    session: ExportSession,
    turn: tuple[int, int],
    options: ExportOptions,
    expected: str,
    tail: str,
) -> Iterator[str]:
    """One object: everything up to the last question as a transcript, and its reply."""
    user, reply = turn
    question = session.messages[user]
    if is_left_out(session.messages[reply], options):
        return
    earlier = [m for m in session.messages[:user] if not is_left_out(m, options)]
    transcript = question.content
    if earlier:
        transcript = "\n\n".join(f"{role_label(m.role)}: {m.content}" for m in (*earlier, question))
    answer = json_text(session.messages[reply].content)
    yield _object(json_text(transcript), answer, expected, "[]", tail)


def _object(question: str, answer: str, expected: str, context: str, tail: str) -> str:
    return (
        f'{{\n    "input": {question},\n    "actual_output": {answer},\n'
        f'    "expected_output": {expected},\n    "context": {context},\n'
        f'    "retrieval_context": []{tail}\n  }}'
    )


def _list(encoded: Sequence[str], indent: int) -> str:
    if not encoded:
        return "[]"
    spaces = "\n" + " " * indent
    return f"[{spaces}{f',{spaces}'.join(encoded)}{spaces[:-2]}]"


def _metadata(session: ExportSession) -> str:
    """The optional sixth key; what is not known is null."""
    values = {
        "session_id": json_text(session.id),
        "model": _text_or_null(session.model),
        "tool": _text_or_null(session.source),
        "timestamp": _text_or_null(session.started_at),
        "tokens_input": _number_or_null(session.prompt_tokens),
        "tokens_output": _number_or_null(session.completion_tokens),
        "latency_ms": _number_or_null(session.duration_ms),
        "project": _text_or_null(session.project),
        "tags": _list([json_text(tag) for tag in session.all_tags], 8),
        "eval_status": _text_or_null(session.eval_status),
    }
    lines = ",\n      ".join(f'"{key}": {value}' for key, value in values.items())
    return f'"metadata": {{\n      {lines}\n    }}'


def _text_or_null(text: str | None) -> str:
    return json_text(text) if text else "null"


def _number_or_null(number: int | None) -> str:
    return "null" if number is None else str(number)
