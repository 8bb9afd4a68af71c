"""Reads ratings in long form from CSV: one row a rating, with columns unit, rater and value."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from datasets.formats.records import RowError, row_error
from reviews.agreement.tables import Ratings

LEVELS = ("nominal", "ordinal", "interval", "ratio", "multi_label")
NUMERIC = {"interval", "ratio"}
EMPTY_SET = "{}"
MOST_ERRORS = 100
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class RefusedError(ValueError):
    """The table is refused: every problem found, the first MOST_ERRORS of them."""

    def __init__(self, errors: Sequence[RowError], n_more: int = 0) -> None:
        super().__init__(errors[0].message)
        self.errors, self.n_more = list(errors), n_more


@dataclass(frozen=True)
class Columns:
    """The titles of the three columns."""

    unit: str = "unit"
    rater: str = "rater"
    value: str = "value"


@dataclass(frozen=True)
class LongTable:
    """Ratings with the names behind their codes; `values` in the order of the scale.

    `is_declared` says whether the values were given and not only those that were seen. `sets` are
    the values of multi_label.
    """

    level: str
    ratings: Ratings
    units: list[str]
    raters: list[str]
    values: list[str]
    is_declared: bool
    sets: list[frozenset[str]] = field(default_factory=list)


def read(
    lines: Iterable[str], level: str, columns: Columns, declared: Sequence[str] = ()
) -> LongTable:
    """The table, or RefusedError with every row that is wrong.

    An empty value is a missing rating. A rater rates a unit once. Members of a set are separated by
    `|`, the empty set is `{}`. Row numbers count the header as 1, as a spreadsheet does.
    """
    return _Reader(level, columns, declared).read(lines)


class _Reader:
    def __init__(self, level: str, columns: Columns, declared: Sequence[str]) -> None:
        self.level, self.columns = level, columns
        self.errors: list[RowError] = []
        self.n_more = 0
        self.codes: tuple[list[int], list[int], list[int]] = ([], [], [])
        self.units: dict[str, int] = {}
        self.raters: dict[str, int] = {}
        self.values: dict[object, int] = {}
        self.labels: list[str] = []
        self.seen: dict[tuple[int, int], int] = {}
        self.is_declared = bool(declared) and level != "multi_label"
        self.members = frozenset(declared) if level == "multi_label" else frozenset()
        self.are_numbers = level in NUMERIC
        if self.is_declared:
            self._declare(declared)
        elif level == "ordinal":
            self.are_numbers = True

    def _declare(self, declared: Sequence[str]) -> None:
        """Take over the declared values, in their order; an ordinal scale of numbers by number."""
        self.are_numbers = self.are_numbers or (
            self.level == "ordinal" and all(_NUMBER.fullmatch(name) for name in declared)
        )
        for name in declared:
            key = self._key(name)
            if isinstance(key, str) and self.are_numbers:
                raise RefusedError([row_error(None, "--values", key, name)])
            if key in self.values or name == "":
                said = "Each value is declared once, and is not empty. Correct --values."
                raise RefusedError([row_error(None, "--values", said, name)])
            self.values[key] = len(self.labels)
            self.labels.append(name)

    def read(self, lines: Iterable[str]) -> LongTable:
        row = 0
        try:
            reader = csv.reader(lines, strict=True)
            header = next(reader, [])
            places = self._places(header)
            for row, cells in enumerate(reader, 2):
                if cells:
                    self._take(row, cells, len(header), places)
        except csv.Error as error:
            said = f"This is not CSV: {error}. Save the table as comma-separated UTF-8."
            self._wrong(row + 1, "", said)
        except UnicodeDecodeError:
            self._wrong(row + 1, "", "The text is not UTF-8. Save the table as UTF-8.")
        if self.errors:
            raise RefusedError(self.errors, self.n_more)
        return self._table()

    def _wrong(self, row: int | None, column: str, message: str, value: str = "") -> None:
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(row_error(row, column, message, value))
        else:
            self.n_more += 1

    def _places(self, header: list[str]) -> tuple[int, int, int]:
        titles = [title.removeprefix("\ufeff").strip() for title in header]
        found = []
        for option, title in (
            ("unit", self.columns.unit),
            ("rater", self.columns.rater),
            ("value", self.columns.value),
        ):
            if titles.count(title) != 1:
                there = "twice" if title in titles else "not"
                said = (
                    f'The column "{title}" is {there} in the header. Name the column of the '
                    f"{option} with --{option}; the file has: {', '.join(titles) or 'no header'}."
                )
                self._wrong(1, title, said)
            else:
                found.append(titles.index(title))
        if len(found) < 3 or len(set(found)) < 3:
            if not self.errors:
                self._wrong(1, "", "Unit, rater and value are three different columns.")
            raise RefusedError(self.errors)
        return found[0], found[1], found[2]

    def _take(self, row: int, cells: list[str], n: int, places: tuple[int, int, int]) -> None:
        if len(cells) != n:
            said = f"The row has {len(cells)} cells, the header {n}. Quote values with commas."
            self._wrong(row, "", said, ",".join(cells))
            return
        unit, rater, value = (cells[place].strip() for place in places)
        for title, name in ((self.columns.unit, unit), (self.columns.rater, rater)):
            if not name:
                self._wrong(row, title, "This is empty. Say which it is, or delete the row.")
                return
        if value:
            self._rate(row, unit, rater, value)

    def _rate(self, row: int, unit: str, rater: str, value: str) -> None:
        who = self.units.setdefault(unit, len(self.units))
        whom = self.raters.setdefault(rater, len(self.raters))
        before = self.seen.setdefault((who, whom), row)
        if before != row:
            said = f'"{rater}" rated unit "{unit}" in row {before} already. Keep one of the two.'
            self._wrong(row, self.columns.value, said, value)
            return
        key = self._key(value)
        if isinstance(key, str) and (self.are_numbers or self.level == "multi_label"):
            self._wrong(row, self.columns.value, key, value)
            return
        if self.is_declared and key not in self.values:
            said = f"This is none of the declared values ({', '.join(self.labels)})."
            self._wrong(row, self.columns.value, f"{said} Correct it, or --values.", value)
            return
        if key not in self.values:
            self.values[key] = len(self.labels)
            self.labels.append(self._label(key, value))
        for codes, code in zip(self.codes, (who, whom, self.values[key]), strict=True):
            codes.append(code)

    def _key(self, value: str) -> object:
        """What makes two values the same; a text where the value is wrong and a text cannot be."""
        if self.level == "multi_label":
            return self._set(value)
        if not self.are_numbers:
            return value
        number = float(value) if _NUMBER.fullmatch(value) else math.nan
        if math.isnan(number):
            hint = (
                " An ordinal scale of words needs them in order: --values low,middle,high."
                if self.level == "ordinal"
                else ""
            )
            return f"This is not a number. Write it with digits and a decimal point.{hint}"
        if number and not 1e-100 <= abs(number) <= 1e100:
            return "This is too large or too small to be squared. Write it in another unit."
        if self.level == "ratio" and number < 0:
            return "A ratio scale has no numbers below 0. Correct it, or use --level interval."
        return number + 0.0  # -0.0 is 0.0

    def _set(self, value: str) -> object:
        if value == EMPTY_SET:
            return frozenset[str]()
        names = [name.strip() for name in value.split("|")]
        if "" in names or len(set(names)) < len(names):
            return 'Each label stands once between "|", the empty set is {}.'
        strange = sorted(set(names) - self.members) if self.members else []
        if strange:
            return f"{', '.join(strange)}: not among the declared labels. Correct it, or --values."
        return frozenset(names)

    def _label(self, key: object, value: str) -> str:
        """The value's name, whichever way it is written: a number or set has one name."""
        if isinstance(key, frozenset):
            return set_name(key)
        return number_name(key) if isinstance(key, float) else value

    def _table(self) -> LongTable:
        """Codes in the order of names, so that the order of rows changes nothing."""
        units, unit_of = _sorted(self.units)
        raters, rater_of = _sorted(self.raters)
        keys = list(self.values)
        by: Callable[[int], object] = (
            (lambda at: keys[at]) if self.are_numbers else (lambda at: self.labels[at])
        )
        kept = self.is_declared and self.level not in NUMERIC
        order = list(range(len(keys))) if kept else sorted(range(len(keys)), key=by)  # type: ignore[arg-type]
        place = {old: new for new, old in enumerate(order)}
        scale = [float(keys[at]) for at in order] if self.level in NUMERIC else None  # type: ignore[arg-type]
        ratings = Ratings.of(
            [unit_of[code] for code in self.codes[0]],
            [rater_of[code] for code in self.codes[1]],
            [place[code] for code in self.codes[2]],
            len(keys),
            scale,
        )
        sets = [keys[at] for at in order] if self.level == "multi_label" else []
        names = [self.labels[at] for at in order]
        return LongTable(self.level, ratings, units, raters, names, self.is_declared, sets)  # type: ignore[arg-type]


def set_name(labels: Iterable[str]) -> str:
    """A set as the file writes it."""
    return "|".join(sorted(labels)) or EMPTY_SET


def number_name(number: float) -> str:
    """A number as people write it: 4 and not 4.0."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _sorted(codes: dict[str, int]) -> tuple[list[str], list[int]]:
    """The names in order, and the new code of each old one."""
    names = sorted(codes)
    place = [0] * len(names)
    for new, name in enumerate(names):
        place[codes[name]] = new
    return names, place
