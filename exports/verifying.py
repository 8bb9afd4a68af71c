"""Proof that a file is whole: bytes, hash and rows against its manifest, without a database."""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Any, BinaryIO, cast

from datasets.formats.catalog import ITEM_FORMATS, named_items
from datasets.formats.items import Item
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError
from exports.bundles import checking
from exports.counting import Count, NotWholeError, count_blocks, csv_rows, in_lines, parse
from exports.formats import run_csv
from exports.review_counting import REVIEW_COUNTS

CASE_KEYS = {"input", "actual_output", "expected_output", "context", "retrieval_context"}
FOOTER = re.compile(r"Tokens: [\d,]+ \| Cost: \$[\d.]+ \| Model: .+\n?")


def verify(file: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Return what was found right; NotWholeError at the first difference."""
    bundle = manifest.get("bundle")
    if isinstance(bundle, dict):
        found = verify_bundle(file, str(bundle.get("bundleDigest")))
        compare("sha256", sha256_of(file), required(manifest, "sha256"))
        return found
    expected = {name: required(manifest, name) for name in ("bytes", "sha256", "rows", "format")}
    compare("bytes", file.stat().st_size, expected["bytes"])
    compare("sha256", sha256_of(file), expected["sha256"])
    n_rows = counter(str(expected["format"]))(file)
    compare_rows(str(expected["format"]), n_rows, expected["rows"])
    return [
        f"{expected['bytes']:,} bytes",
        f"sha256 {expected['sha256']}",
        f"{expected['rows']:,} {manifest.get('rowsAre', 'rows')}",
    ]


def verify_bundle(path: Path, digest: str | None = None) -> list[str]:
    """The same of a bundle, an archive or a folder, which brings its manifest."""
    try:
        manifest = checking.check_bundle(path, digest)
        part = checking.only_part(manifest)
        if part is not None:
            with tempfile.TemporaryDirectory(prefix="evalplatform-") as folder:
                slug = str(manifest["content"]["format"])
                n_rows = counter(slug)(checking.copy_part(path, part, folder))
            compare_rows(slug, n_rows, part["rows"])
    except checking.BundleNotWholeError as error:
        raise NotWholeError(str(error)) from error
    parts = [each for each in manifest["content"]["parts"] if each["name"].startswith("data/")]
    told = [f"{each['name']} {each['rows']:,} rows" for each in parts if each["rows"] is not None]
    return [*told, f"bundle digest {manifest['bundleDigest']}"]


def sha256_of(file: Path) -> str:
    """Return the hash of a file, read a piece at a time."""
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def counter(slug: str) -> Count:
    """Return what counts the rows of a format."""
    if slug not in COUNTS:
        raise NotWholeError(f"Its format {slug!r} is unknown to this version.")
    return COUNTS[slug]


def required(manifest: Mapping[str, Any], name: str) -> Any:
    """Return a field of the manifest."""
    if name not in manifest:
        raise NotWholeError(f"The manifest does not say {name!r}: is it a manifest of ours?")
    return manifest[name]


def compare(what: str, found: object, expected: object) -> None:
    """Refuse a difference."""
    if found != expected:
        raise NotWholeError(f"{what}: the file has {found}, the manifest says {expected}.")


def compare_rows(slug: str, found: int, expected: int) -> None:
    """Refuse a difference; a text message may hold what looks like a footer, so never fewer."""
    if slug == "text" and found >= expected:
        return
    compare("rows", found, expected)


def count_test_cases(lines: Iterable[str]) -> int:
    """Count the objects of a DeepEval file, each read on its own; one begins a line with `  {`."""
    return sum(1 for case in test_cases(lines) if is_test_case(case))


def test_cases(lines: Iterable[str]) -> Iterator[Any]:
    """Yield the objects of the array one by one: the file is never whole in memory."""
    gathered: list[str] = []
    for line in lines:
        if line.startswith("  {"):
            gathered = []
        gathered.append(line)
        if line.rstrip("\n") in {"  }", "  },"}:
            yield parse("".join(gathered).rstrip("\n").rstrip(","))


def is_test_case(case: Any) -> bool:
    """Refuse what DeepEval would not read."""
    if not isinstance(case, dict) or not set(case) >= CASE_KEYS:
        raise NotWholeError("An object of the array is no test case.")
    return True


def count_lines(lines: Iterable[str]) -> int:
    """Count the conversations of an OpenAI file, each read as JSON."""
    n_rows = 0
    for line in lines:
        found = parse(line)
        if not isinstance(found, dict) or not isinstance(found.get("messages"), list):
            raise NotWholeError(f"Line {n_rows + 1} is no conversation.")
        n_rows += 1
    return n_rows


def count_footers(lines: Iterable[str]) -> int:
    """Count the conversations of a text file by the line that ends each."""
    return sum(1 for line in lines if FOOTER.fullmatch(line))


def count_objects(lines: Iterable[str]) -> int:
    """Count the items of a JSON Lines file, each read as JSON."""
    n_rows = 0
    for line in lines:
        if not isinstance(parse(line), dict):
            raise NotWholeError(f"Line {n_rows + 1} is no item.")
        n_rows += 1
    return n_rows


def as_imported(slug: str) -> Count:
    """Count the items as an import of the file would."""

    def counted(file: Path) -> int:
        n_items = 0
        with file.open("rb") as stream:
            for found in named_items(slug).read(stream, options=ReadOptions()):
                if isinstance(found, RowError):
                    raise NotWholeError(f"Row {found.row}, {found.column}: {found.message}")
                n_items += isinstance(found, Item)
        return n_items

    return counted


def count_parquet(file: Path | BinaryIO) -> int:
    """Count the rows that the file's own footer says."""
    from pyarrow import ArrowException, parquet  # 60 MB, for this format alone

    try:
        return int(parquet.ParquetFile(file).metadata.num_rows)
    except (ArrowException, OSError) as error:
        raise NotWholeError(f"It is no Parquet file: {error}.") from error


def count_tests(lines: Iterable[str]) -> int:
    """Count the rows of a run CSV that begin a test."""
    titles = (*run_csv.TEST_TITLES, *run_csv.CHECK_TITLES)
    return count_blocks(lines, run_csv.RUN_TITLES, titles, what="run CSV", of="test")


def count_test_results(lines: Iterable[str]) -> int:
    """Count the objects of a run JSON's list, each read on its own; one is indented by four."""
    n_rows = 0
    gathered: list[str] = []
    for line in lines:
        if line == "    {\n":
            gathered = []
        gathered.append(line)
        if line.rstrip("\n") in {"    }", "    },"}:
            found = parse("".join(gathered).rstrip("\n").rstrip(","))
            if not isinstance(found, dict) or "test_result_id" not in found:
                raise NotWholeError("An object of the list is no test result.")
            n_rows += 1
    if gathered and gathered[-1] != "}\n":
        raise NotWholeError("It ends in the middle.")
    return n_rows


def count_table(file: Path) -> int:
    """Count the rows of the table of tests in a ZIP, all members read and their CRC checked."""
    try:
        with zipfile.ZipFile(file) as archive:
            if broken := archive.testzip():
                raise NotWholeError(f"{broken} in the archive is broken.")
            name = next((n for n in archive.namelist() if n.startswith("items.")), "")
            if not name:
                raise NotWholeError("There is no table of items in the archive.")
            with archive.open(name) as member:
                if name.endswith(".parquet"):
                    return count_parquet(cast(BinaryIO, member))
                lines = io.TextIOWrapper(member, encoding="utf-8", newline="")
                return sum(1 for _ in csv_rows(lines)) - 1
    except (zipfile.BadZipFile, csv.Error) as error:
        raise NotWholeError(f"It is no archive of tables: {error}.") from error


COUNTS: dict[str, Count] = {
    "deepeval": in_lines(count_test_cases),
    "openai": in_lines(count_lines),
    "text": in_lines(count_footers),
    "parquet": count_parquet,
    **{slug: in_lines(count_objects) for slug in ("openai-samples", "inspect", "promptfoo")},
    **{slug: as_imported(slug) for slug in ITEM_FORMATS},
    "run-csv": in_lines(count_tests),
    "run-json": in_lines(count_test_results),
    "run-tables": count_table,
    **REVIEW_COUNTS,
}
