"""What the fault tests of dataset imports share: a large archive, and what must be true after."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from django.conf import settings

from datasets.models import Attachment, Dataset, DatasetImport, DatasetItem, DatasetVersion
from tests.datasets.archives import Entry, archive

ATTACHMENTS = Path(settings.HOME) / "files" / "attachments"
IMPORTS = Path(settings.HOME) / "files" / "imports"
TEMPORARY = Path(settings.HOME) / "tmp"
TEXT = "the ferry was late and the room was cold but the porter carried our bags " * 6


def large_archive(*, n_tests: int, n_files: int, n_bytes: int) -> bytes:
    """A ZIP of so many tests, each of which names one of so many files of so many bytes."""
    chance = random.Random(3)
    rows = "".join(f"t-{n},{n} {TEXT},f{n % n_files}.bin\n" for n in range(n_tests))
    files = [Entry(f"documents/f{n}.bin", chance.randbytes(n_bytes)) for n in range(n_files)]
    return archive(Entry("suite.csv", f"Test Id,Test Input,Files\n{rows}".encode()), *files)


def saved() -> tuple[int, int, int, int]:
    """How many datasets, versions, items and attachments there are."""
    models = (Dataset, DatasetVersion, DatasetItem, Attachment)
    return tuple(model.all_rows.count() for model in models)  # type: ignore[return-value]


def stored_files() -> set[str]:
    return {path.name for path in ATTACHMENTS.glob("*")}


def assert_attachments_whole() -> None:
    """Hold every attachment against its bytes."""
    for row in Attachment.all_rows.all():
        data = Path(row.file.path).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (row.n_bytes, row.sha256)


def assert_nothing_left(row: DatasetImport) -> None:
    """Hold that neither the upload nor anything temporary is there any more."""
    assert not (settings.HOME / "files" / str(row.file.name)).exists()
    assert list(TEMPORARY.glob("*")) == []
