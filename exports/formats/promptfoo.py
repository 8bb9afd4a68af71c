"""The promptfoo tests file: one JSON line per item, variables, assertions and how to find it again.

Every text is a template to promptfoo, and some name files; `as_text` makes them plain.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from datasets.formats.items import CheckRecord, ItemRecord
from exports.formats.chat import NO_INPUT, asked, is_blank
from exports.formats.promptfoo_assertions import assertion
from exports.formats.records import ItemTally

_encode = msgspec.json.Encoder().encode
_REFERENCES = ("file:", "package:")
_MARKUP = re.compile(r"\{(?=[{%#])|(?<=#)\}|\{(?=\n\Z)")


def write(
    items: Iterable[ItemRecord],
    tally: ItemTally,
    *,
    title: str = "",
    global_checks: tuple[CheckRecord, ...] = (),
) -> Iterator[str]:
    r"""One test a line, "\n" between lines; the title goes before the id in the description.

    Every test has its own checks and then the global ones: a tests file has no place for all. Those
    that promptfoo decides as we do are its assertions; without any, the expected output is (the
    checks say what passes, and word for word equality would fail what they let through). Checks
    it cannot decide are JSON text in `metadata.checks`. An item without an input is skipped.
    """
    separator = ""
    for item in items:
        if is_blank(item.input):
            tally.count_skipped(NO_INPUT)
        else:
            checked = item._replace(checks=item.checks + global_checks)
            yield separator + _encode(_test(checked, title)).decode()
            separator = "\n"
            tally.count_row()


def as_text(text: str) -> str:
    """The template that promptfoo renders to exactly this text."""
    escaped = _MARKUP.sub(lambda brace: f'{{{{ "{brace[0]}" }}}}', text)
    if escaped.endswith("\n"):
        escaped = escaped[:-1] + '{{ "\\n" }}'
    if text.startswith(_REFERENCES):
        escaped = f'{{{{ "{text[0]}" }}}}{escaped[1:]}'
    return escaped


def _test(item: ItemRecord, title: str) -> dict[str, Any]:
    decided, others = [], []
    for check in item.checks:
        made = assertion(check)
        if made is None:
            others.append(check.as_json())
        else:
            decided.append(_plain(made))
    if not decided and item.expected_output:
        decided = [{"type": "equals", "value": as_text(item.expected_output)}]
    test = {
        "description": _label(f"{title} {item.public_id}".strip()),
        "vars": _variables(item),
        "assert": decided,
        "metadata": _metadata(item) | {"checks": _json(others)},
    }
    return test if decided else {key: test[key] for key in test if key != "assert"}


def _plain(made: dict[str, Any]) -> dict[str, Any]:
    rendered = {key: as_text(made[key]) for key in ("value", "metric") if key in made}
    return made | rendered


def _variables(item: ItemRecord) -> dict[str, str]:
    """Texts alone: a list would make a test of each element, an object would be lost.

    `messages` is the conversation up to the answer, for a prompt that is `{{messages}}` alone.
    """
    variables = {
        "input": item.input,
        "history": _json(item.history),
        "messages": _json(asked(item)),
        "expected_output": item.expected_output,
        "context": _json(item.context),
        "participant_data": _json(item.participant_data),
        "session_state": _json(item.session_state),
        "summary": item.summary,
    }
    return {name: as_text(text) for name, text in variables.items()}


def _metadata(item: ItemRecord) -> dict[str, str]:
    """JSON text where people wrote: it never begins like the name of a file.

    Not `session_id` or the like, which promptfoo hides in its results.
    """
    return {
        "case_id": _label(item.public_id),
        "output": _json(item.output),
        "tags": _json(item.tags),
        "files": _json(item.files),
        "created_at": item.created_at.isoformat() if item.created_at else "",
    }


def _label(text: str) -> str:
    """The text, in quotes when promptfoo would open the file that it names: no template here."""
    return _json(text) if text.startswith(_REFERENCES) else text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
