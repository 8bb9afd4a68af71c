"""Two imports into one dataset at the same moment: both as shown, or one looks again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from datasets.models import Attachment, Dataset, DatasetImport, DatasetItem, DatasetVersion
from evalplatform.jobs.running import run_job
from tests.cast import Cast, make_cast
from tests.datasets.archives import Entry, archive
from tests.datasets.dataset_imports import checked
from tests.datasets_made import items_of, make_dataset
from tests.hostile.test_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = "id,Human Message,AI Response\n"
FILES = settings.HOME / "files" / "attachments"


@pytest.fixture
def cast() -> Iterator[Cast]:
    yield make_cast()
    for path in FILES.glob("*"):
        path.unlink()


def commit_together(cast: Cast, *rows: DatasetImport) -> list[str]:
    for row, by in zip(rows, (cast.eva, cast.adam), strict=True):
        row.commit(by=by)
        row.refresh_from_db()
    found = at_once(len(rows), lambda n: run_job(rows[n].commit_job_id))
    assert found == [None] * len(rows)
    for row in rows:
        row.refresh_from_db()
    return sorted(row.state for row in rows)


def new_rows(*names: str) -> str:
    return HEADER + "".join(f",{name}?,Yes.\n" for name in names)


def held(dataset: Dataset, cast: Cast) -> list[str]:
    return sorted(item.input for item in items_of(dataset, by=cast.eva))


def test_imports_of_other_rows_are_two_versions_and_every_item_is_there(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    one = checked(new_rows("A", "B"), cast.eva, into=dataset)
    two = checked(new_rows("C", "D", "E"), cast.adam, into=dataset)
    assert commit_together(cast, one, two) == ["committed", "committed"]
    assert held(dataset, cast) == ["A?", "B?", "C?", "D?", "E?", "Question 1?"]
    numbers = DatasetVersion.all_rows.filter(dataset=dataset, kind="import")
    assert sorted(numbers.values_list("number", "n_created")) in (
        [(3, 2), (4, 3)], [(3, 3), (4, 2)],
    )  # fmt: skip
    positions = [item.position for item in items_of(dataset, by=cast.eva)]
    assert len(set(positions)) == 6


def test_the_same_file_of_two_people_is_saved_once_and_the_other_looks_again(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    one = checked(new_rows("A", "B"), cast.eva, into=dataset)
    two = checked(new_rows("A", "B"), cast.adam, into=dataset)
    assert commit_together(cast, one, two) == ["checking", "committed"]
    assert held(dataset, cast) == ["A?", "B?", "Question 1?"]


def test_two_first_imports_into_an_empty_dataset_share_no_id(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva)
    one = checked(HEADER + "q-1,A?,Yes.\n", cast.eva, into=dataset)
    two = checked(HEADER + "q-1,B?,No.\n", cast.adam, into=dataset)
    assert commit_together(cast, one, two) == ["checking", "committed"]
    assert DatasetItem.all_rows.filter(dataset=dataset).count() == 1


def test_the_same_file_in_two_archives_is_stored_once(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    rows = [
        checked(
            archive(
                Entry("suite.csv", f"Test Id,Test Input,Files\n{name},{name}?,a.txt\n".encode()),
                Entry("documents/a.txt", b"A"),
            ),
            by,
            into=dataset,
            format_slug="suite-zip",
        )
        for name, by in (("x", cast.eva), ("y", cast.adam))
    ]
    assert commit_together(cast, *rows) == ["committed", "committed"]
    (attachment,) = Attachment.all_rows.all()
    assert {path.name for path in FILES.glob("*")} == {str(attachment.pk)}
    files = {item.public_id: item.files for item in items_of(dataset, by=cast.eva)}
    assert files["x"] == files["y"] == [attachment.pk]
