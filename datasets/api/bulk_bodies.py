"""Bodies with many things in one list: where in them something is wrong, said by row and column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from rest_framework.request import Request

from datasets.formats.records import RowError, RowWarning, row_error
from evalplatform.errors import RowsRefusedError

MAX_LISTED = 100


@dataclass(frozen=True)
class ManyBody:
    """A body `{"<name>": [...]}` of at most `most` elements; row 1 is the first one."""

    name: str
    most: int

    def data_of(self, request: Request) -> Any:
        """The parsed body; what strict JSON refuses is placed in its element."""
        try:
            return request.data
        except RowsRefusedError as error:
            raise RowsRefusedError(str(error.detail), map(self._placed, error.errors)) from error

    def _placed(self, error: dict[str, Any]) -> dict[str, Any]:
        """Turn `items[2].input` into row 3, column `input`; a single object is row 1."""
        found = re.match(rf"{self.name}\[(\d+)\]\.?", error["column"])
        if not found:
            return error | {"row": 1}
        return error | {"row": int(found[1]) + 1, "column": error["column"][found.end() :]}

    def placed_error(self, error: RowError) -> RowError:
        """The same for an error of a reader that knows the body as a whole."""
        return RowError(**self._placed(vars(error)))

    def placed_warning(self, warning: RowWarning) -> RowWarning:
        """The same for a warning."""
        return RowWarning(**self._placed(vars(warning)))

    def elements(self, body: Any, *, single: bool = False) -> list[Any]:
        """The elements of a body: its list, or itself where a single one may stand alone."""
        if not isinstance(body, dict):
            refuse("", f'Write {{"{self.name}": [...]}}.')
        if single and self.name not in body:
            return [body]
        listed = body.get(self.name)
        if not isinstance(listed, list) or not listed:
            refuse(self.name, f"This must be a list of {self.name}. Write [...].")
        if len(listed) > self.most:
            message = f"These are {len(listed):,} {self.name}. Send at most {self.most:,} at once."
            refuse(self.name, message)
        if unknown := body.keys() - {self.name}:
            message = "This does not belong beside the list. Write it into each of its elements."
            refuse(min(unknown), message)
        return list(listed)


def refuse(column: str, message: str) -> NoReturn:
    """Raise the error of a whole body."""
    raise RowsRefusedError(message, [asdict(row_error(None, column, message))])


def refuse_rows(errors: Sequence[RowError], *, kind: type[RowsRefusedError]) -> None:
    """Raise the first hundred errors, if there are any; then nothing is saved."""
    if errors:
        words = "Nothing was saved: some rows need a change."
        raise kind(words, map(asdict, errors[:MAX_LISTED]))


class RowsChangedError(RowsRefusedError):
    """409 with the rows that are no longer what the caller has seen."""

    status_code = 409
