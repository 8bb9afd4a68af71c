"""The lines of a run CSV as PostgreSQL makes them, each test with its checks beside it and below.

Each line begins with one cell more: nothing in the first line of a test, "" in its further ones,
`left` where a list goes down beside the checks, which `run_csv` writes and SQL does not.
"""

from __future__ import annotations

from exports.run_statements import check_cells, cell_of, test_cells, tests_of
from exports.sql_cells import filled

MORE = b'"",'  # how a further line of a test begins
_CONTEXTS = ("input_context", "output_context")
_FIRST = "row_number() OVER (PARTITION BY t.order_index ORDER BY c.position) = 1"


def statement(*, is_safe: bool) -> str:
    """COPY of the lines of a page."""
    cell = cell_of(is_safe=is_safe)
    told = [f"{each} AS c{n}" for n, each in enumerate(test_cells(cell))]
    keys = [f"{_key(name)} AS {name}_key" for name in _CONTEXTS]
    columns = ", ".join(["i.order_index", "i.id", *_CONTEXTS, _has_list(), *told, *keys])
    n_cells = len(told)
    ...
