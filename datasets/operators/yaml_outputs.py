"""Whether an output is YAML, read as a stream of events: aliases are never followed, nothing built.

So a small text that stands for a huge value costs no more than the text, and nesting costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from datasets.operators import apart

MAX_DEPTH = 100
_QUICK_LENGTH = 50_000
_STANDARD = "tag:yaml.org,2002:"
_TAGS = frozenset(
    f"{_STANDARD}{name}"
    for name in (
        *("null", "bool", "int", "float", "str", "seq", "map", "set", "omap", "pairs"),
        *("binary", "timestamp", "merge", "value"),
    )
)
_RESOLVER: Any = yaml.resolver.Resolver()


class _Refused(Exception):  # noqa: N818 - a verdict, not an error
    """The output is no YAML that can be taken; the text says why."""


@dataclass(slots=True)
class _Collection:
    """A mapping or list that is open; `keys` are those seen, None for a list."""

    keys: set[tuple[str, str]] | None
    is_key_next: bool = True


@dataclass(slots=True)
class _Reading:
    """What is known of the document so far."""

    n_documents: int = 0
    is_collection: bool = False
    open: list[_Collection] = field(default_factory=list)
    anchors: dict[str, bool] = field(default_factory=dict)  # whether it stands for a collection


def is_yaml(output: str, criteria: str) -> str:
    """`valid_yaml`: one document whose top is a mapping or a list, with the standard tags only."""
    if len(output) <= _QUICK_LENGTH:
        return parse(output, criteria)
    return apart.decide("valid_yaml", output, criteria)


def parse(output: str, criteria: str) -> str:
    """The same without a look at the time."""
    reading = _Reading()
    try:
        for event in _events(output):
            _take(reading, event)
    except _Refused as refused:
        return str(refused)
    except yaml.YAMLError as error:
        return _syntax(error)
    except UnicodeEncodeError:
        return "The output holds half of a surrogate pair, which YAML does not allow."
    if not reading.is_collection:
        return "The output is no YAML mapping or list; plain text alone does not count."
    return ""


def _events(output: str) -> Iterator[Any]:
    return yaml.parse(output, Loader=yaml.CSafeLoader)


def _take(reading: _Reading, event: Any) -> None:
    if isinstance(event, yaml.DocumentStartEvent):
        reading.n_documents += 1
        if reading.n_documents > 1:
            raise _Refused("The output holds several YAML documents. One was expected.")
    elif isinstance(event, yaml.CollectionEndEvent):
        reading.open.pop()
    elif isinstance(event, yaml.NodeEvent):
        _take_node(reading, event)


def _take_node(reading: _Reading, event: Any) -> None:
    is_collection = isinstance(event, yaml.CollectionStartEvent)
    if isinstance(event, yaml.AliasEvent):
        if event.anchor not in reading.anchors:
            raise _Refused(f"The alias *{str(event.anchor)[:100]} stands for nothing.")
        is_collection = reading.anchors[event.anchor]
    else:
        _refuse_tag(event)
        if event.anchor:
            reading.anchors[event.anchor] = is_collection
    if reading.open:
        _take_place(reading.open[-1], event, is_collection)
    else:
        reading.is_collection = is_collection
    if isinstance(event, yaml.CollectionStartEvent):
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        reading.open.append(_Collection(set() if is_mapping else None))
        if len(reading.open) > MAX_DEPTH:
            raise _Refused(f"The output is nested more than {MAX_DEPTH} levels deep.")


def _take_place(parent: _Collection, event: Any, is_collection: bool) -> None:
    if parent.keys is None:
        return
    if parent.is_key_next:
        if is_collection:
            raise _Refused("A key is itself a list or a mapping, which readers of YAML refuse.")
        if isinstance(event, yaml.ScalarEvent):
            _take_key(parent.keys, event)
    parent.is_key_next = not parent.is_key_next


def _take_key(keys: set[tuple[str, str]], event: Any) -> None:
    tag = event.tag or _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)
    if tag == f"{_STANDARD}merge":
        return
    if (tag, event.value) in keys:
        raise _Refused(f'The key "{event.value[:100]}" stands twice in one mapping.')
    keys.add((tag, event.value))


def _refuse_tag(event: Any) -> None:
    if event.tag and event.tag != "!" and event.tag not in _TAGS:
        raise _Refused(f"The tag {event.tag[:100]} is not one of YAML's own.")


def _syntax(error: yaml.YAMLError) -> str:
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    mark = getattr(error, "problem_mark", None)
    place = f" at line {mark.line + 1}, character {mark.column + 1}" if mark else ""
    return f"This is not valid YAML{place}: {str(said)[:200]}."
