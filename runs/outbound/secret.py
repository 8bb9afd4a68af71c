"""A text that must not be seen: what holds it shows [hidden]."""

from __future__ import annotations

from typing import Any


class Secret:
    """A text that shows itself to nobody by accident: not in logs, reports, pages or JSON."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text; whoever calls this is about to send or seal it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret([hidden])" if self._text else "Secret()"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> Any:
        raise TypeError("A secret is not written anywhere.")


NO_SECRET = Secret("")
