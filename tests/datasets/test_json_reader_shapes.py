"""How values stand in a file: lines, lists, envelopes, encodings; and where errors stand."""

import io
import json
import resource
import time

import pytest

from datasets.formats import encodings, list_cutter, openai_chat, reading
from tests.datasets.conversation_files import (
    CHAT,
    errors,
    findings,
    lines,
    rows,
    sessions,
    warnings,
)

ONE = json.dumps(CHAT).encode()


@pytest.fixture(params=[1, 2, 3, 7, 64, 1 << 20])
def chunk(request, monkeypatch):
    """Chunks of every size, so that each token is cut in the middle once."""
    for module in (encodings, reading, list_cutter):
        monkeypatch.setattr(module, "CHUNK", request.param)
    return request.param


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_blank_lines_are_counted_whatever_ends_a_line(end):
    found = findings(end.join([b"", ONE, b" ", b"", b"{}", ONE, b"]"]))
    assert rows(found) == [2, 6]
    assert [error.row for error in errors(found)] == [5, 7]


@pytest.mark.usefixtures("chunk")
def test_mixed_line_ends_are_each_one_line():
    found = findings(ONE + b"\r" + ONE + b"\r\n" + ONE + b"\n\r" + ONE)
    assert rows(found) == [1, 2, 3, 5]


@pytest.mark.usefixtures("chunk")
def test_a_list_is_read_element_by_element_and_one_bad_hides_no_other():
    hard = json.dumps({"messages": [{"role": "user", "content": 'a"]}\\,[{" é \\\\'}]})
    data = f'[ {hard} ,\n{{"messages": [1, NaN]}}, {{bad}}, , {hard}]'.encode()
    found = findings(data)
    assert rows(found) == [1, 5]
    assert [(error.row, error.column) for error in errors(found)] == [
        (2, "messages[1]"),
        (3, ""),
        (4, ""),
    ]


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("tail", [b"", b" ", b'{"messages": [', b'{"a": "x\\', b", "])
def test_a_list_that_ends_early_says_so(tail):
    found = findings(b"[" + ONE + b"," + tail)
    assert rows(found) == [1]
    assert errors(found)[-1].message.startswith("The file ends inside its list.")


@pytest.mark.usefixtures("chunk")
def test_an_envelope_is_streamed_and_what_stands_around_is_read_too():
    inner = {"externalId": "a", "source": "s", **CHAT}
    data = b'{"v": 1, "sessions": [' + json.dumps(inner).encode() + b'], "n": {"sessions": [1]}}'
    found = findings(data, "session-json")
    assert rows(found) == [1]
    assert sorted((warning.row, warning.column) for warning in warnings(found)) == [
        (None, "n"),
        (None, "v"),
    ]


@pytest.mark.parametrize(
    ("tail", "column"),
    [(b', "x": NaN}', "x"), (b', "sessions": []}', "sessions"), (b"", ""), (b"} x", "")],
)
def test_a_fault_around_the_list_of_an_envelope_is_one_of_the_file(tail, column):
    found = errors(findings(b'{"sessions": []' + tail, "session-json"))
    assert [(error.row, error.column) for error in found] == [(None, column)]


def test_something_after_the_list_is_an_error_of_the_file():
    found = errors(findings(b"[" + ONE + b"]\n{}"))
    assert [(error.row, error.value) for error in found] == [(None, "{}")]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_single_object_is_read_where_lines_or_a_list_are_expected(indent):
    assert rows(findings(json.dumps(CHAT, indent=indent).encode())) == [1]


def test_a_single_object_written_over_lines_by_hand_is_one_object():
    data = b'{"messages": [\n{"role": "user", "content": "Hi"}\n]}\n'
    assert rows(findings(data)) == [1]


def test_a_broken_first_line_does_not_hide_the_lines_after_it():
    found = findings(b'{"messages": [\n' + ONE + b"\n" + ONE)
    assert rows(found) == [2, 3]
    assert [error.row for error in errors(found)] == [1]


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \n\r\n", "\n".encode("utf-16")])
def test_an_empty_file_is_an_error_of_the_file(data):
    (error,) = errors(findings(data))
    assert (error.row, error.message) == (
        None,
        "The file is empty. Choose a file that holds conversations.",
    )


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-mark"])
def test_a_byte_order_mark_decides_the_encoding(encoding):
    text = '{"messages": [{"role": "user", "content": "é 😀"}]}\n'
    data = (
        b"\xfe\xff" + text.encode("utf-16-be")
        if encoding == "utf-16-be-mark"
        else text.encode(encoding)
    )
    assert sessions(findings(data))[0].messages[0].content == "é 😀"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_an_encoding_that_is_not_taken_is_refused_with_the_remedy(encoding):
    (error,) = errors(findings('{"messages": []}'.encode(encoding)))
    assert error.row is None
    assert error.message.endswith("Save the file as UTF-8.")


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_bytes_that_are_no_utf_8_are_blamed_by_row_and_position_in_the_file(mark):
    data = mark + ONE + b'\n{"messages": [{"role": "user", "content": "caf\xe9"}]}\n' + ONE
    found = findings(data)
    assert rows(found) == [1, 3]
    (error,) = errors(found)
    assert error.row == 2
    assert f"Byte 0xE9 at position {data.index(0xE9)} is not valid UTF-8" in error.message


@pytest.mark.usefixtures("chunk")
def test_half_a_character_of_utf_16_is_an_error_with_its_position():
    data = "[1, 2]".encode("utf-16") + b"\x00\xd8\x20\x00"
    (error,) = errors(findings(data))
    assert error.row is None
    assert "at position 14 is not valid UTF-16" in error.message


def test_a_value_over_the_cap_is_an_error_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(reading, "MAX_ELEMENT", 200)
    monkeypatch.setattr(list_cutter, "MAX_ELEMENT", 200)
    for module in (reading, list_cutter):
        monkeypatch.setattr(module, "CHUNK", 64)
    big = json.dumps({"messages": [{"role": "user", "content": '"]},' * 500}]}).encode()
    for data in (b"\n".join([ONE, big, ONE]), b"[" + b",".join([ONE, big, ONE]) + b"]"):
        found = findings(data)
        assert rows(found) == [1, 3]
        assert [(error.row, "larger than" in error.message) for error in errors(found)] == [
            (2, True)
        ]


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":['])
def test_a_megabyte_of_openings_is_refused_in_well_under_a_second(opening):
    begin = time.process_time()
    assert errors(findings(opening * (1_000_000 // len(opening))))
    assert time.process_time() - begin < 0.9


@pytest.mark.parametrize(
    ("line", "column", "what"),
    [
        (b'{"messages": [], "messages": []}', "messages", "stands twice"),
        (b'{"messages": [{"role": "user", "content": "\\u0000"}]}', "messages[0].content", "NUL"),
        (b'{"a\\u0000": 1}', "a\\u0000", "NUL"),
        (b'{"meta": {"x": ["\\ud800"]}}', "meta.x[0]", "surrogate"),
        (b'{"meta": {"x": Infinity}}', "meta.x", "Infinity is not a JSON number"),
        (b'{"n": 123456789012345678901234567890}', "n", "64 bits"),
        (b'{"n": ' + b"[" * 101 + b"]" * 101 + b"}", "", "nested more than 100"),
    ],
)
def test_what_strict_json_refuses_is_an_error_of_its_row(line, column, what):
    (error,) = errors(findings(ONE + b"\n" + line))
    assert (error.row, error.column) == (2, column)
    assert what in error.message


@pytest.mark.parametrize("value", [b"5", b'"text"', b"null", b"[]"])
def test_a_value_that_is_no_object_is_an_error(value):
    (error,) = errors(findings(ONE + b"\n" + value))
    assert error.row == 2
    assert error.message.startswith("A conversation must be an object, not ")


def test_every_problem_of_the_file_is_given():
    assert len(errors(findings(lines(*[{"messages": 1}] * 500)))) == 500


@pytest.mark.parametrize("is_list", [True, False])
def test_memory_does_not_grow_with_the_file(tmp_path, is_list):
    path = tmp_path / "large"
    one = json.dumps({"messages": [{"role": "user", "content": "x" * 10_000}] * 20}).encode()
    with path.open("wb") as file:
        file.write(b"[" if is_list else b"")
        for n in range(300):
            file.write((b",\n" if is_list and n else b"") + one + (b"" if is_list else b"\n"))
        file.write(b"]" if is_list else b"")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with path.open("rb") as file:
        assert sum(isinstance(found, tuple) for found in openai_chat.read(file)) == 300
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # of 60 MB
    assert len(rows(findings(ONE, "openai-chat"))) == 1


def test_reading_begins_at_the_beginning_wherever_the_stream_stands():
    stream = io.BytesIO(ONE)
    stream.seek(5)
    assert rows(list(openai_chat.read(stream))) == [1]
