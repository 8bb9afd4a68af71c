"""Strict JSON: what is refused, where it is said to stand, and how fast."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplatform.strict_json import StrictJsonError, excerpt, loads

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def refusal(data):
    with pytest.raises(StrictJsonError) as caught:
        loads(data)
    return caught.value


@given(PLAIN, st.booleans())
def test_plain_values_come_back_as_json_gives_them(value, is_ascii):
    text = json.dumps(value, ensure_ascii=is_ascii)
    assert loads(text) == loads(text.encode()) == json.loads(text)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_anything_at_all_is_a_value_or_a_refusal(data):
    value, refused = None, None
    try:
        value = loads(data)
    except StrictJsonError as error:
        refused = error.message.encode() + error.value.encode()
    assert refused or value == json.loads(data)


def test_a_duplicate_key_is_refused_with_its_path():
    error = refusal('{"a": [{"b": 1, "b": 2}]}')
    assert (error.path, error.value) == ("a[0].b", "b")
    assert error.message == 'The key "b" stands twice in one object. Keep one of the two.'


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_have_is_refused(number):
    error = refusal(f'{{"cost": {number}}}')
    assert (error.path, error.value) == ("cost", number)
    assert error.message == f"{number} is not a JSON number. Write null or leave the key out."


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" + "0" * 400 + ".5"])
def test_a_number_that_overflows_is_refused(number):
    assert refusal(f"[{number}]").message.endswith(
        "is too large. Write it as text, in double quotes."
    )


@pytest.mark.parametrize("digits", [30, 5_000])
def test_a_long_integer_is_refused_and_never_rounded(digits):
    error = refusal('{"n": ' + "7" * digits + "}")
    assert error.path == "n"
    assert "does not fit into 64 bits" in error.message


def test_the_ends_of_64_bits_are_kept_exactly():
    assert loads("[-9223372036854775808, 18446744073709551615]") == [-(2**63), 2**64 - 1]
    assert refusal("18446744073709551616").value == "18446744073709551616"
    assert refusal("-9223372036854775809").value == "-9223372036854775809"


def test_nul_is_refused_in_values_and_in_keys():
    assert refusal('{"a": "x\\u0000"}').path == "a"
    assert refusal('{"a\\u0000": 1}').path == "a\\u0000"
    assert loads('"\\\\u0000"') == "\\u0000"


@pytest.mark.parametrize("text", [r'"\ud800"', r'"\udc00\ud800"', '"\ud800"', r'{"\ud800": 1}'])
def test_a_lone_or_swapped_surrogate_is_refused(text):
    assert "half of a surrogate pair" in refusal(text).message


def test_a_surrogate_pair_is_one_character():
    assert loads(rb'["\ud83d\ude00"]') == ["😀"]


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b"[1,", b'[{"a":['])
def test_a_megabyte_of_openings_is_refused_at_once(opening):
    begin = time.process_time()
    error = refusal(opening * (1_000_000 // len(opening)))
    assert error.message.startswith("Values are nested more than 100 levels deep.")
    assert time.process_time() - begin < 0.5


def test_a_hundred_levels_are_taken_and_one_more_is_not():
    assert loads("[" * 100 + "]" * 100)
    assert "nested more than 100" in refusal("[" * 101 + "]" * 101).message
    assert loads("[" + "[]," * 1000 + "[]]")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_a_byte_order_mark_decides_the_encoding(encoding):
    assert loads('["é"]'.encode(encoding)) == ["é"]


def test_bytes_that_are_no_utf_8_are_refused_with_their_position():
    error = refusal(b'["\xe9"]')
    assert error.position == 2
    assert error.message == "Byte 0xE9 at position 2 is not valid UTF-8. Save the file as UTF-8."


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_refused_with_the_remedy(encoding):
    assert refusal("[1]".encode(encoding)).message.endswith("Save the file as UTF-8.")


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ('{"a": 1', "character 8", "Write a comma between two values and close what was opened."),
        ("{'a': 1}", "character 2", "Write names in double quotes"),
        ('{"a"\n1}', "line 2, character 1", "Write a colon between a name and its value."),
        ("[1] [2]", "character 5", "Write one value here"),
        ('["a', "character 2", "Close the text with a double quote."),
        ('["a\tb"]', "character 4", "Write line breaks inside text as \\n, tabs as \\t."),
        ("", "character 1", "Write text in double quotes, a number"),
    ],
)
def test_a_syntax_error_names_place_and_remedy(text, place, remedy):
    message = refusal(text).message
    assert message.startswith(f"This is not valid JSON at {place}: ")
    assert remedy in message


def test_all_problems_of_a_document_are_collected():
    error = refusal('{"a": NaN, "b": {"c": "\\u0000", "c": 1}, "d": [1e999]}')
    assert [problem.path for problem in error.problems] == ["a", "b.c", "d[0]"]


def test_a_value_in_a_report_is_short_and_can_be_stored():
    assert excerpt("\0\ud800" + "x" * 1000) == "\\u0000\\ud800" + "x" * 188
    assert len(excerpt({"a": list(range(10_000))})) == 200
