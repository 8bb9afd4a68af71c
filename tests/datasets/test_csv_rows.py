"""The one CSV reader: encodings, separators, quotes, ragged rows and caps."""

import io
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.formats import csv_records
from datasets.formats.csv_rows import CsvRow, Table
from datasets.formats.records import RowError, RowWarning
from datasets.formats.values import MAX_TEXT


def table(data, **options):
    return Table.open(io.BytesIO(data.encode() if isinstance(data, str) else data), **options)


def rows(data, **options):
    return [tuple(each) for each in table(data, **options).rows() if isinstance(each, CsvRow)]


def faults(data, **options):
    opened = table(data, **options)
    found = [*opened.findings, *opened.rows()]
    return [(e.row, e.column, e.message) for e in found if isinstance(e, RowError)]


def remarks(data):
    return [each.message for each in table(data).findings if isinstance(each, RowWarning)]


def test_rows_are_numbered_as_a_spreadsheet_shows_them():
    data = 'a,b\n1,"two\nlines"\n\n ,\n3,4\n'
    assert table(data).header == ("a", "b")
    assert rows(data) == [(2, ["1", "two\nlines"]), (3, ["", ""]), (4, [" ", ""]), (5, ["3", "4"])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_i6_lf_crlf_and_lone_cr_end_a_line(end):
    assert rows(f'a,b{end}1,"x{end}y"{end}{end}2,3') == [
        (2, ["1", f"x{end}y"]),
        (3, ["", ""]),
        (4, ["2", "3"]),
    ]


def test_i6_line_ends_may_be_mixed_and_cut_by_a_chunk(monkeypatch):
    monkeypatch.setattr("datasets.formats.csv_text.CHUNK", 3)
    data = 'aé,b\r\n1,"x\r\n\r\ny"\r2,3\n\r\n4,5'
    assert rows(data) == [
        (2, ["1", "x\r\n\r\ny"]),
        (3, ["2", "3"]),
        (4, ["", ""]),
        (5, ["4", "5"]),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_i6_utf8_and_utf16_with_a_mark_are_read(encoding):
    text = "\ufeff" * (encoding[-3:] in ("-le", "-be")) + "naïve,b\n😀,שלום\n"
    assert table(text.encode(encoding)).header == ("naïve", "b")
    assert rows(text.encode(encoding)) == [(2, ["😀", "שלום"])]
    assert remarks(text.encode(encoding)) == []


def test_i6_windows_1252_is_read_with_a_warning():
    data = "a,b\nnaïve,€\n".encode("cp1252")
    assert rows(data) == [(2, ["naïve", "€"])]
    assert remarks(data) == [
        "The file is not UTF-8: it is read as Windows-1252. Look at its accents."
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"a,b\n\xe9\x81,1\n",
            "The file is not UTF-8, and byte 0x81 at position 5 is no Windows-1252. "
            'Save the file as "CSV UTF-8".',
        ),
        (b"\xef\xbb\xbfa,b\n\xe9,1\n", "Byte 0xE9 at position 7 is not valid UTF-8."),
        (b"\xff\xfea\x00\x00\xd8b\x00", "position 4 is not valid UTF-16."),
        (
            "a,b".encode("utf-16-le"),
            'This looks like UTF-16 without a byte order mark. Save the file as "CSV UTF-8".',
        ),
        ("\ufeffa,b".encode("utf-32-le"), "This is UTF-32."),
        (b"PK\x03\x04", "This is a ZIP archive or a workbook, not a CSV file."),
    ],
)
def test_i6_bytes_that_are_no_text_are_an_error_with_their_position(data, message):
    ((row, column, said),) = faults(data)
    assert (row, column) == (None, "")
    assert message in said
    assert rows(data) == []


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_semicolons_and_tabs_are_detected_from_the_header_and_said(separator, name):
    data = separator.join(["id", '"a,b,c"', "d"]) + "\n" + separator.join(["1", "x,y,z,w", "2"])
    assert table(data).header == ("id", "a,b,c", "d")
    assert rows(data) == [(2, ["1", "x,y,z,w", "2"])]
    assert remarks(data) == [f"The columns are separated by {name}."]


def test_known_titles_decide_between_separators():
    data = "Human Message,AI Response,Notes; and; many; more\n"
    assert len(table(data).header) == 4
    assert len(table(data, known={"human message", "ai response"}).header) == 3


def test_a_comma_is_the_separator_when_nothing_else_is_clear():
    assert table("one\nx;y\n").header == ("one",)
    assert remarks("a,b\n1,2\n") == []


def test_quotes_inside_cells_are_doubled_or_stand_in_bare_cells():
    assert rows('a,b\n"say ""hi""",5" pipe\n') == [(2, ['say "hi"', '5" pipe'])]


def test_i7_an_unclosed_quote_is_an_error_of_the_row_where_it_opened():
    (fault,) = faults('a,b\n1,2\n3,"four\n5,6\n')
    assert fault == (
        3,
        "",
        "A quote is opened in this row and never closed. Close it, or write a quote that belongs "
        "to the text twice. The rows from here on were not read.",
    )
    assert rows('a,b\n1,2\n3,"four\n5,6\n') == [(2, ["1", "2"])]


def test_i7_text_behind_a_closing_quote_is_an_error_of_its_row():
    ((row, _, message),) = faults('a,b\n"1" x,2\n3,4\n')
    assert row == 2
    assert message.startswith("Something stands behind the closing quote of a cell in this row.")


def test_i7_missing_cells_are_empty_and_extra_ones_an_error_unless_empty():
    assert rows("a,b,c\n1\n1,2,3,, \n") == [(2, ["1", "", ""]), (3, ["1", "2", "3"])]
    assert faults("a,b\n1,2,three\n4,5\n") == [
        (
            2,
            "",
            "This row has 3 cells, the header 2. "
            "Put a text that holds a separator into double quotes.",
        )
    ]


def test_i7_a_repeated_title_is_an_error_of_the_header():
    assert faults("a,b, a\n") == [(1, "a", 'The column "a" is there twice. Rename or remove one.')]
    assert not table("a,a\n").is_sound


def test_i7_a_blank_title_is_fine_over_empty_cells_and_an_error_over_others():
    assert rows("a,,b\n1,,2\n") == [(2, ["1", "", "2"])]
    assert faults("a,,b\n1,,2\n1,x,2\n") == [
        (3, "column 2", "Column 2 has no title. Write one, or empty its cells.")
    ]


def test_i7_a_header_alone_has_no_rows():
    for data in ("a,b", "a,b\r\n"):
        assert (table(data).header, faults(data), rows(data)) == (("a", "b"), [], [])


@pytest.mark.parametrize("data", ["", "\n\r\n", ",,\n", "\ufeff"])
def test_i7_an_empty_file_is_an_error(data):
    assert faults(data) == [(None, "", "The file is empty. Choose a file with a header and rows.")]


def test_blank_rows_above_the_header_count():
    opened = table("\n,\na,b\n1,2\n")
    assert (opened.header, opened.header_row) == (("a", "b"), 3)
    assert [each.row for each in opened.rows()] == [4]


def test_a_preamble_is_passed_over_up_to_the_next_blank_row():
    data = "Suite Id,Title\n1,Geo\n\nTest Input,Tags\nx,y\n"

    def begins_suite(cells):
        return cells[0] == "Suite Id"

    assert table(data, is_preamble=begins_suite).header == ("Test Input", "Tags")
    assert rows(data, is_preamble=begins_suite) == [(5, ["x", "y"])]
    assert table(data).header == ("Suite Id", "Title")
    assert table("Suite Id,Title\n", is_preamble=begins_suite).findings[0].row is None


def test_i1_a_nul_is_an_error_of_its_cell():
    ((row, column, message),) = faults("a,b\n1,2\n3,x\0y\n")
    assert (row, column) == (3, "b")
    assert message.startswith("This cell holds a NUL character")
    assert faults("a,b\0\n1,2")[0][:2] == (1, "b\\u0000")


def test_i8_a_cell_of_10_mb_is_read_and_a_larger_one_is_an_error():
    fits = "x" * MAX_TEXT
    assert rows(f"a,b\n{fits},1\n2,3") == [(2, [fits, "1"]), (3, ["2", "3"])]
    for cell in (f"{fits}x", f'"{fits}x"', '"' + "line of text\n" * 900_000 + '"'):
        ((row, _, message),) = faults(f"a,b\n1,2\n{cell},2\n3,4\n")
        assert row == 3
        assert message.startswith("A cell of this row is larger than 10 MB")
    ((row, column, message),) = faults(f"a,b\n{'é' * 6_000_000},2\n")
    assert (row, column, message) == (2, "a", "This cell is larger than 10 MB. Shorten it.")


def test_i8_at_most_10_000_columns():
    assert len(table(",".join(f"c{n}" for n in range(10_000))).header) == 10_000
    ((row, _, message),) = faults(",".join(f"c{n}" for n in range(10_001)))
    assert (row, message) == (1, "The table has 10,001 columns. At most 10,000 can be read.")
    ((row, _, message),) = faults("a,b\n" + "," * 3_000_000 + "x\n")
    assert row == 2
    assert message.startswith("This row has more than 10,000 columns.")


def test_i8_a_long_row_within_the_caps_is_read():
    cells = ["x,\n" * 300_000, "", "y" * 900_000]
    data = "a,b,c\n" + ",".join(f'"{cell}"' for cell in cells) + "\n1,2,3\n"
    assert rows(data) == [(2, cells), (3, ["1", "2", "3"])]


def test_i8_a_row_over_the_cap_is_an_error(monkeypatch):
    monkeypatch.setattr(csv_records, "MAX_RECORD", 1 << 21)
    ((row, _, message),) = faults("a,b\n" + f'"{"x" * 1_500_000}","{"y" * 1_500_000}"\n')
    assert row == 2
    assert message.startswith("This row is larger than 64 MB, or a closing quote is missing.")


MEASURE = """
import resource, sys
from datasets.formats.csv_rows import Table
limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as stream:
    found = [type(each).__name__ for each in Table.open(stream).rows()]
print(found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - limit)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("unit", "quote"),
    [("x", ""), ("x, ", ""), (",", ""), ("x", '"'), ("x, ", '"'), (",", '"'), ("line\n", '"')],
)
def test_i8_200_mb_in_one_row_are_refused_in_flat_memory(tmp_path, unit, quote):
    path = tmp_path / "huge.csv"
    with path.open("w") as file:
        file.write(f"a,b\n{quote}")
        for _ in range(200):
            file.write(unit * (1_000_000 // len(unit)))
        file.write(f"{quote},1\n")
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True
    )
    found, _, grown = done.stdout.strip().rpartition(" ")
    assert found == "['RowError']"
    assert int(grown) < (10 + 100) * 1024


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xfe", b"\xef\xbb\xbf", b"a,b\n"]))
def test_i19_random_bytes_never_raise(data, start):
    opened = table(start + data)
    found = [*opened.findings, *opened.rows()]
    assert opened.header or not opened.is_sound
    for each in found:
        assert isinstance(each, CsvRow | RowError | RowWarning)


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6))
def test_what_is_quoted_comes_back_as_it_was(cells):
    quoted = ["".join(f',"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in cells]
    data = "a,b\r\n" + "".join(f"{row[1:]}\r\n" for row in quoted)
    assert [row for _, row in rows(data)] == cells
