"""The choices a person has about how a file of items is read; one set for all readers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from datasets.formats.columns import ColumnMapping

_SWITCHES = ("automatic_history", "read_values_as_json", "unguard")


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Defaults read a file as the contract says.

    `mapping` holds the columns whose use was chosen, the others are guessed. `unguard` takes the
    ' off cells that look like formulas; None = when every such cell of the file carries it.
    """

    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    automatic_history: bool = False
    read_values_as_json: bool = False
    unguard: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """The options as plain JSON, to be stored with an import."""
        return {"mapping": self.mapping.as_json()} | {
            name: getattr(self, name) for name in _SWITCHES
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> ReadOptions:
        """Reads what `as_json` gave; ValueError for what it cannot have given."""
        for name in _SWITCHES:
            allowed = (True, False, None) if name == "unguard" else (True, False)
            if not any(kept.get(name, False) is each for each in allowed):
                raise ValueError(f"{name} is true or false, not {kept[name]!r}.")
        return cls(
            mapping=ColumnMapping.from_json(kept.get("mapping") or {}),
            automatic_history=kept.get("automatic_history", False),
            read_values_as_json=kept.get("read_values_as_json", False),
            unguard=kept.get("unguard"),
        )
