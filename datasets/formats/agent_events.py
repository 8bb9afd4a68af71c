"""The light index of a coding agent's log: which events make the conversation, in which order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from sys import intern
from typing import NamedTuple

from datasets.formats.fields import Fields, Findings
from datasets.formats.reading import Element
from datasets.formats.records import RowError, RowWarning, row_error, row_warning
from datasets.formats.values import kind

KEPT_TYPES = ("user", "assistant")  # no sets: a type may be a list
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Event(NamedTuple):
    """Where an event stands; `message_id` joins events into one message."""

    row: int
    offset: int
    length: int
    uuid: str
    parent: str
    session_id: str
    kind: str
    at: datetime
    logical_parent: str = ""
    message_id: str = ""
    is_turn: bool = False
    is_main: bool = True
    is_tool_result: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether the event is part of what was said."""
        return self.is_turn and self.is_main


def event_from(found: Findings, element: Element) -> Event | None:
    """The event of one line; only users' and assistants' must be well-formed, others are links."""
    value = element.value
    fields = Fields(found, value)
    is_turn = value.get("type") in KEPT_TYPES
    if is_turn:
        _require(fields)
    parent = fields.text("parentUuid") if is_turn else _text(value.get("parentUuid"))
    at = (fields.moment("timestamp") if is_turn else None) or _LONG_AGO
    if not isinstance(value.get("uuid"), str):
        return None
    message = value.get("message") if is_turn else None
    message_id = message.get("id") if isinstance(message, dict) else None
    return Event(
        row=element.row,
        offset=element.offset,
        length=element.length,
        uuid=intern(value["uuid"]),
        parent=intern(parent),
        session_id=_text(value.get("sessionId")),
        kind=_text(value.get("type")),
        at=at,
        logical_parent=_text(value.get("logicalParentUuid")),
        message_id=_text(message_id),
        is_turn=is_turn and not found.errors,
        is_main=not (value.get("isSidechain") or value.get("isMeta")),
        is_tool_result=isinstance(message, dict) and holds_only_results(message.get("content")),
    )


def _text(value: object) -> str:
    """Text, held once however often it stands in the file; anything else is nothing."""
    return intern(value) if isinstance(value, str) else ""


def _require(fields: Fields) -> None:
    for key in ("uuid", "sessionId"):
        if fields.values.get(key) is None or not fields.text(key).strip():
            fields.wrong(key, f'"{key}" is missing. Write the log as the agent wrote it.')
    message = fields.values.get("message")
    if not isinstance(message, dict):
        what = "is missing" if message is None else f"must be an object, not {kind(message)}"
        fields.wrong("message", f'The message {what}. Write {{"content": "..."}}.', message or "")
    elif not isinstance(message.get("content"), str | list):
        what = kind(message.get("content"))
        path = "message.content"
        fields.wrong(path, f"This must be text or a list of blocks, not {what}. Write text.")


def holds_only_results(content: object) -> bool:
    """Whether a content is what tools answered and nothing that a person typed."""
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(b, dict) and b.get("type") == "tool_result" for b in content)
    )


class _Broken(Exception):  # noqa: N818 - becomes a RowError
    """A session whose events cannot be put in order."""

    def __init__(self, event: Event, message: str, value: str) -> None:
        super().__init__(message)
        self.error = row_error(event.row, "parentUuid", message, value)


@dataclass
class SessionIndex:
    """The kept events of one session, in the order of the file."""

    first: Event
    events: list[Event] = field(default_factory=list)

    @property
    def row(self) -> int:
        return self.first.row

    @property
    def session_id(self) -> str:
        return self.first.session_id

    def conversation(
        self, everything: dict[str, Event]
    ) -> Iterator[list[list[Event]] | RowError | RowWarning]:
        """The kept events in order of speaking, grouped into messages; or why there are none."""
        if not self.events:
            message = "This session has no message of a user or an assistant. Remove its lines."
            yield row_error(self.row, "sessionId", message, self.session_id)
            return
        try:
            tree = _Tree(self.events, everything)
        except _Broken as broken:
            yield broken.error
            return
        chain, n_branches = tree.main_chain()
        if n_branches:
            what = "1 other branch is" if n_branches == 1 else f"{n_branches} other branches are"
            message = f"{what} left out: the branch that ends last is the conversation."
            yield row_warning(self.row, "parentUuid", message)
        yield list(_grouped(chain))


class _Tree:
    """The kept events of a session as a tree; the others are only links between them."""

    def __init__(self, kept: list[Event], everything: dict[str, Event]) -> None:
        self.kept = {event.uuid: event for event in kept}
        self.everything = everything
        self.above: dict[str, str] = {}  # of kept events and of links: the next kept event
        for event in kept:
            self._walk_up(event)

    def _walk_up(self, event: Event) -> None:
        """Finds what stands above every event on the way up, as far as that is not known yet."""
        way: set[str] = set()
        waiting: list[str] = []
        here: Event | None = event
        above = ""
        while here is not None:
            if here.uuid in way:
                raise _Broken(here, "The events form a circle. Mend parentUuid.", here.parent)
            if here.uuid in self.above:
                break
            way.add(here.uuid)
            if here.uuid in self.kept:
                self.above.update(dict.fromkeys(waiting, here.uuid))
                waiting = []
            waiting.append(here.uuid)
            here = self._parent_of(here)
        if here is not None:
            above = here.uuid if here.uuid in self.kept else self.above[here.uuid]
        self.above.update(dict.fromkeys(waiting, above))

    def _parent_of(self, event: Event) -> Event | None:
        """The event before; None at a root, and where another session goes over into this one."""
        parent = self.everything.get(event.parent or event.logical_parent)
        if parent is None and event.parent:
            message = "The event before this one is not in the file. Add it, or write null."
            raise _Broken(event, message, event.parent)
        is_other = parent is not None and parent.session_id not in ("", event.session_id)
        return None if is_other else parent

    def main_chain(self) -> tuple[list[Event], int]:
        """The branch that ends last, with tools' answers beside it, and the number of others."""
        inner = {self.above[uuid] for uuid in self.kept}
        leaves = [event for event in self.kept.values() if event.uuid not in inner]
        last = max(leaves, key=lambda event: (event.at, event.row))
        chain = self._up_from(last)
        places = {event.uuid: n for n, event in enumerate(chain)}
        beside: list[tuple[int, Event]] = []
        n_branches = 0
        for leaf in leaves:
            if leaf is last:
                continue
            twig, place = self._twig(leaf, places)
            if place is not None and self._belongs(twig, chain):
                beside.extend((_end_of_message(chain, place), event) for event in twig)
            else:
                n_branches += 1
        return _woven(chain, beside), n_branches

    def _up_from(self, event: Event) -> list[Event]:
        chain = [event]
        while above := self.above[chain[-1].uuid]:
            chain.append(self.kept[above])
        return chain[::-1]

    def _twig(self, leaf: Event, places: dict[str, int]) -> tuple[list[Event], int | None]:
        """The events of a branch that are not in the chain, and where in the chain it begins."""
        whole = self._up_from(leaf)
        for n, event in enumerate(reversed(whole)):
            if event.uuid in places:
                return whole[len(whole) - n :], places[event.uuid]
        return whole, None

    @staticmethod
    def _belongs(twig: list[Event], chain: list[Event]) -> bool:
        """Tools called at once answer on branches of their own, which are no other conversation."""
        said = {event.message_id for event in chain if event.message_id}
        return all(event.is_tool_result or event.message_id in said for event in twig)


def _end_of_message(chain: list[Event], place: int) -> int:
    message_id = chain[place].message_id
    while message_id and place + 1 < len(chain) and chain[place + 1].message_id == message_id:
        place += 1
    return place


def _woven(chain: list[Event], beside: list[tuple[int, Event]]) -> list[Event]:
    """The chain with each event from beside after its place; what two twigs share comes once."""
    if not beside:
        return chain
    order: dict[Event, tuple[int, int, int]] = {e: (n, 0, 0) for n, e in enumerate(chain)}
    for place, event in beside:
        order.setdefault(event, (place, 1, event.row))
    return sorted(order, key=lambda event: order[event])


def _grouped(chain: list[Event]) -> Iterator[list[Event]]:
    """Events that share a message id are one message, also when tool results stand between them."""
    groups: dict[str, list[Event]] = {}
    for event in chain:
        groups.setdefault(event.message_id or event.uuid, []).append(event)
    yield from groups.values()
