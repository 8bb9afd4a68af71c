"""Which regular expressions are written for JavaScript, and how."""

import pytest

from exports.formats.javascript_patterns import as_javascript

_ANY = r"(?:[\ud800-\udbff][\udc00-\udfff]|[^\ud800-\udfff\n])"


@pytest.mark.parametrize(
    "pattern",
    [
        "Danube",
        r"^\d{4}-\d{2}$",
        r"(?:a|b)+?",
        r"[a-z_.-]*",
        r"\(\w+\)",
        r"\bno\b",
        "größe",
        "שלום",
    ],
)
def test_what_means_the_same_in_both_is_left_as_it_is(pattern: str) -> None:
    assert as_javascript(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("a.b", f"a{_ANY}b"),
        (r"\s", r"[\t\n\f\r ]"),
        (r"[\s,]", r"[\t\n\f\r ,]"),
        (r"[^x-]", r"(?:[\ud800-\udbff][\udc00-\udfff]|[^\ud800-\udfffx-])"),
        (r"\D", r"(?:[\ud800-\udbff][\udc00-\udfff]|[^\ud800-\udfff0-9])"),
        ("👋+", "(?:👋)+"),
    ],
)
def test_what_differs_is_written_out(pattern: str, written: str) -> None:
    assert as_javascript(pattern) == written


@pytest.mark.parametrize(
    "pattern",
    [r"(?i)x", r"\A", r"\z", r"\pL", r"(?P<n>x)", "[[:alpha:]]", "[👋]", r"\Qx\E", "^*", r"\b+",
     r"\x41", "a{,3}", "]", "[]a]", "[^]", "(?s).", ""],
)  # fmt: skip
def test_what_only_one_has_or_is_not_known_to_mean_the_same_is_not_written(pattern: str) -> None:
    assert not as_javascript(pattern)
