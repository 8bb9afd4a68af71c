"""The choices a person has about an export file."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any


class TurnMode(StrEnum):
    """What one test case of the DeepEval file is; the other formats hold whole conversations."""

    PER_TURN = "per_turn"
    FULL = "full"
    FINAL_ONLY = "final_only"


class TableFormat(StrEnum):
    """What the tables of a run or of its reviews are."""

    CSV = "csv"
    PARQUET = "parquet"


class InvalidOptionsError(ValueError):
    """Export options with a name or a value that does not exist; `errors` is message by name."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(" ".join(self.errors.values()))


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """Defaults are the formats exactly as documented, which is what the API gives."""

    turn_mode: TurnMode = TurnMode.PER_TURN
    include_system: bool = True
    context_from_turns: bool = True
    anonymise_paths: bool = False
    code_blocks_only: bool = False
    include_metadata: bool = False

    @classmethod
    def dialog_defaults(cls) -> "ExportOptions":
        """What the export dialog proposes: no system prompts, no user names in paths."""
        return cls(include_system=False, anonymise_paths=True)

    @classmethod
    def parse(
        cls, values: Mapping[str, object], *, base: "ExportOptions | None" = None
    ) -> "ExportOptions":
        """`base` (the defaults) with these values: JSON's true and false, or the same as text."""
        read: dict[str, TurnMode | bool] = {}
        errors: dict[str, str] = {}
        for name, value in values.items():
            try:
                read[name] = _read(name, value)
            except ValueError as error:
                errors[name] = str(error)
        if errors:
            raise InvalidOptionsError(errors)
        # Names and types were checked one by one above, which mypy cannot follow through **.
        return replace(base or cls(), **read)  # type: ignore[arg-type]

    def canonical(self) -> dict[str, str | bool]:
        """Every option with its value, sorted by name: equal options give equal JSON."""
        return {
            name: str(value) if isinstance(value, TurnMode) else value
            for name, value in sorted(asdict(self).items())
        }


_NAMES = tuple(field.name for field in fields(ExportOptions))
_SWITCH = {"true": True, "false": False}


def _read(name: str, value: object) -> TurnMode | bool:
    if name not in _NAMES:
        raise ValueError(f"There is no option {name!r}; there are {', '.join(_NAMES)}.")
    return _turn_mode(value) if name == "turn_mode" else read_switch(name, value)


def _turn_mode(value: object) -> TurnMode:
    if not isinstance(value, str) or value not in set(TurnMode):
        raise ValueError(f"turn_mode is one of {', '.join(TurnMode)}, not {value!r}.")
    return TurnMode(value)


def read_switch(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _SWITCH:
        return _SWITCH[value.lower()]
    raise ValueError(f"{name} is true or false, not {value!r}.")


def read_table_format(value: object) -> TableFormat:
    if value not in list(TableFormat):
        raise ValueError(f"tables is one of {', '.join(TableFormat)}.")
    return TableFormat(str(value))


def read_options(
    values: Mapping[str, object], readers: Mapping[str, Callable[[object], Any]]
) -> dict[str, Any]:
    """What the readers make of the values that are given, by name.

    InvalidOptionsError for names that no reader has and values that theirs refuses, all at once.
    """
    errors = {
        name: f"There is no option {name!r}; there are {', '.join(readers)}."
        for name in values
        if name not in readers
    }
    read: dict[str, Any] = {}
    for name, value_of in readers.items():
        try:
            if name in values:
                read[name] = value_of(values[name])
        except ValueError as error:
            errors[name] = str(error)
    if errors:
        raise InvalidOptionsError(errors)
    return read
