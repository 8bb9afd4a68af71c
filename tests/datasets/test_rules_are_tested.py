"""Each numbered rule of the file contract, and each kind of bad input, has a test with its name.

A name is no proof: this finds the rule that nobody thought of, not the test that tests nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
NAME = re.compile(r"^\s*def (test_\w+)", re.MULTILINE)
# Section 2.5 of the contract has no numbers: what its tests say is in their names.
RULES = {f"rule_2_4_{number:02}" for number in range(1, 16)}
RULES |= {"rule_2_5"} | {f"rule_4_{number}" for number in range(1, 8)}
BAD_INPUT = {f"i{number}" for number in range(1, 20)}


def names_of_tests() -> list[str]:
    return [name for path in TESTS.rglob("test_*.py") for name in NAME.findall(path.read_text())]


def named(names: list[str]) -> set[str]:
    """The rules that these names name; i1_to_i5 are five."""
    found: set[str] = set()
    for name in names:
        found |= {f"i{number}" for number in re.findall(r"(?<=_)i(\d+)(?=_)", name)}
        for first, last in re.findall(r"_i(\d+)_to_i(\d+)_", name):
            found |= {f"i{number}" for number in range(int(first), int(last) + 1)}
        found |= set(re.findall(r"rule_2_4_\d\d|rule_2_5|rule_4_\d", name))
    return found


def test_every_numbered_rule_and_every_kind_of_bad_input_has_a_test() -> None:
    assert (RULES | BAD_INPUT) - named(names_of_tests()) == set()


def test_a_rule_without_a_test_is_found() -> None:
    assert named(["test_i1_to_i3_x", "test_rule_2_4_07_y", "test_i12_z", "test_i9"]) == {
        "i1", "i2", "i3", "i12", "rule_2_4_07",
    }  # fmt: skip
