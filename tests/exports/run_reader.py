"""An independent reader of the run CSV: it knows the contract (formats.md 2.7) and nothing of ours.

From the rows of the second section it computes again what the first section says.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
from dataclasses import dataclass, field


@dataclass
class ReadTest:
    """A test's rows put together again."""

    cells: dict[str, str]
    files: list[str] = field(default_factory=list)
    inputs: list[tuple[str, str]] = field(default_factory=list)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    checks: list[dict[str, str]] = field(default_factory=list)
    examples: list[list[tuple[str, str]]] = field(default_factory=list)
    n_rows: int = 0


def read_run(text: str) -> tuple[dict[str, str], list[ReadTest]]:
    """The run and its tests."""
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    run = dict(zip(rows[0], rows[1], strict=True))
    assert rows[2] == []
    titles = rows[3]
    tests: list[ReadTest] = []
    for row in rows[4:]:
        cells = dict(zip(titles, row, strict=True))
        if cells["Test Result Id"]:
            tests.append(ReadTest(cells))
        else:
            assert not any(row[:6] + row[7:10])
        put(tests[-1], cells)
    return run, tests


def put(test: ReadTest, cells: dict[str, str]) -> None:
    """Take what goes down in a row."""
    test.n_rows += 1
    if cells["Files"]:
        test.files.append(cells["Files"])
    for pairs, name in ((test.inputs, "Input"), (test.outputs, "Output")):
        if cells[f"{name} Context Keys"]:
            pairs.append((cells[f"{name} Context Keys"], cells[f"{name} Context Values"]))
    if cells["Operator"]:
        test.checks.append(cells)
        test.examples.append([])
    if cells["Example Type"]:
        test.examples[-1].append((cells["Example Type"], cells["Example Value"]))


def verdict(check: dict[str, str]) -> str:
    """The one that counts: the edited one when there is one."""
    return check["Edited Auto Eval"] or check["Auto Eval"]


def recomputed(tests: list[ReadTest]) -> dict[str, float]:
    """What the first section must say."""
    checks = list(itertools.chain.from_iterable(test.checks for test in tests))
    decided = [verdict(check) for check in checks if verdict(check) in ("Pass", "Fail")]
    judged = [check for check in checks if check["Auto Eval"]]
    counted = [
        test for test in tests
        if test.cells["Test Status"] == "Error" or any(map(verdict, test.checks))
    ]  # fmt: skip
    passed = [
        test for test in counted
        if test.cells["Test Status"] == "Success"
        and all(verdict(check) == "Pass" for check in test.checks if verdict(check))
    ]  # fmt: skip
    n_passed = decided.count("Pass")
    low = sum(check["Confidence Level"] == "Low" for check in judged)
    return {
        **rate("Checks", n_passed, len(decided)),
        **rate("Tests", len(passed), len(counted)),
        "Needs Review Percentage": round(100 * low / len(judged), 2),
    }


def rate(what: str, n_passed: int, n: int) -> dict[str, float]:
    p = n_passed / n
    return {
        f"Percent Of {what} Passed": p,
        f"Amount Of {what} Passed": n_passed,
        f"Standard Deviation For {what} Passed": round(100 * math.sqrt(p * (1 - p) / n), 2),
    }
