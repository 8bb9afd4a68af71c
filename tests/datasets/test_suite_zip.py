"""Section 2.5 of the contract, rule I12: what a suite's ZIP may be, and all that it must not."""

import io
import os
import struct
import tempfile
import tracemalloc
import zipfile
import zlib

import pytest
from django.conf import settings as settings_of_django
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.formats import suite_zip
from datasets.formats.items import AttachmentRecord, Item
from datasets.formats.options import ReadOptions
from datasets.formats.zip_directory import ZipFault
from datasets.formats.zip_members import ZipCaps, caps_in_force
from exports.formats import suite_csv as csv_writer
from exports.formats import suite_json as json_writer
from exports.formats import suite_zip as zip_writer
from tests.datasets.archives import CSV, Entry, archive, suite
from tests.datasets.suite_files import bare, errors, head_of, items, suites, warnings

OPTIONS = ReadOptions(unguard=False)


def read(data, **said):
    return list(suite_zip.read(io.BytesIO(data), options=OPTIONS, **said))


def refused(data, **said):
    """The messages of an archive of which nothing may be taken."""
    found = read(data, **said)
    assert errors(found)
    return " ".join(f"{each.column}: {each.message}" for each in errors(found))


def attachments(found):
    return [each for each in found if isinstance(each, AttachmentRecord)]


def test_rule_2_5_a_suite_and_the_files_it_names_are_read():
    found = read(suite())
    assert errors(found) == warnings(found) == []
    assert items(found)[0].files == ("documents/a.txt",)
    assert attachments(found) == [
        ("documents/a.txt", "559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd", 1)
    ]


@pytest.mark.parametrize("name", ["suite.csv", "GEO.CSV", "a.Csv"])
def test_rule_2_5_the_suite_is_known_by_its_suffix_in_any_case(name):
    found = read(archive(Entry(name, CSV.encode()), Entry("documents/a.txt")))
    assert errors(found) == []


def test_rule_2_5_the_suite_may_be_json():
    data = b'{"tests": [{"input_under_test": "q", "files_under_test": ["a.txt", {"path": "b"}]}]}'
    found = read(archive(Entry("x.JSON", data), Entry("documents/a.txt"), Entry("documents/b")))
    assert items(found)[0].files == ("documents/a.txt", "documents/b")
    assert [each.name for each in attachments(found)] == ["documents/a.txt", "documents/b"]


def test_rule_2_5_a_bare_name_is_looked_up_in_documents():
    found = read(suite(csv="Test Input,Files\nWhat?,a.txt\n"))
    assert items(found)[0].files == ("documents/a.txt",)


def test_a_file_is_told_before_the_first_test_that_names_it_and_once():
    csv = "Test Input,Files\np,\nq,a.txt\n,b\nr,b\ns,a.txt\n"
    found = read(suite(Entry("documents/b"), csv=csv))
    told = [getattr(each, "name", None) or each.record.input for each in found]
    assert told == ["p", "documents/a.txt", "documents/b", "q", "r", "s"]


@pytest.mark.parametrize("tail", ["x.csv", "a.txt.csv"])
def test_rule_2_5_two_suites_are_refused(tail):
    assert "holds 2 suites" in refused(suite(Entry(tail, b"Test Input\n")))


def test_rule_2_5_a_suite_in_a_folder_is_no_suite():
    assert "The ZIP holds no suite" in refused(archive(Entry("geo/suite.csv", CSV.encode())))
    assert "The ZIP holds no suite" in refused(archive())


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        ("documents/b.txt", 'no file "documents/b.txt". Add the file'),
        ("A.txt", 'Did you mean "documents/a.txt"?'),
        ("other/a.txt", "not in the folder documents"),
        ("../a.txt", "not in the folder documents"),
        ("/etc/passwd", "not in the folder documents"),
        ("documents/../suite.csv", "holds no file"),
    ],
)
def test_i13_a_file_that_is_absent_or_elsewhere_is_an_error_of_its_row(cell, part):
    found = read(suite(csv=f"Test Input,Files\nWhat?,{cell}\n"))
    assert [(each.row, each.column) for each in errors(found)] == [(2, "Files")]
    assert part in errors(found)[0].message


def test_rule_2_5_a_file_that_no_test_names_is_warned_about():
    found = read(suite(Entry("documents/b.txt"), Entry("readme.md"), Entry("x/y.txt")))
    assert errors(found) == []
    assert [each.column for each in warnings(found)] == ["documents/b.txt", "readme.md", "x/y.txt"]


def test_what_macos_adds_is_passed_over():
    found = read(
        suite(Entry("__MACOSX/documents/._b.zip", b"x"), Entry(".DS_Store"), Entry("documents/"))
    )
    assert errors(found) == warnings(found) == []


def test_a_name_is_found_whichever_way_its_accents_are_written():
    data = archive(
        Entry("s.csv", "Test Input,Files\nWhat?,é.txt\n".encode()),
        Entry("documents/e\u0301.txt", flags=0),
    )
    assert items(read(data))[0].files == ("documents/e\u0301.txt",)


BAD_NAMES = {
    "../a": "leads out",
    "documents/../../a": "leads out",
    "documents/./a": "leads out",
    "documents//a": "leads out",
    "./a": "leads out",
    ".. /a": "leads out",
    "/etc/cron.d/a": "root of a disk",
    "C:/a": "root of a disk",
    "c:a": "root of a disk",
    "documents\\a": "backslash",
    "..\\..\\a": "backslash",
    "\\\\server\\a": "backslash",
    "documents/a\0.txt": "invisible",
    "documents/a\r\nb": "invisible",
    "": "leads out",
    "documents/" + "x" * 600: "longer than 300",
    "documents/a.zip": "archive inside",
    "documents/A.TAR.GZ": "archive inside",
    "documents/a.7z": "archive inside",
    "b.jar": "archive inside",
}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_i12_hostile_names_are_refused(name):
    assert BAD_NAMES[name] in refused(suite(Entry(name, b"x")))


@pytest.mark.parametrize("name", ["documents/a.docx", "documents/b.xlsx", "documents/c.epub"])
def test_office_documents_are_attachments(name):
    assert errors(read(suite(Entry(name, b"PK\3\4")))) == []


@pytest.mark.parametrize(
    ("mode", "is_bad"),
    [(0o120777, True), (0o020666, True), (0o060666, True), (0o010666, True), (0, False)],
)
def test_i12_links_and_devices_are_refused(mode, is_bad):
    found = read(suite(Entry("documents/b", b"/etc/passwd", mode=mode)))
    assert bool(errors(found)) is is_bad
    if is_bad:
        assert "link or a device" in errors(found)[0].message


@pytest.mark.parametrize(
    "name", ["documents/a.txt", "documents/A.TXT", "Documents/a.txt", "documents/a.txt/"]
)
def test_i12_names_that_differ_in_case_only_are_refused(name):
    assert "of the two" in refused(suite(Entry(name)))


def test_i12_names_that_differ_in_normalisation_only_are_refused():
    names = ("documents/\u00e9", "documents/e\u0301")
    assert "hardly different" in refused(suite(*map(Entry, names)))


@pytest.mark.parametrize("flags", [1, 0x40, 0x2000])
def test_i12_encrypted_members_are_refused(flags):
    assert "encrypted" in refused(suite(Entry("documents/b", b"x", flags=flags)))


@pytest.mark.parametrize("method", [1, 9, 12, 14, 93, 95, 98])
def test_i12_other_methods_are_refused(method):
    assert f"(method {method})" in refused(suite(Entry("documents/b", b"x", method=method)))


def test_i12_overlapping_members_are_refused():
    nested = Entry("documents/b", b"x" * 100, n_packed=400, n_bytes=400)
    beside = Entry("documents/c", b"x" * 500)
    assert "overlaps" in refused(archive(Entry("s.csv"), nested, beside))
    assert "overlaps" in refused(archive(Entry("s.csv"), Entry("documents/b", offset=0)))
    same = b"documents/b"
    twice = [Entry(same, b"x", offset=0), Entry(same, b"x", offset=0)]
    assert "overlaps" in refused(archive(*twice))


def test_i12_bytes_before_or_behind_the_archive_are_refused():
    assert "before the archive" in refused(suite(before=b"#!/bin/sh\n"))
    assert "before the archive" in refused(b"MZ" + suite())
    assert "not a whole ZIP" in refused(suite(after=b"x"))
    assert errors(read(suite(comment=b"made by hand"))) == []


@pytest.mark.parametrize("n_bytes", [0, 1, 99, 101, 2**31])
@pytest.mark.parametrize("method", [0, 8])
def test_i12_lies_about_a_size_are_found_while_reading(method, n_bytes):
    entry = Entry("documents/b", b"x" * 100, method=method, n_bytes=n_bytes)
    assert "documents/b" in refused(suite(entry))


def test_i12_a_header_that_says_something_else_is_refused():
    assert "two different" in refused(suite(Entry("documents/b", b"x", local_name=b"documents/c")))
    assert "two different" in refused(suite(Entry("documents/b", b"x", n_local_bytes=7)))


def test_i12_a_wrong_checksum_is_found_in_the_dry_run():
    assert "documents/b: This file is damaged" in refused(suite(Entry("documents/b", b"x", crc=1)))


@pytest.mark.parametrize(
    "packed", [b"", b"\xff\xff", b"\x03", b"\x03\x00\x00", zlib.compress(b"x")]
)
def test_i12_damaged_members_are_refused(packed):
    entry = Entry("documents/b", b"x", method=8, packed=packed)
    assert "documents/b: This file is" in refused(suite(entry))


def test_i12_every_truncation_is_refused():
    data = suite(Entry("documents/b", b"x" * 50, method=8), comment=b"hello")
    for end in range(len(data)):
        assert refused(data[:end])


def test_i12_a_hundred_thousand_members_are_refused_unread():
    many = archive(*[Entry(f"documents/{n}") for n in range(2000)], n_members=100_000 & 0xFFFE)
    assert "At most 1,000" in refused(many)
    lying = archive(*[Entry(f"documents/{n}") for n in range(2000)], n_members=1)
    assert "not a whole ZIP" in refused(lying)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as many_members:
        for n in range(100_000):
            many_members.writestr(f"documents/{n}", b"")
    assert "ZIP64" in refused(data.getvalue())


def test_i12_a_bomb_is_refused_before_it_passes_the_cap():
    bomb = Entry("documents/bomb", bytes(300_000_000), method=8)
    tracemalloc.start()
    text = refused(suite(bomb))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "200 to 1" in text
    assert peak < 20_000_000


def test_i12_caps_on_a_member_and_on_all_together():
    caps = ZipCaps(max_member_bytes=1000, max_bytes=2500)
    big = Entry("documents/b", b"x" * 1001)
    assert "larger than 1,000 bytes" in refused(suite(big), caps=caps)
    three = [Entry(f"documents/{n}", b"x" * 900) for n in range(3)]
    assert "more than 2,500 bytes" in refused(suite(*three), caps=caps)
    assert errors(read(suite(*three[:2]), caps=caps)) == []
    assert "At most 3" in refused(suite(*three[:2]), caps=ZipCaps(max_members=3))


def test_the_caps_of_the_installation_are_its_settings():
    assert caps_in_force() == ZipCaps(**settings_of_django.ZIP_CAPS) == ZipCaps()


def test_i12_an_endless_stream_of_one_member_is_cut():
    caps = ZipCaps(max_member_bytes=10_000_000)
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    packed = packer.compress(os.urandom(1000) * 50_000)[:200_000]
    entry = Entry("documents/b", b"", method=8, packed=packed, n_bytes=5)
    assert "larger than the archive says" in refused(suite(entry), caps=caps)


def test_i12_nothing_is_left_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    read(suite(Entry("../../evil", b"x"), Entry("documents/b", b"x", crc=1)))
    read(suite())
    assert list(tmp_path.rglob("*")) == []


def test_all_that_is_wrong_is_said_at_once():
    found = read(
        suite(Entry("../a"), Entry("documents/b", b"x", crc=1), csv="Test Input,Weight\na,x\nb,9\n")
    )
    assert {each.column for each in errors(found)} == {"../a", "documents/b", "Weight"}


@pytest.mark.parametrize("name", ["documents/a.txt", "documents/b.bin"])
def test_a_file_is_opened_again_for_the_commit(name):
    content = os.urandom(700_000)
    data = io.BytesIO(suite(Entry("documents/b.bin", content, method=8)))
    with suite_zip.open_attachment(data, name) as stream:
        assert stream.read() == (b"A" if name.endswith("txt") else content)


@pytest.mark.parametrize("name", ["suite.csv", "documents/none", "../x"])
def test_only_attachments_are_opened(name):
    with pytest.raises(ZipFault, match="holds no file"):
        suite_zip.open_attachment(io.BytesIO(suite()), name)


def test_a_damaged_file_is_not_opened_whole():
    data = io.BytesIO(suite(Entry("documents/b", b"x", crc=1)))
    with suite_zip.open_attachment(data, "documents/b") as stream, pytest.raises(ZipFault):
        stream.read()


@pytest.mark.parametrize("is_seekable", [True, False])
def test_archives_of_other_tools_are_read(is_seekable):
    class Pipe(io.BytesIO):
        def seekable(self):
            return is_seekable

        def tell(self):
            if is_seekable:
                return super().tell()
            raise OSError

    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.mkdir("documents")
        with packed.open("documents/a.txt", "w", force_zip64=True) as member:
            member.write(b"A" * 3_000_000)
        packed.writestr("suite.csv", CSV)
    found = read(out.getvalue())
    assert errors(found) == []
    assert attachments(found)[0].n_bytes == 3_000_000


# Out and in again


def written(name, pieces, files=()):
    out = io.BytesIO()
    zip_writer.write(
        out, name, pieces, [zip_writer.ZipFile(p, lambda b=b: io.BytesIO(b)) for p, b in files]
    )
    return out.getvalue()


@settings(max_examples=25, deadline=None)
@given(
    suites(),
    st.dictionaries(st.sampled_from(["a", "é.pdf", "x y"]), st.binary(max_size=50)),
    st.sampled_from([("suite.csv", csv_writer), ("suite.json", json_writer)]),
)
def test_a_suite_goes_through_a_zip_unchanged(made, contents, kind):
    head, records = made
    files = {f"documents/{name}": content for name, content in contents.items()}
    records = [record._replace(files=tuple(files)) for record in records]
    name, writer = kind
    data = written(name, writer.write(head, records), files.items())
    found = read(data)
    assert errors(found) == []
    assert bare(items(found)) == records
    assert len(attachments(found)) == (len(files) if records else 0)
    again = written(
        name,
        writer.write(
            head_of(found)._replace(title=head.title, description=head.description), items(found)
        ),
        files.items(),
    )
    assert again == data


def test_a_zip_is_written_a_piece_at_a_time():
    piece = "Test Input\n" + "x" * 99 + "\n"
    tracemalloc.start()
    with tempfile.TemporaryFile() as out:
        zip_writer.write(out, "suite.csv", (piece for _ in range(300_000)), [])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert out.tell() > 30_000_000
    assert peak < 5_000_000


def test_text_that_repeats_itself_is_no_bomb_to_our_own_import():
    data = written("suite.csv", ["Test Input\n", *["a" * 9_000_000 + "\n"] * 3])
    assert errors(read(data)) == []


def test_different_files_of_one_name_go_to_folders_of_their_own():
    assert zip_writer.paths([("map.pdf", "aa" * 32), ("Map.pdf", "bb" * 32), ("x", "cc" * 32)]) == {
        ("map.pdf", "aa" * 32): f"documents/{'aa' * 8}/map.pdf",
        ("Map.pdf", "bb" * 32): f"documents/{'bb' * 8}/Map.pdf",
        ("x", "cc" * 32): "documents/x",
    }
    same = zip_writer.paths([("a", "dd" * 32), ("a", "dd" * 32), ("A", "dd" * 32)])
    assert set(same.values()) == {"documents/A"}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("../../etc/passwd", "documents/passwd"),
        ("C:\\x\\a.pdf", "documents/a.pdf"),
        ("..", "documents/file"),
        ("a\0b\nc", "documents/a_b_c"),
        ("sub/map.pdf", "documents/map.pdf"),
    ],
)
def test_no_name_leads_out_of_documents(name, path):
    assert [*zip_writer.paths([(name, "0" * 64)]).values()] == [path]
    assert errors(read(suite(Entry(path, b"x"), csv="Test Input\nq\n"))) == []


# Nothing makes it raise


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 3))
def test_i19_random_bytes_never_raise(data, how):
    base = suite(Entry("documents/b", b"x" * 30, method=8))
    at = (data[0] * 251 + len(data)) % len(base) if data else 0
    made = [
        data,
        b"PK\3\4" + data,
        base[:at] + data + base[at:],
        base[:at] + data + base[at + len(data) :],
    ]
    found = read(made[how])
    for each in found:
        assert isinstance(each, tuple) or each.message
    assert errors(found) or any(isinstance(each, Item) for each in found) or how


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_i19_any_field_may_lie(data):
    base = bytearray(suite(Entry("documents/b", b"x" * 30, method=8)))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(base) - 4))
        size = data.draw(st.sampled_from("BHL"))
        value = data.draw(st.sampled_from([0, 1, 0xFF]) | st.integers(0, 255))
        struct.pack_into(f"<{size}", base, at, value)
    found = read(bytes(base))
    assert found
    assert all(isinstance(each, tuple) or each.message for each in found)
